"""One series of points, its law and everything that is asked of it, in the data and in every bootstrap replicate."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from operator import methodcaller
from typing import Any

import numpy as np
import pandas as pd

from scalescope.experiment.pretraining_seeds import drawn_together
from scalescope.laws import PowerLaw, SuspectInput
from scalescope.laws.prediction import ROUNDING

HELD_OUT_SCALES = 2  # "six scales predict the next two"
MIN_SIZES_R2 = 3  # a line through two sizes always fits
STATISTICS = ("slope", "intercept", "r2", "r2_from_2", "mre", "prediction")
LINE = ["slope", "slope_low", "slope_high", "intercept", "r2"]
LAW = [*LINE, "r2_from_2", "mre", "target_parameters"]
FORECAST = ["prediction", "prediction_low", "prediction_high"]
NUMBERS = ["n_sizes", "n_points", "free", *LAW, "actual", "extrapolation", *FORECAST, "prediction_from_2"]


@dataclass(frozen=True)
class FittedLaw:
    """A law as it is stored: its numbers (a row of the table "laws") and its replicates.

    numbers: NUMBERS, all of y itself (error or loss), and `facts`, what the law puts on its fit card, as JSON.
    replicates: each of STATISTICS [1 + B]; entry 0 is of the points themselves, the others of bootstrapped points.
    r2_from_2: R2 without the smallest size. mre: mean relative error of the metric 1 - y at the two largest sizes under
    the law of the others. prediction: of y at the target. NaN where there are too few sizes.
    """

    numbers: Mapping[str, Any]
    replicates: Mapping[str, np.ndarray]

    def __getattr__(self, name: str) -> np.ndarray:
        if name in STATISTICS:
            return self.replicates[name]
        raise AttributeError(name)

    @property
    def re(self) -> np.ndarray:
        """Relative error of the metric 1 - y at the target [1 + B]."""
        metric = 1 - self.numbers["actual"]
        return (1 - self.prediction - metric) / abs(metric) if metric else np.full_like(self.prediction, np.nan)

    def predict(self, sizes: np.ndarray) -> np.ndarray:
        """The law [n] at the sizes."""
        return np.exp(self.slope[0] * np.log(sizes) + self.intercept[0])

    def band(self, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Bounds [n], [n] of 95 % of the bootstrapped laws, which hold the law itself; None without replicates.

        They are zero and infinity where as many points as parameters leave nothing to judge by.
        """
        if len(self.slope) < 2:
            return None
        middle = self.predict(sizes)
        if self.numbers["free"] < 1:
            return np.zeros(len(middle)), np.full(len(middle), np.inf)
        laws = np.exp(np.multiply.outer(self.slope[1:], np.log(sizes)) + self.intercept[1:, None])
        low, high = np.percentile(laws, [2.5, 97.5], axis=0)
        return np.minimum(low, middle), np.maximum(high, middle)

    def divided_by(self, unit: float) -> FittedLaw:
        """The law of y / unit, as far as figures show it."""
        intercept = self.intercept - np.log(unit)
        return FittedLaw({**self.numbers, "intercept": intercept[0]}, {**self.replicates, "intercept": intercept})

    def facts(self) -> dict[str, Any]:
        """What the law puts on its fit card."""
        return json.loads(self.numbers["facts"])

    def extrapolation(self, sizes: np.ndarray) -> np.ndarray:
        """Factor [n] by which sizes lie outside the fitted range; 1 inside."""
        low, high = self.facts()["fitted_range"]["parameters"]
        sizes = np.asarray(sizes, dtype=float)
        return np.maximum(1.0, np.maximum(sizes / high, low / sizes))


def fit_series(
    rows: pd.DataFrame, y: str, *, n_boot: int = 1000, random_state: int = 0, naive: bool = False
) -> FittedLaw:
    """The law of column `y` and all its statistics, from one fit and one bootstrap; without law below two sizes.

    rows: one per seed, of one series and its target (column "role"), which is in no fit. Replicates are drawn by
    `drawn_together`, or all points alike (`naive`, on purpose: what too narrow intervals look like). Two tables with
    the same sizes and seeds are drawn alike, so that differences between their statistics are paired.
    """
    ladder, target = rows[rows["role"] != "target"], rows[rows["role"] == "target"]
    numbers = {"n_sizes": ladder["parameters"].nunique(), "n_points": len(ladder), **_actual(target, y)}
    if numbers["n_sizes"] < 2:
        return FittedLaw({**dict.fromkeys(NUMBERS, np.nan), **numbers, "facts": ""}, {})
    law, weights = _fitted(ladder, y, n_boot, random_state, naive)
    found = _statistics(law, weights, ladder, y, numbers["target_parameters"])
    from_2 = found.pop("prediction_from_2")
    low, high = law.intervals_.get("slope", (np.nan, np.nan))
    numbers |= {"free": law.scatter_.free, "slope_low": low, "slope_high": high, "prediction_from_2": from_2}
    numbers |= {name: values[0] for name, values in found.items()} | _predicted(law, numbers["target_parameters"])
    facts = json.dumps(law.facts(), default=methodcaller("tolist"))  # of numpy values
    return FittedLaw({**dict.fromkeys(NUMBERS, np.nan), **numbers, "facts": facts}, found)


