"""Several pretraining seeds of one size in a table: what is one replicate, and what is drawn together.

Tables without the column "pretrain_seed" have one seed (runs of before it was there), and so have those in which it is
blank (published ones).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

SEED = "pretrain_seed"
MODEL = ["objective", "role", "parameters"]


def several_seeds(frame: pd.DataFrame) -> bool:
    """Whether any size of a table has been pretrained with more than one seed."""
    return SEED in frame and bool(frame.groupby("parameters")[SEED].nunique().gt(1).any())


def drawn_together(points: pd.DataFrame) -> np.ndarray:
    """Groups of a hierarchical bootstrap: the size [n], or with several pretraining seeds size and seed [n, 2]."""
    names = ["parameters", SEED] if several_seeds(points) else "parameters"
    return points[names].to_numpy(dtype=float)


def count_replicates(points: pd.DataFrame, by: str) -> pd.Series:
    """Number of different pairs (pretrain_seed, seed) per value of the column `by`."""
    names = [by, *([SEED] if SEED in points else []), "seed"]
    return points[names].drop_duplicates().groupby(by).size()


def first_seed(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of the first pretraining seed of each objective, role and size, as they stand in the table."""
    return at_place(frame, 0)


def at_place(frame: pd.DataFrame, place: int) -> pd.DataFrame:
    """The rows of the pretraining seed at `place` (from 0) of each objective, role and size, in the order of the table.

    A model with fewer seeds, such as a target that was pretrained once, keeps its last one. A table without roles (the
    curves) is told apart by size alone.
    """
    if not several_seeds(frame):
        return frame
    seeds = frame.groupby([name for name in MODEL if name in frame], sort=False)[SEED]
    wanted = seeds.transform(lambda own: own.drop_duplicates().iloc[: place + 1].iloc[-1])  # at its place, or the last
    return frame[frame[SEED] == wanted]


def named_seed(points: pd.DataFrame) -> pd.Series:
    """Which pretraining seed a row is of, to be put behind a reason [n]; empty text where there is only one."""
    if not several_seeds(points):
        return pd.Series("", index=points.index)
    return " (pretraining seed " + points[SEED].map("{:.0f}".format) + ")"
