"""The runs of all studies in one form: what may be fitted, what is a target, and what belongs together."""

from __future__ import annotations

import pandas as pd
import pytest

from scalescope.errors import UnknownName
from scalescope.experiment.campaign import FINETUNED, POINTS, PRETRAINED, TRAJECTORIES, campaign, read_campaign
from scalescope.experiment.stages import NotFinished
from scalescope.tables import COLUMNS


def runs(*rows: dict) -> pd.DataFrame:
    common = {
        "role": "fit",
        "kind": "adapt",
        "status": "finished",
        "parameters": 1000,
        "objective": "mlm",
        "seed": 0,
        "batch_size": 32,
        "steps": 10,
        "learning_rate": 0.01,
        "text": "far",
        "pretrain_tokens": 500,
        "finetune_tokens": 60,
        "rows": 1,
        "tokens": 600,
        "loss": 3.0,
    }
    table = pd.DataFrame([{**common, **row} for row in rows])
    return table.assign(run_id=[f"run{place}" for place in table.index]).reindex(columns=COLUMNS["runs"])


def test_of_rates_the_best_counts_and_a_base_is_a_text_a_budget_and_a_seed():
    table = runs(
        {}, {"learning_rate": 0.02, "loss": 2.9}, {"seed": 1}, {"role": "held_out", "rows": 2}, {"kind": "pretrain"}
    )
    found = campaign({"barnett2024": {"runs": table}})
    assert list(found.points.columns) == POINTS
    assert found.fitted(FINETUNED)["run_id"].tolist() == ["run1", "run2"]
    assert found.fitted(FINETUNED)["base"].nunique() == 2
    assert found.targets()["run_id"].tolist() == ["run3"] and found.fitted(PRETRAINED).empty


def test_runs_at_a_constant_rate_enter_as_curves_after_twice_their_warm_up_and_their_target_alone():
    table = runs({"kind": "pretrain"}, {"kind": "pretrain", "role": "held_out"})
    curve = {
        "run_id": "run0",
        "role": "fit",
        "variant": "standard",
        "parameters": 1000,
        "batch_size": 8,
        "warmup_steps": 5,
        "loss": 3.0,
    }
    curves = pd.DataFrame(
        [{**curve, "step": step} for step in (5, 10, 15)]
        + [{**curve, "step": 20, "variant": "rate the same"}, {**curve, "step": 20, "role": "held_out"}]
    )
    found = campaign({"su2024": {"runs": table, "curves": curves}})
    assert list(found.trajectories.columns) == TRAJECTORIES and found.trajectories["steps"].tolist() == [10, 15]
    assert found.fitted(PRETRAINED).empty and found.targets()["run_id"].tolist() == ["run1"]


def test_members_of_a_zoo_know_what_they_were_pretrained_on():
    table = runs({"rows": 1}, {"rows": 1}, {"rows": 1}, {"rows": 8, "role": "held_out"})
    zoo = pd.DataFrame(
        {"model": ["a", "b", "c"], "objective": ["mlm", "pmi", "mlm"], "text": ["standard", "standard", "near"]}
    )
    points = pd.DataFrame({"model": ["a", "b", "c", "a"], "run_id": table["run_id"]})
    found = campaign({"lin2024": {"runs": table, "zoo": zoo, "points": points}}).points
    assert found["plain"].tolist() == [True, False, False, True]
    assert found["base"].tolist() == ["a", "b", "c", "a"] and found["lineage"].nunique() == 3
    assert found["target"].iloc[3] == "a, 8 rows"


def test_runs_that_failed_are_no_points():
    failed = {"kind": "pretrain", "text": "standard", "status": "failed"}
    assert campaign({"gadre2024": {"runs": runs(failed)}}).points.empty


def test_a_grid_on_another_text_is_no_part_of_the_laws_of_the_standard_one():
    one = {"kind": "pretrain", "text": "standard"}
    table = runs(one, {**one, "role": "held_out"}, {**one, "text": "far"}, {**one, "text": "far", "role": "held_out"})
    assert campaign({"gadre2024": {"runs": table}}).points["run_id"].tolist() == ["run0", "run1"]


def test_unknown_studies_and_profiles_without_any_are_named(project):
    with pytest.raises(UnknownName, match="did you mean 'gadre2024'"):
        campaign({"gadre2042": {}})
    with pytest.raises(NotFinished, match="`scalescope studies --profile tiny` makes them"):
        read_campaign("tiny")
