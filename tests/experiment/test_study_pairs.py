"""Runs of a study on each of its texts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scalescope.experiment import stages, study_pairs
from scalescope.experiment.study_runs import FIT, STANDARD, Planned, branch, train
from scalescope.papers.barnett2024 import live as barnett2024


@pytest.fixture(scope="module")
def texts(live_profile):
    return barnett2024.texts(live_profile)


def test_every_run_is_read_on_every_text_and_on_its_own_as_recorded(live_profile, texts):
    config = branch(live_profile, texts.prepared, "ar8-l1", "mlm", 10 * 16 * 48, 0)
    planned = [Planned(FIT, config), Planned(FIT, replace(config, data=texts.id("far")), "far")]
    missing = Planned(FIT, replace(config, seed=7))
    train(live_profile, texts, planned)
    table = study_pairs.losses(texts, [*planned, missing])
    assert list(table.columns) == study_pairs.COLUMNS
    assert list(zip(table["text"], table["evaluated_on"], strict=True)) == [
        (STANDARD, STANDARD), (STANDARD, "far"), ("far", STANDARD), ("far", "far")
    ]  # fmt: skip
    own = table[table["text"] == table["evaluated_on"]].set_index("run_id")["loss"].to_dict()
    assert own == {each.config.id: stages.store().find(each.config.id).manifest["summary"]["loss"] for each in planned}
    assert table["loss"].nunique() == 4 and table["loss"].gt(0).all()
