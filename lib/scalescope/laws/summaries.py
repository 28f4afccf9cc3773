"""Published summaries (mean and standard deviation over seeds) as points that a law can read."""

from __future__ import annotations

from typing import Any

import numpy as np


def expand(mean: float, sd: float, n: int) -> np.ndarray:
    """`n` artificial seeds, evenly spaced, with exactly this mean and sample standard deviation (ddof 1).

    Sums of squares over the seeds then equal those of the real ones (`squares_about`), and means of logarithms
    agree to second order (`log_mean`). With n = 1 the mean itself; `sd` is then ignored and may be NaN. Source:
    ivgi2022.md, item 8.
    """
    if int(n) != n or n < 1:
        raise ValueError(f"the number of seeds must be a whole number above 0; got {n!r}")
    if not np.isfinite(mean):
        raise ValueError(f"the mean must be finite; got {mean!r}")
    if n == 1:
        return np.array([float(mean)])
    if not (np.isfinite(sd) and sd >= 0):
        raise ValueError(f"the standard deviation of {n} seeds must be finite and not negative; got {sd!r}")
    steps = np.linspace(-1.0, 1.0, int(n))
    return mean + sd * steps / steps.std(ddof=1)


def log_mean(mean: Any, sd: Any, n: Any) -> np.ndarray:
    """Mean of ln y over seeds of this mean and deviation, to second order: ln m - (n - 1) / n * s^2 / (2 m^2).

    The least-squares line through all seeds is the line through these, weighted with n.
    """
    mean, n = np.asarray(mean, dtype=float), np.asarray(n, dtype=float)
    return np.log(mean) - (n - 1) / n * _squares(sd, n) / (2 * mean**2)


def squares_about(centre: Any, mean: Any, sd: Any, n: Any) -> np.ndarray:
    """Sum over seeds of (y - centre)^2 = (n - 1) s^2 + n (mean - centre)^2, exactly."""
    mean, n = np.asarray(mean, dtype=float), np.asarray(n, dtype=float)
    return (n - 1) * _squares(sd, n) + n * (mean - np.asarray(centre, dtype=float)) ** 2


def _squares(sd: Any, n: np.ndarray) -> np.ndarray:
    """Squared deviations; of one seed there is none."""
    return np.where(n > 1, np.asarray(sd, dtype=float), 0.0) ** 2
