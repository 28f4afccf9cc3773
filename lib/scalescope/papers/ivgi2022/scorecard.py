"""What an experiment can measure at all: in how many tasks pretraining, size and tokens lower the error.

Without these a claim about laws would be one about noise. The numbers are counts of intervals; no verdict is given.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from scalescope.data.encoded import PROBES
from scalescope.experiment.points import OBJECTIVES
from scalescope.laws import PowerLaw
from scalescope.number_text import NONE
from scalescope.papers.ivgi2022.tables import CLEAR

COLUMNS = ["quantity", "objective", "value", "of", "which"]
GAIN = "tasks whose gain of pretraining at the largest model is above zero"
SLOPE = "tasks whose error falls with size"
GOOD = f"tasks whose law has an R2 of at least {CLEAR:g}"
CEILING = f"tasks in which any curve through the sizes could have an R2 of at least {CLEAR:g}"
TOKENS = "tasks whose error falls with pretraining tokens"
SKILLS = "skills above chance at the largest model"
OFF = "held-out loss of the target off the law of the ladder, percent"
QUANTITIES = (GAIN, SLOPE, GOOD, CEILING, TOKENS, SKILLS, OFF)
Z = 1.96  # of a two-sided 95 % interval


def scorecard(
    fits: pd.DataFrame,
    pretraining_laws: pd.DataFrame,
    transfer: pd.DataFrame | None = None,
    budgets: pd.DataFrame | None = None,
    skills: pd.DataFrame | None = None,
    ceilings: pd.DataFrame | None = None,
    *,
    probes: int = PROBES,
    n_boot: int = 1000,
) -> pd.DataFrame:
    """One row per quantity and objective: quantity, objective, value, of (how many were asked), which.

    The tables of these names of one source (ceilings: `fit_ceiling`); what is None or empty has no row. A gain or a
    slope counts where its whole 95 % interval lies on the right side of zero; a slope against tokens is that of ln
    error against ln tokens of one model, with runs drawn within budgets. A skill is above chance by 1.96 binomial
    standard errors of `probes` masked answers.
    """
    rows = []
    for objective in OBJECTIVES:
        tuned = fits[(fits["objective"] == objective) & (fits["hpt"] == "with")]
        if tuned.empty:
            continue
        found: list[tuple[str, list[str], int]] = []
        if transfer is not None and len(own := transfer[transfer["objective"] == objective]):
            largest = own[own["parameters"] == own["parameters"].max()]
            found.append((GAIN, list(largest.loc[largest["low"] > 0, "task"]), len(largest)))
        found.append((SLOPE, list(tuned.loc[tuned["slope_high"] < 0, "task"]), len(tuned)))
        found.append((GOOD, list(tuned.loc[tuned["r2"] >= CLEAR, "task"]), len(tuned)))
        if ceilings is not None and len(own := ceilings[ceilings["objective"] == objective]):
            found.append((CEILING, list(own.loc[own["ceiling"] >= CLEAR, "task"]), len(tuned)))
        if budgets is not None and len(own := budgets[budgets["objective"] == objective]):
            found.append((TOKENS, list(_falling(own, n_boot)), own["task"].nunique()))
        if skills is not None and len(own := skills[skills["objective"] == objective]):
            last = own[own["parameters"] == own["parameters"].max()]
            last = last[last["step"] == last["step"].max()]
            above = above_chance(last["accuracy"], last["chance"], probes)
            found.append((SKILLS, list(last.loc[above, "skill"]), len(last)))
        rows += [(quantity, objective, len(names), of, ", ".join(names)) for quantity, names, of in found]
        law = pretraining_laws[pretraining_laws["objective"] == objective]
        if len(law) and np.isfinite(law["re"].iloc[0]):
            rows.append((OFF, objective, 100 * abs(law["re"].iloc[0]), 1, ""))
    return pd.DataFrame(rows, columns=COLUMNS)


def shown(cards: pd.DataFrame) -> pd.Series:
    """The value of each row of scorecards as text: "5 of 9", or percent."""
    texts = [
        f"{row.value:.1f}" if row.quantity == OFF else f"{row.value:.0f} of {row.of}" for row in cards.itertuples()
    ]
    return pd.Series(texts, index=cards.index)


def side_by_side(cards: pd.DataFrame) -> pd.DataFrame:
    """Scorecards of several sources (column "source") as text: rows quantity and objective, a column per source."""
    key = ["quantity", "objective"]
    table = cards.assign(shown=shown(cards)).pivot(index=key, columns="source", values="shown")
    places = {name: place for place, name in enumerate(QUANTITIES)}
    rows = cards[key].drop_duplicates().sort_values("quantity", key=lambda names: names.map(places), kind="stable")
    return table.loc[pd.MultiIndex.from_frame(rows), list(dict.fromkeys(cards["source"]))].fillna(NONE)


def _falling(budgets: pd.DataFrame, n_boot: int) -> Iterator[str]:
    for task, own in budgets.groupby("task", sort=False):
        if own["budget_tokens"].nunique() < 3:
            continue
        if law_of_tokens(own, n_boot).intervals_["slope"][1] < 0:
            yield str(task)


def above_chance(accuracy: pd.Series, chance: pd.Series, probes: int = PROBES) -> pd.Series:
    """Whether accuracies [n] on `probes` masked answers lie above chance [n] by more than Z standard errors."""
    return accuracy - chance > Z * np.sqrt(accuracy * (1 - accuracy) / probes)


def law_of_tokens(budgets: pd.DataFrame, n_boot: int = 1000) -> PowerLaw:
    """The law of one task's error in pretraining tokens, from its rows of the table "budgets" of one model."""
    law = PowerLaw(size="tokens", n_boot=n_boot, warn_beyond=None)
    return law.fit(budgets["tokens"], budgets["error"], groups=budgets["budget_tokens"])
