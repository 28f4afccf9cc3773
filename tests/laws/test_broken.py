"""Laws with one and two breaks: the truth, gradient and curvature, nesting, bad inputs."""

import numpy as np
import pytest

from scalescope.laws import BrokenLaw, ShiftedPowerLaw, TwiceBrokenLaw

X = np.geomspace(1e6, 1e10, 60)
ONE = {"E": 0.2, "b": 3.0, "s_0": 0.05, "s_1": 0.4, "d_1": 1e8, "f_1": 0.5}
TWO = ONE | {"s_1": 0.5, "d_1": 2e7, "f_1": 0.4, "s_2": 0.2, "d_2": 1e9, "f_2": 0.3}
TRUTHS = {BrokenLaw: ONE, TwiceBrokenLaw: TWO}


def exact(kind, truth=None, x=X):
    truth = TRUTHS[kind] if truth is None else truth
    return kind().predict_many({name: np.array([value]) for name, value in truth.items()}, x)[0]


def about(kind, factors=(1.0,)):
    """The form of a law about the middle of the data, and coefficients [B, T] near its truth."""
    law = kind()
    sizes = X[:, None]
    origin = law.origin(sizes)
    params = {name: value * np.array(factors) for name, value in TRUTHS[kind].items()}
    return law.form(sizes, origin), law.centred(params, origin)


@pytest.mark.parametrize("kind", TRUTHS)
def test_without_noise_the_fit_is_the_truth(kind):
    law = kind(n_boot=0).fit(X, exact(kind))
    assert law.params_ == pytest.approx(TRUTHS[kind], rel=1e-4)
    assert law.objective_ < 1e-18


def test_the_equation_is_the_papers():
    a, b, c0, c1, d1, f1 = 0.2, 3.0, 0.05, 0.35, 1e8, 0.5  # its symbols: c_1 is the change of the slope
    paper = a + b * X**-c0 * (1 + (X / d1) ** (1 / f1)) ** (-c1 * f1)
    np.testing.assert_allclose(exact(BrokenLaw), paper, rtol=1e-12)


def test_the_slope_goes_from_the_first_to_the_last():
    far = np.array([1e-3, 2e-3, 1e16, 2e16])
    y = exact(BrokenLaw, ONE | {"E": 0.0}, far)
    slopes = np.log(y[1::2] / y[::2]) / np.log(2)
    np.testing.assert_allclose(slopes, [-ONE["s_0"], -ONE["s_1"]], rtol=1e-6)


@pytest.mark.parametrize("kind", TRUTHS)
def test_gradient_and_curvature_are_those_of_the_values(kind):
    form, theta = about(kind, (1.0, 1.1))
    values, gradient = form.gradient(theta)
    np.testing.assert_allclose(values, form.values(theta), rtol=1e-13)
    weights = np.random.default_rng(0).normal(size=values.shape)
    curvature = form.curvature(theta, gradient, weights)
    for j in range(theta.shape[1]):
        step = np.zeros_like(theta)
        step[:, j] = 1e-5 * theta[:, j]
        by = 2 * step[:, j, None]
        slope = (form.values(theta + step) - form.values(theta - step)) / by
        np.testing.assert_allclose(gradient[:, j], slope, rtol=1e-6, atol=1e-8 * np.abs(slope).max())
        bend = form.gradient(theta + step)[1] - form.gradient(theta - step)[1]
        bend = (bend * weights[:, None]).sum(axis=2) / by
        np.testing.assert_allclose(curvature[:, j], bend, rtol=1e-5, atol=1e-7 * np.abs(bend).max())


@pytest.mark.parametrize("kind", TRUTHS)
def test_coefficients_and_parameters_are_inverse(kind):
    law, origin = kind(), np.array([18.0])
    params = {name: np.array([value]) for name, value in TRUTHS[kind].items()}
    back = law.natural(law.centred(params, origin), origin)
    assert {name: value[0] for name, value in back.items()} == pytest.approx(TRUTHS[kind], rel=1e-12)


def test_more_breaks_never_fit_worse():
    y = exact(BrokenLaw) * np.exp(0.01 * np.random.default_rng(1).normal(size=len(X)))
    plain, one, two = (kind(n_boot=0).fit(X, y).objective_ for kind in (ShiftedPowerLaw, BrokenLaw, TwiceBrokenLaw))
    assert two <= one * (1 + 1e-9) and one <= plain * (1 + 1e-6)


def test_a_break_near_the_end_is_found():
    truth = {"E": 0.115, "b": 62.37, "s_0": 0.299, "s_1": 0.58, "d_1": 2.77e9, "f_1": 0.685}
    law = BrokenLaw(n_boot=0).fit(X, exact(BrokenLaw, truth))
    assert np.sqrt(law.objective_ / len(X)) < 1e-6


def test_an_interval_of_a_new_run_holds_the_law_and_widens_beyond_the_data():
    y = exact(BrokenLaw) * np.exp(0.01 * np.random.default_rng(2).normal(size=len(X)))
    law = BrokenLaw(n_boot=40, interval="residual", warn_beyond=None).fit(X, y)
    low, high = law.predict_interval([1e9, 1e11], kind="run")
    middle = law.predict([1e9, 1e11])
    assert (low < middle).all() and (middle < high).all()
    assert high[1] / low[1] > high[0] / low[0] > 1.03


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (X[:5], np.ones(5), "at least 6 distinct"),
        (np.append(X[:-1], -1.0), np.ones(60), "above zero"),
        (X, np.zeros(60), "above zero"),
        (X[:-1], np.ones(60), "59 point"),
    ],
)
def test_bad_input_is_named(X, y, message):
    with pytest.raises(ValueError, match=message):
        BrokenLaw(n_boot=0).fit(X, y)


def test_nine_parameters_need_nine_sizes():
    with pytest.raises(ValueError, match="TwiceBrokenLaw needs at least 9"):
        TwiceBrokenLaw(n_boot=0).fit(X[:8], exact(TwiceBrokenLaw)[:8])
