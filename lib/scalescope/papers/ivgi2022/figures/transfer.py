"""What pretraining is worth at finetuning, against model size: errors with and without it, and the gain."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scalescope.experiment.points import OBJECTIVES, task_names, title
from scalescope.plotting import style
from scalescope.plotting.grids import X_LABEL, Y_LABEL

SCRATCH_NAME = "from scratch"
LOOKS = {
    SCRATCH_NAME: (style.GREEN, "^"),
    OBJECTIVES["mlm"]: (style.BLUE, "o"),
    OBJECTIVES["pmi"]: (style.ORANGE, "s"),
}
DODGE = 1.1  # series of one size stand side by side, this factor apart
COLUMNS = ["panel", "kind", "series", "role", "parameters", "value", "err_low", "err_high"]
GAIN_LABEL = "Error from scratch − error after pretraining"


def transfer_data(transfer: pd.DataFrame, tasks: pd.DataFrame | None = None) -> pd.DataFrame:
    """What `draw_transfer` draws (COLUMNS), from the table "transfer": a row per point with the ends of its bar.

    tasks (table "tasks") gives rows of the kind "baseline", the error of the majority answer.
    """
    parts = []
    for side, table in (
        ("scratch", transfer.drop_duplicates(["task", "role", "parameters"])),
        ("pretrained", transfer),
    ):
        value, bar = table[f"error_{side}"], table[f"bar_{side}"]
        series = SCRATCH_NAME if side == "scratch" else table["objective"].map(OBJECTIVES)
        parts.append(_points(table, series, value, value - bar, value + bar))
    if tasks is not None:
        known = tasks[tasks["task"].isin(transfer["task"]) & (tasks["majority"] > 0)]
        parts.append(pd.DataFrame({"panel": known["task"], "kind": "baseline", "value": 1 - known["majority"]}))
    return _tidy(parts)


def gain_data(transfer: pd.DataFrame) -> pd.DataFrame:
    """What `draw_gain` draws (COLUMNS), from the table "transfer": gains with their paired 95 % intervals."""
    series = transfer["objective"].map(OBJECTIVES)
    return _tidy([_points(transfer, series, transfer["gain"], transfer["low"], transfer["high"])])


def draw_transfer(data: pd.DataFrame) -> Figure:
    """Error against size from scratch and after each objective, one panel per task, both axes logarithmic."""
    return _grid(data, Y_LABEL, _error_axes)


def draw_gain(data: pd.DataFrame) -> Figure:
    """Gain from pretraining against size, one panel per task; above the line at zero pretraining has helped."""
    return _grid(data, GAIN_LABEL, _gain_axes)


def figure_transfer(transfer: pd.DataFrame, tasks: pd.DataFrame | None = None) -> tuple[Figure, pd.DataFrame]:
    """Figure and numbers: error from scratch, after MLM and after PMI."""
    data = transfer_data(transfer, tasks)
    return draw_transfer(data), data


def figure_gain(transfer: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Figure and numbers: gain of MLM and PMI over no pretraining."""
    data = gain_data(transfer)
    return draw_gain(data), data


def _points(table: pd.DataFrame, series, value: pd.Series, low: pd.Series, high: pd.Series) -> pd.DataFrame:
    named = {"panel": table["task"], "kind": "point", "series": series, "role": table["role"]}
    return pd.DataFrame({**named, "parameters": table["parameters"], "value": value, "err_low": low, "err_high": high})


def _tidy(parts: list[pd.DataFrame]) -> pd.DataFrame:
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS) if parts else pd.DataFrame(columns=COLUMNS)


def _grid(data: pd.DataFrame, y_label: str, set_axes) -> Figure:
    points = data[data["kind"] == "point"]
    names = task_names(data.rename(columns={"panel": "task"}))
    n_rows = -(-len(names) // 3)
    present = [name for name in LOOKS if (points["series"] == name).any()]
    with style.house():
        figure, axes = plt.subplots(n_rows, 3, figsize=(10, 0.7 + 2.7 * n_rows), layout="constrained", squeeze=False)
        for ax, name in zip(axes.flat, [*names, *[None] * (axes.size - len(names))], strict=True):
            own = data[data["panel"] == name]
            if name is None:
                ax.set_axis_off()
                continue
            ax.set_title(title(name))
            if own.empty:
                ax.text(0.5, 0.5, "no runs", transform=ax.transAxes, ha="center", va="center", color=style.GREY)
                ax.set_xticks([])
                ax.set_yticks([])
                continue
            for place, series in enumerate(present):
                _draw(ax, own[own["series"] == series], series, DODGE ** (place - (len(present) - 1) / 2))
            set_axes(ax, own, (points["parameters"].min() / 1.4, points["parameters"].max() * 1.4))
        figure.supxlabel(X_LABEL, fontsize=11)
        figure.supylabel(y_label, fontsize=11)
        if present:
            _legend(figure, present, data)
    return figure


def _draw(ax: Axes, rows: pd.DataFrame, series: str, factor: float) -> None:
    colour, marker = LOOKS[series]
    for is_target, part in rows.groupby(rows["role"] == "target"):
        part = part.sort_values("parameters")
        bars = np.vstack([part["value"] - part["err_low"], part["err_high"] - part["value"]]).astype(float)
        ax.errorbar(
            part["parameters"] * factor, part["value"], yerr=np.nan_to_num(bars), color=colour, capsize=2, elinewidth=1,
            marker="*" if is_target else marker, markersize=11 if is_target else 5, markeredgewidth=1.2,
            markerfacecolor="white" if is_target else colour, linestyle="none" if is_target else "-", linewidth=0.8,
            zorder=3,
        )  # fmt: skip


def _error_axes(ax: Axes, rows: pd.DataFrame, x: tuple[float, float]) -> None:
    for value in rows.loc[rows["kind"] == "baseline", "value"]:
        ax.axhline(value, color=style.GREY, linestyle=(0, (4, 3)), linewidth=1.2, zorder=1)
    reach = rows[["value", "err_low", "err_high"]].to_numpy(dtype=float)
    low, high = np.nanmin(np.where(reach > 0, reach, np.nan)), np.nanmax(reach)
    style.log_axes(ax, x, (low / 1.06, high * 1.06))


def _gain_axes(ax: Axes, rows: pd.DataFrame, x: tuple[float, float]) -> None:
    ax.axhline(0, color=style.INK, linewidth=1, zorder=1)
    style.log_x(ax, x)


def _legend(figure: Figure, present: list[str], data: pd.DataFrame) -> None:
    handles = [Line2D([], [], color=LOOKS[name][0], marker=LOOKS[name][1], markersize=5, linewidth=0.8, label=name)
               for name in present]  # fmt: skip
    if (data["role"] == "target").any():
        handles.append(Line2D([], [], color=style.INK, marker="*", markersize=11, markerfacecolor="white",
                              linestyle="none", label="held-out target"))  # fmt: skip
    if (data["kind"] == "baseline").any():
        handles.append(Line2D([], [], color=style.GREY, linestyle=(0, (4, 3)), label="majority baseline"))
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), columnspacing=1.6)
