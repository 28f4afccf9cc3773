"""Whether what a job made is still there and whole, so that a job whose products are gone is done again."""

from __future__ import annotations

from pathlib import Path

from scalescope import paths
from scalescope.pipeline import stages
from scalescope.pipeline.jobs import PAPER, STATIONS, Job, planned
from scalescope.pipeline.profile import Profile
from scalescope.training.data import Prepared


def forget_stale(profile: Profile, folder: Path) -> list[str]:
    """Remove executed notebooks whose products are gone or damaged, so that Snakemake makes them again.

    Products: the encoded data of 10, the runs of 20 and 30, the tables of 40, the laws of 50, the figures of
    60. Returns the names of these jobs.
    """
    prepared = stages.prepare(profile)
    stale = [
        job for job in planned(profile) if (folder / job.out).is_file() and not products_exist(profile, prepared, job)
    ]
    for job in stale:
        (folder / job.out).unlink()
    return [job.name for job in stale]


def products_exist(profile: Profile, prepared: Prepared, job: Job) -> bool:
    """Whether the products of one job are there; runs are checked against the hashes in their manifests."""
    encoded = (prepared.folder / "text").is_dir()
    if job.station == STATIONS[0]:
        return encoded
    if job.station == STATIONS[3]:
        return all((paths.results(profile.name) / f"{name}.csv").is_file() for name in ("pretrain", "points"))
    if job.station == STATIONS[4]:
        return all((paths.results(profile.name) / PAPER / f"{name}.csv").is_file() for name in ("fits", "claims"))
    if job.station == STATIONS[5]:
        return any(paths.figures(profile.name, PAPER).glob("*.png"))
    if job.model is None or not encoded:  # without the encoded data ids are unknown; 10 is then done again
        return True
    return _runs_exist(profile, prepared, job)


def _runs_exist(profile: Profile, prepared: Prepared, job: Job) -> bool:
    spec = profile.model(job.model or "")
    try:
        pretrained = stages.pretrained_run(profile, prepared, spec, job.objective, failed=True)
        if job.station == STATIONS[2] and not pretrained.failed:
            for name in profile.tasks:
                stages.sweep_runs(profile, prepared, spec, profile.target, job.objective, name, stages.find_finetuned)
    except stages.NotFinished:
        return False
    return True
