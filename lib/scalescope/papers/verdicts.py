"""Claims of a study as rows: what was said, what decides it, and whether it holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

HOLDS, FAILS, UNTESTABLE = "holds", "fails", "not testable"


class Judged(NamedTuple):
    """One claim on one study: `holds` counts where `value`, the number that decides, is finite; else "not testable".

    statistic: what was computed, in words. low, high: its 95 % interval, or smallest and largest, where there is one.
    threshold: what was asked of it, in words.
    """

    id: str
    holds: bool
    statistic: str
    value: float
    threshold: str
    low: float = np.nan
    high: float = np.nan

    @property
    def verdict(self) -> str:
        """HOLDS, FAILS or UNTESTABLE."""
        return UNTESTABLE if not np.isfinite(self.value) else HOLDS if self.holds else FAILS


def first_with_interval(values: np.ndarray) -> tuple[float, float, float]:
    """The first value, and the 95 % interval of the others, made wider where it does not hold that value."""
    value, (low, high) = float(values[0]), map(float, np.percentile(values[1:], [2.5, 97.5]))
    return value, min(low, value), max(high, value)


def verdicts(claims: Mapping[str, str], judged: Iterable[Judged]) -> pd.DataFrame:
    """One row per judged claim: id, claim (`claims`: id -> words), verdict, statistic, value, low, high, threshold."""
    names = ["verdict", "statistic", "value", "low", "high", "threshold"]
    rows = [{"id": one.id, "claim": claims[one.id], **{name: getattr(one, name) for name in names}} for one in judged]
    return pd.DataFrame(rows, columns=["id", "claim", *names])
