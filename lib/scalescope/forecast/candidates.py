"""The laws that a table's columns allow, each with the columns it reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from scalescope.errors import UnknownName
from scalescope.forecast.columns import SYMBOLS
from scalescope.forecast.table import RunTable
from scalescope.laws import (
    BrokenLaw,
    ChinchillaLaw,
    OvertrainingLaw,
    PowerLaw,
    SaturatingLaw,
    ScalingLaw,
    ShiftedPowerLaw,
)

LEFT = 1  # degrees of freedom that a fit must leave, else it has no interval
ROBUST_FROM = 30  # runs: with fewer, Huber's delta of 1e-3 passes through as many points as there are parameters
ALIKE = 0.999  # correlation of ln N and ln D from which their terms cannot be told apart
FAMILIES = ("power", "shifted", "chinchilla", "overtraining")
ON_REQUEST = ("saturating", "broken")  # their fits take ten times as long, or more
ALL = "all"


@dataclass(frozen=True)
class Candidate:
    """A law and the columns it reads. `make(n_boot, interval)` gives it unfitted."""

    name: str
    family: str
    inputs: tuple[str, ...]
    make: Callable[..., ScalingLaw] = field(repr=False)

    def X(self, frame: pd.DataFrame) -> np.ndarray:
        """The inputs [n, k] of a frame with the columns of `inputs`."""
        return frame[list(self.inputs)].to_numpy(dtype=float)

    def fit(self, frame: pd.DataFrame, response: str, n_boot: int = 1000, random_state: Any = 0) -> ScalingLaw:
        """The law fitted to all rows; runs of one size are one group of the bootstrap.

        Without repeated sizes intervals come from residuals (few points, each at its own size).
        """
        X, y = self.X(frame), frame[response].to_numpy(dtype=float)
        groups = groups_of(frame)
        law = self.make(len(frame), groups is not None).set_params(n_boot=n_boot, random_state=random_state)
        return law.fit(X, y, groups=groups)

    def enough(self, frame: pd.DataFrame) -> bool:
        """Whether the distinct sizes determine the law and leave something to judge it by."""
        law, X = self.make(len(frame), False), self.X(frame)
        varied = all(len(np.unique(column)) > 1 for column in X.T)
        return varied and len(np.unique(X, axis=0)) >= max(law.min_distinct + LEFT, 3)


def groups_of(frame: pd.DataFrame) -> np.ndarray | None:
    """A number per distinct size [n], or None where every run has its own."""
    sizes = frame[[name for name in SYMBOLS if name in frame and name not in ("loss", "error")]]
    number = sizes.groupby(list(sizes.columns)).ngroup().to_numpy()
    return number if len(np.unique(number)) < len(number) else None


def _chinchilla(points: int, grouped: bool) -> ScalingLaw:
    loss = None if points >= ROBUST_FROM else "log_squares"
    return ChinchillaLaw(loss=loss, interval=_interval(grouped), warn_beyond=None)


def _overtraining(points: int, grouped: bool) -> ScalingLaw:
    return OvertrainingLaw(loss="log_squares", interval=_interval(grouped), warn_beyond=None)


def _interval(grouped: bool) -> str:
    return "bootstrap" if grouped else "residual"


def _of_one(law: type[ScalingLaw], size: str) -> Callable[..., ScalingLaw]:
    if law is PowerLaw:  # it has one kind of interval only
        return lambda points, grouped: PowerLaw(size=size)
    return lambda points, grouped: law(size=size, interval=_interval(grouped), warn_beyond=None)


OF_ONE = {"power": PowerLaw, "shifted": ShiftedPowerLaw, "saturating": SaturatingLaw, "broken": BrokenLaw}


def default_candidates() -> list[Candidate]:
    """The laws that are compared where none is asked for, the simplest first."""
    return [candidate for candidate in every_candidate() if candidate.family not in ON_REQUEST]


def every_candidate() -> list[Candidate]:
    """All laws that any table could allow, the simplest first."""
    one = [
        Candidate(f"{family}-{SYMBOLS[size]}", family, (size,), _of_one(law, size))
        for family, law in OF_ONE.items()
        for size in ("parameters", "tokens", "flops")
    ]
    both = ("parameters", "tokens")
    return [
        *one,
        Candidate("overtraining", "overtraining", both, _overtraining),
        Candidate("chinchilla", "chinchilla", both, _chinchilla),
    ]


def candidates(table: RunTable, asked: str = "") -> tuple[list[Candidate], dict[str, str]]:
    """The laws that the table allows, and why each other one is left out.

    asked: a law ("chinchilla", "power-N"), a family ("power"), or "all", which takes those in that are slow to fit.
    Raises UnknownName for one that does not exist, and ValueError where the law that is asked for is not possible.
    """
    every = every_candidate()
    names = [candidate.name for candidate in every]
    families = (*FAMILIES, *ON_REQUEST, ALL)
    if asked and asked not in (*names, *families):
        raise UnknownName("law", asked, [*names, *(f for f in families if f not in names)])
    wanted = [c for c in every if asked in (ALL, c.name, c.family)] if asked else default_candidates()
    looked_at = [c for c in every if c in wanted or c.family not in ON_REQUEST]
    left_out = {candidate.name: reason for candidate in looked_at if (reason := _reason(candidate, table))}
    possible = [candidate for candidate in wanted if candidate.name not in left_out]
    if not possible:
        why = "; ".join(f"{c.name}: {left_out[c.name]}" for c in wanted)
        raise ValueError(f"no law can be fitted to this table: {why}")
    if not asked:
        left_out[", ".join(ON_REQUEST)] = f'slow to fit: ask for one of them, or for "{ALL}"'
    return possible, left_out


def _reason(candidate: Candidate, table: RunTable) -> str:
    """Why a law is not possible, empty if it is."""
    frame = table.frame
    for name in candidate.inputs:
        if name not in frame:
            return f"there is no column of {name}"
        if frame[name].nunique() < 2:
            return f"all runs have the same {name} ({frame[name].iloc[0]:g})"
    if len(candidate.inputs) > 1:
        logs = np.log(candidate.X(frame))
        if abs(np.corrcoef(logs.T)[0, 1]) > ALIKE:
            return "N and D grow together in all runs, so that their terms cannot be told apart"
    if not candidate.enough(frame):
        return f"{len(np.unique(candidate.X(frame), axis=0))} distinct sizes are too few for its parameters"
    return ""
