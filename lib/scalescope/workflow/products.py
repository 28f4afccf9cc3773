"""Whether what a job made is still there and whole, so that a job whose products are gone is done again."""

from __future__ import annotations

from pathlib import Path

from scalescope import files, paths
from scalescope.data.encoded import Prepared
from scalescope.experiment import budgets, stages
from scalescope.experiment.profile import ALL, ModelSpec, Profile
from scalescope.experiment.progress import sealed_notebook
from scalescope.experiment.record import table_fault
from scalescope.workflow.jobs import BUDGETS, COLLECT, CORPUS, FIGURES, FINETUNE, LAWS, PAPER, Job, planned

COLLECTED = ("pretrain", "curves", "finetune", "points", "tasks")  # every profile has these tables


def forget_stale(profile: Profile, folder: Path) -> list[str]:
    """Remove executed notebooks whose products are gone or damaged, so that Snakemake makes them again.

    Returns the names of these jobs; each is told in one line with its reason.
    """
    found = stale(profile, folder)
    for job, fault in found:
        files.say(f"{job.name} is done again: {fault}")
        (folder / job.out).unlink()
    return [job.name for job, _ in found]


def stale(profile: Profile, folder: Path) -> list[tuple[Job, str]]:
    """Jobs that were done and whose products are no longer whole, each with the first fault. Changes nothing.

    Products: the executed notebook itself, the encoded data of 10, the runs of 20, 30 and 35, the tables of 40, the
    laws of 50, the figures of 60.
    """
    prepared, found = stages.prepare(profile), []
    for job in planned(profile):
        if (folder / job.out).is_file():
            fault = _notebook_fault(folder, job) or product_fault(profile, prepared, job)
            if fault is not None:
                found.append((job, fault))
    return found


def product_fault(profile: Profile, prepared: Prepared, job: Job) -> str | None:
    """Why the products of one job are not whole, in one line; None if they are.

    Runs are checked against the digests in their manifests, all else against the digests beside it.
    """
    if job.station == CORPUS:
        return data_fault(profile, prepared)
    if job.station == COLLECT:
        return table_fault(profile, prepared, COLLECTED)
    if job.station == LAWS:
        return _folder_fault(paths.results(profile.name) / PAPER, ("fits.csv", "claims.csv"))
    if job.station == FIGURES:
        return _folder_fault(paths.figures(profile.name, PAPER), ("fig1_*.png",))
    # without the encoded data the ids of runs are unknown; 10 is then done again
    return _run_fault(profile, prepared, job) if data_fault(profile, prepared) is None else None


def data_fault(profile: Profile, prepared: Prepared) -> str | None:
    """Why the encoded text and rows of a profile are not whole, in one line; None if they are."""
    encoded = [prepared.folder / "text", *(prepared.task_folder(name) for name in profile.tasks)]
    return next((fault for folder in encoded for fault in files.faults(folder)), None)


def all_runs_are_there(profile: Profile) -> bool:
    """Whether every run of a profile is finished and whole."""
    prepared = stages.prepare(profile)
    trained = [job for job in planned(profile) if job.model is not None]
    return data_fault(profile, prepared) is None and not any(_run_fault(profile, prepared, job) for job in trained)


def _notebook_fault(folder: Path, job: Job) -> str | None:
    expected = sealed_notebook(folder / job.mark)
    if expected is None:
        return f"there is no digest of {folder / job.out}"
    return None if files.digest(folder / job.out) == expected else f"{folder / job.out} is cut or changed"


def _folder_fault(folder: Path, needed: tuple[str, ...]) -> str | None:
    for pattern in needed:
        if not any(folder.glob(pattern)):
            return f"{folder} has no {pattern}"
    return next(iter(files.faults(folder)), None)


def _run_fault(profile: Profile, prepared: Prepared, job: Job) -> str | None:
    spec, objective = profile.model(job.model or ""), job.objective or ALL
    try:
        if job.station == BUDGETS:
            budgets.need_budgets(profile, prepared, objective)
        elif job.station == FINETUNE:
            for own in profile.finetuned_after(objective):
                _need_finetuned(profile, prepared, spec, own)
        else:
            stages.pretrained_run(profile, prepared, spec, objective, failed=True, place=job.place)
    except stages.NotFinished as error:
        return str(error)
    return None


def _need_finetuned(profile: Profile, prepared: Prepared, spec: ModelSpec, objective: str) -> None:
    """Raise NotFinished where a finetuning run of a model and objective is missing, or what it starts from."""
    for place in range(len(profile.pretraining_seeds(spec))):
        pretrained = stages.pretrained_run(profile, prepared, spec, objective, failed=True, place=place)
        for name in profile.tasks if not pretrained.failed else []:
            find = stages.find_finetuned
            stages.sweep_runs(profile, prepared, spec, profile.target, objective, name, find, place)
