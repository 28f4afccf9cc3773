"""Planned runs of a study: their configurations, packs of even work, training in any order, and their table."""

from __future__ import annotations

import numpy as np
import pytest

from scalescope.errors import UnknownName
from scalescope.experiment import stages, study_runs
from scalescope.experiment.noted import noted
from scalescope.experiment.study_runs import STANDARD, Texts, adapted, branch, packs, runs_table, train
from scalescope.model.optimiser import FlatAdamW
from scalescope.papers.barnett2024 import live as barnett2024
from scalescope.tables import COLUMNS
from scalescope.training.branches import trunk_id
from scalescope.training.pretrain import MissingStart


@pytest.fixture(scope="module")
def texts(live_profile):
    return barnett2024.texts(live_profile)


@pytest.fixture(scope="module")
def grid(live_profile, texts):
    return barnett2024.first(live_profile, texts)


def test_the_grid_holds_every_cell_once_without_the_corner(live_profile, grid):
    pretraining, others = grid
    assert [each.config.steps for each in pretraining] == [5, 10, 20]
    assert len({trunk_id(each.config) for each in pretraining}) == 1
    assert len(others) == 3 * (3 * 4 - 1) and len({each.config.id for each in others}) == len(others)
    corner = [each for each in others if each.config.rows == 16 and each.pretraining is pretraining[2].config]
    assert not corner
    assert sum(each.pretraining is None for each in others) == 9, "from scratch at every size"


def test_only_a_study_that_asks_for_it_has_skills_of_runs_on_dialects(live_profile, texts):
    assert texts.probes(STANDARD).skills == texts.prepared.probes.skills and texts.probes("near") is None
    probed = Texts(live_profile, barnett2024.section(live_profile).dialects, 8, 1_000, probed=True)
    assert probed.probes("near").skills == texts.prepared.probes.skills
    assert texts["near"].id != texts["far"].id != texts.id(STANDARD)


def test_small_data_have_small_batches_and_large_ones_as_many_steps_as_their_passes(live_profile, texts):
    part = barnett2024.section(live_profile)
    scratch = branch(live_profile, texts.prepared, part.model, "mlm", 4000, 0)
    few, many = (adapted(live_profile, texts, part.adapt, "near", rows, 0.004, 1, None, scratch) for rows in (4, 64))
    assert (few.batch_size, few.steps, few.rows, few.seed) == (4, 2, 4, 1)
    assert (many.batch_size, many.steps) == (8, 8)
    assert few.learning_rate == 0.004
    assert few.data == many.data == texts["near"].id != scratch.data
    with pytest.raises(UnknownName, match="did you mean 'near'"):
        texts["nearr"]


def test_steps_grow_with_rows_as_the_profile_says(live_profile):
    settings = barnett2024.section(live_profile).adapt.model_copy(
        update={"passes": 6, "least_steps": 4, "batch_size": 8}
    )
    assert [settings.steps(rows) for rows in (2, 8, 32, 128)] == [4, 6, 24, 96], "every row is read six times"
    slower = settings.model_copy(update={"growth": 0.5})
    assert [slower.steps(rows) for rows in (2, 8, 32, 128)] == [4, 6, 12, 24], "four times the rows, twice the steps"
    fixed = settings.model_copy(update={"growth": 0.0})
    assert {fixed.steps(rows) for rows in (2, 8, 32, 128)} == {6}


def test_runs_that_read_the_same_batches_train_in_one_go(grid):
    units = study_runs._units(grid[1])
    assert len(units) == 3 * 3, "dialects and rows"
    for unit in units:
        assert len({(each.text, each.config.rows, each.config.steps) for each in unit}) == 1
        assert len({(each.config.start, each.config.learning_rate) for each in unit}) == len(unit)


def test_packs_hold_every_run_once_and_branches_of_a_trunk_together(grid):
    pretraining, others = grid
    assert [len(pack) for pack in packs(pretraining, 4)] == [3]
    parts = packs(others, 4)
    assert sorted(each.config.id for part in parts for each in part) == sorted(each.config.id for each in others)
    largest = max(map(len, study_runs._units(others)))
    assert max(map(len, parts)) - min(map(len, parts)) <= largest
    for unit in study_runs._units(others):
        assert sum(any(each in part for each in unit) for part in parts) == 1, "members that train together"
    assert packs(others, 4) == parts


def test_runs_are_trained_once_in_the_order_of_their_packs_and_read_as_a_table(live_profile, texts, grid, monkeypatch):
    pretraining, others = grid
    chosen = [each for each in others if each.text == "near"][:4]
    with pytest.raises(MissingStart, match="which is not there"):
        train(live_profile, texts, [each for each in chosen if each.pretraining][:1])
    told = []
    train(live_profile, texts, pretraining, lambda done, all: told.append((done, all)))
    assert told == [(3, 3)]
    runs = train(live_profile, texts, chosen)
    assert [run.id for run in runs] == [each.config.id for each in chosen]
    assert {run.id for run in runs} | {trunk_id(pretraining[0].config)} <= noted("live")

    table = runs_table("barnett2024", texts, [*pretraining, *chosen])
    assert list(table.columns) == COLUMNS["runs"] and len(table) == 7
    own = table[table["text"] == STANDARD]
    assert (own["pretrain_tokens"] == own["tokens"]).all() and (own["finetune_tokens"] == 0).all()
    near = table[table["text"] == "near"]
    assert near["distance"].iloc[0] == pytest.approx(texts["near"].distance().total)
    assert sorted(near["pretrain_tokens"]) == sorted([0, *own["tokens"]])
    adapted_rows = near[near["kind"] == "adapt"]
    assert (adapted_rows["loss"] <= adapted_rows["loss_before"]).all()
    assert near[near["kind"] == "pretrain"]["loss_before"].isna().all()
    seen = near["tokens"] / (near["steps"] * near["batch_size"])
    assert np.allclose(near["finetune_tokens"], near["rows"] * seen, atol=1)

    monkeypatch.setattr(FlatAdamW, "step", lambda *_: pytest.fail("trained again"))
    assert [run.id for run in train(live_profile, texts, chosen)] == [run.id for run in runs]


def test_what_is_not_trained_is_not_in_the_table_and_no_law_is_fitted(live_profile, texts, grid):
    assert runs_table("barnett2024", texts, grid[1][-2:]).empty
    with pytest.raises(stages.NotFinished, match=r"runs of barnett2024 are not there.*`scalescope studies barnett2024"):
        barnett2024.fitted_runs(live_profile, texts)
