"""Two profiles side by side, drawn."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalescope.plotting import style

OBJECTIVES = {"mlm": "MLM", "pmi": "PMI"}
APART = 0.16  # of the two profiles on the row of one law


def draw_comparison(table: pd.DataFrame, profile_a: str, profile_b: str, size: str = style.SCREEN) -> Figure:
    """Slopes of both profiles with their intervals (left), and the ratio of their laws at a shared size (right).

    table: as `experiment.compare` gives it.
    """
    names = [f"{row.title}, {OBJECTIVES.get(row.objective, row.objective)}" for row in table.itertuples()]
    place = np.arange(len(table))
    with style.paper_style(size):
        wide = style.width(2)
        figure, (left, right) = plt.subplots(
            1,
            2,
            figsize=(wide, (0.14 + 0.032 * len(table)) * wide),
            layout="constrained",
            sharey=True,
            width_ratios=(3, 2),
        )
        looks = (("a", profile_a, style.BLUE, "o", -APART), ("b", profile_b, style.ORANGE, "s", APART))
        for key, name, colour, marker, off in looks:
            left.hlines(place + off, table[f"slope_{key}_low"], table[f"slope_{key}_high"], color=colour)
            left.plot(table[f"slope_{key}"], place + off, marker, color=colour, label=name)
        left.axvline(0, color=style.GREY, linewidth=1)
        left.set_yticks(place, names)
        left.set(xlabel="Slope of ln y against ln N", title="Slopes", ylim=(len(table) - 0.4, -0.6))
        left.legend(loc="best")
        right.hlines(place, table["ratio_low"], table["ratio_high"], color=style.INK)
        right.plot(table["ratio"], place, "D", color=style.INK)
        right.axvline(1, color=style.GREY, linewidth=1)
        right.set(xscale="log", xlabel=f"{profile_b} / {profile_a}", title="Ratio at a shared size")
        finite = table[["ratio_low", "ratio_high"]].stack()
        if len(finite):
            style.log_x(right, (min(0.9, finite.min() / 1.05), max(1.1, finite.max() * 1.05)))
    return figure
