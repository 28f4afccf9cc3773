from __future__ import annotations

import pytest

from scalescope.errors import UnknownName
from scalescope.experiment.profile import load_profile
from scalescope.workflow import jobs


@pytest.fixture
def smoke():
    return load_profile("smoke")


def test_every_job_comes_after_what_it_needs(smoke):
    seen = set()
    for job in jobs.planned(smoke):
        assert set(job.needs) <= seen
        seen.add(job.name)


def test_each_model_is_pretrained_with_each_objective_and_finetuned_by_role(smoke):
    planned = jobs.planned(smoke)
    models = smoke.all_models()
    finetuned = [spec for spec in models if spec.role in smoke.finetune.roles]
    count = {station: sum(job.station == station for job in planned) for station in jobs.STATIONS}
    assert count["20_pretrain"] == len(models) * len(smoke.objectives)
    assert count["30_finetune"] == len(finetuned)
    assert [count[name] for name in jobs.STATIONS if name[0] not in "23"] == [1, 1, 1, 1]
    assert [job.task for job in planned if job.station == jobs.ROWS] == smoke.tasks


def test_all_objectives_of_a_model_are_finetuned_in_one_job(smoke):
    job = jobs.job(smoke, "30_finetune_ar8-l1")
    assert job.objective == "all" and job.parameters == {"profile": "smoke", "model": "ar8-l1"}
    assert smoke.finetuned_after("all") == ["mlm", "pmi", "scratch"] and smoke.finetuned_after("pmi") == ["pmi"]
    without = smoke.model_copy(update={"finetune": smoke.finetune.model_copy(update={"from_scratch": False})})
    assert without.finetuned_after("all") == ["mlm", "pmi"]
    with pytest.raises(UnknownName, match=r"'scrach'.*'scratch'"):
        smoke.finetuned_after("scrach")


def test_a_job_has_the_threads_of_its_model(monkeypatch, smoke):
    largest = smoke.target.config.parameters
    monkeypatch.setattr(jobs, "threads_for", lambda parameters: 3 if parameters == largest else 1)
    assert {job.model for job in jobs.planned(smoke) if job.threads == 3} == {smoke.target.name}
    decided = jobs.planned(smoke, threads={"ar8-l1": 2, smoke.target.name: 1})
    assert {job.model for job in decided if job.threads == 2} == {"ar8-l1"}, "as the pipeline's machine decided"
    assert {job.threads for job in decided if job.model == smoke.target.name} == {1}


def test_the_ladder_waits_for_the_rate_of_the_target_where_one_is_fixed(smoke):
    target = smoke.target.name
    own = ("20_pretrain_ar8-l1_mlm", "20_pretrain_ar8-l1_pmi")
    encoded = ("text", *(f"rows_{name}" for name in smoke.tasks))
    assert jobs.job(smoke, "30_finetune_ar8-l1").needs == (*encoded, *own, f"30_finetune_{target}")
    settings = smoke.finetune.model_copy(update={"fixed_rate_objectives": []})
    free = smoke.model_copy(update={"finetune": settings})
    assert jobs.job(free, "30_finetune_ar8-l1").needs == (*encoded, *own)


def test_pretraining_waits_for_the_text_alone(smoke):
    planned = [job for job in jobs.planned(smoke) if job.station in (jobs.PRETRAIN, jobs.ROWS)]
    assert {job.needs for job in planned if job.model != smoke.target.name} == {("text",)}


def test_the_profile_reaches_every_notebook(smoke):
    planned = jobs.planned(smoke, "my/profile.json")
    assert {job.parameters["profile"] for job in planned if job.executed} == {"my/profile.json"}
    assert not any("data" in job.parameters for job in planned), "the profile holds the data"


def test_unknown_job_names_the_nearest(smoke):
    with pytest.raises(UnknownName, match="20_pretrain_ar8-l1_mlm"):
        jobs.job(smoke, "20_pretrain_ar8-l1_mml")


def with_seeds(profile, seeds):
    return profile.model_copy(update={"pretrain": profile.pretrain.model_copy(update={"seeds": seeds})})


def test_each_pretraining_seed_of_the_ladder_has_a_job_and_one_job_finetunes_them(smoke):
    names = [job.name for job in jobs.planned(smoke)]
    planned = {job.name: job for job in jobs.planned(with_seeds(smoke, [0, 5]))}
    more = [name for name in planned if name not in names]
    ladder = [f"20_pretrain_ar8-l{n}_{objective}_seed1" for n in (1, 2, 3) for objective in ("mlm", "pmi")]
    assert sorted(more) == sorted(ladder) and set(names) <= set(planned)
    job = planned["20_pretrain_ar8-l1_mlm_seed1"]
    assert job.place == 1 and job.parameters["seed"] == "1"
    assert "seed" not in planned["20_pretrain_ar8-l1_mlm"].parameters
    assert {"20_pretrain_ar8-l1_mlm", job.name} < set(planned["30_finetune_ar8-l1"].needs)


def test_budgets_wait_for_the_finetuning_that_finds_their_rates(smoke):
    job = jobs.job(smoke, "35_budgets_ar8-l1_mlm")
    assert job.needs == ("30_finetune_ar8-l1",)
    assert job.parameters == {"profile": "smoke", "objective": "mlm"}
    assert job.name in jobs.job(smoke, "40_collect").needs
    without = smoke.model_copy(update={"budgets": None})
    assert not any(job.station == jobs.BUDGETS for job in jobs.planned(without))
