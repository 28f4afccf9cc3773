"""Summaries that cannot be: each is refused with its name and value."""

import numpy as np
import pytest

from scalescope.laws import expand, log_mean, squares_about


@pytest.mark.parametrize(
    ("mean", "sd", "n", "told"),
    [
        ("1", 0.1, 5, "mean must be finite; got '1'"),
        ([1, 2], 0.1, 5, "mean must be finite"),
        (1, None, 2, "standard deviation of 2 seeds must be finite and not negative; got None"),
        (1, 0.1, "5", "number of seeds .* got '5'"),
        (1, 0.1, True, "number of seeds .* got True"),
        (1, 0.1, float("nan"), "number of seeds .* got nan"),
        (1, 0.1, 10**9, "number of seeds .* up to 1,000,000"),
    ],
)
def test_one_summary(mean, sd, n, told):
    with pytest.raises(ValueError, match=told):
        expand(mean, sd, n)


@pytest.mark.parametrize("of", [log_mean, lambda *given: squares_about(1.0, *given)])
@pytest.mark.parametrize(
    ("mean", "sd", "n", "told"),
    [
        (["1"], [0.1], [5], "the mean must hold numbers"),
        ([np.nan], [0.1], [5], "the mean must be finite"),
        ([1.0], [-0.1], [5], "standard deviation of seeds must be finite and not negative"),
        ([1.0], [0.1], [0], "number of seeds must be a whole number"),
        ([1.0], [0.1], [2.5], "number of seeds must be a whole number"),
        ([1.0, 2.0], [0.1], [5, 5], "differ in shape"),
    ],
)
def test_columns_of_summaries(of, mean, sd, n, told):
    with pytest.raises(ValueError, match=told):
        of(mean, sd, n)


def test_a_logarithm_needs_means_above_zero_and_one_seed_no_deviation():
    with pytest.raises(ValueError, match="above zero to take its logarithm; got -1"):
        log_mean([1.0, -1.0], [0.1, 0.1], [5, 5])
    assert log_mean([1.0, 2.0], [np.nan, np.nan], [1, 1]) == pytest.approx(np.log([1.0, 2.0]))
