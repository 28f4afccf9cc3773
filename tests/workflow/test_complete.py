"""A profile completed within one process: what is shown of it, and what an interrupt says."""

import pytest

from scalescope.experiment import progress
from scalescope.experiment.profile import load_profile
from scalescope.workflow import complete as module
from scalescope.workflow.jobs import FINETUNE, planned


@pytest.fixture
def shown(monkeypatch) -> list[tuple[str, bool]]:
    """What is told to the bar: name of the job, and whether it is finished."""
    told: list[tuple[str, bool]] = []

    def items(what, names):
        return lambda name, value: told.append((name, value is not None))

    monkeypatch.setattr(progress, "items", items)
    return told


def jobs(profile):
    return [job for job in planned(profile) if job.model is not None]


def test_only_what_is_trained_is_shown_each_job_once_before_and_once_after(project, shown, monkeypatch):
    profile = load_profile("tiny")

    def pretrain(profile, model, objective, progress, place):
        if model == "ar8-l2":
            progress(0, 10, float("nan"))
            progress(10, 10, 1.0)

    def finetune(profile, model, objective, progress):
        progress("squad", 0.5)  # loaded
        if model == "ar16-l2":
            progress("sst2", None)
            progress("sst2", 0.5)

    monkeypatch.setattr(module.stages, "pretrain", pretrain)
    monkeypatch.setattr(module.finetuning, "finetune", finetune)
    assert module.complete(profile) == len(jobs(profile))
    trained = [job.name for job in jobs(profile) if job.model == ("ar16-l2" if job.station == FINETUNE else "ar8-l2")]
    assert trained and shown == [(name, finished) for name in trained for finished in (False, True)]


def test_an_interrupt_says_how_many_jobs_are_kept(project, shown, monkeypatch, capsys):
    profile, called = load_profile("tiny"), []

    def pretrain(*_, **__):
        called.append(1)
        if len(called) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(module.stages, "pretrain", pretrain)
    monkeypatch.setattr(module.finetuning, "finetune", lambda *_, **__: None)
    with pytest.raises(KeyboardInterrupt):
        module.complete(profile)
    said = capsys.readouterr().err
    passed = [job.station == FINETUNE for job in jobs(profile)]
    before = [at for at, is_finetune in enumerate(passed) if not is_finetune][2]
    assert f"stopped: {before} of {len(jobs(profile))} jobs are finished and kept; run it again" in said
