"""A whole profile within one process, for notebooks that are opened on their own: trains only what is missing."""

from __future__ import annotations

import pandas as pd

from scalescope import files, paths
from scalescope.experiment import budgets, stages
from scalescope.experiment.profile import Profile
from scalescope.experiment.record import table_fault
from scalescope.workflow.jobs import BUDGETS, FINETUNE, planned
from scalescope.workflow.products import COLLECTED


def complete(profile: Profile) -> int:
    """Train every run of a profile that is missing; returns the number of jobs passed.

    After `scalescope reproduce` this only loads. It is meant for the smoke profile, where everything takes
    about a minute; larger profiles belong to the pipeline, which runs jobs side by side.
    """
    passed = 0
    for job in planned(profile):
        if job.model is None or job.objective is None:
            continue
        if job.station == BUDGETS:
            budgets.budgets(profile, job.objective)
        elif job.station == FINETUNE:
            stages.finetune(profile, job.model, job.objective)
        else:
            stages.pretrain(profile, job.model, job.objective, place=job.place)
        passed += 1
    return passed


def tables(profile: Profile) -> dict[str, pd.DataFrame]:
    """The collected tables of a profile by name; collected first (see `complete`) where there are none yet.

    Tables that are damaged, or of another state of the profile or its data, are collected again if that needs no
    training; else raises NotFinished.
    """
    fault = table_fault(profile, stages.prepare(profile), COLLECTED)
    if not (paths.results(profile.name) / "points.csv").is_file():
        complete(profile)
        stages.collect(profile)
    elif fault is not None:
        files.say(f"tables are collected again: {fault}")
        try:
            stages.collect(profile)
        except stages.NotFinished as missing:
            again = f"`make reproduce PROFILE={profile.name}` or 40_collect makes them and the tables"
            raise stages.NotFinished(f"{fault}, and runs of this state are missing ({missing}): {again}") from None
    return stages.read_tables(profile.name)
