import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score

from scalescope.laws import PowerLaw, expand

SIZES = np.repeat(12 * 32**2 * np.arange(1, 9) ** 3, 5)


def noisy(slope=-0.2, intercept=1.0, noise=0.02, seed=0, sizes=SIZES):
    rng = np.random.default_rng(seed)
    return np.exp(slope * np.log(sizes) + intercept + noise * rng.normal(size=len(sizes)))


def test_recovers_its_truth_from_noisy_data():
    law = PowerLaw().fit(SIZES, noisy(), groups=SIZES)
    assert law.params_["slope"] == pytest.approx(-0.2, abs=0.01)
    assert law.params_["intercept"] == pytest.approx(1.0, abs=0.1)
    low, high = law.intervals_["slope"]
    assert low < -0.2 < high and high - low < 0.03
    assert law.score(SIZES, noisy()) > 0.99


def test_equals_least_squares_in_log_log():
    y = noisy(noise=0.3)
    slope, intercept = np.polyfit(np.log(SIZES), np.log(y), 1)
    law = PowerLaw(n_boot=0).fit(SIZES, y)
    assert law.params_ == pytest.approx({"slope": slope, "intercept": intercept}, rel=1e-12)
    np.testing.assert_allclose(law.predict(SIZES), np.exp(slope * np.log(SIZES) + intercept))


def test_whole_weights_are_repeated_points():
    weights = np.tile([1, 2, 0, 3, 1], 8)
    y = noisy(noise=0.3)
    weighted = PowerLaw(n_boot=0).fit(SIZES, y, sample_weight=weights)
    repeated = PowerLaw(n_boot=0).fit(np.repeat(SIZES, weights), np.repeat(y, weights))
    assert weighted.params_ == pytest.approx(repeated.params_)
    assert weighted.score(SIZES, y, weights) == pytest.approx(
        repeated.score(np.repeat(SIZES, weights), np.repeat(y, weights))
    )


def test_score_is_linear_and_not_logarithmic():
    x, y = np.array([1.0, 2.0, 4.0]), np.array([1.0, 0.7, 0.25])
    law = PowerLaw(n_boot=0).fit(x, y)
    by_hand = 1 - ((y - law.predict(x)) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    assert law.score(x, y) == pytest.approx(by_hand)
    assert np.isnan(law.score(x, [0.5, 0.5, 0.5]))


@pytest.mark.parametrize("form", ["vector", "column", "frame"])
def test_takes_sizes_in_three_forms(form):
    y = noisy()
    X = {"vector": SIZES, "column": SIZES[:, None], "frame": pd.DataFrame({"x": 0, "parameters": SIZES})}[form]
    assert PowerLaw(n_boot=0).fit(X, y).params_ == PowerLaw(n_boot=0).fit(SIZES, y).params_


def test_interval_holds_the_line_and_widens_with_the_level():
    law = PowerLaw().fit(SIZES, noisy(), groups=SIZES)
    x = [2e4, 1e6, 8e7]
    low, high = law.predict_interval(x)
    wide_low, wide_high = law.predict_interval(x, level=0.99)
    assert (wide_low < low).all() and (low < law.predict(x)).all()
    assert (law.predict(x) < high).all() and (high < wide_high).all()


def test_extrapolation_factor():
    law = PowerLaw(n_boot=0).fit([10, 100], [0.5, 0.4])
    np.testing.assert_allclose(law.extrapolation([1, 10, 50, 100, 1000]), [10, 1, 1, 1, 10])


def test_keeps_the_estimator_contract():
    law = PowerLaw(n_boot=7, random_state=3)
    twin = clone(law)
    settings = {"size": "parameters", "fixed": None, "n_boot": 7, "random_state": 3, "warn_beyond": None}
    assert twin is not law and twin.get_params() == settings
    assert law.set_params(n_boot=0) is law and law.n_boot == 0
    assert repr(law) == "PowerLaw(n_boot=0, random_state=3)"
    with pytest.raises(ValueError, match=r"Invalid parameter 'n_bot'.*Valid parameters are:.*'n_boot'"):
        law.set_params(n_bot=3)
    with pytest.raises(TypeError):
        PowerLaw(100)
    assert (cross_val_score(law, SIZES[:, None], noisy(), cv=4) > -np.inf).all()


def test_same_state_same_intervals():
    first, again = (PowerLaw(random_state=1).fit(SIZES, noisy(), groups=SIZES) for _ in range(2))
    other = PowerLaw(random_state=2).fit(SIZES, noisy(), groups=SIZES)
    assert first.intervals_ == again.intervals_ != other.intervals_


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([1, 2, np.nan], [1, 1, 1], "parameters has 1 value.* entry 2 is nan"),
        ([1, 2, 3], [1, np.inf, 1], "y has 1 value.* entry 1 is inf"),
        ([1, 0, 3], [1, 1, 1], "parameters must be above zero.*entry 1 is 0"),
        ([1, 2, 3], [1, 1, -0.5], "y must be above zero.*entry 2 is -0.5"),
        ([2, 2, 2], [1, 1, 1], "at least 2 distinct values of parameters; got 1 in 3"),
        ([], [], "at least 2 distinct values"),
        ([1, 2, 3], [1, 1], r"X has 3 point\(s\) but y has the shape \[2\]"),
        (
            [[1, 2], [3, 4]],
            [1, 1],
            r"has 2 features, but PowerLaw is expecting 1 features as input.*shape \[n, 1\] or \[n\]",
        ),
        (["a", "b"], [1, 1], "parameters must hold numbers"),
        (pd.DataFrame({"parameter": [1, 2]}), [1, 1], "unknown column 'parameters'.*'parameter'"),
    ],
)
def test_bad_input_is_named(X, y, message):
    with pytest.raises(ValueError, match=message):
        PowerLaw().fit(X, y)


