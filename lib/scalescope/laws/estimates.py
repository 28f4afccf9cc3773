"""Answers that carry their interval."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scalescope.laws.intervals import BootstrapResult

LARGEST = 1e300


class Estimate(float):
    """A number with the interval `low`, `high` at `level`; both NaN where the law has no bootstrap."""

    low: float
    high: float
    level: float

    def __new__(cls, value: float, low: float = np.nan, high: float = np.nan, level: float = 0.95):
        """A float that remembers its interval."""
        self = super().__new__(cls, value)
        self.low, self.high, self.level = float(low), float(high), level
        return self

    def __repr__(self) -> str:
        return f"{float(self):.6g} ({self.low:.4g} to {self.high:.4g})"


def estimate(
    question: Callable[[dict[str, np.ndarray]], np.ndarray],
    params: dict[str, np.ndarray],
    bootstrap: BootstrapResult | None,
    level: float = 0.95,
) -> Estimate:
    """`question` [B], of an amount above zero, asked of the fitted parameters, and of every bootstrapped set.

    The interval is zero to infinity where as many points as parameters leave nothing to judge by.
    """
    value = float(question(params)[0])
    if bootstrap is None:
        return Estimate(value, level=level)
    if bootstrap.undetermined:
        return Estimate(value, 0.0, np.inf, level)
    found = np.clip(question(bootstrap.params), -LARGEST, LARGEST)  # percentiles between infinities are not numbers
    low, high = (
        end if abs(end) < LARGEST / 10 else np.copysign(np.inf, end)
        for end in np.percentile(found, bootstrap.tails(level))
    )
    return Estimate(value, min(low, value), max(high, value), level)  # an interval holds its own estimate
