from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scalescope import paths
from scalescope.forecast.quantiles import COLUMNS, PROBABILITIES
from scalescope.papers.calibration import calibration, hits, replayed, series_of, with_sealed


def made(count: int = 1000, deviation: float = 1.0) -> pd.DataFrame:
    """Forecasts of a standard normal ln y by intervals of one deviation, in 50 series."""
    from scipy.stats import norm

    rng = np.random.default_rng(0)
    frame = pd.DataFrame(np.tile(np.exp(norm.ppf(PROBABILITIES)), (count, 1)), columns=list(COLUMNS))
    actual = np.exp(deviation * rng.standard_normal(count))
    return frame.assign(actual=actual, kind="replayed", paper="made", series=[f"s{k % 50}" for k in range(count)])


def test_right_intervals_are_found_right_and_narrow_ones_narrow():
    good = calibration(made()).query("kind == 'all'")
    assert (good["low"] <= good["nominal"]).all() and (good["nominal"] <= good["high"]).all()
    poor = calibration(made(deviation=2.0)).query("kind == 'all' and nominal == 0.95").iloc[0]
    assert poor["high"] < 0.8 and poor["coverage"] == pytest.approx(0.67, abs=0.05)


def test_one_series_alone_has_no_interval():
    row = calibration(made().assign(series="one")).iloc[0]
    assert row["clusters"] == 1 and np.isnan(row["low"])


def test_replays_of_a_published_table_are_forecasts_by_the_law_that_was_best_before():
    series = [one for one in series_of("ivgi2022", None) if one.name in ("squad, mlm", "mnli, mlm")]
    found = replayed(series, n_boot=30)
    assert set(found["series"]) == {"squad, mlm", "mnli, mlm"} and (found["distance"] > 1).all()
    chosen = found[found["chosen"]]
    assert not chosen.duplicated(["series", "run"]).any()
    assert set(chosen["run"]) == set(found["run"])
    first = found[found["fold"] == 0]
    assert (first.loc[first["chosen"], "law"] == "power-N").all()  # nothing speaks for another yet


def test_replayed_and_sealed_are_told_apart():
    sealed = made(20).assign(quantity="loss", mean=1.0)
    both = with_sealed(made(30).assign(chosen=True, law="x"), {"quick": sealed, "none": sealed.head(0)})
    assert both["kind"].value_counts().to_dict() == {"replayed": 30, "sealed": 20}
    assert set(calibration(both)["kind"]) == {"replayed", "sealed", "all"}


def test_the_committed_record_holds_what_it_says():
    folder = paths.results("published") / "forecasts"
    rows = pd.read_csv(folder / "replayed.csv")
    table = pd.read_csv(folder / "calibration.csv")
    inside = ((rows["q025"] <= rows["actual"]) & (rows["actual"] <= rows["q975"])).mean()
    recorded = table.query("kind == 'replayed' and nominal == 0.95").iloc[0]
    assert len(rows) == recorded["forecasts"] >= 200
    assert inside == pytest.approx(recorded["coverage"], abs=2 / len(rows))
    assert 0.9 <= recorded["coverage"] <= 0.99, "on published tables; sealed forecasts may be as wrong as they were"
    kinds = table.query("nominal == 0.95").set_index("kind")["forecasts"]
    assert kinds["all"] == kinds["replayed"] + kinds["sealed"]


def test_hits_are_nested():
    held = hits(made(200))
    assert (held[0.2] <= held[0.95]).all() and held.mean().is_monotonic_decreasing
