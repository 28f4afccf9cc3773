"""Published summaries (mean and standard deviation over seeds) as points that a law can read."""

from __future__ import annotations

import numpy as np


def expand(mean: float, sd: float, n: int) -> np.ndarray:
    """`n` artificial seeds, evenly spaced, with exactly this mean and sample standard deviation (ddof 1).

    Sums of squares over the seeds then equal those of the real ones, and means of logarithms agree to second
    order (ivgi2022.md, item 8). With n = 1 the mean itself; `sd` is then ignored and may be NaN.
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
