"""Which runs belong to which profile, how much room they take, how many are finished, and how they are removed."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
from itertools import product
from pathlib import Path

import pandas as pd
from filelock import FileLock

from scalescope import files, paths
from scalescope.data.encoded import Prepared
from scalescope.errors import check_name
from scalescope.experiment import budgets, finetuning, stages
from scalescope.experiment.noted import NOTES, noted
from scalescope.experiment.profile import ALL, ModelSpec, Profile
from scalescope.training.store import MANIFEST, Run
from scalescope.workflow import plan
from scalescope.workflow.jobs import BUDGETS, PRETRAIN, Job, planned
from scalescope.workflow.products import data_fault

NO_PROFILE, DAMAGED = "(no profile)", "(damaged)"


def known_profiles() -> list[str]:
    """Profiles that have run here: those with a folder of their own among the runs."""
    names = (paths.RECORD, NOTES, "notebooks")
    return sorted(path.name for path in _folders() if any((path / name).exists() for name in names))


def runs_table() -> pd.DataFrame:
    """One row per profile: finished and unfinished runs, megabytes, and the part of the runs that others share.

    Runs that no profile has asked for, and damaged ones that were moved aside, have rows of their own.
    """
    owned = {name: noted(name) for name in known_profiles()}
    ids = {path.name for path in _folders() if (path / MANIFEST).is_file()} - set(owned)
    rows = []
    for name, asked in owned.items():
        others = set().union(*(runs for other, runs in owned.items() if other != name))
        rows.append(_row(name, asked & ids, asked, asked & others & ids, paths.work(name)))
    rows.append(_row(NO_PROFILE, ids - set().union(*owned.values()), set(), set(), None))
    aside = [path for path in _folders() if ".damaged-" in path.name]
    rows.append({"profile": DAMAGED, "runs": len(aside), "megabytes": sum(map(files.size, aside)) / 1e6})
    table = pd.DataFrame(rows).fillna(0).astype({"runs": int, "unfinished": int, "shared": int})
    return table[(table["runs"] > 0) | table["profile"].isin(owned)].reset_index(drop=True)


def of_profile(profile: str) -> list[str]:
    """Ids that only this profile has asked for, finished or not; raises UnknownName for one that has not run here."""
    check_name("profile with runs", profile, known_profiles())
    others = set().union(*(noted(name) for name in known_profiles() if name != profile))
    return sorted(noted(profile) - others)


def remove(profile: str) -> float:
    """Remove the runs that only this profile has asked for, and its folder; returns the megabytes that were freed.

    Call it while no pipeline works on the profile. Tables and figures stay.
    """
    freed = 0
    for run in of_profile(profile):
        folder, lock = paths.runs(), paths.runs() / ".locks" / f"{run}.lock"
        lock.parent.mkdir(exist_ok=True)
        with FileLock(lock):
            for place in (folder / run, stages.store().checkpoints(run), *folder.glob(f"{run}.damaged-*")):
                freed += files.size(place)
                files.remove_folder(place)
    freed += files.size(paths.work(profile))
    shutil.rmtree(paths.work(profile))
    return freed / 1e6


def counts(profile: Profile) -> dict[str, tuple[int, int]] | None:
    """Finished runs, and runs at most, of each job that trains; None before the text is encoded (ids are unknown)."""
    prepared = stages.prepare(profile)
    if data_fault(profile, prepared) is not None:
        return None
    return {job.name: _count(profile, prepared, job) for job in planned(profile) if job.model is not None}


def _count(profile: Profile, prepared: Prepared, job: Job) -> tuple[int, int]:
    spec, objective = profile.model(job.model or ""), job.objective or ALL
    if job.station == PRETRAIN:
        return len(_pretrained(profile, prepared, spec, objective, [job.place])), 1
    if job.station == BUDGETS:
        configs = budgets.branch_configs(profile, prepared, objective)
        pretrained = [run for config in configs if (run := stages.store().find(config.id)) is not None]
        finetuned = _finetuned(profile, prepared, spec, objective, pretrained, profile.budget_seeds)
        return len(pretrained) + finetuned, plan.budget_runs(profile)
    places, finished = range(len(profile.pretraining_seeds(spec))), 0
    for own in profile.finetuned_after(objective):
        pretrained = _pretrained(profile, prepared, spec, own, places)
        finished += _finetuned(profile, prepared, spec, own, pretrained, profile.finetune.seeds)
    return finished, plan.finetune_runs(profile, spec, objective) * len(profile.tasks)


def _pretrained(profile: Profile, prepared: Prepared, spec: ModelSpec, objective: str, places: Iterable[int]) -> list:
    """Those pretraining runs of a model that are there."""
    found = []
    for place in places:
        with suppress(stages.NotFinished):
            found.append(stages.pretrained_run(profile, prepared, spec, objective, failed=True, place=place))
    return found


def _finetuned(
    profile: Profile, prepared: Prepared, spec: ModelSpec, objective: str, pretrained: list[Run], seeds: list[int]
) -> int:
    """How many finetuning runs of pretrained models with these seeds are there, whatever their rate."""
    members, finished = list(product(profile.finetune.learning_rates, seeds)), 0
    for run, name in product(pretrained, profile.tasks):
        configs = finetuning.finetune_configs(profile, prepared, spec, objective, name, run, members)
        finished += sum(stages.store().find(config.id) is not None for config in configs)
    return finished


def _row(name: str, finished: set[str], asked: set[str], shared: set[str], work: Path | None) -> dict:
    store = stages.store()
    unfinished = [run for run in asked - finished if store.checkpoints(run).is_dir()]
    size = sum(files.size(store.folder / run) for run in finished) + (files.size(work) if work else 0)
    size += sum(files.size(store.checkpoints(run)) for run in unfinished)
    row = {"profile": name, "runs": len(finished), "unfinished": len(unfinished)}
    return {**row, "shared": len(shared), "megabytes": size / 1e6}


def _folders() -> list[Path]:
    folder = paths.runs()
    return [path for path in folder.iterdir() if path.is_dir() and path.name[0] != "."] if folder.is_dir() else []
