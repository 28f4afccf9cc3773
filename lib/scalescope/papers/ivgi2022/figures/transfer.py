"""What pretraining is worth at finetuning, against model size: errors with and without it, and the gain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from scalescope.experiment.points import OBJECTIVES, task_names, title
from scalescope.papers.ivgi2022.figures.common import X_LABEL, Y_LABEL, with_baselines
from scalescope.plotting import style
from scalescope.plotting.panels import DASHES, LawGrid, above, line_handle, no_runs, target_handle

SCRATCH_NAME = "from scratch"
LOOKS = {SCRATCH_NAME: (style.GREEN, "^"), OBJECTIVES["mlm"]: (style.BLUE, "o"), OBJECTIVES["pmi"]: (style.ORANGE, "s")}
DASHED = {"scratch": (SCRATCH_NAME, style.GREEN), "baseline": ("majority baseline", style.GREY)}  # by kind
ENDLESS = 1e3  # of a bar without an end, which leaves the axes: errors lie between 0 and 2
MARGIN = 1.4  # of the axis of sizes or tokens, a factor
DODGE = 5.0  # points of series at one size stand side by side, so many points apart
COLUMNS = ["panel", "kind", "series", "role", "parameters", "value", "err_low", "err_high"]
GAIN_LABEL = "Error from scratch − error after pretraining"


def transfer_data(transfer: pd.DataFrame, tasks: pd.DataFrame | None = None) -> pd.DataFrame:
    """What `draw_transfer` draws (COLUMNS), from the table "transfer": a row per point with the ends of its bar.

    tasks (table "tasks") gives rows of the kind "baseline", the error of the majority answer.
    """
    parts = []
    once = transfer.drop_duplicates(["task", "role", "parameters"])
    for side, table in (("scratch", once), ("pretrained", transfer)):
        value, bar = table[f"error_{side}"], table[f"bar_{side}"]
        series = SCRATCH_NAME if side == "scratch" else table["objective"].map(OBJECTIVES)
        parts.append(_points(table, series, value, value - bar, value + bar))
    return with_baselines(_tidy(parts), tasks)


def gain_data(transfer: pd.DataFrame) -> pd.DataFrame:
    """What `draw_gain` draws (COLUMNS), from the table "transfer": gains with their paired 95 % intervals."""
    series = transfer["objective"].map(OBJECTIVES)
    return _tidy([_points(transfer, series, transfer["gain"], transfer["low"], transfer["high"])])


def draw_transfer(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Error against size from scratch and after each objective, one panel per task, both axes logarithmic."""
    return task_grid(data, error_axes, size, y_label=Y_LABEL)


