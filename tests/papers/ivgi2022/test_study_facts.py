"""What a fit card says of the runs is what the profile asks for."""

import pytest

from scalescope.errors import UnknownName
from scalescope.experiment.profile import available_profiles, load_profile
from scalescope.laws.card import STUDY
from scalescope.papers.ivgi2022.study_facts import study_facts


def test_every_profile_fills_every_item():
    profiles = [name for name in available_profiles() if not name.startswith("studies")]
    assert len(profiles) > 5
    for name in profiles:
        facts = study_facts(name, "squad")
        assert set(facts) == set(STUDY) and all(facts.values()), name


def test_numbers_are_the_profiles():
    profile, facts = load_profile("quick"), study_facts("quick", "squad")
    seen = profile.pretrain.steps * profile.pretrain.batch_size * profile.text.sequence_length
    assert f"{seen:,} tokens in 1,200 steps" in facts["epochs"] and "same number of steps" in facts["convergence"]
    assert "batch 8, linear, 10% warm-up, 1 epoch(s) of 3000 examples" in facts["schedule"]
    assert "seed 0" in facts["text"] and "2,000 evaluation examples" in facts["measured"]
    assert "after 1,500 steps" in study_facts("published", "squad")["convergence"]
    with pytest.raises(UnknownName, match="quick"):
        study_facts("quik", "squad")
