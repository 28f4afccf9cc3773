from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from forecast.made import runs

from scalescope.forecast import forecast, run_table
from scalescope.plotting.comparison import draw_comparison
from scalescope.plotting.forecast import (
    calibration_data,
    draw_calibration,
    draw_forecast,
    draw_rolling,
    forecast_data,
    law_data,
)


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
    one = pd.DataFrame({"nominal": levels, "coverage": levels, "low": [0.1, 0.4, 0.9], "high": [0.3, 0.6, 1.0]})
    counts = {"replayed": 10, "sealed": 5, "all": 15}
    table = pd.concat([one.assign(kind=kind, forecasts=count) for kind, count in counts.items()])
    by = pd.DataFrame(
        {
            "kind": ["replayed", "replayed", "sealed"],
            "beyond": ["up to 2x", "2x to 4x", "2x to 4x"],
            "forecasts": [6, 4, 5],
            "coverage": [0.9, 0.7, 0.0],
        }
    )
    left, right = draw_calibration(calibration_data(table, by)).axes
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["replayed, 10", "sealed, 5"]
    bars = [bar for drawn in right.containers for bar in drawn]
    assert [bar.get_height() for bar in bars] == [0.9, 0.7, 0.0]
    shown = [text for text in right.texts if text.get_text()]
    assert [text.get_text() for text in shown] == ["0.90\nof 6", "0.70\nof 4", "0.00\nof 5"]
    assert shown[0].get_color() == "white" != shown[2].get_color(), "a bar of no height has its label above it"


def test_what_is_no_forecast_is_not_drawn():
    with pytest.raises(ValueError, match="forecast is drawn"):
        forecast_data(None)
    with pytest.raises(ValueError, match="got the NoneType"):
        draw_forecast(None)
    with pytest.raises(ValueError, match="column of the table that law_data gives: 'kind'"):
        draw_forecast(pd.DataFrame({"at": [1.0]}))
    with pytest.raises(ValueError, match=r"experiment\.compare gives: 'title'"):
        draw_comparison(pd.DataFrame(), "a", "b")


NO_TABLES = [
    (lambda: draw_rolling(None, "power-N"), "got the NoneType"),
    (lambda: draw_rolling(pd.DataFrame({"lwa": ["x"]}), "power-N"), r"forecast\.rolling\.rolling gives: 'law'"),
    (lambda: draw_calibration(pd.DataFrame({"kind": ["sealed"]})), "calibration_data gives: 'part'"),
    (lambda: calibration_data(None, None), "got the NoneType"),
    (lambda: calibration_data(LEVELS, pd.DataFrame({"kind": ["sealed"]})), "ledger.summary gives: 'beyond'"),
    (lambda: law_data(None, None, None, {}), "a table of runs and one of its candidates are drawn; got None and None"),
]
LEVELS = pd.DataFrame({name: [0.5] for name in ("kind", "nominal", "forecasts", "coverage", "low", "high")})


@pytest.mark.parametrize(("draw", "told"), NO_TABLES)
def test_what_is_no_table_of_forecasts_is_named(draw, told):
    with pytest.raises(ValueError, match=told):
        draw()
