"""What keeps the R2 of a law below one: the scatter of seeds at each size, or the form of the law.

No curve has a higher R2 than one through the mean of every size. Where even that stays low, seeds differ as much as
sizes do, and no law can be told; where the law lies far below it, its form is wrong.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.experiment.points import OBJECTIVES, split_usable, task_names
from scalescope.experiment.pretraining_seeds import SEED
from scalescope.laws import ShiftedPowerLaw
from scalescope.laws.prediction import ROUNDING
from scalescope.papers.ivgi2022.one_law import MIN_SIZES_R2

COLUMNS = ["objective", "task", "n_sizes", "n_points", "r2", "with_floor", "ceiling", "ceiling_by_seed"]


def fit_ceiling(points: pd.DataFrame, fits: pd.DataFrame) -> pd.DataFrame:
    """One row per objective and task of the tuned ladder: R2 of the law, of one with a floor, and of the size means.

    points, fits: those tables of a source. Columns: objective, task, n_sizes, n_points, r2 (of "fits"), with_floor
    (y = E + A N^-alpha, which needs four sizes), ceiling (means over all seeds of each size), ceiling_by_seed (means of
    each size and pretraining seed: what is left is the scatter of finetuning alone). R2 is in linear space, over all
    seeds. NaN where all values are equal, sizes too few, or pretrained once.
    """
    usable, _ = split_usable(points)
    tuned = usable[(usable["hpt"] == "with") & (usable["role"] == "ladder")]
    known = fits[fits["hpt"] == "with"].set_index(["objective", "task"])["r2"]
    rows = []
    for objective in OBJECTIVES:
        own = tuned[tuned["objective"] == objective]
        for task in task_names(own):
            part = own[own["task"] == task]
            if part.empty:
                continue
            sizes, errors = (part[name].to_numpy(dtype=float) for name in ("parameters", "error"))
            seeds = part[SEED].to_numpy(dtype=float) if SEED in part and part[SEED].nunique() > 1 else None
            law, found = known.get((objective, task), np.nan), _shares(sizes, errors, seeds)
            rows.append((objective, task, part["parameters"].nunique(), len(part), law, *found))
    return pd.DataFrame(rows, columns=COLUMNS)


def _shares(sizes: np.ndarray, errors: np.ndarray, seeds: np.ndarray | None) -> tuple[float, float, float]:
    """R2 of the law with a floor, of the means by size, and of those by size and seed; all are [n]."""
    total = ((errors - errors.mean()) ** 2).sum()
    distinct = len(np.unique(sizes))
    if distinct < MIN_SIZES_R2 or total <= len(errors) * (ROUNDING * errors.mean()) ** 2:
        return np.nan, np.nan, np.nan

    def share(predicted: np.ndarray) -> float:
        return float(1 - ((errors - predicted) ** 2).sum() / total)

    def of_means(*keys: np.ndarray) -> float:
        return share(pd.Series(errors).groupby(list(keys)).transform("mean").to_numpy())

    floor = ShiftedPowerLaw(n_boot=0, warn_beyond=None)
    with_floor = share(floor.fit(sizes, errors, groups=sizes).predict(sizes)) if distinct > MIN_SIZES_R2 else np.nan
    by_seed = np.nan if seeds is None else of_means(sizes, seeds)
    return with_floor, of_means(sizes), by_seed
