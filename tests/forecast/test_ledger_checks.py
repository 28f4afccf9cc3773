"""What came of a run is looked at before it is scored."""

from __future__ import annotations

import numpy as np
import pytest
from forecast.made import entry

from scalescope.forecast.ledger import judged, read, scored, seal
from scalescope.forecast.ledger_checks import check_values


@pytest.fixture
def rows(tmp_path):
    seal(tmp_path / "forecasts.csv", [entry(run) for run in "abc"], lambda run: False)
    return read(tmp_path / "forecasts.csv")


def test_what_is_below_zero_is_refused(rows):
    with pytest.raises(ValueError, match=r"loss of run 'b' is -2\.1: 2 of 3 are below zero"):
        scored(rows, {("a", "loss"): 2.1, ("b", "loss"): -2.1, ("c", "loss"): -1.0})
    with pytest.raises(ValueError, match="must be the table of a ledger"):
        judged(None, [2.0])
    with pytest.raises(ValueError, match=r"the ledger has 3 rows, and values have the shape \[1\]"):
        judged(rows, [2.0])


@pytest.mark.parametrize(
    ("value", "told", "kept"),
    [
        (0.0, "loss of run 'c' is 0: 1 of 3 are zero", 2),
        (np.inf, "loss of run 'c' is inf: 1 of 3 are infinite, and left out", 1),
        (210.0, "loss of run 'c' is 210: 1 of 3 are 30 times their forecast", 2),
        (0.02, "loss of run 'c' is 0.02: 1 of 3 are 30 times", 2),
    ],
)
def test_what_is_doubtful_is_told(rows, value, told, kept):
    with pytest.warns(UserWarning, match=told):
        assert len(judged(rows, [2.1, np.nan, value])) == kept


def test_errors_may_be_far_smaller_than_their_forecast(rows):
    assert check_values(rows.assign(quantity="error squad"), [2.1, 0.02, np.nan])[1] == 0.02
