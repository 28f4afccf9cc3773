"""Why a cell of the tables of laws is blank, in a few words per task."""

from __future__ import annotations

import pandas as pd

from scalescope.experiment.points import OBJECTIVES, task_names
from scalescope.papers.ivgi2022.one_law import MIN_SIZES_R2

LARGEST_TWO = 2  # sizes that the mean relative error predicts, from a law of two at least
NO_POINT = "no usable point"


def reasons(fits: pd.DataFrame, *, hpt: str = "with", pair: bool = False) -> pd.Series:
    """Per task of `Laws.fits`, in the order of the tables: what keeps a number of either objective's law away, or "".

    pair: of a table that holds both objectives, where one without any runs is a reason too.
    A line needs two sizes, R2 three, and one more without the smallest; the mean relative error of the two largest
    sizes needs two others; a relative error needs a target whose metric is not zero.
    """
    rows = fits[fits["hpt"] == hpt]
    return pd.Series([_reason(rows[rows["task"] == task], pair) for task in task_names(fits)], dtype=object)


def _reason(rows: pd.DataFrame, pair: bool) -> str:
    if rows.empty or (rows["n_sizes"] == 0).all():
        return NO_POINT
    without = [name for objective, name in OBJECTIVES.items() if not (rows["objective"] == objective).any()]
    if pair and without:
        return f"no runs of {without[0]}"
    told, sizes = [], int(rows["n_sizes"].min())
    if sizes < MIN_SIZES_R2:
        told.append(f"{sizes} sizes: a line needs 2, R² {MIN_SIZES_R2}")
    elif sizes < 2 + LARGEST_TWO:
        told.append(f"{sizes} sizes: MRE and R² without the smallest need {2 + LARGEST_TWO}")
    for row in rows.itertuples():
        if row.actual == 0:
            told.append(f"the target's metric is 0 ({OBJECTIVES[row.objective]})")
        elif pd.isna(row.actual):
            told.append(f"no target ({OBJECTIVES[row.objective]})")
    return "; ".join(told)
