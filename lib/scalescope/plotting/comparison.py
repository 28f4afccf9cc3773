"""Two profiles side by side, drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalescope.plotting import style
from scalescope.plotting.drawable import drawable

OBJECTIVES = {"mlm": "MLM", "pmi": "PMI"}
DRAWN = [f"slope_{key}{end}" for key in "ab" for end in ("", "_low", "_high")]
APART = 0.16  # of the two profiles on the row of one law


def draw_comparison(table: pd.DataFrame, profile_a: str, profile_b: str, size: str = style.SCREEN) -> Figure:
    """Slopes of both profiles with their intervals (left), and the ratio of their laws at a shared size (right).

    table: as `experiment.compare` gives it.
    """
    drawable(table, ("title", "objective", *DRAWN, "ratio", "ratio_low", "ratio_high"), "experiment.compare")
    names = [f"{row.title}, {OBJECTIVES.get(row.objective, row.objective)}" for row in table.itertuples()]
    place = np.arange(len(table))
    with style.paper_style(size):
        high = 0.14 + 0.032 * len(table)
        figure, (left, right) = style.subplots(1, 2, high=high, sharey=True, width_ratios=(3, 2))
        looks = (("a", profile_a, style.BLUE, "o", -APART), ("b", profile_b, style.ORANGE, "s", APART))
        slopes = style.show_finite(left, table[DRAWN].to_numpy(dtype=float))
        for key, name, colour, marker, off in looks:
            ends = (table[f"slope_{key}_{end}"].clip(*slopes) for end in ("low", "high"))
            left.hlines(place + off, *ends, color=colour)
            left.plot(table[f"slope_{key}"], place + off, marker, color=colour, label=name)
        left.axvline(0, color=style.GREY, linewidth=1)
        left.set_yticks(place, names)
        left.set(xlabel="Slope of ln y against ln N", title="Slopes", ylim=(len(table) - 0.4, -0.6))
        left.legend(loc="best")
        low, high = _ratios_shown(table)  # bars without an end run out of the axis
        ends = (table[f"ratio_{end}"].clip(low / 2, high * 2) for end in ("low", "high"))
        right.hlines(place, *ends, color=style.INK)
        right.plot(table["ratio"], place, "D", color=style.INK)
        right.axvline(1, color=style.GREY, linewidth=1)
        right.set(xscale="log", xlabel=f"{profile_b} / {profile_a}", title="Ratio at a shared size")
        style.log_x(right, (low, high))
    return figure


def _ratios_shown(table: pd.DataFrame) -> tuple[float, float]:
    """Range of the axis of ratios: what is finite."""
    values = table[["ratio", "ratio_low", "ratio_high"]].to_numpy(dtype=float)
    finite = values[np.isfinite(values) & (values > 0)]
    return min(0.9, finite.min(initial=np.inf) / 1.05), max(1.1, finite.max(initial=0.0) * 1.05)
