from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from forecast.made import runs

from scalescope.forecast import forecast, run_table
from scalescope.plotting.forecast import calibration_data, draw_calibration, draw_forecast, forecast_data


def test_the_curve_ends_at_the_forecast_and_every_run_is_drawn():
    found = forecast(run_table(runs(12)), "shifted-C", {"parameters": 2e9, "tokens": 4e10}, n_boot=40)
    data = forecast_data(found)
    line, target = data[data["kind"] == "law"], data[data["kind"] == "target"].iloc[0]
    for name in ("value", "law_low", "law_high", "run_low", "run_high"):
        assert line[name].iloc[-1] == pytest.approx(target[name], rel=1e-9)
    assert (data["kind"] == "run").sum() == 12
    figure = draw_forecast(data)
    ax = figure.axes[0]
    assert "FLOP" in ax.get_xlabel() and np.allclose(ax.lines[0].get_ydata(), line["value"])


def test_the_calibration_shows_every_kind_and_class():
    levels = [0.2, 0.5, 0.95]
    table = pd.DataFrame(
        {
            "kind": "replayed",
            "nominal": levels,
            "forecasts": 10,
            "coverage": levels,
            "low": [0.1, 0.4, 0.9],
            "high": [0.3, 0.6, 1.0],
        }
    )
    by = pd.DataFrame({"beyond": ["up to 2x", "2x to 4x"], "forecasts": [6, 4], "coverage": [0.9, 0.7]})
    left, right = draw_calibration(calibration_data(table, by)).axes
    assert left.get_legend().get_texts()[0].get_text() == "replayed, 10"
    assert [bar.get_height() for bar in right.patches] == [0.9, 0.7]
