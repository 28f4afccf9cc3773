"""What a fit says it cannot know: errors of parameters without effect, mirror optima, intervals and their estimates."""

import warnings

import numpy as np
import pytest
from laws.truths import PAIRS, TRUTHS, study

from scalescope.laws import ChinchillaLaw, RectifiedLaw, ShiftedPowerLaw
from scalescope.laws.diagnostics import _cofactor, sensitivity

N = np.geomspace(1e7, 1e10, 16)
CONSTANT_RATIO = np.column_stack([N, 20 * N])


def values(law, params, X, noise=0.0, seed=0):
    exact = law().predict_many({name: np.array([value]) for name, value in params.items()}, X)[0]
    return exact * np.exp(noise * np.random.default_rng(seed).normal(size=len(X)))


def test_a_parameter_of_tiny_effect_keeps_its_error():
    rng = np.random.default_rng(0)
    gradient = rng.normal(size=(3, 50))
    usual, loose = _cofactor(gradient)
    small, still = _cofactor(gradient * np.array([1.0, 1e-7, 1.0])[:, None])
    assert not loose.any() and not still.any()
    assert small[1] == pytest.approx(usual[1] * 1e14) and small[0] == pytest.approx(usual[0])
    assert usual == pytest.approx(np.diagonal(np.linalg.inv(gradient @ gradient.T)))


def test_what_the_design_cannot_tell_apart_has_an_infinite_error():
    same = np.random.default_rng(0).normal(size=50)
    errors, loose = _cofactor(np.stack([same, 2 * same, np.arange(50.0)]))
    assert loose.tolist() == [True, True, False] and np.isinf(errors[:2]).all() and np.isfinite(errors[2])


def test_a_term_of_tiny_effect_is_not_called_well_known():
    params = {"E": 2.0, "A": 1e15, "B": 2e3, "alpha": 3.0, "beta": 0.35}  # A N^-alpha is 1e-6 at most
    X = TRUTHS[ChinchillaLaw][0]
    law = ChinchillaLaw(n_boot=0, loss="log_squares").fit(X, values(ChinchillaLaw, params, X, 0.01))
    law.params_ = params
    found = sensitivity(law, X, values(ChinchillaLaw, params, X, 0.01), np.ones(len(X)))
    assert dict(zip(found.names, found.errors, strict=True))["A"] > 1


@pytest.mark.parametrize("noise", [0.0, 0.005])
def test_mirror_optima_of_a_constant_ratio_are_no_agreement(noise):
    params = {"E": 1.8, "A": 480.0, "B": 5e4, "alpha": 0.35, "beta": 0.5}
    y = values(ChinchillaLaw, params, CONSTANT_RATIO, noise, seed=1)
    law = ChinchillaLaw(n_boot=50, loss="log_squares", interval="bootstrap").fit(CONSTANT_RATIO, y)
    found = law.diagnostics_
    assert not found["identified"] and {"alpha", "beta"} <= set(found["ambiguous"])
    assert found["agreeing"] < found["polished"] and found["runner_up"] < 1e-7
    assert "cannot be told from this one" in law.card().text()


@pytest.mark.parametrize("interval", ["bootstrap", "residual", "profile"])
@pytest.mark.parametrize("kind", [ChinchillaLaw, ShiftedPowerLaw, RectifiedLaw])
def test_an_interval_holds_its_own_estimate(kind, interval):
    for seed in range(3):
        X, y = (CONSTANT_RATIO, None) if kind is ChinchillaLaw else (TRUTHS[kind][0], None)
        y = values(kind, TRUTHS[kind][1], X, 0.05, seed)
        law = kind(n_boot=40, interval=interval, warn_beyond=None).fit(X, y)
        assert all(low <= law.params_[name] <= high for name, (low, high) in law.intervals_.items())
        far = np.asarray(X) * 1e3
        low, high = law.predict_interval(far)
        assert (low <= law.predict(far)).all() and (law.predict(far) <= high).all()


def test_replicates_start_from_the_estimate():
    X, y = study(ChinchillaLaw, noise=0.01)
    law = ChinchillaLaw(n_boot=0).fit(X, y)
    params = law._refit(X, y)(X, y, np.ones((2, len(y))))
    for name, value in law.params_.items():
        assert params[name] == pytest.approx([value, value], rel=1e-6)


@pytest.mark.parametrize(("at", "lost"), [(1, {"E", "B", "beta"}), (0, {"E", "A", "alpha"})])
def test_one_budget_or_one_size_is_called_unidentifiable(at, lost):
    X, y = study(ChinchillaLaw, noise=0.01)
    rows = PAIRS[:, at] == np.unique(PAIRS[:, at])[2]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        law = ChinchillaLaw(n_boot=0, loss="log_squares").fit(X[rows], y[rows])
        law.predict(X[rows])
        profile = ChinchillaLaw(n_boot=0, loss="log_squares", interval="profile").fit(X[rows], y[rows])
    assert not np.isnan(list(profile.intervals_.values())).any()
    assert np.isfinite([*law.params_.values()]).all()
    errors = law.diagnostics_["standard_errors"]
    assert {name for name, error in errors.items() if np.isinf(error)} == set(law.diagnostics_["unidentified"])
    assert set(law.diagnostics_["unidentified"]) | set(law.diagnostics_["at_bound"]) >= lost
    assert "has one value" in law.card().text() and not law.diagnostics_["identified"]


def test_a_floor_at_zero_is_told():
    x = np.geomspace(1e4, 1e8, 12)
    law = ShiftedPowerLaw(n_boot=0).fit(x, 60 * x**-0.3 - 1e-3 * np.linspace(0, 1, 12))
    assert law.params_["E"] == 0 and law.diagnostics_["at_bound"] == ("E",)
    assert "E is at its bound" in law.diagnostics_["messages"][0]
