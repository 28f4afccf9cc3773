"""A whole profile within one process, for notebooks that are opened on their own: trains only what is missing."""

from __future__ import annotations

import pandas as pd

from scalescope import paths
from scalescope.pipeline import stages
from scalescope.pipeline.jobs import STATIONS, planned
from scalescope.pipeline.profile import Profile


def complete(profile: Profile) -> int:
    """Train every run of a profile that is missing; returns the number of (model, objective) stations passed.

    After `scalescope reproduce` this only loads. It is meant for the smoke profile, where everything takes
    about a minute; larger profiles belong to the pipeline, which runs jobs side by side.
    """
    passed = 0
    for job in planned(profile):
        if job.model is None or job.objective is None:
            continue
        row = stages.pretrain(profile, job.model, job.objective)
        if job.station == STATIONS[2] and (row["status"] != "failed").all():
            stages.finetune(profile, job.model, job.objective)
        passed += 1
    return passed


def tables(profile: Profile) -> dict[str, pd.DataFrame]:
    """The collected tables of a profile by name; collected first (see `complete`) where there are none yet."""
    if not (paths.results(profile.name) / "points.csv").is_file():
        complete(profile)
        stages.collect(profile)
    return stages.read_tables(profile.name)
