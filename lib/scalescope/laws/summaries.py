"""Published summaries (mean and standard deviation over seeds) as points that a law can read."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from scalescope.laws.inputs import no_other_kind

MOST_SEEDS = 1_000_000  # more fit no memory


def expand(mean: float, sd: float, n: int) -> np.ndarray:
    """`n` artificial seeds, evenly spaced, with exactly this mean and sample standard deviation (ddof 1).

    Sums of squares over the seeds then equal those of the real ones (`squares_about`), and means of logarithms
    agree to second order (`log_mean`). With n = 1 the mean itself; `sd` is then ignored and may be NaN. Source:
    ivgi2022.md, item 8. Raises ValueError for a mean, deviation or number that cannot be.
    """
    if not _is_number(n) or int(n) != n or not 1 <= n <= MOST_SEEDS:
        raise ValueError(f"the number of seeds must be a whole number above 0, up to {MOST_SEEDS:,}; got {n!r}")
    if not _is_number(mean):
        raise ValueError(f"the mean must be finite; got {mean!r}")
    if n == 1:
        return np.array([float(mean)])
    if not (_is_number(sd) and sd >= 0):
        raise ValueError(f"the standard deviation of {n} seeds must be finite and not negative; got {sd!r}")
    steps = np.linspace(-1.0, 1.0, int(n))
    return mean + sd * steps / steps.std(ddof=1)


def log_mean(mean: Any, sd: Any, n: Any) -> np.ndarray:
    """Mean of ln y over seeds of this mean and deviation, to second order: ln m - (n - 1) / n * s^2 / (2 m^2).

    The least-squares line through all seeds is the line through these, weighted with n. Raises ValueError for means
    that are not above zero, negative deviations, and numbers of seeds that are no whole numbers.
    """
    mean, sd, n = _checked(mean, sd, n)
    if (mean <= 0).any():
        raise ValueError(f"the mean must be above zero to take its logarithm; got {mean[mean <= 0].flat[0]:g}")
    return np.log(mean) - (n - 1) / n * _squares(sd, n) / (2 * mean**2)


def squares_about(centre: Any, mean: Any, sd: Any, n: Any) -> np.ndarray:
    """Sum over seeds of (y - centre)^2 = (n - 1) s^2 + n (mean - centre)^2, exactly.

    Raises ValueError as `log_mean` does.
    """
    mean, sd, n = _checked(mean, sd, n)
    return (n - 1) * _squares(sd, n) + n * (mean - np.asarray(centre, dtype=float)) ** 2


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_) and bool(np.isfinite(value))


def _checked(mean: Any, sd: Any, n: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means, deviations and numbers of seeds as arrays of one shape; a deviation of one seed may be missing."""
    parts = {"mean": mean, "standard deviation": sd, "number of seeds": n}
    for name, part in parts.items():
        no_other_kind(np.asarray(part), f"the {name}")
    mean, sd, n = (np.asarray(part, dtype=float) for part in parts.values())
    if len({part.shape for part in (mean, sd, n) if part.ndim}) > 1:
        raise ValueError(
            f"means, deviations and numbers of seeds differ in shape: {list(mean.shape)}, {list(sd.shape)}, "
            f"{list(n.shape)}"
        )
    if not np.isfinite(mean).all():
        raise ValueError("the mean must be finite")
    if not ((n >= 1) & (n == np.round(n))).all():
        raise ValueError(f"the number of seeds must be a whole number above 0; got {n!r:.80}")
    if not (np.isfinite(sd) & (sd >= 0) | (n == 1)).all():
        raise ValueError(f"the standard deviation of seeds must be finite and not negative; got {sd!r:.80}")
    return mean, sd, n


def _squares(sd: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Squared deviations; of one seed there is none."""
    return np.where(n > 1, sd, 0.0) ** 2
