"""Forecasts are sealed before their run, once, and scored after it; what was trained cannot be forecast."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scalescope import files
from scalescope.forecast.sealing import ledger_of
from scalescope.laws import DownstreamErrorLaw, PowerLaw
from scalescope.papers import ledger
from scalescope.papers.ledger import SHOWN, final_losses, forecast, points_digest, scored, seal, through

X = np.array([10.0, 20, 40, 80])
NOISE = np.array([1.01, 0.99, 1.01, 0.99])


@pytest.fixture(scope="module")
def said():
    law = PowerLaw(n_boot=50).fit(X, 3 * X**-0.3 * NOISE)
    return forecast("PowerLaw", law, {"parameters": 160.0}, "run-0123456789", points_digest(pd.DataFrame({"x": X})))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    return tmp_path


def test_a_forecast_is_kept_as_it_was_made_first(folder, said):
    first = seal("live", [said])
    assert list(first.columns) == SHOWN and first["inputs"].item() == "parameters=160"
    assert first["mean"].item() == said.quantiles["q500"]
    changed = replace(said, quantiles={name: 2 * value for name, value in said.quantiles.items()})
    again = seal("live", [changed, replace(said, run="another"), replace(said, quantity="loss at step 7")])
    assert again["mean"].nunique() == 1 and again["date"].iloc[0] == first["date"].item() and len(again) == 3
    assert len(seal("live", [said, said])) == 1, "only the rows that were asked for, each once"


def test_a_run_that_was_trained_already_is_refused_and_told(folder, said, monkeypatch, capsys):
    monkeypatch.setattr(ledger, "known_run", lambda run: run == said.run)
    assert seal("live", [said]).empty and not ledger_of("live").exists()
    kept = seal("live", [said, replace(said, run="another")])
    assert kept["run"].tolist() == ["another"]
    assert f"not forecast: {said.run} has been trained already" in capsys.readouterr().err


def test_a_ledger_that_was_changed_is_not_read(folder, said):
    seal("live", [said])
    path = ledger_of("live")
    path.write_text(path.read_text().replace("PowerLaw", "PowerLow"))
    with pytest.raises(files.Damaged, match=r"row 1 .* is not as it was sealed"):
        seal("live", [replace(said, run="another")])


def test_a_forecast_holds_the_interval_of_its_law_and_one_through_another_law_its_values(said):
    low, middle, high = (said.quantiles[name] for name in ("q025", "q500", "q975"))
    assert middle == pytest.approx(3 * 160**-0.3, rel=0.05) and low < middle < high
    assert len(said.sha256) == 64 and said.sha256 != points_digest(pd.DataFrame({"x": X + 1}))
    loss = np.linspace(0.4, 1.6, 8)
    law = DownstreamErrorLaw(n_boot=0, warn_beyond=None).fit(loss[:, None], 0.8 - 0.6 * np.exp(-loss))
    error = through(said, "DownstreamErrorLaw", law, "error")
    assert error.law == "DownstreamErrorLaw after PowerLaw" and error.quantity == "error" and error.run == said.run
    assert error.quantiles["q500"] == pytest.approx(0.8 - 0.6 * np.exp(-middle), rel=1e-3)
    assert error.quantiles["q025"] < error.quantiles["q500"] < error.quantiles["q975"]


def test_forecasts_are_scored_against_what_came_and_runs_that_are_not_trained_have_nothing():
    table = pd.DataFrame({"run": ["run", "later"], "mean": [2.0, 2.0], "low": [1.8, 1.8], "high": [2.2, 2.2]})
    found = scored(table, final_losses(table, pd.DataFrame({"run_id": ["run"], "loss": [1.6]})))
    assert found["off"].iloc[0] == pytest.approx(0.25) and not found["inside"].iloc[0]
    assert np.isnan(found["actual"].iloc[1]) and pd.isna(found["inside"].iloc[1])
