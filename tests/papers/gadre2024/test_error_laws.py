"""From loss to error on 144 curves: who was fitted to what, and the committed scores."""

import pandas as pd
import pytest
from published_data import table

from scalescope import paths
from scalescope.experiment.arena import BASELINE
from scalescope.papers.gadre2024 import error_laws

TABLES = paths.results("published") / "gadre2024"


def test_large_models_are_held_out():
    points = error_laws.points(table("gadre2024"))
    assert points.groupby(error_laws.CURVE).ngroups == 3 * 48
    assert set(points.loc[points["role"] == "test", "name"].str.contains("open_lm_1b|open_lm_7b")) == {True}
    assert not points.loc[points["role"] == "fit", "name"].str.contains("open_lm_").any()


def test_one_curve_again_gives_the_committed_scores():
    points = error_laws.points(table("gadre2024"))
    rows = points[(points["dataset"] == "rpj") & (points["task"] == "hellaswag")]
    again = error_laws.arena.scores(rows, error_laws.CURVE, ("loss", "error"), error_laws.CONTENDERS).set_index("law")
    known = pd.read_csv(TABLES / "error_law_scores.csv")
    known = known[(known["dataset"] == "rpj") & (known["task"] == "hellaswag")].set_index("law")
    for law in error_laws.CONTENDERS:
        assert again.loc[law, "rmse"] == pytest.approx(known.loc[law, "rmse"], rel=1e-3)
    assert known.loc["sigmoid law", "won"] and not known.loc[BASELINE, "won"]


def test_the_summary_follows_from_the_scores():
    again = error_laws.summary(pd.read_csv(TABLES / "error_law_scores.csv"))
    pd.testing.assert_frame_equal(again, pd.read_csv(TABLES / "error_laws.csv"), check_exact=False, rtol=1e-9)
