"""Which run to pay for next: the one that narrows the target's interval most per FLOP."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scalescope.forecast.candidates import Candidate
from scalescope.forecast.table import RunTable
from scalescope.forecast.target import frame_of, per_pair
from scalescope.laws import ScalingLaw

SIZES = 7  # sizes of each kind that are looked at
LARGEST_SHARE = 0.3  # of the target's cost: a run that costs more is no longer a cheap one
WORTH = 0.05  # a run must narrow the interval by this much to be named


@dataclass(frozen=True)
class Design:
    """Laws drawn about the fitted one: ln of what they say at the target [B] and at each candidate [B, m]."""

    target: np.ndarray
    candidates: np.ndarray
    deviation: float

    def narrowing(self) -> np.ndarray:
        """Share [m] by which the interval of the law at the target gets narrower with one run of each kind.

        Linear Gaussian update: the variance at the target falls by cov^2 / (var + noise^2), covariances over the drawn
        laws (Chaloner and Verdinelli 1995, section 2; with an ensemble, Evensen 2009). Exact for laws that are linear
        in their parameters.
        """
        off = self.target - self.target.mean()
        others = self.candidates - self.candidates.mean(axis=0)
        count = len(off) - 1
        covariance = off @ others / count
        variance = (others**2).sum(axis=0) / count + self.deviation**2
        total = off @ off / count
        if total <= 0:
            return np.zeros(len(variance))
        return 1 - np.sqrt(np.maximum(1 - covariance**2 / (variance * total), 0.0))


def next_runs(table: RunTable, candidate: Candidate, law: ScalingLaw, target: dict[str, float]) -> pd.DataFrame:
    """Runs worth paying for, the best first: parameters, tokens, flops (those there are), cost, narrowing, per_flop.

    cost: FLOPs (or size) as a share of the target's. narrowing: of the interval of the law at the target, as a share.
    per_flop: narrowing over cost; only runs that narrow by 5 % or more are ranked by it, the others follow. Runs of up
    to 30 % of the target's cost are looked at. Empty where the law has no bootstrap or no scatter to judge by.
    """
    if law.bootstrap_ is None or not np.isfinite(law.scatter_.deviation):
        return pd.DataFrame(columns=[*candidate.inputs, "cost", "narrowing", "per_flop"])
    grid = _grid(table, target)
    design = design_of(candidate, law, target, grid)
    found = grid.assign(narrowing=design.narrowing())
    found["per_flop"] = found["narrowing"] / found["cost"]
    found = found.sort_values("per_flop", ascending=False, kind="stable")
    worth = found["narrowing"] >= WORTH
    return pd.concat([found[worth], found[~worth]], ignore_index=True)


def design_of(candidate: Candidate, law: ScalingLaw, target: dict[str, float], grid: pd.DataFrame) -> Design:
    """What the law's replicates say at the target and at the runs of a grid, in the unit of its scatter."""
    logarithmic = law.scatter_.logarithmic

    def said(frame: pd.DataFrame) -> np.ndarray:
        values = law.predict_many(law.bootstrap_.params, candidate.X(frame))
        return np.log(np.maximum(values, 1e-300)) if logarithmic else values

    return Design(said(frame_of(target))[:, 0], said(grid), law.scatter_.deviation)


def _grid(table: RunTable, target: dict[str, float]) -> pd.DataFrame:
    """Runs from the smallest of the table to 30 % of the target's cost."""
    frame = table.frame
    if {"parameters", "tokens"} <= set(frame.columns) and {"parameters", "tokens"} <= target.keys():
        unit = per_pair(table)
        top = LARGEST_SHARE * unit * target["parameters"] * target["tokens"]
        axes = []
        for name in ("parameters", "tokens"):
            low = frame[name].min()
            high = max(target[name], frame[name].max())
            axes.append(np.geomspace(low, high, SIZES) if frame[name].nunique() > 1 else np.array([low]))
        n, d = (part.ravel() for part in np.meshgrid(*axes, indexing="ij"))
        grid = pd.DataFrame({"parameters": n, "tokens": d, "flops": unit * n * d})
        grid = grid[grid["flops"] <= top].reset_index(drop=True)
        return grid.assign(cost=grid["flops"] / (unit * target["parameters"] * target["tokens"]))
    only = next(name for name in table.sizes if name in target)
    sizes = np.geomspace(frame[only].min(), max(LARGEST_SHARE * target[only], frame[only].min() * 1.01), 3 * SIZES)
    return pd.DataFrame({only: sizes, "cost": sizes / target[only]})
