"""A forecast that says nothing is not sealed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from forecast.made import entry

from scalescope.forecast.quantiles import COLUMNS

ENTRY = entry("a")
FOUND = ENTRY.quantiles
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
