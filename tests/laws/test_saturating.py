"""The M4 form: it solves its equation, the truth, gradient, limits, bad inputs."""

import numpy as np
import pytest

from scalescope.laws import SaturatingLaw, ShiftedPowerLaw

X = np.geomspace(1e6, 1e10, 60)
TRUTHS = [
    {"E": 0.2, "A": 3e3, "c": 0.5, "alpha": 0.7, "E_0": 0.98},
    {"E": 0.2, "A": 3e6, "c": 0.9, "alpha": 2.5, "E_0": 0.98},
    {"E": 0.1, "A": 1e4, "c": 0.6, "alpha": 1.0, "E_0": 1.2},
]


def exact(truth, x=X):
    return SaturatingLaw().predict_many({name: np.array([value]) for name, value in truth.items()}, x)[0]


@pytest.mark.parametrize("truth", TRUTHS)
def test_values_solve_the_equation(truth):
    y = exact(truth)
    left = (y - truth["E"]) / (truth["E_0"] - y) ** truth["alpha"]
    np.testing.assert_allclose(left, truth["A"] * X ** -truth["c"], rtol=1e-9)
    assert (np.diff(y) < 0).all() and y.min() > truth["E"] and y.max() < truth["E_0"]


@pytest.mark.parametrize("truth", TRUTHS)
def test_without_noise_the_fit_is_the_truth(truth):
    law = SaturatingLaw(n_boot=0).fit(X, exact(truth))
    assert law.params_ == pytest.approx(truth, rel=1e-5)


@pytest.mark.parametrize("level", [0.0, 0.5])
def test_gradient_and_curvature_are_those_of_the_values(level):
    law, origin = SaturatingLaw(), np.array([18.0, level])
    form = law.form(X[:, None], origin)
    theta = np.concatenate([law.centred({k: np.array([v]) for k, v in t.items()}, origin) for t in TRUTHS])
    values, gradient = form.gradient(theta)
    np.testing.assert_allclose(values, form.values(theta), rtol=1e-13)
    weights = np.random.default_rng(0).normal(size=values.shape)
    curvature = form.curvature(theta, gradient, weights)
    for j in range(5):
        step = np.zeros_like(theta)
        step[:, j] = 1e-5 * theta[:, j]
        by = 2 * step[:, j, None]
        slope = (form.values(theta + step) - form.values(theta - step)) / by
        np.testing.assert_allclose(gradient[:, j], slope, rtol=1e-5, atol=1e-7 * np.abs(slope).max())
        bend = ((form.gradient(theta + step)[1] - form.gradient(theta - step)[1]) * weights[:, None]).sum(axis=2) / by
        np.testing.assert_allclose(curvature[:, j], bend, rtol=1e-4, atol=1e-5 * np.abs(bend).max())


@pytest.mark.parametrize("level", [0.0, 0.5])
def test_coefficients_and_parameters_are_inverse(level):
    law, origin = SaturatingLaw(), np.array([18.0, level])
    for truth in TRUTHS:
        back = law.natural(law.centred({k: np.array([v]) for k, v in truth.items()}, origin), origin)
        assert {name: value[0] for name, value in back.items()} == pytest.approx(truth, rel=1e-12)


def test_far_below_the_upper_level_it_is_the_shifted_power_law():
    y = 0.2 + 30.0 * X**-0.4
    law = SaturatingLaw(n_boot=0).fit(X, y)
    plain = ShiftedPowerLaw(n_boot=0).fit(X, y)
    np.testing.assert_allclose(law.predict(X), plain.predict(X), rtol=2e-3)


def test_with_noise_no_truth_is_better():
    y = exact(TRUTHS[0])
    noisy = y * np.exp(0.01 * np.random.default_rng(3).normal(size=len(y)))
    law = SaturatingLaw(n_boot=40, interval="residual", warn_beyond=None).fit(X, noisy)
    assert law.objective_ <= (np.log(y / noisy) ** 2).sum()
    low, high = law.predict_interval([1e8, 1e11], kind="run")
    assert (low < law.predict([1e8, 1e11])).all() and (high > low).all()


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [(X[:4], np.ones(4), "at least 5 distinct"), (-X, np.ones(60), "above zero"), (X, np.full(60, np.nan), "finite")],
)
def test_bad_input_is_named(x, y, message):
    with pytest.raises(ValueError, match=message):
        SaturatingLaw(n_boot=0).fit(x, y)
