from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from scalescope.forecast.quantiles import COLUMNS, LEVELS, PROBABILITIES, crps, quantiles, widened, widening
from scalescope.laws import PowerLaw


def normal(deviation: float) -> np.ndarray:
    return np.exp(deviation * norm.ppf(PROBABILITIES))[None]


def test_names_and_levels_are_those_of_the_probabilities():
    assert COLUMNS[0] == "q025" and COLUMNS[6] == "q500" and COLUMNS[-1] == "q975"
    assert LEVELS[0.95] == ("q025", "q975") and LEVELS[0.2] == ("q400", "q600")


@pytest.mark.parametrize("z", [0.0, 0.7, -2.0])
def test_crps_is_that_of_the_normal_distribution(z):
    """Gneiting and Raftery 2007, eq. 21: sigma (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi))."""
    exact = 0.1 * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    assert crps(normal(0.1), np.exp([0.1 * z]))[0] == pytest.approx(exact, rel=0.05)


def test_quantiles_rise_and_agree_with_the_interval():
    x = np.geomspace(1e6, 1e8, 9)
    law = PowerLaw(n_boot=100).fit(x, 5 * x**-0.1 * np.exp(0.01 * np.random.default_rng(0).standard_normal(9)))
    found = quantiles(law, np.array([[1e9]]))
    assert (np.diff(found[0]) >= 0).all()
    low, high = law.predict_interval([1e9], 0.8, kind="run")
    assert found[0, 2] == pytest.approx(low[0]) and found[0, -3] == pytest.approx(high[0])
    assert found[0, 6] == pytest.approx(law.predict([1e9])[0])


def test_a_record_of_misses_widens_and_one_of_hits_does_not():
    rng = np.random.default_rng(0)
    found = np.repeat(normal(0.1), 400, axis=0)
    assert widening(0.1 * rng.standard_normal(400), found) == pytest.approx(1.0, abs=0.08)
    assert widening(0.3 * rng.standard_normal(400), found) == pytest.approx(3.0, rel=0.1)
    assert widening(np.zeros(3), found[:3]) == 1.0 and widening(np.zeros(0), found[:0]) == 1.0
    assert np.allclose(widened(normal(0.1), 3.0), normal(0.3))
