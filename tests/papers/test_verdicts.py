"""Claims as rows: a number that is missing decides nothing."""

from __future__ import annotations

import numpy as np
import pytest

from scalescope.papers.verdicts import FAILS, HOLDS, UNTESTABLE, Judged, first_with_interval, verdicts

CLAIMS = {"X1": "it falls", "X2": "it grows"}


def test_a_verdict_needs_a_finite_number():
    assert Judged("X1", True, "slope", -0.1, "below 0").verdict == HOLDS
    assert Judged("X1", False, "slope", 0.1, "below 0").verdict == FAILS
    for value in (np.nan, np.inf):
        assert Judged("X1", True, "slope", value, "below 0").verdict == UNTESTABLE


def test_rows_hold_the_claim_in_words_and_the_interval():
    table = verdicts(
        CLAIMS, [Judged("X2", True, "slope", 0.2, "above 0", 0.1, 0.3), Judged("X1", False, "slope", 0.2, "")]
    )
    assert list(table["claim"]) == ["it grows", "it falls"]
    assert table.loc[0, ["low", "high"]].tolist() == [0.1, 0.3] and table.loc[1, ["low", "high"]].isna().all()
    assert list(verdicts(CLAIMS, []).columns) == list(table.columns)


def test_a_claim_nobody_made_is_an_error():
    with pytest.raises(KeyError, match="X3"):
        verdicts(CLAIMS, [Judged("X3", True, "slope", 0.0, "")])


def test_an_interval_holds_the_value_that_it_is_about():
    assert first_with_interval(np.array([5.0, 1.0, 1.0, 1.0])) == (5.0, 1.0, 5.0)
    assert first_with_interval(np.array([0.0, *np.linspace(-1, 1, 201)])) == pytest.approx((0.0, -0.95, 0.95))
