"""The command `scalescope campaign` on a tiny profile: its table, its resumption, and what it refuses."""

from __future__ import annotations

import pandas as pd
import pytest
from typer.testing import CliRunner

from scalescope import paths
from scalescope.cli import app
from scalescope.experiment import collecting
from scalescope.experiment.branches import budget_steps, campaign, shortest_steps
from scalescope.experiment.profile import load_profile
from scalescope.tables import COLUMNS
from scalescope.training import loop
from scalescope.training.schedule import first_decay_step

PER_STEP = 16 * 48  # tokens


def invoke(*words: str):
    return CliRunner().invoke(app, ["campaign", "--profile", "tiny", *words])


def test_a_killed_campaign_goes_on_and_its_table_is_that_of_an_undisturbed_one(project, tmp_path_factory, monkeypatch):
    wanted = ("--model", "ar8-l1", "--budgets", "2", "--from", str(6 * PER_STEP), "--to", str(12 * PER_STEP))
    learn, steps, kills = loop.Training._learn, [], [10]

    def learn_until(self, masked):
        if self.step in kills:
            kills.remove(self.step)
            raise KeyboardInterrupt
        steps.append(self.step)
        learn(self, masked)

    monkeypatch.setattr(loop.Training, "_learn", learn_until)
    assert invoke(*wanted).exit_code == 130
    done = invoke(*wanted)
    assert done.exit_code == 0, done.output
    file = paths.results("tiny") / "campaign.csv"
    assert str(file) in done.output
    assert steps == [*range(6), *range(5, 10), 10, 11], "the stable part is trained once, and not again after a kill"
    table = pd.read_csv(file)
    assert list(table.columns) == COLUMNS["campaign"]
    assert list(table["budget_tokens"]) == [6 * PER_STEP, 12 * PER_STEP]
    assert table["tokens"].between(0.5 * table["budget_tokens"], table["budget_tokens"]).all(), "without padding"

    other = campaign(load_profile("tiny"), "ar8-l2", "mlm", budgets=1)
    assert list(other["budget_tokens"]) == [10 * PER_STEP], "the profile's own budget"
    both = pd.read_csv(file)
    assert list(both["layers"]) == [1, 1, 2]

    fresh = tmp_path_factory.mktemp("undisturbed")
    (fresh / "profiles").symlink_to(project / "profiles")
    monkeypatch.setenv("SCALESCOPE_ROOT", str(fresh))
    monkeypatch.setenv("SCALESCOPE_CACHE", str(project / "data" / "cache"))
    assert invoke(*wanted).exit_code == 0
    pd.testing.assert_frame_equal(pd.read_csv(paths.results("tiny") / "campaign.csv"), table)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--model", "ar8-l7"], "did you mean 'ar8-l"),
        (["--model", "ar8-l1", "--objective", "pmi"], "did you mean 'mlm'"),
    ],
)
def test_a_model_or_objective_that_the_profile_does_not_have_is_refused(project, words, told):
    result = invoke(*words)
    assert result.exit_code == 2 and told in result.output and "Traceback" not in result.output


@pytest.fixture
def settings(project):
    return load_profile("tiny").pretrain.model_copy(update={"steps": 64})


def test_budgets_are_whole_steps_log_spaced_up_to_the_profiles_own(settings):
    assert budget_steps(settings, 10, 5, 40, None) == [4, 8, 16, 32, 64]
    assert budget_steps(settings, 10, 1, None, None) == [64]
    assert budget_steps(settings, 10, 2, None, None)[0] == max(64 // 16, shortest_steps(settings))


@pytest.mark.parametrize(("warmup", "decay"), [(2, 0.2), (10, 0.0), (7, 0.5), (33, 0.9), (10**12, 0.2), (3, 0.9999)])
def test_the_shortest_run_has_room_and_one_step_less_has_not(settings, warmup, decay):
    given = settings.model_copy(update={"warmup_steps": warmup, "decay_fraction": decay})
    shortest = shortest_steps(given)
    start = {"warmup_steps": warmup, "decay_fraction": decay}
    assert first_decay_step("wsd", steps=shortest, **start) == warmup + 1
    assert first_decay_step("wsd", steps=shortest - 1, **start) == warmup


def test_budgets_without_room_are_refused_with_the_smallest_that_has(settings):
    shortest = shortest_steps(settings)
    with pytest.raises(ValueError, match=f"the smallest that has is {10 * shortest} tokens"):
        budget_steps(settings, 10, 3, 10, 100)
    with pytest.raises(ValueError, match=r"smallest budget \(90 tokens\) exceeds the largest \(50 tokens\)"):
        budget_steps(settings, 10, 3, 90, 50)
    with pytest.raises(ValueError, match="at least 1 budget, got 0"):
        budget_steps(settings, 10, 0, None, None)
    with pytest.raises(ValueError, match="9 budgets from 600 to 640 tokens, in whole steps, are 5 different ones"):
        budget_steps(settings, 10, 9, 600, None)


@pytest.mark.parametrize("words", [["--budgets", "0"], ["--from", "-1"], ["--to", "9" * 20]])
def test_numbers_are_checked_before_any_text_is_encoded(project, words):
    assert invoke("--model", "ar8-l1", *words).exit_code == 2
    assert not paths.cache().exists()


def test_a_place_for_the_table_is_asked_for_before_any_text_is_encoded(project):
    paths.results("tiny").parent.write_text("x")
    result = invoke("--model", "ar8-l1")
    assert result.exit_code == 2 and "results is a file" in result.output and "move it away" in result.output
    assert not paths.cache().exists()


def test_tables_of_a_profile_read_the_campaign_too(project):
    folder = paths.results("tiny")
    folder.mkdir(parents=True)
    pd.DataFrame(columns=COLUMNS["campaign"]).to_csv(folder / "campaign.csv", index=False)
    assert list(collecting.read_tables("tiny")) == ["campaign"]
