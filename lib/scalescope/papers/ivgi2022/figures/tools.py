"""Pictures of the two tools of Ivgi 2022: which run is above the law of the others, and which objective to choose."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scalescope.papers.ivgi2022.diagnose import ABOVE, BELOW
from scalescope.plotting import style
from scalescope.plotting.grids import X_LABEL

OFF = {ABOVE: style.ORANGE, BELOW: style.PURPLE}


def figure_diagnosis(tables: Mapping[str, pd.DataFrame], y_label: str = "Evaluation loss (nats)") -> tuple:
    """One panel per table of `diagnose`: each scale, and the 95 % interval that the other scales predict for it.

    Returns the Figure and the rows it draws, with the panel's name.
    """
    data = pd.concat([table.assign(panel=name) for name, table in tables.items()], ignore_index=True)
    span = data["parameters"].min() / 1.6, data["parameters"].max() * 1.6
    reach = data["value"].min() / 1.4, data["value"].max() * 1.4  # intervals of a spoilt ladder reach much further
    with style.house():
        figure, axes = plt.subplots(1, len(tables), figsize=(4.6 * len(tables), 4.2), layout="constrained",
                                    sharey=True, squeeze=False)  # fmt: skip
        for ax, (name, table) in zip(axes[0], tables.items(), strict=True):
            style.log_axes(ax, span, reach)
            _scales(ax, table)
            ax.set_title(name)
            ax.set_xlabel(X_LABEL)
        axes[0][0].set_ylabel(y_label)
        handles = [
            Line2D([], [], color=style.GREY, linewidth=6, alpha=0.4, label="95 % interval from the other scales"),
            Line2D([], [], color=style.BLUE, marker="o", linestyle="none", label="inside"),
            Line2D([], [], color=style.ORANGE, marker="o", linestyle="none", label="above: undertrained?"),
        ]
        figure.legend(handles=handles, loc="outside upper center", ncols=3 if len(tables) > 1 else 1)
    return figure, data


def _scales(ax: Axes, table: pd.DataFrame) -> None:
    known = table[table["low"].notna()]
    ax.vlines(known["parameters"], known["low"], known["high"], color=style.GREY, linewidth=6, alpha=0.4)
    ax.plot(known["parameters"], known["predicted"], color=style.GREY, marker="_", markersize=11, linestyle="none")
    for row in table.itertuples():
        ax.plot(row.parameters, row.value, color=OFF.get(row.verdict, style.BLUE), marker="o", markersize=6)


def figure_selection(choices: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Predicted difference of two objectives at the target with its interval, and the measured one, task by task."""
    if choices.empty:
        raise ValueError("no task has both objectives at two sizes: there is nothing to choose between")
    places = np.arange(len(choices))[::-1]
    bars = np.abs(choices[["gap_low", "gap_high"]].to_numpy().T - choices["gap"].to_numpy())
    a, b = choices["a"].iloc[0].upper(), choices["b"].iloc[0].upper()
    with style.house():
        figure, ax = plt.subplots(figsize=(7.6, 0.46 * len(choices) + 1.6), layout="constrained")
        ax.axvline(0, color=style.INK, linewidth=1)
        ax.errorbar(choices["gap"], places + 0.1, xerr=bars, color=style.BLUE, marker="o", linestyle="none", capsize=2,
                    label="predicted, 95 % of bootstrapped laws")  # fmt: skip
        ax.plot(choices["actual_gap"], places - 0.14, color=style.ORANGE, marker="*", markersize=11, linestyle="none",
                markerfacecolor="white", label="measured")  # fmt: skip
        ax.set_yticks(places, choices["task"])
        ax.set_ylim(-0.7, len(choices) - 0.3)
        ax.set_xlabel(f"Metric of {b} minus metric of {a}, at the target")
        ax.tick_params(length=0)
        figure.legend(loc="outside upper center", ncols=2)
    return figure, choices