def draw_gain(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Gain from pretraining against size, one panel per task; above the line at zero pretraining has helped."""
    return task_grid(data, _gain_axes, size, y_label=GAIN_LABEL)


def _points(table: pd.DataFrame, series, value: pd.Series, low: pd.Series, high: pd.Series) -> pd.DataFrame:
    named = {"panel": table["task"], "kind": "point", "series": series, "role": table["role"]}
    return pd.DataFrame({**named, "parameters": table["parameters"], "value": value, "err_low": low, "err_high": high})


def _tidy(parts: list[pd.DataFrame]) -> pd.DataFrame:
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS) if parts else pd.DataFrame(columns=COLUMNS)


def task_grid(
    data: pd.DataFrame,
    set_axes: Callable[[Axes, pd.DataFrame, tuple[float, float]], None],
    size: str,
    *,
    y_label: str,
    x: str = "parameters",
    x_label: str = X_LABEL,
    dodge: float = DODGE,
) -> Figure:
    """One panel per task of the points of each series against the column `x`, with a legend.

    set_axes: draws what else the rows of a panel hold and sets its limits, given those of x.
    """
    points = data[data["kind"] == "point"]
    names = task_names(data.rename(columns={"panel": "task"}))
    present = [name for name in LOOKS if (points["series"] == name).any()]
    offsets = {name: dodge * (place - (len(present) - 1) / 2) for place, name in enumerate(present)}
    with style.paper_style(size):
        figure, panels = task_panels(names)
        for name, ax in panels.items():
            own = data[data["panel"] == name]
            if not (own["kind"] == "point").any():
                no_runs(ax)
                continue
            for series in present:
                _joined_points(ax, own[own["series"] == series], x, LOOKS[series], offsets[series])
            set_axes(ax, own, (points[x].min() / MARGIN, points[x].max() * MARGIN))
        figure.supxlabel(x_label)
        figure.supylabel(y_label)
        above(figure, _handles(present, data))
    return figure


def task_panels(names: Sequence[str], titles: Mapping[str, str] | None = None) -> tuple[Figure, dict[str, Axes]]:
    """A seaborn grid of three columns, one empty panel per name, to be laid out when it is drawn."""
    wide = style.width(2) / 3
    table = pd.DataFrame({"panel": list(names)})
    grid = LawGrid(
        table, col="panel", col_wrap=min(3, len(names)), height=0.81 * wide, aspect=1 / 0.81, sharex=False, sharey=False
    )
    for name, ax in grid.axes_dict.items():
        ax.set_title((titles or {}).get(name, title(name)))
    grid.figure.set_layout_engine("constrained")
    return grid.figure, grid.axes_dict


def _joined_points(ax: Axes, rows: pd.DataFrame, x: str, look: tuple[str, str], aside: float) -> None:
    """Points with their bars, joined by a thin line, those of the target as stars; `aside` points to the right."""
    (colour, marker), unit = look, style.unit()
    moved = ax.transData + ScaledTranslation(aside * unit / 72, 0, ax.figure.dpi_scale_trans)
    shared = {"color": colour, "capsize": 2 * unit, "elinewidth": unit, "linewidth": 0.8 * unit, "zorder": 3}
    shared |= {"markeredgewidth": 1.2 * unit, "transform": moved}
    star = {"marker": "*", "markersize": 11 * unit, "markerfacecolor": "white", "linestyle": "none"}
    dot = {"marker": marker, "markersize": 5 * unit, "markerfacecolor": colour, "linestyle": "-"}
    for is_target, part in rows.groupby(rows["role"].eq("target") if "role" in rows else rows[x].isna()):
        part = part.sort_values(x)
        bars = np.vstack([part["value"] - part["err_low"], part["err_high"] - part["value"]]).astype(float)
        mark = star if is_target else dot
        ax.errorbar(part[x], part["value"], yerr=np.nan_to_num(bars, posinf=ENDLESS), **shared, **mark)


def error_axes(ax: Axes, rows: pd.DataFrame, x: tuple[float, float]) -> None:
    """Both axes logarithmic around the points and bars of `rows`, with its dashed lines."""
    for kind, (_, colour) in DASHED.items():
        for value in rows.loc[rows["kind"] == kind, "value"]:
            ax.axhline(value, color=colour, linestyle=DASHES, linewidth=1.2 * style.unit(), zorder=1)
    reach = rows[["value", "err_low", "err_high"]].to_numpy(dtype=float)
    low, high = np.nanmin(np.where(reach > 0, reach, np.nan)), np.nanmax(reach)
    style.log_axes(ax, x, (low / 1.06, high * 1.06))


def _gain_axes(ax: Axes, rows: pd.DataFrame, x: tuple[float, float]) -> None:
    ax.axhline(0, color=style.INK, linewidth=style.unit(), zorder=1)
    reach = rows[["value", "err_low", "err_high"]].to_numpy(dtype=float)
    reach = reach[np.isfinite(reach)]
    low, high = reach.min(initial=0.0), reach.max(initial=0.0)
    room = 0.06 * max(high - low, 1e-3)
    ax.set_ylim(low - room, high + room)
    style.log_x(ax, x)


def _handles(present: list[str], data: pd.DataFrame) -> list[Line2D]:
    look = {"markersize": 5 * style.unit(), "linewidth": 0.8 * style.unit()}
    handles = [line_handle(name, color=LOOKS[name][0], marker=LOOKS[name][1], **look) for name in present]
    if "role" in data and (data["role"] == "target").any():
        handles.append(target_handle())
    dashed = [DASHED[kind] for kind in DASHED if (data["kind"] == kind).any()]
    return handles + [line_handle(name, color=colour, linestyle=DASHES) for name, colour in dashed]
