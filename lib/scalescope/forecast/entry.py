"""One forecast that is sealed: what it says of which run, and the checks that it says something."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scalescope.forecast.quantiles import COLUMNS as QUANTILES
from scalescope.forecast.quantiles import LEVELS
from scalescope.laws.inputs import amount, whole

KEY = ("run", "quantity", "law", "sizes", "target")


@dataclass(frozen=True)
class Entry:
    """What is sealed of one forecast.

    run: name or id of the run that is to come. quantity: what is predicted of it, "loss" or such as "error squad".
    law; sizes: names of its inputs; target: their values. points: runs fitted; sha256: of them. distance: factor beyond
    the largest of them. quantiles: by name (`quantiles.COLUMNS`); the middle one is the mean of the law. study: the
    live study that it belongs to, if any. Raises ValueError for what is no forecast, see `check_entry`.
    """

    run: str
    quantity: str
    law: str
    target: dict[str, float]
    points: int
    distance: float
    quantiles: dict[str, float]
    sha256: str
    study: str = ""

    def __post_init__(self) -> None:
        check_entry(self)

    @property
    def key(self) -> tuple[str, ...]:
        """What identifies a forecast in a ledger: KEY."""
        row = self.row("")
        return tuple(row[name] for name in KEY)

    def row(self, date: str) -> dict[str, str]:
        """The fields of the table as text, numbers in full."""
        low, high = (self.quantiles[name] for name in LEVELS[0.95])
        values = {"distance": self.distance, "mean": self.quantiles["q500"], "low": low, "high": high}
        values |= {name: self.quantiles[name] for name in QUANTILES}
        return {
            **{name: getattr(self, name) for name in ("study", "run", "quantity", "law", "sha256")},
            "sizes": " ".join(self.target),
            "target": " ".join(repr(float(value)) for value in self.target.values()),
            "points": str(self.points),
            **{name: repr(float(value)) for name, value in values.items()},
            "date": date,
        }


def check_entry(entry: Entry) -> None:
    """Raise ValueError for a forecast that says nothing, or nothing that could be scored.

    Names are text of one line; sizes and quantiles are numbers above zero, quantiles in order (the last may be
    infinite), all of `quantiles.COLUMNS`.
    """
    for name in ("run", "quantity", "law", "sha256"):
        text = getattr(entry, name)
        if not isinstance(text, str) or not text.strip() or not text.isprintable():
            raise ValueError(f"{name} of a forecast must be a text of one line; got {text!r:.80}")
    if not re.fullmatch("[0-9a-f]{64}", entry.sha256):
        raise ValueError(f"sha256 of a forecast must be 64 hex digits, of the points; got {entry.sha256!r:.80}")
    if not isinstance(entry.target, Mapping) or not entry.target:
        raise ValueError(f"target of a forecast must be sizes by name; got {entry.target!r:.80}")
    for name, size in entry.target.items():
        amount(size, f"{name} of the target of run {entry.run!r}")
    whole(entry.points, f"points of the forecast of run {entry.run!r}")
    missing = [name for name in QUANTILES if name not in entry.quantiles]
    if missing:
        raise ValueError(f"the forecast of run {entry.run!r} lacks the quantile(s) {', '.join(missing)}")
    found = np.array([entry.quantiles[name] for name in QUANTILES], dtype=float)
    bad = np.flatnonzero(np.isnan(found) | (found < 0) | (np.diff(found, prepend=0.0) < 0))
    if bad.size:
        raise ValueError(
            f"quantiles of the forecast of run {entry.run!r} must grow from zero on; "
            f"{QUANTILES[bad[0]]} is {found[bad[0]]:g}"
        )
