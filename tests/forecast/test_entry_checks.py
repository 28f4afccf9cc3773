"""A forecast that says nothing is not sealed, and what came of a run is looked at before it is scored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scalescope.forecast.entry_checks import check_values
from scalescope.forecast.ledger import Entry, judged, read, scored, seal
from scalescope.forecast.quantiles import COLUMNS

FOUND = dict(zip(COLUMNS, 2.0 * np.exp(0.1 * np.linspace(-1, 1, len(COLUMNS))), strict=True))
ENTRY = Entry("a", "loss", "power-N", {"parameters": 1e9}, 5, 3.0, FOUND, "ab" * 32)
LAST = COLUMNS[-1]

BAD = [
    ({"run": ""}, "run of a forecast must be a text of one line; got ''"),
    ({"run": "a\nb"}, r"run of a forecast .* got 'a\\nb'"),
    ({"run": 3}, "run of a forecast .* got 3"),
    ({"law": None}, "law of a forecast .* got None"),
    ({"sha256": "no"}, "sha256 of a forecast must be 64 hex digits, of the points; got 'no'"),
    ({"target": {}}, "target of a forecast must be sizes by name; got {}"),
    ({"target": {"parameters": np.nan}}, "parameters of the target of run 'a' has .* not finite"),
    ({"target": {"parameters": -1}}, "parameters of the target of run 'a' must be above zero"),
    ({"points": "five"}, "points of the forecast of run 'a' must be a whole number"),
    ({"quantiles": {"q500": 2.0}}, "lacks the quantile"),
    ({"quantiles": dict.fromkeys(COLUMNS, np.nan)}, f"must grow from zero on; {COLUMNS[0]} is nan"),
    ({"quantiles": dict.fromkeys(COLUMNS, -1.0)}, f"must grow from zero on; {COLUMNS[0]} is -1"),
    ({"quantiles": {**FOUND, LAST: 1.0}}, f"must grow from zero on; {LAST} is 1"),
]


@pytest.mark.parametrize(("changes", "told"), BAD)
def test_a_forecast_that_says_nothing_is_refused(changes, told):
    with pytest.raises(ValueError, match=told):
        replace(ENTRY, **changes)


def test_a_forecast_without_end_is_one():
    assert replace(ENTRY, quantiles={**FOUND, COLUMNS[0]: 0.0, LAST: np.inf}).quantiles[LAST] == np.inf


@pytest.fixture
def rows(tmp_path):
    seal(tmp_path / "forecasts.csv", [replace(ENTRY, run=run) for run in "abc"], lambda run: False)
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
