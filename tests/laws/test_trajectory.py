"""The loss curve that is implicit in the loss."""

import numpy as np
import pytest
from laws.truths import study

from scalescope.laws import TrajectoryLaw


def test_the_trajectory_solves_its_equation():
    X, y = study(TrajectoryLaw)
    law = TrajectoryLaw(n_boot=0).fit(X, y)
    loss = law.trajectory(1e6, 2.0**15, [1e3, 1e4])
    p = law.params_
    for at, steps in zip(loss, (1e3, 1e4), strict=True):
        fewest = steps / (1 + float(law.critical_batch_size(at)) / 2.0**15)
        assert at == pytest.approx(float(law.minimum_loss(1e6)) + (p["S_c"] / fewest) ** p["alpha_S"])
        assert float(law.minimum_steps(1e6, at)) == pytest.approx(fewest)
        tokens = fewest * float(law.critical_batch_size(at))
        assert float(law.minimum_tokens(1e6, at)) == pytest.approx(tokens)
    assert np.isinf(law.minimum_steps(1e6, 0.5))


def test_curves_that_rise_have_no_law_and_it_is_said():
    X, y = study(TrajectoryLaw, 0.01)
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=r"no number holds.*does y fall as parameters"):
        TrajectoryLaw(n_boot=0).fit(X, y[::-1])
