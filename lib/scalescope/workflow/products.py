"""Stamps say what a job made, and here is seen whether it is still there and whole: else the job is done again."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from scalescope import files, paths
from scalescope.data.encoded import Prepared
from scalescope.experiment.profile import Profile
from scalescope.experiment.record import table_fault
from scalescope.training.manifest import read_manifest
from scalescope.workflow.jobs import COLLECT, FIGURES, LAWS, PAPER, ROWS, TEXT, Job, planned

NO_JOB = "no job makes it: run the notebook again that does"
COLLECTED = ("pretrain", "curves", "finetune", "points", "tasks")  # every profile has these tables


def forget_stale(profile: Profile, folder: Path) -> list[str]:
    """Remove the stamps of jobs whose products are gone or damaged, so that Snakemake makes them again.

    Returns the names of these jobs; each is told in one line with its reason.
    """
    found = stale(profile, folder)
    for job, fault in found:
        files.say(f"{job.name} is done again: {fault}")
        (folder / job.stamp).unlink()
    return [job.name for job, _ in found]


def stale(profile: Profile, folder: Path) -> list[tuple[Job, str]]:
    """Jobs that were done and whose products are no longer whole, each with the first fault. Changes nothing.

    Products: the stamp, the executed notebook, the runs that the stamp names, the encoded text and rows, the tables of
    40, the laws of 50, the figures of 60.
    """
    prepared, found = Prepared(profile.data_settings(), paths.cache()), []
    run_fault = cache(_run_fault)  # several jobs load the same run
    for job in planned(profile):
        if (folder / job.stamp).is_file():
            fault = _stamp_fault(folder, job, run_fault) or product_fault(profile, prepared, job)
            if fault is not None:
                found.append((job, fault))
    return found


def set_strangers_aside(profile: Profile) -> None:
    """Move damaged files aside that lie among tables of laws and figures and that no job has made again.

    An interactive notebook or an older version made them, and the job beside whose products they lie would be done
    again for ever. Each is told in a line.
    """
    for folder in (paths.results(profile.name) / PAPER, paths.figures(profile.name, PAPER)):
        try:
            known = files.sealed(folder)
        except files.Damaged:
            continue
        for name in known:
            for fault in files.faults(folder, [name]):
                if (folder / name).exists():
                    files.set_aside(folder / name, fault, NO_JOB)
                else:
                    files.say(f"{fault}; {NO_JOB}")
                files.forget(folder, [name])


def product_fault(profile: Profile, prepared: Prepared, job: Job) -> str | None:
    """Why what a job made apart from runs and its notebook is not whole, in one line; None if it is.

    Everything is checked against the digests beside it.
    """
    if job.station == TEXT:
        return _folder_fault(prepared.folder / "text")
    if job.station == ROWS:
        return _folder_fault(prepared.task_folder(job.task or ""))
    if job.station == COLLECT:
        return table_fault(profile, prepared, COLLECTED)
    if job.station == LAWS:
        return _folder_fault(paths.results(profile.name) / PAPER, "fits.csv", "claims.csv")
    if job.station == FIGURES:
        return _folder_fault(paths.figures(profile.name, PAPER), "fig1_*.png")
    return None


def data_fault(profile: Profile, prepared: Prepared) -> str | None:
    """Why the encoded text and rows of a profile are not whole, in one line; None if they are."""
    encoded = [prepared.folder / "text", *(prepared.task_folder(name) for name in profile.tasks)]
    return next((fault for folder in encoded for fault in files.faults(folder)), None)


def _run_fault(run: str) -> str | None:
    """Why a run is not whole; None if it is. Raises OSError for one that cannot be read."""
    try:
        return f"run {run} is missing" if read_manifest(paths.runs(), run) is None else None
    except files.Damaged as fault:
        return str(fault)


def _stamp_fault(folder: Path, job: Job, run_fault: Callable[[str], str | None]) -> str | None:
    """Why a stamp, the notebook or a run that it names is not whole."""
    try:
        stamp = files.read_record(folder / job.stamp)
    except files.Damaged as fault:
        return str(fault)
    if job.executed is not None:
        executed = folder / job.executed
        if not executed.is_file():
            return f"{executed} is missing"
        if files.digest(executed) != stamp.get("notebook"):
            return f"{executed} is cut or changed"
    return next((fault for run in stamp.get("runs", []) if (fault := run_fault(run))), None)


def _folder_fault(folder: Path, *needed: str) -> str | None:
    """The first fault of a sealed folder that must hold files of some patterns."""
    lacking = [f"{folder} has no {pattern}" for pattern in needed if not any(folder.glob(pattern))]
    return next(iter(lacking or files.faults(folder)), None)
