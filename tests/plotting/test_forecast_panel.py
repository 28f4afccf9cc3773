from __future__ import annotations

import pytest
from forecast.made import breaking, runs

from scalescope.errors import UnknownName
from scalescope.forecast import forecast
from scalescope.forecast.table import run_table
from scalescope.plotting.forecast_panel import N_BOOT, ForecastPanel

pytest.importorskip("ipywidgets")


def test_the_band_moves_with_the_controls():
    panel = ForecastPanel(run_table(runs(12)))
    panel.law.value = "shifted-C"
    first, figure = panel.text.value, panel.figure
    panel.runs.value = 8
    assert panel.text.value != first and panel.figure is not figure
    second = panel.text.value
    panel.sizes[0].value = 2 * panel.sizes[0].value
    assert panel.text.value != second
    panel.law.value = "chinchilla"
    panel.runs.value = 4
    assert "too few for chinchilla" in panel.text.value


def test_the_interval_is_that_of_the_forecast():
    """With the widening that the rolling forecasts of the table ask for."""
    table, target = run_table(breaking()), {"parameters": 2e9, "tokens": 4e10}
    one = forecast(table, "chinchilla", target, n_boot=N_BOOT).prediction
    assert one["widening"] > 1.3
    panel = ForecastPanel(table, target, "chinchilla")
    assert panel.law.value == "chinchilla"
    assert f"95 %: {one['run_low']:.4g} to {one['run_high']:.4g}" in panel.text.value
    with pytest.raises(UnknownName, match="'chinchilla'"):
        ForecastPanel(table, target, "chinchila")


def test_one_size_has_one_slider():
    panel = ForecastPanel(run_table(runs(6).drop(columns="tokens")), {"parameters": 3e9})
    assert panel.names == ["parameters"] and panel.target == {"parameters": pytest.approx(3e9)}


def test_a_panel_of_no_table_or_target_is_refused():
    with pytest.raises(ValueError, match="the panel takes a table"):
        ForecastPanel(runs(6))
    with pytest.raises(ValueError, match="target must be a dict of sizes"):
        ForecastPanel(run_table(runs(6)), "7e9")
    with pytest.raises(ValueError, match="the target has no tokens"):
        ForecastPanel(run_table(runs(6)), {"parameters": 7e9})
