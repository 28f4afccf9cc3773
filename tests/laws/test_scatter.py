"""Where one new run falls: coverage on simulated studies, and what is said without degrees of freedom."""

import numpy as np
import pytest
from laws.truths import TRUTHS, study

from scalescope.laws import ChinchillaLaw, DownstreamErrorLaw, PowerLaw, ShiftedPowerLaw
from scalescope.laws.scatter import scatter_of

STUDIES = 40


@pytest.mark.parametrize(
    ("kind", "noise"), [(ChinchillaLaw, 0.01), (ShiftedPowerLaw, 0.02), (DownstreamErrorLaw, 0.01)]
)
def test_the_interval_of_a_new_run_holds_new_runs(kind, noise):
    X, exact = study(kind)
    inside, of_law = [], []
    for seed in range(STUDIES):
        _, y = study(kind, noise, seed)
        law = kind(n_boot=100, interval="bootstrap", loss="log_squares").fit(X, y)
        new = exact * np.exp(noise * np.random.default_rng(10_000 + seed).normal(size=len(exact)))
        low, high = law.predict_interval(X, kind="run")
        inside.append(((low <= new) & (new <= high)).mean())
        low, high = law.predict_interval(X)
        of_law.append(((low <= new) & (new <= high)).mean())
    assert 0.90 <= np.mean(inside) <= 0.99 and np.mean(of_law) < 0.75


def test_it_holds_the_interval_of_the_law_and_grows_with_the_level():
    X, y = study(ChinchillaLaw, 0.01)
    law = ChinchillaLaw(n_boot=100).fit(X, y)
    narrow, wide, widest = (law.predict_interval(X, *a, kind=k) for *a, k in (("law",), ("run",), (0.99, "run")))
    assert (wide[0] < narrow[0]).all() and (narrow[1] < wide[1]).all()
    assert (widest[0] < wide[0]).all() and (wide[1] < widest[1]).all()
    with pytest.raises(ValueError, match="kind of interval 'runs'; did you mean 'run'"):
        law.predict_interval(X, kind="runs")
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        law.predict_interval(X, 95, kind="run")


def test_runs_of_a_group_share_its_scatter():
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(40), 5)
    residuals = 0.1 * rng.normal(size=40)[group] + 0.02 * rng.normal(size=200)
    found = scatter_of(residuals, np.ones(200), group, 2, True)
    assert (found.free, found.units) == (38, 40) and found.deviation == pytest.approx(np.hypot(0.1, 0.02), rel=0.2)
    assert scatter_of(residuals, np.ones(200), None, 2, True).free == 198


def test_without_degrees_of_freedom_an_interval_is_infinite_not_empty():
    law = PowerLaw(n_boot=50).fit([1e3, 1e4], [3.0, 2.0])
    assert law.intervals_ == {"slope": (-np.inf, np.inf), "intercept": (-np.inf, np.inf)}
    assert "as many points as parameters: nothing is left to judge the errors by" in law.messages_
    for kind in ("law", "run"):
        low, high = law.predict_interval([1e5], kind=kind)
        assert low[0] == 0 and high[0] == np.inf
    for interval in (None, "bootstrap", "residual", "profile"):
        three = ShiftedPowerLaw(n_boot=20, interval=interval).fit([1e3, 1e4, 1e5], [3.0, 2.0, 1.8])
        assert set(three.intervals_.values()) == {(0.0, np.inf)}


def test_two_groups_say_nothing_of_groups():
    law = PowerLaw(n_boot=50).fit([1e3] * 3 + [1e4] * 3, [3, 3.1, 3.2, 2, 2.1, 2.2], groups=[0] * 3 + [1] * 3)
    assert any("2 groups for 2 parameters" in message for message in law.messages_)


def test_all_parameters_fixed_is_a_law_without_uncertainty_of_its_own():
    X, y = study(ChinchillaLaw, 0.01)
    truth = TRUTHS[ChinchillaLaw][1]
    law = ChinchillaLaw(n_boot=20, fixed=truth).fit(X, y)
    assert law.params_ == pytest.approx(truth) and law.intervals_ == {}
    low, high = law.predict_interval(X, kind="run")
    assert ((low < y) & (y < high)).mean() > 0.85
    line = PowerLaw(n_boot=20, fixed={"slope": -0.1, "intercept": 1.0}).fit([1e3, 1e4, 1e5], [1.3, 1.1, 0.9])
    assert line.params_ == {"slope": -0.1, "intercept": 1.0} and line.intervals_ == {}
