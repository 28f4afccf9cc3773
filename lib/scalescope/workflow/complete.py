"""A whole profile within one process, for notebooks that are opened on their own: trains only what is missing."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import pandas as pd

from scalescope import files, paths
from scalescope.experiment import budgets, collecting, finetuning, progress, stages
from scalescope.experiment.profile import Profile
from scalescope.experiment.record import table_fault
from scalescope.workflow.jobs import BUDGETS, FINETUNE, Job, planned
from scalescope.workflow.products import COLLECTED


def complete(profile: Profile) -> int:
    """Train every run of a profile that is missing; returns the number of jobs passed.

    After `scalescope reproduce` this only loads. It is meant for the smoke profile, where everything takes
    about a minute; larger profiles belong to the pipeline, which runs jobs side by side. A notebook shows a bar while
    runs are trained. KeyboardInterrupt keeps what is finished, and one line says how to go on.
    """
    jobs = [job for job in planned(profile) if job.model is not None and job.objective is not None]
    show, passed = progress.items(f"training what {profile.name} lacks", [job.name for job in jobs]), 0
    try:
        for job in jobs:
            if _complete(profile, job, partial(show, job.name, None)):
                show(job.name, math.nan)
            passed += 1
    except KeyboardInterrupt:
        files.say(f"stopped: {passed} of {len(jobs)} jobs are finished and kept; run it again for the others")
        raise
    return passed


def _complete(profile: Profile, job: Job, before: Callable[[], None]) -> bool:
    """Train what a job lacks, `before` called first; False where nothing was missing."""
    model, objective, trained = job.model or "", job.objective or "", []

    def training(*_: object) -> None:
        if not trained:
            before()
        trained.append(True)

    def task(_: str, value: float | None) -> None:
        if value is None:
            training()

    if job.station == BUDGETS:
        budgets.budgets(profile, objective, task)
    elif job.station == FINETUNE:
        finetuning.finetune(profile, model, objective, progress=task)
    else:
        stages.pretrain(profile, model, objective, training, place=job.place)
    return bool(trained)


def tables(profile: Profile) -> dict[str, pd.DataFrame]:
    """The collected tables of a profile by name; collected first (see `complete`) where there are none yet.

    Tables that are damaged, or of another state of the profile or its data, are collected again if that needs no
    training; else raises NotFinished.
    """
    fault = table_fault(profile, stages.prepare(profile), COLLECTED)
    if not (paths.results(profile.name) / "points.csv").is_file():
        complete(profile)
        collecting.collect(profile)
    elif fault is not None:
        files.say(f"tables are collected again: {fault}")
        try:
            collecting.collect(profile)
        except stages.NotFinished as missing:
            again = f"`make reproduce PROFILE={profile.name}` or 40_collect makes them and the tables"
            raise stages.NotFinished(f"{fault}, and runs of this state are missing ({missing}): {again}") from None
    return collecting.read_tables(profile.name)
