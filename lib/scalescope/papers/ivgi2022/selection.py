"""Choosing between two pretraining objectives from small scales only (section 4.4 of the paper)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.errors import UnknownName
from scalescope.experiment.points import title
from scalescope.papers.ivgi2022.fits import Laws
from scalescope.papers.ivgi2022.one_law import FittedLaw

CHOICES = ["task", "a", "b", "at", "extrapolation", "gap", "gap_low", "gap_high", "choice", "probability", "decided"]
CHOICES += ["r2_a", "r2_b", "actual_gap", "correct"]
SEEDS = {"mlm": 0, "pmi": 1}  # laws of a pair are drawn independently of each other


def select(laws: Laws, task: str, *, a: str = "mlm", b: str = "pmi", at: float | None = None) -> dict:
    """Which of the objectives `a` and `b` will be better on `task` at the size `at`, from the ladder alone.

    laws: of a source, of which those of tuned models are used. Keys CHOICES: `gap` = predicted metric of b minus that
    of a, with its 95 % interval from two independent hierarchical bootstraps; `choice` by its sign; `probability`:
    share of replicates that choose the same; `decided`: whether the interval leaves out zero. `at` defaults to the
    target's size, whose `actual_gap` then says whether the choice is `correct`; both are blank where it is not
    measured. The interval is that of the laws: it does not hold the error of extrapolating them. Where a law has as
    many points as parameters nothing tells how far it is off: the interval is infinite, the probability blank. Raises
    UnknownName for a task or objective without points and ValueError for fewer than two sizes of one of them.
    """
    pair = [_law(laws, task, objective) for objective in (a, b)]
    targets = [law.numbers["target_parameters"] for law in pair]
    if at is None:
        if not np.isfinite(targets).all():
            raise ValueError(f"no target of {task} with both {a} and {b}: say at which size to choose (at=...)")
        at = float(targets[0])
    actual = np.nan
    if targets == [at, at]:
        actual = pair[0].numbers["actual"] - pair[1].numbers["actual"]  # the error that a has more
    drawn = [np.exp(law.slope * np.log(at) + law.intercept) for law in pair]
    gap, gaps = drawn[0][0] - drawn[1][0], drawn[0][1:] - drawn[1][1:]
    known = min(law.numbers["free"] for law in pair) >= 1
    low, high = np.percentile(gaps, [2.5, 97.5]) if known else (-np.inf, np.inf)
    return {
        "task": title(task),
        "a": a,
        "b": b,
        "at": at,
        "extrapolation": float(pair[0].extrapolation([at])[0]),
        "gap": gap,
        "gap_low": low,
        "gap_high": high,
        "choice": b if gap > 0 else a,
        "probability": float(np.mean((gaps > 0) == (gap > 0))) if known else np.nan,
        "decided": bool(low > 0 or high < 0),
        "r2_a": pair[0].r2[0],
        "r2_b": pair[1].r2[0],
        "actual_gap": actual,
        "correct": bool(np.sign(gap) == np.sign(actual)) if np.isfinite(actual) else None,
    }


def select_all(laws: Laws) -> pd.DataFrame:
    """`select` for every task whose target and two sizes have both objectives, in the paper's order."""
    rows = []
    for task in laws.fits("pair")["task"].unique():
        pair = [laws.of(of="pair", task=task, objective=name, seed=seed) for name, seed in SEEDS.items()]
        if None not in pair and np.isfinite([law.numbers["target_parameters"] for law in pair]).all():
            rows.append(select(laws, task))
    return pd.DataFrame(rows, columns=CHOICES)


def _law(laws: Laws, task: str, objective: str) -> FittedLaw:
    fits = laws.fits("pair")
    fits = fits[fits["n_points"] > 0]
    if task not in set(fits["task"]):
        raise UnknownName("task", task, fits["task"].unique())
    fits = fits[fits["task"] == task]
    if objective not in set(fits["objective"]):
        raise UnknownName("objective", objective, fits["objective"].unique())
    law = laws.of(of="pair", task=task, objective=objective, seed=SEEDS[objective])
    if law is None:
        raise ValueError(f"{task}, {objective}: a law needs at least two sizes; got one")
    return law
