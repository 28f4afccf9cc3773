"""The scatter of runs about a law, and the interval in which one new run falls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from scalescope.laws.inputs import generator, share

DRAWS = 4000  # at least, of law and scatter together


@dataclass(frozen=True)
class Scatter:
    """How far runs lie from the fitted law.

    `deviation`: standard deviation of one run, of ln y if `logarithmic`, else of y. `free`: degrees of freedom that it
    was estimated with. `units`: independent units of the fit (groups, else points). NaN and 0 where none are left.
    """

    deviation: float
    logarithmic: bool
    free: int
    units: int

    def text(self) -> str | None:
        """In words; None without degrees of freedom."""
        if self.free < 1:
            return None
        unit = "of y, relative" if self.logarithmic else "of y"
        return f"{self.deviation:.3g} {unit}, one standard deviation, {self.free} d.f."


def scatter_of(
    residuals: np.ndarray, weights: np.ndarray, group: np.ndarray | None, fitted: int, logarithmic: bool
) -> Scatter:
    """Scatter of the residuals [n] of a fit of `fitted` parameters, those of points of weight zero left out.

    With groups [n] (numbers from 0) the variance is that of a group about the law plus that of a run within its group,
    each over its own degrees of freedom: runs of one group are not independent. With no more groups than parameters
    the first cannot be told from the law, and runs count as independent.
    """
    used = weights > 0
    residuals, weights = residuals[used], weights[used]
    count = len(residuals)
    if group is not None:
        number = np.unique(group[used], return_inverse=True)[1].reshape(-1)
        size = np.bincount(number)
        if len(size) > fitted:
            mean = np.bincount(number, residuals) / size
            inside = count - len(size)
            within = float(((residuals - mean[number]) ** 2).sum() / inside) if inside else 0.0
            between = float((mean**2).sum() / (len(size) - fitted)) - within * float((1 / size).mean())
            return Scatter(np.sqrt(max(between, 0.0) + within), logarithmic, len(size) - fitted, len(size))
    free = count - fitted
    if free < 1:
        return Scatter(np.nan, logarithmic, 0, count)
    variance = float(weights @ residuals**2 / weights.sum()) * count / free
    return Scatter(np.sqrt(variance), logarithmic, free, count)


def new_run(
    laws: np.ndarray, middle: np.ndarray, scatter: Scatter, level: float, random_state: int | np.random.Generator | None
) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bound [n] of one new run, from bootstrapped laws [B, n] and the fitted one [n].

    Each draw is a bootstrapped law plus normal scatter. Deviations from the fitted law are enlarged twice: those of the
    laws by sqrt(units / free), since replicates of few units vary too little, and the ends from the quantile of the
    normal distribution to Student's, since the scatter is itself estimated (with one degree of freedom at least).
    """
    laws = np.tile(laws, (-(-DRAWS // len(laws)), 1))
    rng = generator(random_state)
    normal = norm.ppf((np.arange(len(laws)) + 0.5) / len(laws))[rng.permutation(len(laws)), None]
    off = np.log(np.maximum(laws, 1e-300) / middle) if scatter.logarithmic else laws - middle
    off = off * np.sqrt(scatter.units / scatter.free) + scatter.deviation * normal
    tail = 0.5 * (1 - share(level, "level"))
    low, high = np.percentile(off, [100 * tail, 100 * (1 - tail)], axis=0) * (
        student.ppf(tail, scatter.free) / norm.ppf(tail)
    )
    if scatter.logarithmic:
        with np.errstate(over="ignore"):
            return middle * np.exp(low), middle * np.exp(high)
    return np.maximum(middle + low, 0.0), middle + high
