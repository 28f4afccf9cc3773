"""Pictures of the two tools of Ivgi 2022: which run is above the law of the others, and which objective to choose."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalescope.papers.ivgi2022.diagnose import ABOVE, BELOW
from scalescope.papers.ivgi2022.figures.common import X_LABEL
from scalescope.plotting import style
from scalescope.plotting.panels import above, line_handle, mark_handle

OFF = {ABOVE: style.ORANGE, BELOW: style.PURPLE}
LOSS = "Evaluation loss (nats)"


def diagnosis_data(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Tables of `diagnose`, one panel each, below each other with the panel's name."""
    return pd.concat([table.assign(panel=name) for name, table in tables.items()], ignore_index=True)


def draw_diagnosis(data: pd.DataFrame, size: str = style.SCREEN, y_label: str = LOSS) -> Figure:
    """One panel per table: each scale, and the 95 % interval that the other scales predict for it."""
    span = data["parameters"].min() / 1.6, data["parameters"].max() * 1.6
    reach = data["value"].min() / 1.4, data["value"].max() * 1.4  # intervals of a spoilt ladder reach much further
    panels = list(dict.fromkeys(data["panel"]))
    with style.paper_style(size):
        wide = style.width(min(len(panels), 2))
        figure, axes = plt.subplots(
            1, len(panels), figsize=(wide, 0.8 * wide / len(panels)), layout="constrained", sharey=True, squeeze=False
        )
        for ax, name in zip(axes[0], panels, strict=True):
            style.log_axes(ax, span, reach)
            _scales(ax, data[data["panel"] == name])
            ax.set_title(name)
            ax.set_xlabel(X_LABEL)
        axes[0][0].set_ylabel(y_label)
        look = {"marker": "o", "markersize": 6 * style.unit()}
        seen = data["verdict"].where(data["verdict"].isin(list(OFF)), "inside, or not testable")
        dots = [mark_handle(name, color=OFF.get(name, style.BLUE), **look) for name in dict.fromkeys(seen)]
        bar = line_handle("95 % interval from the other scales", linewidth=6 * style.unit(), alpha=0.4)
        above(figure, [bar, *dots])
    return figure


def _scales(ax: Axes, table: pd.DataFrame) -> None:
    known, unit = table[table["low"].notna()], style.unit()
    ax.vlines(known["parameters"], known["low"], known["high"], color=style.GREY, linewidth=6 * unit, alpha=0.4)
    look = {"color": style.GREY, "marker": "_", "markersize": 11 * unit, "linestyle": "none"}
    ax.plot(known["parameters"], known["predicted"], **look)
    for row in table.itertuples():
        ax.plot(row.parameters, row.value, color=OFF.get(row.verdict, style.BLUE), marker="o", markersize=6 * unit)


def selection_data(choices: pd.DataFrame) -> pd.DataFrame:
    """A table of `select_all`, as it is; raises ValueError for one without rows."""
    if choices.empty:
        raise ValueError("no task has both objectives at two sizes: there is nothing to choose between")
    return choices


def draw_selection(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Predicted difference of two objectives at the target with its interval, and the measured one, task by task."""
    places = np.arange(len(data))[::-1]
    a, b = str(data["a"].iloc[0]).upper(), str(data["b"].iloc[0]).upper()
    with style.paper_style(size):
        unit = style.unit()
        figure, ax = plt.subplots(figsize=(style.width(1), (0.46 * len(data) + 1.6) * unit), layout="constrained")
        ax.axvline(0, color=style.INK, linewidth=unit)
        drawn = data[["gap", "gap_low", "gap_high", "actual_gap"]].to_numpy(dtype=float)
        ends = drawn[:, 1:3].clip(*style.show_finite(ax, drawn))
        bars = np.abs(ends.T - drawn[:, 0])
        dot = {"color": style.BLUE, "marker": "o", "markersize": 6 * unit, "linestyle": "none", "capsize": 2 * unit}
        ax.errorbar(data["gap"], places + 0.1, xerr=bars, label="predicted, 95 % of bootstrapped laws", **dot)
        star = {"color": style.ORANGE, "marker": "*", "markersize": 11 * unit, "linestyle": "none"}
        ax.plot(data["actual_gap"], places - 0.14, markerfacecolor="white", label="measured", **star)
        ax.set_yticks(places, data["task"])
        ax.set_ylim(-0.7, len(data) - 0.3)
        ax.set_xlabel(f"Metric of {b} minus metric of {a}, at the target")
        ax.tick_params(length=0)
        above(figure, ax.get_legend_handles_labels()[0])
    return figure
