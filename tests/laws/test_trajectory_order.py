"""The published order of the fit of a trajectory."""

import pytest
from laws.truths import TRUTHS, study

from scalescope.laws import TrajectoryLaw


def test_published_order_of_the_trajectory():
    X, y = study(TrajectoryLaw)
    truth = TRUTHS[TrajectoryLaw][1]
    converged = {name: truth[name] for name in ("N_c", "alpha_N")}
    law = TrajectoryLaw(n_boot=0, order="published", fixed=converged).fit(X, y)
    assert law.params_ == pytest.approx(truth, rel=0.05)
    biased = TrajectoryLaw(n_boot=0, order="published").fit(X, y)  # its runs have not converged
    assert abs(biased.params_["alpha_S"] / truth["alpha_S"] - 1) > 0.02
