"""Errors, coverage and the nearest law of several laws on the same targets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scalescope.experiment import law_scores


@pytest.fixture
def predictions() -> pd.DataFrame:
    rows = []
    for place in range(4):
        for law, off, inside in (("One", 0.01, 1.0), ("Two", 0.02 * (place - 1), float(place != 3))):
            rows.append(
                {
                    "study": "made",
                    "kind": "pretrained",
                    "target": f"t{place}",
                    "run_id": f"r{place}",
                    "law": law,
                    "paper": law.lower(),
                    "distance": 1.0 + 3 * place,
                    "mean": 2.0 * np.exp(-off),
                    "actual": 2.0,
                    "log_error": off,
                    "inside": inside,
                    "reason": "",
                }
            )
    rows.append(
        {
            "study": "made",
            "kind": "pretrained",
            "target": "t0",
            "run_id": "r0",
            "law": "Three",
            "paper": "three",
            "actual": 2.0,
            "mean": np.nan,
            "reason": "no points",
        }
    )
    return pd.DataFrame(rows)


def test_scores_count_errors_coverage_and_the_nearest(predictions):
    found = law_scores.scores(predictions).set_index("law")
    assert list(found.index) == ["One", "Two"], "a law that was not asked has no score"
    assert found.loc["One", "error"] == pytest.approx(0.01) and found.loc["Two", "error"] == pytest.approx(0.02)
    assert found["coverage"].to_dict() == {"One": 1.0, "Two": 0.75}
    assert found["nearest"].to_dict() == {"One": 0.75, "Two": 0.25} and (found["compared"] == 4).all()
    assert found.loc["Two", "low"] < 0.02 < found.loc["Two", "high"]


def test_a_law_that_stood_alone_is_not_called_the_nearest(predictions):
    alone = law_scores.scores(predictions[predictions["law"] != "One"]).set_index("law")
    assert alone.loc["Two", "compared"] == 0 and np.isnan(alone.loc["Two", "nearest"])


def test_errors_by_distance_are_in_its_order(predictions):
    found = law_scores.by_distance(predictions)
    own = found[found["law"] == "Two"]
    assert own["beyond"].tolist() == ["up to 2x", "2x to 4x", "4x to 10x"] and own["targets"].tolist() == [1, 1, 2]
    assert own["error"].tolist() == pytest.approx([0.02, 0.0, 0.03])
    assert np.isnan(own["low"].iloc[0]), "one target has no interval"


def test_a_row_per_target_stars_the_nearest_and_dashes_what_was_not_asked(predictions):
    found = law_scores.wide(predictions, ["One", "Two", "Three"]).set_index("target")
    assert found.loc["t1", "Two"] == "2.000 (+0.0\u202f%)*" and found.loc["t1", "One"] == "1.980 (−1.0\u202f%)"
    assert found.loc["t0", "Three"] == "–" and found.loc["t0", "loss"] == "2.000"
