"""Seeds that fall into two groups: a mean and a standard deviation then describe no run."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from scalescope.experiment.paired import multi_bootstrap
from scalescope.experiment.points import OBJECTIVES, TUNINGS, title
from scalescope.experiment.transfer import Seeds
from scalescope.tables import COLUMNS, check

FEWEST_SEEDS = 3
GAP_ERRORS = 3.0  # standard errors of the paired difference over the examples
GAP_SPREADS = 3.0  # spreads within the groups
RULE = (
    f"Two groups: ordered by their value, the largest gap between neighbouring seeds exceeds {GAP_ERRORS:g} standard "
    f"errors of their paired difference over the examples, and {GAP_SPREADS:g} times the range within either group."
)


def seeds_table(groups: Iterable[Seeds], n_boot: int = 1000) -> pd.DataFrame:
    """The table "seeds": mean and spread of the seeds of each model, tuning and task, and whether they are two groups.

    value_se: standard error of one run's value over the examples. gap: the largest between neighbouring seeds, gap_se
    the standard error of that difference over the examples; spread: the larger range on either side of it. The rule is
    RULE; fewer than three seeds are never two groups. It is a flag to look at, not a test: seeds of one normal
    distribution, spread far beyond the noise of the examples, meet it in 46 of 100 cases if they are three, in 6 of
    100 if five.
    """
    rows = []
    for group in groups:
        if group.runs:
            numbers = _numbers(group, n_boot)
            rows.append({**group.model, "hpt": group.hpt, "task": group.task, "metric": group.metric, **numbers})
    return check(pd.DataFrame(rows, columns=None if rows else COLUMNS["seeds"]), "seeds")


def _numbers(group: Seeds, n_boot: int) -> dict[str, object]:
    values, noise = 1 - group.errors.to_numpy(), group.noise.to_numpy()
    order = np.argsort(values, kind="stable")
    row = {
        "n_pretrain_seeds": len({pretrained for pretrained, _ in group.pairs}),
        "n_seeds": len(values),
        "value": values.mean(),
        "value_sd": values.std(ddof=1) if len(values) > 1 else np.nan,
        "value_se": np.sqrt(np.mean(noise**2)),
        "gap": np.nan,
        "gap_se": np.nan,
        "spread": np.nan,
        "two_groups": False,
    }
    if len(values) < FEWEST_SEEDS:
        return row
    at = int(np.argmax(np.diff(values[order])))
    below, above = (group.runs[order[place]].rows for place in (at, at + 1))
    gap_se = multi_bootstrap({0: below}, {0: above}, group.metric, n_boot=n_boot).se_rows
    return row | largest_gap(values, gap_se)


def largest_gap(values: np.ndarray, gap_se: float) -> dict[str, object]:
    """gap, gap_se, spread and two_groups of the values of three or more seeds."""
    values = np.sort(values)
    gaps = np.diff(values)
    at = int(np.argmax(gaps))
    gap, spread = gaps[at], max(values[at] - values[0], values[-1] - values[at + 1])
    two = bool(gap > GAP_ERRORS * gap_se and gap > GAP_SPREADS * spread)
    return {"gap": gap, "gap_se": gap_se, "spread": spread, "two_groups": two}


def groups_sentence(seeds: pd.DataFrame) -> str:
    """Which series of points hold seeds in two groups, in words."""
    found = seeds[seeds["two_groups"].astype(bool) & seeds["objective"].isin(list(OBJECTIVES))]
    if found.empty:
        return f"No model has seeds in two groups. {RULE}"
    names = [
        f"{title(row.task)} ({OBJECTIVES[row.objective]}, {TUNINGS[row.hpt]}, {row.parameters:,} parameters, gap "
        f"{row.gap:.2f})"
        for row in found.itertuples()
    ]
    return f"Seeds in two groups: {'; '.join(names)}. {RULE}"
