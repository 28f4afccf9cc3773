"""Panels of laws in log-log on seaborn's FacetGrid, from the rows of `law_series`, and the legend above them all."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import ScaledTranslation

from scalescope.experiment.series import OFF_AXIS
from scalescope.plotting import style

Looks = Mapping[str, tuple[str, str]]  # of each series: colour and marker
BAND_ROOM = 0.2  # share of the range of points and lines by which bands may widen it at either end
LINE = 13  # height of a line of text inside a panel, points
DODGE = 5.0  # distance of points of two series at one size, points; their sizes are the same
DASHES = (0, (4, 3))
FILLED = {"o": "●", "s": "■", "D": "◆", "^": "▲", "v": "▼", "P": "✚"}
OPEN = {"o": "○", "s": "□", "D": "◇", "^": "△", "v": "▽", "P": "✚"}


class LawGrid(sns.FacetGrid):
    """A FacetGrid whose layout is matplotlib's constrained one; settings of the layout go after the last mapping."""

    def tight_layout(self, *args: object, **settings: object) -> LawGrid:
        """Set that layout anew: seaborn asks for one after each mapping."""
        self.figure.set_layout_engine("constrained")
        return self


def law_grid(
    data: pd.DataFrame,
    looks: Looks,
    panels: Mapping[str, str],
    *,
    x_label: str,
    y_label: str,
    wrap: int = 3,
    columns: int = 2,
    height: float = 0.87,
) -> Figure:
    """One panel per value of the column "panel" (`panels`: value -> title), with every series of `data` in its look.

    data: rows of `law_series`. wrap: panels side by side; columns: of a paper that the figure fills, one or two;
    height: of a panel, as a share of its width. To be called within `paper_style`. A panel without points says "no
    runs".
    """
    data = _shared_once(data)
    wrap = min(wrap, len(panels))
    high = style.width(columns) / wrap * height
    palette = {name: colour for name, (colour, _) in looks.items()}
    markers = {"marker": [marker for _, marker in looks.values()]}
    hue = {"hue": "series", "hue_order": list(looks), "palette": palette, "hue_kws": markers}
    col = {"col": "panel", "col_order": list(panels), "col_wrap": wrap, "height": high, "aspect": 1 / height}
    grid = LawGrid(data, **col, **hue, sharex=False, sharey=False)
    for draw in (bands, laws, points, targets):
        grid.map_dataframe(draw)
    sizes = data.loc[data["kind"].isin(["point", SHARED, "fit_line"]), "parameters"]
    for name, ax in grid.axes_dict.items():
        rows = data[data["panel"] == name]
        ax.set_title(panels[name])
        _finish(ax, rows, looks, (sizes.min(), sizes.max()), high)
    grid.figure.supxlabel(x_label)
    grid.figure.supylabel(y_label)
    return grid.figure


def bands(data: pd.DataFrame, color: str, **_: object) -> None:
    """Where 95 % of the bootstrapped laws lie."""
    rows = data[data["kind"] == "sleeve"]
    if len(rows):
        look = {"color": color, "alpha": 0.15, "linewidth": 0}
        plt.gca().fill_between(rows["parameters"], rows["err_low"], rows["err_high"], **look)


def laws(data: pd.DataFrame, color: str, **_: object) -> None:
    """The fitted laws."""
    rows = data[data["kind"] == "fit_line"]
    plt.gca().plot(rows["parameters"], rows["value"], color=color, linewidth=1.4 * style.unit(), zorder=2)


def points(data: pd.DataFrame, color: str, marker: str, **_: object) -> None:
    """Means over seeds with their bars, those of several series at one size side by side."""
    rows = data[(data["kind"] == "point") & (data["role"] != "target")]
    filled = not rows.empty and rows["place"].iloc[0] == 0
    _marks(rows, color, marker, 5, color if filled else "white")


def targets(data: pd.DataFrame, color: str, **_: object) -> None:
    """Held-out targets, which are in no fit."""
    _marks(data[(data["kind"] == "point") & (data["role"] == "target")], color, "*", 11, "white")
    _marks(data[data["kind"] == SHARED], style.INK, "*", 11, "white")


SHARED = "shared_target"  # of several series: it belongs to none of them


