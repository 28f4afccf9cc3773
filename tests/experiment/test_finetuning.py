"""What a notebook calls tuned is what the laws read."""

import pytest

from scalescope.errors import UnknownName
from scalescope.experiment.collecting import read_tables
from scalescope.experiment.finetuning import by_hand, finetune_configs, tuned_rows
from scalescope.experiment.profile import load_profile


@pytest.mark.parametrize("source", ["quick", "quick-world3"])
def test_tuned_rows_are_the_points_with_tuning_of_the_committed_tables(source):
    profile, tables = load_profile(source), read_tables(source)
    runs, points = tables["finetune"], tables["points"].query("hpt == 'with'")
    models = runs[runs["objective"] != "scratch"].groupby(["parameters", "role"])
    keys = ["objective", "parameters", "task", "seed", "learning_rate"]
    found = [row for _, own in models for row in tuned_rows(profile, own)[keys].itertuples(index=False, name=None)]
    assert sorted(found) == sorted(points[keys].itertuples(index=False, name=None)) and len(found) > 100


def test_a_notebook_trains_a_task_of_the_profile_by_hand():
    profile = load_profile("quick")
    others = profile.model_copy(update={"tasks": ["squad", "cola"]})
    assert [by_hand(profile), by_hand(others), by_hand(profile, "race")] == ["sst2", "squad", "race"]
    with pytest.raises(UnknownName, match="unknown task of profile 'quick' 'sst2'; did you mean 'squad'"):
        by_hand(others, "sst2")


def test_the_grid_of_the_first_seed_decides_and_the_smaller_rate_at_a_tie():
    profile, runs = load_profile("quick"), read_tables("quick")["finetune"]
    model = runs.query("objective == 'mlm' and parameters == 110592 and task == 'sst2'")
    first = profile.finetune.seeds[0]
    rates = model.loc[model["seed"] == first, "learning_rate"]
    assert rates.nunique() == 2
    tied = model.assign(value=model["value"].where(model["seed"] != first, 0.5))
    assert set(tuned_rows(profile, tied)["learning_rate"]) == {rates.min()}


@pytest.mark.parametrize("rate", [5.0, 0.0, -1.0, float("nan")])
def test_a_rate_that_no_profile_can_have_is_refused(rate):
    profile = load_profile("smoke")
    with pytest.raises(ValueError, match=f"between 0 and 1; got {rate:g}"):
        finetune_configs(profile, None, profile.target, "mlm", "sst2", None, [(rate, 0)])
