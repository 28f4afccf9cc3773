"""Profile likelihood: its ends against refits by other means."""

import numpy as np
import pytest
from laws.truths import TRUTHS, study
from scipy.optimize import least_squares
from scipy.stats import t

from scalescope.laws import ShiftedPowerLaw, TrajectoryLaw


def test_profile_interval_ends_where_the_loss_says():
    X, y = study(ShiftedPowerLaw, noise=0.01)
    law = ShiftedPowerLaw(n_boot=0, interval="profile").fit(X, y)
    rise = 1 + t.ppf(0.975, len(y) - 3) ** 2 / (len(y) - 3)
    for end in law.intervals_["alpha"]:
        held = ShiftedPowerLaw(n_boot=0, fixed={"alpha": end}).fit(X, y)
        assert held.objective_ / law.objective_ == pytest.approx(rise, rel=5e-3)


def test_profile_of_the_trajectory_ends_where_an_independent_refit_says():
    X, y = study(TrajectoryLaw, noise=0.01)
    law = TrajectoryLaw(n_boot=0, interval="profile").fit(X, y)
    rise = 1 + t.ppf(0.975, len(y) - 6) ** 2 / (len(y) - 6)
    for name in ("N_c", "alpha_S", "alpha_B"):
        others = [other for other in law.parameters if other != name]
        for end in law.intervals_[name]:

            def residuals(logs, end=end, name=name, others=others):
                values = dict(zip(others, np.exp(logs), strict=True)) | {name: end}
                return np.log(law.predict_many({key: np.array([v]) for key, v in values.items()}, X)[0] / y)

            held = least_squares(residuals, np.log([law.params_[other] for other in others]), x_scale="jac")
            assert 2 * held.cost / law.objective_ == pytest.approx(rise, rel=5e-4)
    truth = TRUTHS[TrajectoryLaw][1]
    assert all(low < truth[name] < high for name, (low, high) in law.intervals_.items())
    with pytest.raises(ValueError, match="published order is no optimum"):
        TrajectoryLaw(n_boot=0, interval="profile", order="published").fit(X, y)