def _marks(rows: pd.DataFrame, colour: str, marker: str, size: float, face: str) -> None:
    if rows.empty:
        return
    ax, unit = plt.gca(), style.unit()
    aside = ScaledTranslation(rows["dodge"].iloc[0] * unit / 72, 0, ax.figure.dpi_scale_trans)
    bars = np.vstack([rows["value"] - rows["err_low"], rows["err_high"] - rows["value"]]).astype(float)
    look = {"color": colour, "marker": marker, "markerfacecolor": face, "linestyle": "none", "zorder": 3}
    look |= {"markersize": size * unit, "markeredgewidth": 1.2 * unit, "capsize": 2 * unit, "elinewidth": unit}
    place = ax.transData + aside
    ax.errorbar(rows["parameters"], rows["value"], yerr=np.nan_to_num(bars), transform=place, **look)


def _shared_once(data: pd.DataFrame) -> pd.DataFrame:
    """`data` with the place of each series in its panel, how far it is dodged, and a common target only once."""
    parts = []
    for _, rows in data.groupby("panel", sort=False):
        marked, target = rows["kind"].isin(["point", OFF_AXIS]), rows["role"] == "target"
        place, aside = _places(rows, marked)
        star = target & (rows["kind"] == "point")
        rows = rows.assign(place=place, dodge=aside.where(~target, _places(rows, star)[1]))
        if star.sum() > 1 and len(rows.loc[star, ["parameters", "value"]].drop_duplicates()) == 1:
            first, *others = rows.index[star]
            rows.loc[first, ["kind", "dodge"]] = [SHARED, 0.0]
            rows = rows.drop(others)
        parts.append(rows)
    return pd.concat(parts, ignore_index=True) if parts else data.assign(place=np.nan, dodge=np.nan)


def _places(rows: pd.DataFrame, which: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Place of each row's series among those of the rows `which`, and how far it is dodged, points."""
    names = list(rows.loc[which, "series"].unique())
    place = rows["series"].map({name: k for k, name in enumerate(names)})
    return place, (place - (len(names) - 1) / 2) * DODGE


def _finish(ax: Axes, rows: pd.DataFrame, looks: Looks, span: tuple[float, float], inches: float) -> None:
    """Limits, baseline and text of one panel."""
    unseen = rows[rows["kind"] == OFF_AXIS]
    behind = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6}
    small = 9 * style.unit()
    if len(unseen):
        text = "error 0: " + ", ".join(dict.fromkeys(f"{row.series} ({row.role})" for row in unseen.itertuples()))
        ax.text(0.98, 0.98, text, transform=ax.transAxes, ha="right", va="top", fontsize=small, bbox=behind)
    if not rows["kind"].isin(["point", SHARED]).any():
        no_runs(ax)
        return
    present = [name for name in looks if (rows["series"] == name).any()]
    for value in rows.loc[rows["kind"] == "baseline", "value"]:
        ax.axhline(value, color=style.GREY, linestyle=DASHES, linewidth=1.2 * style.unit(), zorder=1)
    height = (len(present) * LINE + 8) * style.unit() / 72 / (inches - 0.6 * style.unit())
    above = _limits(ax, span, _reach(rows), min(height, 0.5))
    for band in ax.collections:  # text lies on white, not on bands
        if band.get_alpha():
            band.set_clip_path(Rectangle((0, above), 1, 1 - above, transform=ax.transAxes))
    for line, name in enumerate(reversed(present)):
        colour, marker = looks[name]
        own = rows[rows["series"] == name]
        text = f"{_mark(marker, own)} {_law_text(name, own)}"
        place = {"xycoords": "axes fraction", "textcoords": "offset points"}
        look = {"color": style.text_colour(colour), "fontsize": small}
        ax.annotate(text, (0.02, 0), (0, (5 + LINE * line) * style.unit()), **place, **look)


def no_runs(ax: Axes) -> None:
    """An empty panel says so."""
    ax.text(0.5, 0.5, "no runs", transform=ax.transAxes, ha="center", va="center", color=style.GREY)
    ax.set(xticks=[], yticks=[])


def _reach(rows: pd.DataFrame) -> tuple[float, float]:
    """Lowest and highest value to show: all points and lines, and as much of the bands as leaves them legible."""

    def ends(kinds: list[str]) -> tuple[float, float]:
        values = rows.loc[rows["kind"].isin(kinds), ["value", "err_low", "err_high"]].to_numpy(dtype=float)
        values = values[(values > 0) & np.isfinite(values)]  # a log axis shows nothing else
        return (float(values.min()), float(values.max())) if values.size else (np.inf, 0.0)

    (low, high), (band_low, band_high) = ends(["point", SHARED, "fit_line", "baseline"]), ends(["sleeve"])
    more = (high / low) ** BAND_ROOM
    return max(min(low, band_low), low / more), min(max(high, band_high), high * more)


