from __future__ import annotations

import pandas as pd
from forecast.made import runs

from scalescope.forecast.candidates import candidates
from scalescope.forecast.choose import choose
from scalescope.forecast.table import run_table

LAWS = [law for law in candidates(run_table(runs(12)))[0] if law.name in ("power-N", "shifted-N", "chinchilla")]


def table(**errors) -> pd.DataFrame:
    names = {"power": "power-N", "shifted": "shifted-N", "chinchilla": "chinchilla"}
    return pd.DataFrame({"law": [names[n] for n in errors], "log_rmse": list(errors.values()), "forecasts": 6})


def test_the_smallest_held_out_error_decides_and_says_so():
    found = choose(table(power=0.05, shifted=0.02, chinchilla=0.01), LAWS)
    assert found.law == "chinchilla" and "0.01 on 6 larger runs" in found.reason and "shifted-N (0.02)" in found.reason


def test_of_two_that_are_as_good_the_simpler_is_taken():
    found = choose(table(power=0.05, shifted=0.0104, chinchilla=0.01), LAWS)
    assert found.law == "shifted-N" and "more parameters" in found.reason
    assert choose(table(power=0.05, shifted=0.0106, chinchilla=0.01), LAWS).law == "chinchilla"


def test_what_could_not_be_tested_is_said():
    found = choose(table(power=0.05, shifted=0.02), LAWS)
    assert found.law == "shifted-N" and "Not tested, too few smaller sizes: chinchilla" in found.reason
    assert "no smaller runs could be fitted" in choose(table(), LAWS).reason


def test_only_what_is_true_is_said_of_a_law_without_rivals():
    one = [law for law in LAWS if law.name == "chinchilla"]
    assert "the only law that was asked for" in choose(table(chinchilla=0.01), one, "chinchilla").reason
    assert "the only law possible here" in choose(table(chinchilla=0.01), one).reason


def test_a_law_of_as_many_parameters_is_not_called_larger():
    same = [law for law in candidates(run_table(runs(12)))[0] if law.name in ("power-N", "power-C")]
    scores = pd.DataFrame({"law": ["power-C", "power-N"], "log_rmse": [0.0100, 0.0101], "forecasts": 6})
    reason = choose(scores, same).reason
    assert "within 5 % of power-C" in reason and "is no simpler" in reason and "more parameters" not in reason
