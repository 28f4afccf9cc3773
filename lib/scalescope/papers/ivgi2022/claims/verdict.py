"""What a judged claim is, and the thresholds: those of the paper, fixed before any live table was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from scalescope.papers.ivgi2022.tables import CLEAR
from scalescope.papers.verdicts import FAILS, HOLDS, UNTESTABLE

R2_PRETRAINING = 0.99  # C1
MINIMAL_SIZE_TASKS = ("squad_v2", "race", "mrpc")  # C4
EXTRAPOLATION_ERROR = 0.03  # C6
INTERPOLATION_ERROR = 0.025  # C7
MOST = 0.5  # "most tasks", "in general": more than this share
EARLY_PATIENCE = 1500  # C10, steps: with it the paper's largest model stopped too early
EARLY_SHARE = 0.25  # C10, live: a run stopped after this share of its steps is stopped too early
PARAMETERS_SAVED = 5.0  # C13
FLOPS_SAVED = 2.5  # C13, with tuning

CLAIMS = {
    "C1": "Pretraining loss follows a power law for both objectives and both aspect ratios",
    "C2": "The law of the larger aspect ratio is steeper",
    "C3": "Finetuning laws emerge in some tasks only",
    "C4": "Some tasks need a minimal size",
    "C5": "Tuning makes the fit cleaner and flatter",
    "C6": "A clear law extrapolates to the target within 3 %",
    "C7": "The smaller scales predict the next two within 2.5 % in most tasks",
    "C8": "Clear laws select the better objective",
    "C9": "The hierarchical bootstrap is more conservative than the naive one",
    "C10": "A run stopped too early lies above the law of the other scales",
    "C11": "Finetuning loss is a worse target than the metric",
    "C12": "SQuAD 2.0 scored on answerable questions fits better",
    "C13": "The small scales cost less than the target",
}


@dataclass(frozen=True)
class Verdict:
    """One claim judged on one source.

    verdict: "holds", "fails" or "not testable". statistic: what was computed, in words; value with low and high:
    it and its interval, whose kind `interval` names. threshold: what was asked of it. sentence: the result in
    words. needed: what would test a claim better that fails or cannot be tested.
    """

    id: str
    verdict: str
    statistic: str
    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    interval: str = ""
    threshold: str = ""
    sentence: str = ""
    needed: str = ""

    def row(self, source: str) -> dict:
        """The verdict as a row of claims.csv."""
        return {"source": source, "id": self.id, "claim": CLAIMS[self.id]} | asdict(self)


BOOTSTRAP = "95 % of hierarchical bootstrap"
OVER_TASKS = "smallest and largest over tasks"


def bounds(values: np.ndarray) -> tuple[float, float]:
    """95 % interval of replicates [B], leaving out those that could not be fitted; blank if none could."""
    values = values[np.isfinite(values)]
    return tuple(float(v) for v in np.percentile(values, [2.5, 97.5])) if values.size else (np.nan, np.nan)


def weakness(best_r2: float) -> str:
    """What to add to a comparison of laws where none is clear."""
    return "" if best_r2 >= CLEAR else f" No task has a clear law here (best R2 {best_r2:.2f}): this says little."


def untestable(id: str, statistic: str, reason: str, needed: str) -> Verdict:
    """The verdict on a claim whose input is missing; `reason` says what was not measured."""
    return Verdict(id, UNTESTABLE, statistic, sentence=f"Not testable: {reason}.", needed=needed)


def judged(
    id: str,
    yes: bool,
    statistic: str,
    values: Sequence[float] | np.ndarray,
    *,
    threshold: str,
    sentence: str,
    needed: str,
    interval: str = BOOTSTRAP,
) -> Verdict:
    """The verdict on a claim whose statistic has the values [1 + B], in the data and in every replicate.

    needed: told where the claim fails.
    """
    value, low_and_high = float(values[0]), bounds(np.asarray(values[1:], dtype=float))
    word, needed = (HOLDS, "") if yes else (FAILS, needed)
    return Verdict(id, word, statistic, value, *low_and_high, interval, threshold, sentence, needed)
