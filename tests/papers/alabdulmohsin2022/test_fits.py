"""The arena on 92 curves: all of them, one of them again, and figures that hold their tables."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from published_data import table

from scalescope import paths
from scalescope.experiment.arena import BASELINE
from scalescope.papers.alabdulmohsin2022 import figures
from scalescope.papers.alabdulmohsin2022 import fits as study
from scalescope.papers.alabdulmohsin2022.data import CURVE, DOMAINS

TABLES = paths.results("published") / "alabdulmohsin2022"


@pytest.fixture(scope="module")
def data():
    return table("alabdulmohsin2022")


@pytest.fixture(scope="module")
def scores():
    return pd.read_csv(TABLES / "scores.csv")


@pytest.fixture(scope="module")
def summary():
    return pd.read_csv(TABLES / "summary.csv")


def test_the_data_are_92_curves_without_rows_told_twice(data):
    curves = data.groupby(CURVE)
    assert curves.ngroups == 92
    assert data.drop_duplicates("domain")["domain"].tolist() == list(DOMAINS)
    assert not data.duplicated([*CURVE, "examples"]).any()
    first_test = data[data["role"] == "test"].groupby(CURVE)["examples"].min()
    assert (first_test > data[data["role"] == "fit"].groupby(CURVE)["examples"].max()).all()


def test_every_contender_met_every_curve(scores):
    assert len(scores) == 92 * len(study.CONTENDERS)
    assert (scores.groupby(CURVE)["law"].nunique() == len(study.CONTENDERS)).all()
    assert (scores.groupby(CURVE)["won"].sum() >= 1).all()
    laws = scores[scores["law"] != BASELINE]
    assert (laws["outcome"] == "ok").all() and laws["rmse"].notna().all()


def test_one_curve_again_gives_the_committed_scores(data, scores):
    rows = data[(data["domain"] == "BB") & (data["task"] == "('unit', '2-shot')")]
    quick = {name: study.CONTENDERS[name] for name in (BASELINE, "power law (M1)", "shifted power law (M2)")}
    again = study.arena.scores(rows, CURVE, (study.X, study.Y), quick).set_index("law")
    known = scores[scores["task"] == "('unit', '2-shot')"].set_index("law")
    for name in quick:
        assert again.loc[name, "rmse"] == pytest.approx(known.loc[name, "rmse"], rel=1e-4)
        assert again.loc[name, "coverage"] == pytest.approx(known.loc[name, "coverage"], abs=0.05)


def test_the_summary_follows_from_the_scores(scores, summary):
    again = study.summary(scores)
    pd.testing.assert_frame_equal(again, summary, check_exact=False, rtol=1e-9)
    whole = summary[summary["domain"] == "all"].set_index("law")
    assert (whole["curves"] == 92).all() and whole.loc[BASELINE, "ratio"] == 1


def test_the_cost_is_a_ratio_to_the_baseline():
    cost = pd.read_csv(TABLES / "cost.csv").set_index("law")
    assert set(cost.index) == set(study.CONTENDERS) and cost.loc[BASELINE, "cpu_ratio"] == 1
    assert not [name for name in cost.columns if "second" in name]


def test_figures_hold_their_tables(data, scores, summary):
    examples = pd.read_csv(TABLES / "examples.csv")
    tables = {"scores": scores, "summary": summary, "examples": examples}
    drawn = figures.fig1_data(data, tables)
    assert (drawn["kind"] == "score").sum() == len(scores)
    assert len(figures.draw_fig1(drawn).axes) == 3
    drawn = figures.fig2_data(data, tables)
    assert (drawn["kind"] == "law").sum() == len(examples)
    assert np.isfinite(drawn.loc[drawn["kind"] == "point", "loss"]).all()
    assert len(figures.draw_fig2(drawn).axes) == 6
    plt.close("all")
