"""Answers that carry their interval."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scalescope.errors import UnknownName
from scalescope.laws.inputs import share
from scalescope.laws.intervals import BootstrapResult

LARGEST = 1e300
SUCH = "a question is a function of the parameters, such as lambda p: p[{name!r}], that gives a number for each set [B]"


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

    The interval is zero to infinity where as many points as parameters leave nothing to judge by. Raises ValueError for
    what is no such function, and UnknownName where it asks for a parameter that is not there.
    """
    level = share(level, "level")
    value = float(_answer(question, params)[0])
    if bootstrap is None:
        return Estimate(value, level=level)
    if bootstrap.undetermined:
        return Estimate(value, 0.0, np.inf, level)
    found = np.clip(_answer(question, bootstrap.params), -LARGEST, LARGEST)  # infinities have no percentiles between
    ends = np.percentile(found, bootstrap.tails(level))
    low, high = (end if abs(end) < LARGEST / 10 else np.copysign(np.inf, end) for end in ends)
    return Estimate(value, min(low, value), max(high, value), level)  # an interval holds its own estimate


def _answer(question: Callable[[dict[str, np.ndarray]], np.ndarray], params: dict[str, np.ndarray]) -> np.ndarray:
    """Answers [B] to a question; infinite ones and those that are no numbers belong to fits that say nothing."""
    such = SUCH.format(name=next(iter(params)))
    if not callable(question):
        if isinstance(question, str) and question not in params:
            raise UnknownName("parameter", question, params)
        raise ValueError(f"{such}; got {question!r:.80}")
    asked = _Named(params)
    answer = question(asked)
    count = len(next(iter(params.values())))
    try:
        found = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{such}; it gave {answer!r:.80}") from None
    if found.shape != (count,):
        raise ValueError(f"{such}; it gave the shape {list(found.shape)} for {count} set(s)")
    return found


class _Named(dict):
    """Parameters by name, of which one that is not there is told with the nearest that is."""

    def __missing__(self, name: str) -> np.ndarray:
        raise UnknownName("parameter", name, self)
