"""What is trained for the trajectories: batch sizes at one set of rules, each rule changed once."""

from __future__ import annotations

from dataclasses import asdict

import pytest
import yaml
from projects import STEP, TINY

from scalescope import paths
from scalescope.errors import UnknownName
from scalescope.experiment.profile import load_profile
from scalescope.experiment.study_runs import runs_table, train, with_context
from scalescope.papers.su2024 import live as su2024
from scalescope.papers.su2024.fits import STANDARD

SECTION = {
    "models": ["ar8-l1", "ar8-l2"],
    "batch_sizes": [8, 16, 32],
    "tokens": 12 * STEP,
    "target_model": "ar16-l2",
    "target_batch_size": 24,
    "variant_model": "ar8-l1",
    "evaluations": 4,
}


@pytest.fixture
def profile(project):
    content = {**TINY, "name": "su", "studies": {"seeds": [0], "su2024": SECTION}}
    paths.profile_file("su").write_text(yaml.safe_dump(content))
    return load_profile("su")


def test_each_rule_is_changed_once_and_alone(profile):
    texts = su2024.texts(profile)
    planned = su2024.planned(profile, texts)
    standard = {each.config.batch_size: each.config for each in planned[STANDARD][:3]}
    changed = {name: {each.config.batch_size: each.config for each in runs} for name, runs in planned.items()}
    assert {name for name in planned if len(planned[name]) == 3} == set(su2024.VARIANTS) - {STANDARD}

    def differing(name, batch):
        ours, theirs = (asdict(each) for each in (changed[name][batch], standard[batch]))
        return {key for key in ours if ours[key] != theirs[key]}

    assert differing("beta2 the same per step", 32) == {"beta2"}
    assert differing("rate the same", 32) == differing("rate linear in the batch", 32) == {"learning_rate"}
    assert differing("warm-up three times as long", 8) == {"warmup_steps"}
    assert {"encoder", "data"} <= differing("half the context", 32) <= {"encoder", "data", "steps", "eval_every"}
    half, whole = changed["half the context"][32], standard[32]
    assert (half.encoder.max_length, whole.encoder.max_length) == (24, 48)
    assert half.steps * 24 == pytest.approx(whole.steps * 48, rel=0.1), "as many tokens"
    assert half.encoder.parameters == whole.encoder.parameters and half.data != whole.data


def test_runs_on_half_the_context_read_the_same_text_in_shorter_rows(profile):
    texts = su2024.texts(profile)
    name = "24 tokens of context"
    whole, half = (texts[each].corpus("train") for each in (STANDARD, name))
    assert (whole.sequence_length, half.sequence_length) == (48, 24)
    assert whole.vocabulary_size == half.vocabulary_size
    assert texts.id(name) != texts.id(STANDARD)
    runs = su2024.planned(profile, texts)["half the context"][:1]
    (run,) = train(profile, texts, runs)
    table = runs_table("su2024", texts, runs)
    assert (
        table["run_id"].tolist() == [run.id] and table["text"].tolist() == [name] and table["distance"].tolist() == [0]
    )
    with pytest.raises(UnknownName, match="24 tokens of context"):
        texts["23 tokens of context"]


def test_rows_of_fewer_than_sixteen_tokens_are_refused(profile):
    with pytest.raises(ValueError, match="greater than or equal to 16"):
        with_context(profile, 12)
