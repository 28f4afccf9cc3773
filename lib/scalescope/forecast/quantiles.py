"""The predictive distribution of a new run as quantiles, and how it is scored."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from scalescope.laws import ScalingLaw

PROBABILITIES = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975)
MIDDLE = PROBABILITIES.index(0.5)
COLUMNS = tuple(f"q{1000 * p:03.0f}" for p in PROBABILITIES)  # q025 is the 2.5 % quantile
LEVELS = {  # nominal level of a central interval -> its columns
    round(high - low, 3): (f"q{1000 * low:03.0f}", f"q{1000 * high:03.0f}")
    for low, high in zip(PROBABILITIES[:6], PROBABILITIES[:6:-1], strict=True)
}
PRIOR = 4  # forecasts that the law's own interval counts for beside those that were held out
WIDEST = 1e12  # of y: an interval without end is scored as one this wide


def quantiles(law: ScalingLaw, X: np.ndarray) -> np.ndarray:
    """Quantiles [n, len(PROBABILITIES)] of one new run at X, rising; the middle one is the law's own value."""
    middle = law.predict_many({name: np.array([value]) for name, value in law.params_.items()}, X)[0]
    low, high = zip(*(law.predict_interval(X, level, kind="run") for level in LEVELS), strict=True)
    return np.maximum.accumulate(np.column_stack([*low, middle, *high[::-1]]), axis=1)


def widening(log_error: np.ndarray, found: np.ndarray) -> float:
    """Factor (at least 1) by which intervals of ln y are to be wider, from forecasts [n] that came before.

    log_error: ln actual / predicted; found: their quantiles [n, p]. Errors are measured in deviations of the interval
    on their side; the factor is the root of their mean square, with PRIOR forecasts of one deviation added so that a
    few do not decide. It holds what the law does not know of itself: that it may be the wrong one.
    """
    if not len(log_error):
        return 1.0
    ends = np.log(np.clip(found[:, [0, -1]], 1 / WIDEST, WIDEST) / np.clip(found[:, [MIDDLE]], 1 / WIDEST, WIDEST))
    half = np.maximum(np.where(log_error < 0, -ends[:, 0], ends[:, 1]), 1e-12)
    squares = (norm.ppf(PROBABILITIES[-1]) * log_error / half) ** 2
    return float(max(np.sqrt((PRIOR + squares.sum()) / (PRIOR + len(squares))), 1.0))


def widened(found: np.ndarray, factor: float) -> np.ndarray:
    """Quantiles [n, p] whose logarithms lie `factor` times as far from the middle one."""
    middle = found[:, [MIDDLE]]
    with np.errstate(over="ignore"):
        return middle * (found / middle) ** factor


def crps(found: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score [n] of ln y, from quantiles [n, p]: twice the pinball loss, over all p.

    The integral over probabilities is taken by the trapezoid rule with the ends continued (Gneiting and Raftery 2007,
    section 4.2: the score is the integral of the quantile scores). Smaller is better; in units of ln y.
    """
    q = np.log(np.clip(found, 1 / WIDEST, WIDEST))
    p = np.array(PROBABILITIES)
    off = np.log(np.asarray(actual, dtype=float))[:, None] - q
    pinball = np.maximum(p * off, (p - 1) * off)
    edges = np.concatenate([[0.0], (p[1:] + p[:-1]) / 2, [1.0]])
    return 2 * pinball @ np.diff(edges)
