"""Which run to pay for next: the one that narrows the target's interval most per FLOP."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.forecast.candidates import Candidate
from scalescope.forecast.table import RunTable
from scalescope.forecast.target import along_ratio, frame_of, per_pair
from scalescope.laws import ScalingLaw

SIZES = 7  # sizes of each kind that are looked at
LARGEST_SHARE = 0.3  # of the target's cost: a run that costs more is no longer a cheap one
WORTH = 0.05  # a run must narrow the interval by this much to be named
CHANCE = 3.0  # standard deviations of a correlation that is zero
BEYOND = 4.0  # times the tokens per parameter of the runs: no law has been tried farther off
ROUNDING = 1e-9


def next_runs(table: RunTable, candidate: Candidate, law: ScalingLaw, target: dict[str, float]) -> pd.DataFrame:
    """Runs worth paying for, the best first: the columns of `considered`, and worth.

    Of runs that narrow no more than a cheaper one only the cheaper is listed. worth: whether a run narrows by 5 % or
    more and by more than the few replicates of a small bootstrap do by chance; these are ranked by per_flop, the others
    follow. Empty where the law has no bootstrap or no scatter to judge by.
    """
    found = considered(table, candidate, law, target).sort_values(["cost", "narrowing"], ascending=[True, False])
    found = found[found["narrowing"] > found["narrowing"].cummax().shift(fill_value=-np.inf)]
    worth = found["narrowing"] >= least_narrowing(law)
    found = found.assign(worth=worth).sort_values("per_flop", ascending=False, kind="stable")
    return pd.concat([found[found["worth"]], found[~found["worth"]]], ignore_index=True)


def considered(table: RunTable, candidate: Candidate, law: ScalingLaw, target: dict[str, float]) -> pd.DataFrame:
    """All runs that are looked at: parameters, tokens, flops (those there are), cost, narrowing, per_flop.

    cost: FLOPs (or size) as a share of the target's, up to 30 %. narrowing: of the interval of the law at the target,
    as a share. per_flop: narrowing over cost. A law in N and D is asked for runs up to four times beyond the tokens per
    parameter of the table and the target; a law in one size for runs at the tokens per parameter of the largest run,
    since it knows of no other.
    """
    if law.bootstrap_ is None or not np.isfinite(law.scatter_.deviation):
        return pd.DataFrame(columns=[*candidate.inputs, "cost", "narrowing", "per_flop"], dtype=float)
    grid = _grid(table, target, candidate)
    found = grid.assign(narrowing=narrowing(candidate, law, target, grid))
    return found.assign(per_flop=found["narrowing"] / found["cost"])


def least_narrowing(law: ScalingLaw) -> float:
    """Share by which a run must narrow the interval to be named: 5 %, or what chance does with few replicates.

    The correlation of two independent columns of B replicates has the standard deviation 1 / sqrt(B).
    """
    chance = min(CHANCE**2 / law.bootstrap_.n_boot, 1.0) if law.bootstrap_ else 1.0
    return max(WORTH, 1 - (1 - chance) ** 0.5)


def narrowing(candidate: Candidate, law: ScalingLaw, target: dict[str, float], grid: pd.DataFrame) -> np.ndarray:
    """Share [m] by which the interval of the law at the target gets narrower with one of the m runs of a grid.

    Linear Gaussian update: the variance at the target falls by cov^2 / (var + noise^2), covariances over the law's
    replicates, in the unit of its scatter (Chaloner and Verdinelli 1995, section 2; with an ensemble, Evensen 2009).
    Exact for laws that are linear in their parameters.
    """

    def said(frame: pd.DataFrame) -> np.ndarray:
        values = law.predict_many(law.bootstrap_.params, candidate.X(frame))
        return np.log(np.maximum(values, 1e-300)) if law.scatter_.logarithmic else values

    at_target, at_grid = said(frame_of(target))[:, 0], said(grid)
    off, others = at_target - at_target.mean(), at_grid - at_grid.mean(axis=0)
    count = len(off) - 1
    covariance = off @ others / count
    variance = (others**2).sum(axis=0) / count + law.scatter_.deviation**2
    total = off @ off / count
    if total <= 0:
        return np.zeros(len(variance))
    return 1 - np.sqrt(np.maximum(1 - covariance**2 / (variance * total), 0.0))


def _grid(table: RunTable, target: dict[str, float], candidate: Candidate) -> pd.DataFrame:
    """Runs from the smallest of the table to 30 % of the target's cost."""
    frame = table.frame
    if {"parameters", "tokens"} <= set(frame.columns) and {"parameters", "tokens"} <= target.keys():
        of_target = per_pair(table) * target["parameters"] * target["tokens"]
        if len(candidate.inputs) == 1:
            flops = np.geomspace(frame["flops"].min(), LARGEST_SHARE * of_target, 3 * SIZES)
            grid = pd.DataFrame([along_ratio(float(budget), table) for budget in flops])
        else:
            grid = _plausible(_pairs(table, target), table, target)
        grid = grid[grid["flops"] <= (1 + ROUNDING) * LARGEST_SHARE * of_target].reset_index(drop=True)
        return grid.assign(cost=grid["flops"] / of_target)
    only = next(name for name in table.sizes if name in target)
    sizes = np.geomspace(frame[only].min(), max(LARGEST_SHARE * target[only], frame[only].min() * 1.01), 3 * SIZES)
    return pd.DataFrame({only: sizes, "cost": sizes / target[only]})


def _pairs(table: RunTable, target: dict[str, float]) -> pd.DataFrame:
    """Every pair of sizes between the smallest of the table and the largest of table and target."""
    frame, axes = table.frame, []
    for name in ("parameters", "tokens"):
        low = frame[name].min()
        high = max(target[name], frame[name].max())
        axes.append(np.geomspace(low, high, SIZES) if frame[name].nunique() > 1 else np.array([low]))
    n, d = (part.ravel() for part in np.meshgrid(*axes, indexing="ij"))
    return pd.DataFrame({"parameters": n, "tokens": d, "flops": per_pair(table) * n * d})


def _plausible(grid: pd.DataFrame, table: RunTable, target: dict[str, float]) -> pd.DataFrame:
    """The runs whose tokens per parameter lie within four times those of the table and the target."""
    known = [*(table.frame["tokens"] / table.frame["parameters"]), target["tokens"] / target["parameters"]]
    return grid[(grid["tokens"] / grid["parameters"]).between(min(known) / BEYOND, max(known) * BEYOND)]
