from __future__ import annotations

import json

import numpy as np
import pytest
from forecast.made import TRUTH, loss, runs

from scalescope.errors import UnknownName
from scalescope.forecast import forecast, run_table
from scalescope.forecast.columns import BadTable
from scalescope.forecast.forecast import as_dict
from scalescope.forecast.show import export, text
from scalescope.forecast.target import default_target, parse_target

TARGET = {"parameters": 2e9, "tokens": 4e10}


@pytest.fixture(scope="module")
def found():
    return forecast(run_table(runs(14, noise=0.002)), target=TARGET, n_boot=60)


def test_the_forecast_holds_the_truth_and_names_its_law(found):
    one = found.prediction
    truth = float(loss(2e9, 4e10))
    assert one["run_low"] < truth < one["run_high"] and abs(one["mean"] / truth - 1) < 0.02
    assert one["run_low"] <= one["law_low"] <= one["mean"] <= one["law_high"] <= one["run_high"]
    assert found.predictions["law"].iloc[0] == found.choice.law and "log-RMSE" in found.choice.reason
    assert found.quantiles["q025"] == pytest.approx(one["run_low"]) and found.quantiles["q500"] == pytest.approx(
        one["mean"]
    )


def test_the_optimum_and_its_exponents_are_those_of_the_truth():
    found = forecast(run_table(runs(40, noise=0.001)), "chinchilla", compute=1e21, n_boot=60)
    assert (
        found.exponents.parameters.low
        < TRUTH["beta"] / (TRUTH["alpha"] + TRUTH["beta"])
        < found.exponents.parameters.high
    )
    assert 6 * found.target["parameters"] * found.target["tokens"] == pytest.approx(1e21)
    assert float(found.optimum.parameters) == pytest.approx(found.target["parameters"])


def test_the_card_says_how_it_was_tested_and_how_far_it_reaches(found):
    facts = found.card.as_dict()
    assert facts["extrapolation"] == pytest.approx(2e9 / 6e8)
    assert facts["held_out"]["runs"] == found.comparison["forecasts"].iloc[0]


def test_all_of_it_is_plain_json(found):
    record = json.loads(json.dumps(as_dict(found), allow_nan=False))
    assert record["law"] == found.choice.law and record["sha256"] == found.table.digest
    assert record["predictions"][0]["mean"] == pytest.approx(found.prediction["mean"])
    assert len(record["held_out"]) == len(found.held_out) and record["lack_of_fit"] == found.lack_of_fit
    assert record["next_runs"] and record["card"]["law"] == type(found.law).__name__


def test_exports_hold_the_same_numbers(found):
    shown = f"{found.prediction['mean']:.4g}"
    assert shown in text(found) and "Lack of fit" in text(found)
    assert "Fit card" not in text(found) and text(found, card=True).endswith(found.card.text())
    page = export(found, "html")
    assert page.count("<table") == 3 and all(f"<td>{name}</td>" in page for name in found.predictions["law"])
    assert shown in export(found, "md") and "| law | forecast |" in export(found, "md")
    latex = export(found, "latex")
    assert shown in latex and latex.count("\\begin{tabular}") == latex.count("\\end{tabular}") == 4
    assert "10\\textsuperscript{10}" in latex and "bounds of the search" in latex
    assert "95 \\%" in latex and "_" not in latex.replace("\\_", "")
    with pytest.raises(UnknownName, match="'latex'"):
        export(found, "latx")


def test_a_law_may_be_asked_for_and_a_target_must_fit_the_table():
    table = run_table(runs(12))
    assert forecast(table, "power-C", TARGET, n_boot=40).choice.law == "power-C"
    with pytest.raises(BadTable, match="give N,D"):
        parse_target("7e9", table)
    assert parse_target("7B,1.4e11", table)["flops"] == pytest.approx(6 * 7e9 * 1.4e11)
    with pytest.raises(BadTable, match="above zero"):
        parse_target("7e9,-1", table)
    with pytest.raises(ValueError, match="not both"):
        forecast(table, target=TARGET, compute=1e21)


