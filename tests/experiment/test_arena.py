"""The arena: scores, wins and coverage of contenders whose results are known."""

import numpy as np
import pandas as pd
import pytest

from scalescope.experiment import arena
from scalescope.experiment.contenders import CurveFit, Law, score
from scalescope.laws import PowerLaw, ShiftedPowerLaw

X = np.geomspace(1e3, 1e7, 24)


class Constant:
    """A contender that always says the same, in an interval of a factor of two each way."""

    def __init__(self, value, unbounded=False):
        self.value, self.unbounded = value, unbounded

    def __call__(self, x, y, x_new, intervals):
        if self.value is None:
            raise RuntimeError("no convergence")
        predicted = np.full(len(x_new), self.value)
        return predicted, predicted / 2, np.full(len(x_new), np.inf) if self.unbounded else predicted * 2


def curves():
    """Two curves at 1 and at 4 whose last four points are held out."""
    tables = [
        pd.DataFrame({"curve": name, "part": "p", "x": X, "y": value, "role": ["fit"] * 20 + ["test"] * 4})
        for name, value in (("one", 1.0), ("four", 4.0))
    ]
    return pd.concat(tables, ignore_index=True)


def test_scores_and_wins_are_those_of_the_predictions():
    contenders = {
        arena.BASELINE: Constant(2.0),
        "right": Constant(1.0),
        "same": Constant(1.00001),
        "never": Constant(None),
        "negative": Constant(-1.0),
        "open": Constant(1.0, True),
    }
    found = arena.scores(curves(), ["curve", "part"], ("x", "y"), contenders).set_index(["curve", "law"])
    assert found.loc[("one", arena.BASELINE), "rmse"] == pytest.approx(np.log(2))
    assert found.loc[("four", "right"), "rmse"] == pytest.approx(np.log(4))
    assert found.loc["one"]["won"].to_dict() == {
        arena.BASELINE: False,
        "right": True,
        "same": False,
        "never": False,
        "negative": False,
        "open": True,
    }
    assert found.loc["four"]["won"].sum() == 1 and found.loc[("four", arena.BASELINE), "won"]
    assert found.loc[("one", "right"), "coverage"] == 1 and found.loc[("four", "right"), "coverage"] == 0
    assert found.loc[("one", "right"), "width"] == pytest.approx(np.log(4))
    assert np.isnan(found.loc[("one", "open"), "coverage"])
    assert found.loc[("one", "never"), "outcome"] == "failed"
    assert found.loc[("one", "negative"), "outcome"] == "not above zero"


def test_the_summary_counts_failures_and_wins():
    contenders = {arena.BASELINE: Constant(2.0), "right": Constant(1.0), "never": Constant(None)}
    found = arena.scores(curves(), ["curve", "part"], ("x", "y"), contenders)
    made = arena.summary(found, "curve", contenders).set_index(["curve", "law"])
    assert made.loc[("all", "never"), "failed"] == 2 and made.loc[("all", "right"), "wins"] == 0.5
    assert made.loc[("all", "right"), "beats_baseline"] == 0.5 and made.loc[("all", arena.BASELINE), "ratio"] == 1
    assert made.loc[("all", "right"), "coverage"] == 0.5


def test_laws_and_curve_fit_know_a_truth():
    y = 0.5 + 40 * X**-0.4
    plain = CurveFit(lambda x, e, a, c: e + a * x**-c, lambda x, y: (y.min(), 10.0, 0.5))
    for contender in (plain, Law(lambda n: ShiftedPowerLaw(n_boot=n, interval="residual", warn_beyond=None), 30)):
        found = score(contender, X[:20], y[:20] * (1 + 1e-4 * np.cos(np.arange(20))), X[20:], y[20:])
        assert found["rmse"] < 2e-3 and found["outcome"] == "ok" and 0 < found["width"] < 0.1


def test_an_interval_of_curve_fit_covers_new_runs():
    rng = np.random.default_rng(0)
    plain = CurveFit(lambda x, a, c: a * x**-c, lambda x, y: (1.0, 0.3))
    inside = []
    for _ in range(100):
        y = 40 * X**-0.4 + 0.01 * rng.normal(size=len(X))
        _, low, high = plain(X[:20], y[:20], X[20:], True)
        inside += list((low <= y[20:]) & (y[20:] <= high))
    assert 0.9 < np.mean(inside) < 0.99


def test_cost_is_over_the_baselines():
    contenders = {arena.BASELINE: Constant(2.0), "never": Constant(None), "line": Law(lambda n: PowerLaw(n_boot=n))}
    made = arena.cost(curves(), ["curve", "part"], ("x", "y"), contenders, every=1).set_index("law")
    assert made.loc[arena.BASELINE, "cpu_ratio"] == 1 and made.loc["line", "cpu_ratio"] > 1
    assert (made["curves"] == 2).all()
