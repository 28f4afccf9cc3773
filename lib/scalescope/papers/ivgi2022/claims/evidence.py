"""What claims are judged on: the tables of one source, and the replicates of each law in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scalescope.experiment.points import PAPER_TASKS, split_usable, usable_pretraining
from scalescope.experiment.pretraining_seeds import drawn_together
from scalescope.laws import PowerLaw, hierarchical_bootstrap

HELD_OUT_SCALES = 2  # "six scales predict the next two"
FEWEST_SIZES_R2 = 3  # a line through two sizes always fits


@dataclass(frozen=True)
class Replicates:
    """Statistics of one law [1 + B]: entry 0 of the points themselves, the rest of bootstrapped points.

    r2_from_2: without the smallest size. mre: relative error of the metric at the two largest sizes under the
    law of the others. prediction: of y at the target. NaN where a replicate has too few sizes.
    """

    n_sizes: int
    slope: np.ndarray
    r2: np.ndarray
    r2_from_2: np.ndarray
    mre: np.ndarray
    prediction: np.ndarray
    actual: float

    @property
    def re(self) -> np.ndarray:
        """Relative error of the metric 1 - y at the target [1 + B]."""
        metric = 1 - self.actual
        return (1 - self.prediction - metric) / abs(metric) if metric else np.full_like(self.prediction, np.nan)


class Evidence:
    """Tables of one source (published or live), checked once; laws are bootstrapped once each.

    points: "points" or "summaries"; pretrain, curves, finetune: as collected, None where there are none.
    pair_points: points of the comparison between objectives where they differ (the paper's figure 3).
    """

    def __init__(
        self,
        source: str,
        points: pd.DataFrame,
        pretrain: pd.DataFrame,
        curves: pd.DataFrame | None = None,
        finetune: pd.DataFrame | None = None,
        pair_points: pd.DataFrame | None = None,
        n_boot: int = 1000,
    ):
        self.source, self.n_boot = source, n_boot
        self.points, _ = split_usable(points)
        self.pair_points = self.points if pair_points is None else split_usable(pair_points)[0]
        self.pretrain = pretrain[usable_pretraining(pretrain)]
        self.curves, self.finetune = curves, finetune
        self._laws: dict[tuple, Replicates] = {}

    @property
    def tasks(self) -> list[str]:
        """The paper's tasks with tuned MLM points, in its order."""
        part = self.points[(self.points["objective"] == "mlm") & (self.points["hpt"] == "with")]
        return [task for task in PAPER_TASKS if task in set(part["task"])]

    def rows(self, task: str, objective: str = "mlm", hpt: str = "with", pair: bool = False) -> pd.DataFrame:
        """Points of one task in ladder and target."""
        points = self.pair_points if pair else self.points
        keep = (points["task"] == task) & (points["objective"] == objective) & (points["hpt"] == hpt)
        return points[keep & (points["role"] != "second")]

    def law(self, task: str, objective: str = "mlm", hpt: str = "with", pair: bool = False) -> Replicates | None:
        """The law of a task's error with its replicates; None for fewer than three sizes."""
        key = (task, objective, hpt, pair)
        if key not in self._laws:
            self._laws[key] = replicates(self.rows(task, objective, hpt, pair), "error", self.n_boot)
        return self._laws[key]

    def pretraining(self, objective: str, role: str) -> pd.DataFrame:
        """Pretraining runs of one ladder ("ladder" or "second"), by size."""
        part = self.pretrain[(self.pretrain["objective"] == objective) & (self.pretrain["role"] == role)]
        return part.sort_values("parameters")


class _Recorder(PowerLaw):
    """A power law that keeps the weights of the replicates it was asked to fit."""

    def fit_weighted(self, X, y, weights):
        self.weights = weights
        return super().fit_weighted(X, y, weights)


def replicates(rows: pd.DataFrame, y: str, n_boot: int, random_state: int = 0) -> Replicates | None:
    """Every statistic of the law of column `y` for the points and `n_boot` hierarchical replicates of them.

    `rows`: one row per seed; the target (role) is in no fit. None for fewer than three sizes. Two tables with
    the same sizes and seeds are drawn alike, so that differences between their statistics are paired.
    """
    rows = rows[np.isfinite(rows[y].astype(float))]
    ladder, target = rows[rows["role"] != "target"], rows[rows["role"] == "target"]
    sizes, values = ladder["parameters"].to_numpy(dtype=float), ladder[y].to_numpy(dtype=float)
    distinct = np.unique(sizes)
    if len(distinct) < FEWEST_SIZES_R2:
        return None
    law = _Recorder(n_boot=0)
    hierarchical_bootstrap(law, sizes, values, drawn_together(ladder), n_boot=n_boot, random_state=random_state)
    weights = np.vstack([np.ones(len(sizes)), law.weights])
    whole = _fit(law, sizes, values, weights)
    larger = weights * (sizes > distinct[0])
    enough = len(distinct) > HELD_OUT_SCALES + 1
    smaller = _fit(law, sizes, values, weights * (sizes < distinct[-HELD_OUT_SCALES])) if enough else None
    at = target["parameters"].max() if len(target) else np.nan
    actual = target.loc[target["parameters"] == at, y].mean()
    blank = np.full(n_boot + 1, np.nan)
    return Replicates(
        len(distinct), whole["slope"], _r2(law, whole, sizes, values, weights),
        _r2(law, _fit(law, sizes, values, larger), sizes, values, larger) if enough else blank,
        _mre(law, smaller, sizes, values, distinct[-HELD_OUT_SCALES:]) if smaller else blank,
        law.predict_many(whole, [at])[:, 0] if np.isfinite(at) else blank, float(actual),
    )  # fmt: skip


def _fit(law: PowerLaw, sizes: np.ndarray, values: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Parameters of all replicates [1 + B]; NaN where fewer than two sizes have weight."""
    present = np.stack([(weights[:, sizes == size] > 0).any(axis=1) for size in np.unique(sizes)], axis=1)
    enough = present.sum(axis=1) >= 2
    fitted = PowerLaw.fit_weighted(law, sizes, values, np.where(enough[:, None], weights, 1.0))
    return {name: np.where(enough, found, np.nan) for name, found in fitted.items()}


def _r2(law, fitted: dict, sizes: np.ndarray, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """R2 in linear space [1 + B], each replicate on its own draw."""
    residual = (weights * (values - law.predict_many(fitted, sizes)) ** 2).sum(axis=1)
    total_weight = np.maximum(weights.sum(axis=1), 1)
    mean = (weights * values).sum(axis=1) / total_weight
    total = (weights * (values - mean[:, None]) ** 2).sum(axis=1)
    return np.where(total > 0, 1 - residual / np.where(total > 0, total, 1), np.nan)


def _mre(law, fitted: dict, sizes: np.ndarray, values: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    metric = 1 - np.array([values[sizes == size].mean() for size in held_out])
    predicted = 1 - law.predict_many(fitted, held_out)
    return np.mean(np.abs(predicted - metric) / np.where(metric == 0, np.nan, np.abs(metric)), axis=1)