def test_without_a_target_ten_times_the_largest_run_is_asked():
    table = run_table(runs(12))
    target, note = default_target(table)
    assert target["flops"] == pytest.approx(10 * table.frame["flops"].max()) and "no target given" in note
    only = run_table(runs(12).drop(columns="tokens"))
    assert default_target(only)[0] == {"parameters": pytest.approx(10 * only.frame["parameters"].max())}
    found = forecast(only, n_boot=40)
    assert found.optimum is None and found.choice.law in ("power-N", "shifted-N")


def test_what_a_law_of_one_size_cannot_know_is_said():
    only = run_table(runs(12).drop(columns="tokens"))
    with pytest.raises(BadTable, match="--compute needs FLOPs"):
        forecast(only, compute=1e21)


def test_errors_are_forecast_as_losses_are():
    frame = runs(12).drop(columns="val_loss")
    error = 0.1 + 20 * frame["params"] ** -0.25
    found = forecast(run_table(frame.assign(error=error)), "shifted-N", {"parameters": 2e9, "tokens": 4e10}, n_boot=40)
    assert found.prediction["mean"] == pytest.approx(0.1 + 20 * 2e9**-0.25, rel=1e-4)
    assert found.table.response == "error" and found.optimum is None


def test_seeds_of_one_size_are_taken_together():
    found = forecast(run_table(runs(8, seeds=3)), "shifted-C", TARGET, n_boot=40)
    assert found.law.seeds_.startswith("3 per group") and np.isfinite(found.prediction["run_high"])


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("7e9,1e11", "dict of sizes"),
        ({"N": 7e9}, "size of the target 'N'"),
        ({"parameters": "7e9", "tokens": 1e11}, "parameters of the target"),
        ({"parameters": 7e9, "tokens": -1.0}, "tokens of the target must be above zero"),
        ({"parameters": 7e9, "tokens": 1e11, "flops": 1e10}, "1e\\+10 FLOPs.* make 4.2e\\+21"),
    ],
)
def test_a_target_that_is_none_is_refused_before_any_fit(target, told):
    with pytest.raises(ValueError, match=told):
        forecast(run_table(runs(6)), "power-C", target, n_boot=20)


def test_what_is_no_table_and_too_few_replicates_are_refused():
    with pytest.raises(ValueError, match=r"run_table or read_runs gives; got 'runs\.csv'"):
        forecast("runs.csv")
    with pytest.raises(ValueError, match=r"n_boot .*got 1"):
        forecast(run_table(runs(6)), "power-C", n_boot=1)
    with pytest.raises(ValueError, match="compute must hold numbers"):
        forecast(run_table(runs(6)), "power-C", compute=True, n_boot=20)


def test_more_runs_than_memory_holds_are_refused_before_any_fit():
    with pytest.raises(ValueError, match=r"400 runs with 1,000,000 bootstrap samples take 3 GB .* at most 250,000"):
        forecast(run_table(runs(400)), "power-C", n_boot=1_000_000)


def test_a_target_within_the_runs_is_called_so():
    table = run_table(runs(6))
    row = table.frame.iloc[2]
    same = forecast(table, "power-C", {name: float(row[name]) for name in ("parameters", "tokens")}, n_boot=20)
    assert f"run {row['run']!r} of the table has the sizes of the target: its loss is known" in same.notes
    assert "inside the fitted range of 6 runs" in str(same)
    small = forecast(table, "power-C", {"parameters": 1e6, "tokens": 1e7}, n_boot=20)
    assert "the target is smaller than every run of the table" in small.notes


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"target": {"parameters": 7, "tokens": 140}}, "the target has 7 parameters, nothing that a run can have"),
        ({"target": {"parameters": 1.4e11, "tokens": 7e9}}, "the target has fewer tokens (7e+09) than parameters"),
        ({"target": {"parameters": 7e3, "tokens": 1e12}}, "the smallest run of the table has 2e+07: in another unit?"),
        ({"compute": 7e9}, "the budget is 7e+09 FLOPs, and the smallest run of the table has"),
    ],
)
def test_a_target_that_no_one_can_mean_is_noted(asked, told):
    found = forecast(run_table(runs(8)), "power-C", n_boot=20, **asked)
    assert told in found.notes[0]