def _fitted(ladder: pd.DataFrame, y: str, n_boot: int, random_state: int, naive: bool) -> tuple[PowerLaw, np.ndarray]:
    """The fitted law, and the weights of the points and of all replicates [1 + B, n]."""
    law, asked = PowerLaw(n_boot=n_boot, random_state=random_state), []

    def recorded(X: Any, y: Any, weights: np.ndarray) -> dict[str, np.ndarray]:
        asked.append(weights)
        return PowerLaw.fit_weighted(law, X, y, weights)

    law.fit_weighted = recorded
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SuspectInput)  # a warning cannot say of which task; the fit card does
        law.fit(ladder, ladder[y], groups=None if naive else drawn_together(ladder))
    return law, np.vstack(asked)


def _actual(target: pd.DataFrame, y: str) -> dict[str, float]:
    """Size and mean of y over the seeds of the largest target; blank if there is none."""
    at = float(target["parameters"].max()) if len(target) else np.nan
    return {"target_parameters": at, "actual": float(target.loc[target["parameters"] == at, y].astype(float).mean())}


def _predicted(law: PowerLaw, at: float) -> dict[str, float]:
    if not np.isfinite(at):
        return {}
    low, high = law.predict_interval([at]) if law.bootstrap_ else ([np.nan], [np.nan])
    return {"extrapolation": law.extrapolation([at])[0], "prediction_low": low[0], "prediction_high": high[0]}


def _statistics(law: PowerLaw, weights: np.ndarray, ladder: pd.DataFrame, y: str, at: float) -> dict[str, Any]:
    """STATISTICS [1 + B] and the prediction without the smallest size."""
    sizes, values = ladder["parameters"].to_numpy(dtype=float), ladder[y].to_numpy(dtype=float)
    distinct = np.unique(sizes)
    drawn = law.bootstrap_.params if law.bootstrap_ else {name: [] for name in law.params_}
    whole = {name: np.append(value, drawn[name]) for name, value in law.params_.items()}
    found = whole | {name: np.full(len(weights), np.nan) for name in STATISTICS[2:]} | {"prediction_from_2": np.nan}
    if np.isfinite(at):
        found["prediction"] = law.predict_many(whole, [at])[:, 0]
    if len(distinct) < MIN_SIZES_R2:
        return found
    found["r2"] = _r2(law, whole, sizes, values, weights)
    larger = weights * (sizes > distinct[0])
    without = _refitted(law, sizes, values, larger)
    if np.isfinite(at):
        found["prediction_from_2"] = law.predict_many(without, [at])[0, 0]
    if len(distinct) > HELD_OUT_SCALES + 1:
        smaller = _refitted(law, sizes, values, weights * (sizes < distinct[-HELD_OUT_SCALES]))
        found["r2_from_2"] = _r2(law, without, sizes, values, larger)
        found["mre"] = _mre(law, smaller, sizes, values, distinct[-HELD_OUT_SCALES:])
    return found


def _refitted(law: PowerLaw, sizes: np.ndarray, values: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Parameters of all replicates [1 + B]; NaN where fewer than two sizes have weight."""
    present = np.stack([(weights[:, sizes == size] > 0).any(axis=1) for size in np.unique(sizes)], axis=1)
    enough = present.sum(axis=1) >= 2
    fitted = PowerLaw.fit_weighted(law, sizes, values, np.where(enough[:, None], weights, 1.0))
    return {name: np.where(enough, found, np.nan) for name, found in fitted.items()}


def _r2(law, fitted: dict, sizes: np.ndarray, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """R2 in linear space [1 + B], each replicate on its own draw; NaN where its values are equal but for rounding."""
    residual = (weights * (values - law.predict_many(fitted, sizes)) ** 2).sum(axis=1)
    total_weight = np.maximum(weights.sum(axis=1), 1)
    mean = (weights * values).sum(axis=1) / total_weight
    total = (weights * (values - mean[:, None]) ** 2).sum(axis=1)
    varies = total > total_weight * (ROUNDING * mean) ** 2
    return np.where(varies, 1 - residual / np.where(varies, total, 1), np.nan)


def _mre(law, fitted: dict, sizes: np.ndarray, values: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    metric = 1 - np.array([values[sizes == size].mean() for size in held_out])
    predicted = 1 - law.predict_many(fitted, held_out)
    return np.mean(np.abs(predicted - metric) / np.where(metric == 0, np.nan, np.abs(metric)), axis=1)