def _limits(ax: Axes, span: tuple[float, float], data: tuple[float, float], text: float) -> float:
    """Limits around the data, with room below it for text (a share of the axes); returns where that room ends."""
    low, high = data
    range_ = max(np.log(high / low), 0.05)
    below = (text + 0.03) / (0.9 - text) * range_
    wide = (span[1] / span[0]) ** 0.055 if span[1] > span[0] else 2.0
    margin = np.exp(0.07 * range_)
    x, top = (span[0] / wide, span[1] * wide), high * margin
    style.log_axes(ax, x, (low * np.exp(-below), top), y_ticks=(low / np.sqrt(margin), top))
    return below / (below + range_ + 0.07 * range_) - 0.01


def _mark(marker: str, rows: pd.DataFrame) -> str:
    """What is drawn of a series, as a character: its marker, or a band alone."""
    if not rows["kind"].isin(["point", SHARED, OFF_AXIS]).any():
        return "▬"
    return (FILLED if (rows["place"] == 0).any() else OPEN)[marker]


def _law_text(name: str, rows: pd.DataFrame) -> str:
    """R2 and the slope's interval of one series; says so where there is no law."""
    numbers = rows[rows["kind"].str.startswith("legend")].set_index("kind")
    name = name.removesuffix(" HPT").replace("without", "w/o")
    r2 = numbers["value"].get("legend_r2", np.nan)
    parts = [f"R² {round(r2, 3) + 0.0:.3f}"] if np.isfinite(r2) else []
    if "legend_slope_ci" in numbers.index:
        low, high = numbers.loc["legend_slope_ci", ["err_low", "err_high"]]
        parts.append(f"slope [{low:.2f}, {high:.2f}]".replace("inf", "∞"))
    elif "legend_slope" in numbers.index:
        parts.append(f"slope {numbers.loc['legend_slope', 'value']:.2f}")
    elif not (rows["kind"] == "fit_line").any():
        parts.append("no law")
    return f"{name}: {', '.join(parts)}".replace("-", "−") if parts else name


def legend(figure: Figure, looks: Looks, data: pd.DataFrame, *, by_band: bool = False) -> None:
    """One legend above all panels: the series (`by_band`: by their shade), then what the other marks mean.

    Only of what is drawn.
    """
    drawn = {name: look for name, look in looks.items() if (data["series"] == name).any()}
    unit = style.unit()
    handles = [
        Rectangle((0, 0), 1, 1, color=c, alpha=0.3, label=f"95 % of laws, {name} bootstrap")
        if by_band
        else Line2D([], [], color=c, marker=m, markersize=5 * unit, markerfacecolor="white" if k else c, label=name)
        for k, (name, (c, m)) in enumerate(drawn.items())
    ]
    if ((data["role"] == "target") & (data["kind"] == "point")).any():
        handles.append(target_handle())
    bands = data.loc[data["kind"] == "sleeve", ["err_low", "err_high"]].astype(float)
    if np.isfinite(bands).all(axis=1).any() and not by_band:  # infinite ones are not drawn
        handles.append(Rectangle((0, 0), 1, 1, color=style.GREY, alpha=0.25, label="95 % of bootstrapped laws"))
    if (data["kind"] == "baseline").any():
        handles.append(line_handle("majority baseline", linestyle=DASHES))
    above(figure, handles)


def target_handle(label: str = "held-out target") -> Line2D:
    """The star of what was held out, for a legend."""
    return mark_handle(label, marker="*", markersize=11 * style.unit(), markerfacecolor="white")


def mark_handle(label: str, **look: object) -> Line2D:
    """A mark without a line, in ink where `look` names no colour, for a legend."""
    return Line2D([], [], **{"color": style.INK, "linestyle": "none", "label": label} | look)


def line_handle(label: str, **look: object) -> Line2D:
    """A line without a mark, grey where `look` names no colour, for a legend."""
    return Line2D([], [], **{"color": style.GREY, "label": label} | look)


def above(figure: Figure, handles: list, columns: int | None = None) -> None:
    """A legend above all panels, in one row where its width allows, else in as many as it needs."""
    if not handles:
        return
    lengths = [len(handle.get_label()) + 6 for handle in handles]
    fits = figure.get_figwidth() / (0.085 * style.unit())  # letters side by side
    ncols = columns or (len(handles) if sum(lengths) < fits else max(int(fits / max(lengths)), 1))
    figure.legend(handles=handles, loc="outside upper center", ncols=ncols, columnspacing=1.6)
