from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from forecast.made import runs

from scalescope.forecast import forecast, run_table
from scalescope.forecast.columns import BadTable
from scalescope.forecast.sealing import actual_of_profile, actual_of_table, entry_of, entry_of_law, known_run
from scalescope.laws import PowerLaw


def test_an_entry_holds_the_forecast_and_the_digest_of_its_points():
    table = run_table(runs(12))
    found = forecast(table, "power-C", {"parameters": 2e9, "tokens": 4e10}, n_boot=40)
    entry = entry_of(found, "big")
    assert entry.sha256 == table.digest and entry.points == 12 and entry.law == "power-C"
    assert entry.distance == pytest.approx(found.target["flops"] / table.frame["flops"].max())
    assert entry.quantiles["q500"] == pytest.approx(found.prediction["mean"])


def test_a_run_is_known_once_its_manifest_is_in_the_store(tmp_path, monkeypatch):
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    folder = tmp_path / "data" / "runs" / "pretrain-x"
    folder.mkdir(parents=True)
    assert not known_run("pretrain-x")
    (folder / "manifest.json").write_text("{}")
    assert known_run("pretrain-x") and not known_run("") and not known_run("../runs/pretrain-x")


def sealed(run: str = "big", tokens: float = 4e10) -> pd.DataFrame:
    """What `ledger.read` gives of a forecast of one run."""
    row = {
        "run": run,
        "quantity": "loss",
        "sizes": "parameters tokens flops",
        "target": f"2e9 {tokens} {12e9 * tokens}",
    }
    return pd.DataFrame([row])


def with_big(*rows: tuple[float, float, float]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=["params", "tokens", "val_loss"])
    return pd.concat([runs(6), made.assign(name="big")], ignore_index=True)


def test_values_of_a_table_are_means_per_name(tmp_path):
    path = tmp_path / "runs.csv"
    with_big((2e9, 4e10, 2.1), (2.01e9, 3.97e10, 2.2), (2e9, 1e10, 2.9)).to_csv(path, index=False)
    assert actual_of_table(sealed(), path) == [pytest.approx(2.15)]  # the checkpoint at 1e10 tokens is none of it
    assert np.isnan(actual_of_table(sealed("other"), path)).all()
    runs(6).drop(columns="name").to_csv(path, index=False)
    with pytest.raises(BadTable, match="no column of names"):
        actual_of_table(sealed(), path)


def test_a_run_of_other_sizes_is_not_the_one_that_was_forecast(tmp_path):
    path = tmp_path / "runs.csv"
    with_big((2e9, 2e10, 2.1)).to_csv(path, index=False)
    with pytest.raises(BadTable, match=r"'big' was forecast at .*tokens 4e\+10, and .* has it at .*tokens 2e\+10"):
        actual_of_table(sealed(), path)


def test_a_law_fitted_elsewhere_can_be_sealed():
    frame = run_table(runs(8)).frame
    law = PowerLaw(n_boot=30).fit(frame["parameters"], frame["loss"])
    entry = entry_of_law(law, "PowerLaw", {"parameters": 2e9}, "big", "ab" * 32)
    assert entry.points == 8 and entry.distance == pytest.approx(2e9 / 6e8)
    low, high = law.predict_interval([2e9], kind="run")
    assert (entry.quantiles["q025"], entry.quantiles["q975"]) == (pytest.approx(low[0]), pytest.approx(high[0]))


def test_values_of_a_profile_are_those_of_its_finished_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    folder = tmp_path / "data" / "results" / "x"
    folder.mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="make reproduce PROFILE=x"):
        actual_of_profile("x")
    (folder / "pretrain.csv").write_text("run_id,status,loss\na,finished,2.5\nb,failed,9\nc,finished,\n")
    (folder / "runs.csv").write_text("run_id,loss\nd,1.5\n")
    assert actual_of_profile("x") == {("a", "loss"): 2.5, ("d", "loss"): 1.5}
