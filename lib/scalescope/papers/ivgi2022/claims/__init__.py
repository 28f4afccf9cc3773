"""The claims C1 to C13 of Ivgi 2022, judged on published or live tables by the same functions."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from scalescope.errors import check_name
from scalescope.papers.ivgi2022.claims.evidence import Evidence
from scalescope.papers.ivgi2022.claims.finetuning import c3, c4, c5, c6, c7, c8
from scalescope.papers.ivgi2022.claims.method import c9, c11, c12
from scalescope.papers.ivgi2022.claims.pretraining import PUBLISHED, c1, c2, c10, c13
from scalescope.papers.ivgi2022.claims.verdict import CLAIMS, Verdict
from scalescope.papers.ivgi2022.data import published_tables

__all__ = ["CLAIMS", "JUDGES", "Evidence", "Verdict", "judge", "judge_all", "published_evidence"]

JUDGES: dict[str, Callable[[Evidence], Verdict]] = {
    each.__name__.upper(): each for each in (c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13)
}


def judge(claim: str, evidence: Evidence) -> Verdict:
    """The verdict on one claim; raises UnknownName for a claim that is not C1 to C13."""
    check_name("claim", claim, JUDGES)
    return JUDGES[claim](evidence)


def judge_all(evidence: Evidence) -> pd.DataFrame:
    """All verdicts of one source, one row a claim: what claims.csv holds."""
    return pd.DataFrame([judge(claim, evidence).row(evidence.source) for claim in JUDGES])


def published_evidence(n_boot: int = 1000) -> Evidence:
    """The paper's own points; table 5 and C8 use those of its figure 3."""
    return Evidence(PUBLISHED, published_tables(), n_boot=n_boot)
