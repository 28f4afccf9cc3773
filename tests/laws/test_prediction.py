"""What a fitted law answers, and what it refuses."""

import warnings

import numpy as np
import pytest
from laws.truths import TRUTHS, study
from sklearn.exceptions import NotFittedError

from scalescope.laws import ChinchillaLaw, ExtrapolationWarning, PowerLaw, ShiftedPowerLaw, SuspectInput

LAWS = list(TRUTHS)


def test_extrapolation_warns_with_its_factor():
    X, y = study(ShiftedPowerLaw)
    law = ShiftedPowerLaw(n_boot=0).fit(X, y)
    with pytest.warns(ExtrapolationWarning, match="factor of 100"):
        law.predict([1e10])
    law.set_params(warn_beyond=None).predict([1e10])


def test_prediction_refuses_what_fit_refuses():
    X, y = study(ChinchillaLaw)
    law = ChinchillaLaw(n_boot=0).fit(X, y)
    with pytest.raises(ValueError, match=r"parameters has 1 value.* entry 1 is nan"):
        law.predict([[1e8, 1e9], [np.nan, 1e9]])
    with pytest.raises(ValueError, match=r"tokens must be above zero.*entry 0 is 0"):
        law.predict([[1e8, 0]])
    with pytest.raises(ValueError, match="intervals need the bootstrap"):
        law.predict_interval(X)


@pytest.mark.parametrize("kind", LAWS)
def test_nothing_before_fit(kind):
    with pytest.raises(NotFittedError, match=f"{kind.__name__} instance is not fitted yet"):
        kind().predict(TRUTHS[kind][0])


@pytest.mark.parametrize("last", [0.38, 0.38 * (1 + 1e-15), 1 - 0.62])
def test_values_equal_but_for_rounding_have_no_r2(last):
    law = PowerLaw(n_boot=0).fit([1e3, 1e4, 1e5, 1e6], [0.38, 0.38, 0.38, last])
    assert np.isnan(law.score([1e3, 1e4, 1e5, 1e6], [0.38, 0.38, 0.38, last]))


def test_sizes_in_another_unit_draw_a_warning():
    X, y = study(ChinchillaLaw)
    law = ChinchillaLaw(n_boot=0, warn_beyond=None).fit(X, y)
    with pytest.warns(SuspectInput, match="tokens reaches .* in which unit is it"):
        law.predict(X * [1, 1e-9])
    sizes = np.geomspace(1e7, 1e9, 6)
    power = PowerLaw(n_boot=0).fit(sizes, 5 * sizes**-0.1)
    with pytest.warns(SuspectInput, match=r"parameters reaches 1e\+03, and the smallest fitted is 1e\+07"):
        power.predict(sizes / 1e6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        power.predict([1e5, 1e12])


def test_a_score_of_no_points_is_refused():
    law = PowerLaw(n_boot=0).fit([1e3, 1e4, 1e5], [3.0, 2.0, 1.5])
    with pytest.raises(ValueError, match="at least one point"):
        law.score([], [])
