"""Another patience, as a notebook asks for it."""

import pytest

from scalescope.experiment.convergence import with_patience
from scalescope.experiment.profile import load_profile


@pytest.mark.parametrize("steps", [0, -1, 1.5, "5", True, 10**20])
def test_a_patience_that_no_profile_can_have_is_refused(steps):
    with pytest.raises(ValueError, match="patience in steps must be"):
        with_patience(load_profile("smoke"), steps)


def test_only_the_patience_is_another():
    profile = load_profile("smoke")
    other = with_patience(profile, 5)
    assert other.pretrain.patience == 5 and profile.pretrain.patience != 5
    assert with_patience(other, profile.pretrain.patience) == profile
