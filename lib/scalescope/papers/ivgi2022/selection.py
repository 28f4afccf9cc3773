"""Choosing between two pretraining objectives from small scales only (section 4.4 of the paper)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.errors import UnknownName
from scalescope.experiment.points import OBJECTIVES, split_usable, task_names, title
from scalescope.experiment.pretraining_seeds import drawn_together
from scalescope.laws import PowerLaw

CHOICES = [
    "task", "a", "b", "at", "extrapolation", "gap", "gap_low", "gap_high", "choice", "probability", "decided",
    "r2_a", "r2_b", "actual_gap", "correct",
]  # fmt: skip


def select(
    points: pd.DataFrame,
    task: str,
    *,
    a: str = "mlm",
    b: str = "pmi",
    hpt: str = "with",
    at: float | None = None,
    n_boot: int = 1000,
    random_state: int = 0,
) -> dict:
    """Which of the objectives `a` and `b` will be better on `task` at the size `at`, from the ladder alone.

    Keys CHOICES: `gap` = predicted metric of b minus that of a, with its 95 % interval from two independent
    hierarchical bootstraps; `choice` by its sign; `probability`: share of replicates that choose the same;
    `decided`: whether the interval leaves out zero. `at` defaults to the target's size, whose `actual_gap`
    then says whether the choice is `correct`; both are blank where it is not measured. The interval is that of
    the laws: it does not hold the error of extrapolating them. Raises UnknownName for a task or objective
    without points and ValueError for fewer than two sizes of one of them.
    """
    usable, _ = split_usable(points)
    usable = usable[(usable["hpt"] == hpt) & (usable["role"] != "second")]
    if task not in set(usable["task"]):
        raise UnknownName("task", task, usable["task"].unique())
    parts = [_part(usable[usable["task"] == task], objective) for objective in (a, b)]
    targets = [part[part["role"] == "target"] for part in parts]
    actual = np.nan
    if at is None:
        if any(target.empty for target in targets):
            raise ValueError(f"no target of {task} with both {a} and {b}: say at which size to choose (at=...)")
        at = float(targets[0]["parameters"].max())
    if all((target["parameters"] == at).any() for target in targets):
        means = [target.loc[target["parameters"] == at, "error"].mean() for target in targets]
        actual = means[0] - means[1]  # in units of the metric: the error that a has more
    laws = [_law(part, n_boot, random_state + place) for place, part in enumerate(parts)]
    gap = float(laws[0].predict([at])[0] - laws[1].predict([at])[0])
    drawn = [law.predict_many(law.bootstrap_.params, [at])[:, 0] for law in laws]
    gaps = drawn[0] - drawn[1]
    low, high = np.percentile(gaps, [2.5, 97.5])
    scores = [_score(law, part) for law, part in zip(laws, parts, strict=True)]
    row = [title(task), a, b, at, laws[0].extrapolation([at])[0], gap, low, high, b if gap > 0 else a,
           float(np.mean((gaps > 0) == (gap > 0))), bool(low > 0 or high < 0), *scores, actual,
           bool(np.sign(gap) == np.sign(actual)) if np.isfinite(actual) else None]  # fmt: skip
    return dict(zip(CHOICES, row, strict=True))


def select_all(points: pd.DataFrame, **settings: object) -> pd.DataFrame:
    """`select` for every task that has two sizes of both objectives, in the paper's order."""
    usable, _ = split_usable(points)
    hpt, pair = settings.get("hpt", "with"), [settings.get("a", "mlm"), settings.get("b", "pmi")]
    ladder = usable[(usable["role"] == "ladder") & (usable["hpt"] == hpt)]
    rows = []
    for task in task_names(points):
        sizes = ladder[ladder["task"] == task].groupby("objective")["parameters"].nunique()
        target = usable[(usable["role"] == "target") & (usable["hpt"] == hpt) & (usable["task"] == task)]
        known = settings.get("at") is not None or set(pair) <= set(target["objective"])
        if known and all(sizes.get(objective, 0) >= 2 for objective in pair):
            rows.append(select(points, task, **settings))
    return pd.DataFrame(rows, columns=CHOICES)


def _part(points: pd.DataFrame, objective: str) -> pd.DataFrame:
    if objective not in set(points["objective"]):
        raise UnknownName("objective", objective, [name for name in OBJECTIVES if name in set(points["objective"])])
    return points[points["objective"] == objective]


def _law(part: pd.DataFrame, n_boot: int, random_state: int) -> PowerLaw:
    ladder = part[part["role"] == "ladder"]
    law = PowerLaw(n_boot=n_boot, random_state=random_state)
    return law.fit(ladder, ladder["error"], groups=drawn_together(ladder))


def _score(law: PowerLaw, part: pd.DataFrame) -> float:
    ladder = part[part["role"] == "ladder"]
    return law.score(ladder, ladder["error"]) if law.n_sizes_ > 2 else np.nan
