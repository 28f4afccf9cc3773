"""Forecasts are sealed before their run, once, and scored after it; what was trained cannot be forecast."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scalescope import files, paths
from scalescope.experiment import stages
from scalescope.laws import PowerLaw
from scalescope.papers.ledger import NAME, Forecast, final_losses, forecast, points_digest, scored, seal, sealed

ONE = Forecast("x2024", "PowerLaw", {"parameters": 1000.0}, "pretrain-mlm-ar8-l1-0123456789", 2.0, 1.8, 2.2, "ab")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    return tmp_path


def test_a_forecast_is_kept_as_it_was_made_first(folder):
    first = seal("live", [ONE])
    assert first[["law", "inputs", "run", "mean"]].iloc[0].tolist() == ["PowerLaw", "parameters=1000", ONE.run, 2.0]
    again = seal("live", [replace(ONE, mean=3.0), replace(ONE, run="another")])
    assert again["mean"].tolist() == [2.0, 2.0] and again["date"].iloc[0] == first["date"].iloc[0]
    assert len(sealed("live")) == 2 and len(seal("live", [ONE])) == 1
    assert len(seal("live", [replace(ONE, inputs={"parameters": 2000.0})])) == 1 and len(sealed("live")) == 3


def test_a_run_that_was_trained_already_is_refused(folder, monkeypatch, capsys):
    monkeypatch.setattr(stages.Store, "find", lambda self, run: "a run")
    assert seal("live", [ONE]).empty and not (paths.results("live") / NAME).exists()
    assert "has been trained already" in capsys.readouterr().err


def test_a_ledger_that_was_changed_is_not_read(folder):
    seal("live", [ONE])
    path = paths.results("live") / NAME
    path.write_text(path.read_text().replace("2.2", "9.9"))
    with pytest.raises(files.Damaged, match="a forecast cannot be made again after its run"):
        seal("live", [replace(ONE, run="another")])


def test_forecasts_of_a_law_hold_its_interval_and_are_scored_against_what_came():
    x = np.array([10.0, 20, 40, 80])
    law = PowerLaw(n_boot=50).fit(x, 3 * x**-0.3 * np.array([1.01, 0.99, 1.01, 0.99]))
    made = forecast("x2024", "PowerLaw", law, {"parameters": 160.0}, "run", points_digest(pd.DataFrame({"x": x})))
    assert made.mean == pytest.approx(3 * 160**-0.3, rel=0.05) and made.low < made.mean < made.high
    assert len(made.points) == 64 and made.points != points_digest(pd.DataFrame({"x": x + 1}))
    table = pd.DataFrame([{"law": "a", "run": "run", "mean": 2.0, "low": 1.8, "high": 2.2},
                          {"law": "a", "run": "later", "mean": 2.0, "low": 1.8, "high": 2.2}])  # fmt: skip
    found = scored(table, final_losses(table, pd.DataFrame({"run_id": ["run"], "loss": [1.6]})))
    assert found["off"].iloc[0] == pytest.approx(0.25) and found["inside"].iloc[0] == False  # noqa: E712
    assert np.isnan(found["actual"].iloc[1]) and pd.isna(found["inside"].iloc[1])
