"""One panel of laws in log-log, drawn from the rows of `law_series`, and the legend above all panels."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from scalescope.experiment.series import OFF_AXIS
from scalescope.plotting import style

BEHIND_TEXT = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6}
SLEEVE_ROOM = 0.2  # share of the range of points and lines by which sleeves may widen it at either end
LINE = 13  # height of a line of text inside a panel, points


def panel(ax: Axes, rows: pd.DataFrame, looks: dict, span: tuple[float, float], head: str) -> None:
    """One panel: every series of `rows` in its look, numbers of its law written in its colour."""
    ax.set_title(head)
    points, unseen = rows[rows["kind"] == "point"], rows[rows["kind"] == OFF_AXIS]
    if len(unseen):
        text = "error 0: " + ", ".join(dict.fromkeys(f"{row.series} ({row.role})" for row in unseen.itertuples()))
        ax.text(0.98, 0.98, text, transform=ax.transAxes, ha="right", va="top", fontsize=9, bbox=BEHIND_TEXT)
    if points.empty:
        ax.text(0.5, 0.5, "no runs", transform=ax.transAxes, ha="center", va="center", color=style.GREY)
        ax.set_xticks([])
        ax.set_yticks([])
        return
    present = [name for name in looks if (rows["series"] == name).any()]
    _limits(ax, span, _reach(rows), len(present))
    shared = _shared_target(points)
    for place, name in enumerate(present):
        _draw(ax, rows[rows["series"] == name], *looks[name], filled=place == 0, shared_target=shared)
    for value in rows.loc[rows["kind"] == "baseline", "value"]:
        ax.axhline(value, color=style.GREY, linestyle=(0, (4, 3)), linewidth=1.2, zorder=1)
    for line, name in enumerate(reversed(present)):
        colour, marker = looks[name]
        text = f"{_mark(marker, name == present[0])} {_law_text(name, rows[rows['series'] == name])}"
        place = {"xycoords": "axes fraction", "textcoords": "offset points"}
        look = {"color": colour, "fontsize": 9, "bbox": BEHIND_TEXT}
        ax.annotate(text, (0.02, 0), (0, 5 + LINE * line), **place, **look)


def _reach(rows: pd.DataFrame) -> tuple[float, float]:
    """Lowest and highest value to show: all points and lines, and as much of the sleeves as leaves them legible."""

    def ends(kinds: list[str]) -> tuple[float, float]:
        values = rows.loc[rows["kind"].isin(kinds), ["value", "err_low", "err_high"]].to_numpy(dtype=float)
        values = values[values > 0]  # a bar may reach below zero, which a log axis does not show
        return (float(values.min()), float(values.max())) if values.size else (np.inf, 0.0)

    (low, high), (sleeve_low, sleeve_high) = ends(["point", "fit_line", "baseline"]), ends(["sleeve"])
    more = (high / low) ** SLEEVE_ROOM
    return max(min(low, sleeve_low), low / more), min(max(high, sleeve_high), high * more)


def _limits(ax: Axes, span: tuple[float, float], data: tuple[float, float], lines: int) -> None:
    """Limits around the data, with room below it for so many lines of text."""
    points_high = ax.get_figure().get_figheight() * 72 / ax.get_gridspec().nrows - 45  # axes height, about
    low, high = data
    range_ = max(np.log(high / low), 0.05)
    text = min((lines * LINE + 8) / points_high, 0.5)  # share of the axes the text takes
    below = (text + 0.03) / (0.9 - text) * range_
    wide = (span[1] / span[0]) ** 0.055 if span[1] > span[0] else 2.0
    margin = np.exp(0.07 * range_)
    style.log_axes(ax, (span[0] / wide, span[1] * wide), (low * np.exp(-below), high * margin),
                   y_ticks=(low / np.sqrt(margin), high * margin))  # fmt: skip


def _shared_target(points: pd.DataFrame) -> bool:
    """Whether several series have the very same target: it then belongs to none of them."""
    target = points[points["role"] == "target"]
    return len(target) > 1 and target[["parameters", "value"]].drop_duplicates().shape[0] == 1


def _draw(ax: Axes, rows: pd.DataFrame, colour: str, marker: str, *, filled: bool, shared_target: bool) -> None:
    sleeve = rows[rows["kind"] == "sleeve"]
    ax.fill_between(sleeve["parameters"], sleeve["err_low"], sleeve["err_high"], color=colour, alpha=0.15, linewidth=0)
    line = rows[rows["kind"] == "fit_line"]
    ax.plot(line["parameters"], line["value"], color=colour, linewidth=1.4, zorder=2)
    for role in rows.loc[rows["kind"] == "point", "role"].unique():
        points = rows[(rows["kind"] == "point") & (rows["role"] == role)]
        bars = np.vstack([points["value"] - points["err_low"], points["err_high"] - points["value"]])
        target = role == "target"
        ax.errorbar(
            points["parameters"], points["value"], yerr=np.nan_to_num(bars.astype(float)),
            color=style.INK if target and shared_target else colour, linestyle="none",
            marker="*" if target else marker, markersize=11 if target else 5, capsize=2, elinewidth=1,
            markerfacecolor=colour if filled and not target else "white", markeredgewidth=1.2, zorder=3,
        )  # fmt: skip


def _mark(marker: str, filled: bool) -> str:
    """The marker of a series as a character."""
    return {"o": "●○", "s": "■□", "D": "◆◇", "^": "▲△"}[marker][0 if filled else 1]


def _law_text(name: str, rows: pd.DataFrame) -> str:
    """R2 and the slope's interval of one series; says so where there is no law."""
    numbers = rows[rows["kind"].str.startswith("legend")].set_index("kind")
    name = name.removesuffix(" HPT").replace("without", "w/o")
    if "legend_slope" not in numbers.index:
        return f"{name}: no law"
    r2 = numbers["value"].get("legend_r2", np.nan)
    text = f"{name}: R² {round(r2, 3) + 0.0:.3f}, slope" if np.isfinite(r2) else f"{name}: slope"
    if "legend_slope_ci" in numbers.index:
        low, high = numbers.loc["legend_slope_ci", ["err_low", "err_high"]]
        return f"{text} [{low:.2f}, {high:.2f}]".replace("-", "−")
    return f"{text} {numbers.loc['legend_slope', 'value']:.2f}".replace("-", "−")


def legend(figure: Figure, looks: dict, data: pd.DataFrame, *, sleeves: bool = False) -> None:
    """One legend above all panels: the series (`sleeves`: by their shade), then what the other marks mean."""
    handles = [
        Rectangle((0, 0), 1, 1, color=c, alpha=0.3, label=f"95 % of laws, {name} bootstrap")
        if sleeves
        else Line2D([], [], color=c, marker=m, markersize=5, markerfacecolor="white" if place else c, label=name)
        for place, (name, (c, m)) in enumerate(looks.items())
    ]
    if ((data["role"] == "target") & (data["kind"] == "point")).any():
        handles.append(Line2D([], [], color=style.INK, marker="*", markersize=11, markerfacecolor="white",
                              linestyle="none", label="held-out target"))  # fmt: skip
    if (data["kind"] == "sleeve").any() and not sleeves:
        handles.append(Rectangle((0, 0), 1, 1, color=style.GREY, alpha=0.25, label="95 % of bootstrapped laws"))
    if (data["kind"] == "baseline").any():
        handles.append(Line2D([], [], color=style.GREY, linestyle=(0, (4, 3)), label="majority baseline"))
    if handles:
        figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), columnspacing=1.6)