def test_bad_weights_and_groups_are_named():
    with pytest.raises(ValueError, match="sample_weight must not be negative"):
        PowerLaw().fit([1, 2], [1, 1], sample_weight=[-1, 1])
    with pytest.raises(ValueError, match="got 1 in 1"):
        PowerLaw().fit([1, 2], [1, 1], sample_weight=[0, 1])
    with pytest.raises(ValueError, match="groups has the shape"):
        PowerLaw().fit([1, 2], [1, 1], groups=[1])


def test_nothing_before_fit():
    for ask in (lambda law: law.predict([1]), lambda law: law.predict_interval([1]), lambda law: law.score([1], [1])):
        with pytest.raises(NotFittedError, match=r"PowerLaw instance is not fitted yet. Call"):
            ask(PowerLaw())
    with pytest.raises(ValueError, match="n_boot above 0"):
        PowerLaw(n_boot=0).fit([1, 2], [2, 1]).predict_interval([1])


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_expanded_seeds_have_the_published_moments(n):
    seeds = expand(0.4, 0.03, n)
    assert (len(seeds), seeds.mean(), seeds.std(ddof=1)) == (n, pytest.approx(0.4), pytest.approx(0.03))
    second_order = np.log(0.4) - (n - 1) / n * 0.03**2 / (2 * 0.4**2)
    assert np.log(seeds).mean() == pytest.approx(second_order, abs=1e-5)


def test_expand_refuses_nonsense():
    assert expand(0.4, np.nan, 1).tolist() == [0.4]
    for mean, sd, n in ((0.4, np.nan, 5), (0.4, -1, 5), (np.nan, 0.1, 5), (0.4, 0.1, 0), (0.4, 0.1, 2.5)):
        with pytest.raises(ValueError, match="must be"):
            expand(mean, sd, n)


def test_standard_errors_are_those_of_the_line():
    y = noisy(noise=0.3)
    law = PowerLaw(n_boot=0).fit(SIZES, y)
    (slope, intercept), covariance = np.polyfit(np.log(SIZES), np.log(y), 1, cov=True)
    found = law.diagnostics_
    assert list(found["standard_errors"].values()) == pytest.approx(np.sqrt(np.diagonal(covariance)), rel=1e-9)
    assert law.objective_ == pytest.approx(((np.log(y) - slope * np.log(SIZES) - intercept) ** 2).sum())
    held = 1.01 * law.objective_  # the slope moved as far as `flat` says, the intercept refitted
    moved = slope * (1 + found["flat"]["slope"])
    rest = np.log(y) - moved * np.log(SIZES)
    assert ((rest - rest.mean()) ** 2).sum() == pytest.approx(held, rel=1e-9)
    assert found["identified"] and found["degrees_of_freedom"] == len(SIZES) - 2


def test_a_slope_of_noise_is_told():
    law = PowerLaw(n_boot=0).fit(SIZES, noisy(slope=0.0, noise=0.3))
    assert law.diagnostics_["weak"] == ("slope",) and "slope is known only to" in law.card().text()
    exact = PowerLaw(n_boot=0).fit([10.0, 100.0], [2.0, 1.0])
    assert "as many points as parameters" in exact.card().text()
