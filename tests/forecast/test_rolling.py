from __future__ import annotations

from forecast.made import runs

from scalescope.forecast.candidates import candidates
from scalescope.forecast.quantiles import COLUMNS
from scalescope.forecast.rolling import compared, own_widening, rolling, widened_back
from scalescope.forecast.table import run_table


def test_each_run_but_the_smallest_is_asked_once_and_only_of_smaller_ones():
    table = run_table(runs(9))
    laws = [law for law in candidates(table)[0] if law.name == "power-C"]
    found = rolling(table.frame, "loss", laws, n_boot=20, most=3)
    assert found["fold"].nunique() == 3 and found["run"].is_unique
    assert set(found["run"]) == set(table.frame["run"][3:]) and (found["distance"] > 1).all()


def test_the_true_law_foretells_larger_runs_best():
    table = run_table(runs(14, noise=0.001))
    laws, _ = candidates(table)
    held_out = rolling(table.frame, "loss", laws, n_boot=40)
    summary = compared(held_out)
    assert set(summary["law"].head(2)) <= {"chinchilla", "overtraining", "shifted-C"}
    assert summary["forecasts"].nunique() == 1
    errors = summary.set_index("law")["log_rmse"]
    assert errors["chinchilla"] < 0.2 * errors["power-C"]
    assert (held_out["distance"] > 1).all()


def test_intervals_of_a_law_that_misses_are_widened_by_its_own_record():
    table = run_table(runs(14, noise=0.001))
    laws = [law for law in candidates(table)[0] if law.name == "power-C"]
    held_out = rolling(table.frame, "loss", laws, n_boot=40)
    assert (held_out.loc[held_out["fold"] == 0, "widening"] == 1).all()
    assert held_out["widening"].iloc[-1] > 1.1 and own_widening(held_out, "power-C") > 1.1
    raw = widened_back(held_out)
    wide = held_out[list(COLUMNS)].to_numpy()
    assert (wide[:, 0] <= raw[:, 0] + 1e-12).all() and (wide[:, -1] >= raw[:, -1] - 1e-12).all()
    assert own_widening(held_out, "chinchilla") == 1.0


def test_a_law_with_one_forecast_does_not_take_the_others_from_the_rest():
    table = run_table(runs(7))
    held_out = rolling(table.frame, "loss", candidates(table)[0], n_boot=40)
    counts = held_out["law"].value_counts()
    assert counts["chinchilla"] == 1 and counts["power-C"] == 4
    summary = compared(held_out)
    assert "chinchilla" not in set(summary["law"]) and summary["forecasts"].min() >= 2
