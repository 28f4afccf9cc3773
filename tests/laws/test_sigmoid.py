"""The sigmoid from loss to error: the truth, gradient, limits, bad inputs."""

import numpy as np
import pytest

from scalescope.laws import SigmoidErrorLaw, SuspectInput

LOSS = np.linspace(2, 4, 40)
TRUTH = {"E": 0.2, "A": 0.6, "k": 3.0, "L_0": 2.7}


def exact(loss=LOSS):
    return SigmoidErrorLaw().predict_many({name: np.array([value]) for name, value in TRUTH.items()}, loss)[0]


def test_without_noise_the_fit_is_the_truth():
    law = SigmoidErrorLaw(n_boot=0).fit(LOSS, exact())
    assert law.params_ == pytest.approx(TRUTH, rel=1e-6)


def test_the_equation_is_the_papers():
    accuracy = 0.8 - 0.6 / (1 + np.exp(-3.0 * (LOSS - 2.7)))  # Bhagia 2024 with b = 0.8 and a = -0.6
    np.testing.assert_allclose(exact(), 1 - accuracy, rtol=1e-12)
    assert exact([0.1])[0] == pytest.approx(TRUTH["E"], abs=1e-3)
    assert exact([9.0])[0] == pytest.approx(TRUTH["E"] + TRUTH["A"], abs=1e-3)


def test_gradient_and_curvature_are_those_of_the_values():
    law = SigmoidErrorLaw()
    form = law.form(LOSS[:, None], np.zeros(1))
    theta = np.array([list(TRUTH.values()), [0.1, 0.7, 8.0, 3.1]])
    values, gradient = form.gradient(theta)
    weights = np.random.default_rng(0).normal(size=values.shape)
    curvature = form.curvature(theta, gradient, weights)
    for j in range(4):
        step = np.zeros_like(theta)
        step[:, j] = 1e-5 * theta[:, j]
        by = 2 * step[:, j, None]
        slope = (form.values(theta + step) - form.values(theta - step)) / by
        np.testing.assert_allclose(gradient[:, j], slope, rtol=1e-6, atol=1e-8)
        bend = ((form.gradient(theta + step)[1] - form.gradient(theta - step)[1]) * weights[:, None]).sum(axis=2) / by
        np.testing.assert_allclose(curvature[:, j], bend, rtol=1e-4, atol=1e-6)


def test_a_perfect_model_keeps_an_error_and_a_percentage_is_suspected():
    with pytest.warns(SuspectInput, match="percent"):
        SigmoidErrorLaw(n_boot=0).fit(LOSS, 100 * exact())


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [(LOSS[:3], np.ones(3), "at least 4 distinct"), (-LOSS, exact(), "above zero"), (LOSS, -exact(), "above zero")],
)
def test_bad_input_is_named(loss, y, message):
    with pytest.raises(ValueError, match=message):
        SigmoidErrorLaw(n_boot=0).fit(loss, y)
