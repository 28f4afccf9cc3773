"""Error against pretraining tokens on a tiny profile: runs, table, counts, and what is refused."""

from __future__ import annotations

import pytest
import yaml
from projects import TINY

from scalescope import paths
from scalescope.errors import UnknownName
from scalescope.experiment import collecting, finetuning, stages
from scalescope.experiment.budgets import branch_configs, budgets, collect_budgets
from scalescope.experiment.noted import noted_within
from scalescope.experiment.profile import load_profile
from scalescope.tables import COLUMNS
from scalescope.training import finetune, pretrain
from scalescope.workflow import plan, products, runs
from scalescope.workflow.jobs import job

PER_STEP = 16 * 48  # tokens
SECTION = {"model": "ar8-l1", "objectives": ["mlm"], "fractions": [1.0, 0.5]}


@pytest.fixture
def profile(project):
    content = {**TINY, "name": "more", "tasks": ["sst2"], "budgets": SECTION}
    paths.profile_file("more").write_text(yaml.safe_dump(content))
    return load_profile("more")


def test_each_budget_is_finetuned_at_the_tuned_rate_with_all_seeds(profile, monkeypatch):
    prepared, told = stages.prepare(profile), []
    station = job(profile, "35_budgets_ar8-l1_mlm")
    with pytest.raises(stages.NotFinished, match=r"ar8-l1 \(mlm\) has not been pretrained for 5 steps"):
        collect_budgets(profile, prepared)
    assert collect_budgets(profile, prepared, partial=True).empty
    with noted_within(paths.root() / "a.runs") as asked:
        table = budgets(profile, "mlm", lambda task, value: told.append((task, value)))
    assert all(stages.store().find(run) for run in asked), "a job is done again for ever if its stamp names no run"
    assert list(table.columns) == COLUMNS["budgets"]
    assert table["budget_tokens"].tolist() == [5 * PER_STEP] * 2 + [10 * PER_STEP] * 2
    assert table["tokens"].between(0.5 * table["budget_tokens"], table["budget_tokens"]).all()
    assert table["seed"].tolist() == [0, 1, 0, 1]
    assert (table["error"] - (1 - table["value"])).abs().max() < 1e-9 and table["run_id"].is_unique
    assert set(told[:-1]) == {("sst2", None)} and told[-1] == ("sst2", table["value"].max())
    tuned = finetuning.trainer(profile, prepared.task_data("sst2"))
    spec = profile.target
    stages.pretrain(profile, spec.name, "mlm")
    target, ladder = spec, profile.model("ar8-l1")
    finetuning.sweep_runs(profile, prepared, target, "mlm", "sst2", tuned)
    best = finetuning.sweep_runs(profile, prepared, ladder, "mlm", "sst2", tuned).best_rate
    used = {stages.store().find(name).manifest["config"]["learning_rate"] for name in table["run_id"]}
    assert used == {best}, "the rate of the model's own tuning"

    trained = []
    for module in (pretrain, finetune):
        monkeypatch.setattr(module, "_train", lambda *_: trained.append(1))
    assert budgets(profile, "mlm").equals(table) and not trained
    assert collecting.collect(profile, partial=True)["budgets"].equals(table)
    assert collecting.read_tables("more")["budgets"]["run_id"].tolist() == table["run_id"].tolist()
    assert collect_budgets(profile, prepared).equals(table)
    assert products.product_fault(profile, prepared, station) is None
    finished = runs.counts(profile)[station.name]
    assert finished == (2 + 4, plan.budget_runs(profile)) and plan.budget_runs(profile) == 6


def test_budgets_may_have_finetuning_seeds_of_their_own(profile):
    content = {**TINY, "name": "seeds", "tasks": ["sst2"], "budgets": {**SECTION, "seeds": [5, 0, 1]}}
    paths.profile_file("seeds").write_text(yaml.safe_dump(content))
    own = load_profile("seeds")
    assert budgets(own, "mlm")["seed"].tolist() == [5, 0, 1, 5, 0, 1]
    station = job(own, "35_budgets_ar8-l1_mlm")
    assert runs.counts(own)[station.name] == (2 + 6, plan.budget_runs(own)) and plan.budget_runs(own) == 8
    more, fewer = (plan.job_seconds(each, station) for each in (own, profile))
    assert more > fewer
    assert profile.budget_seeds == profile.finetune.seeds and "seeds" not in profile.model_dump()["budgets"]


def test_budgets_are_the_profiles_own_settings_but_for_steps_and_schedule(profile):
    prepared = stages.prepare(profile)
    own = stages.pretrain_config(profile, prepared, profile.model("ar8-l1"), "mlm")
    small, large = branch_configs(profile, prepared, "mlm")
    assert (small.steps, large.steps, large.schedule) == (5, own.steps, "wsd")
    assert {small.learning_rate, large.learning_rate} == {own.learning_rate} and large.seed == own.seed


def test_an_objective_or_profile_without_budgets_is_refused(profile):
    with pytest.raises(UnknownName, match=r"objective in budgets.objectives of profile 'more' 'pmi'.*'mlm'"):
        budgets(profile, "pmi")
    with pytest.raises(ValueError, match="profile 'tiny' has no section 'budgets'"):
        budgets(load_profile("tiny"), "mlm")


def test_a_plan_counts_the_stable_part_once(profile):
    assert plan.budget_share(profile) == pytest.approx(0.8 + 0.2 * 1.5)
    whole, without = (
        plan.models_table(p).set_index("model").loc["ar8-l1"]
        for p in (profile, profile.model_copy(update={"budgets": None}))
    )
    assert whole["pretraining_runs"] - without["pretraining_runs"] == 2
    assert whole["finetuning_runs"] - without["finetuning_runs"] == 4
    more = whole["tokens"] - without["tokens"] - 4 * plan.finetune_tokens(profile, "sst2")
    assert more == pytest.approx(1.1 * plan.pretrain_tokens(profile), abs=1)
    station = job(profile, "35_budgets_ar8-l1_mlm")
    speeds = plan.Speeds({"ar8-l1": 1e-3}, {"ar8-l1": 1e-4})
    seconds = 1e-3 * 1.1 * plan.pretrain_tokens(profile) + 1e-4 * 4 * plan.finetune_tokens(profile, "sst2")
    assert plan.job_seconds(profile, station, speeds) == pytest.approx(plan.NOTEBOOK_SECONDS + seconds)
