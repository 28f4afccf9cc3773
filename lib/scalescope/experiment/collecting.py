"""All tables of a profile, from its finished runs to data/results/<profile>, and back."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from scalescope import files, paths
from scalescope.data.encoded import Prepared
from scalescope.data.tasks.spec import TASKS
from scalescope.errors import UnknownName
from scalescope.experiment import progress as told
from scalescope.experiment import record, stages
from scalescope.experiment.budgets import collect_budgets
from scalescope.experiment.columns import with_numbers
from scalescope.experiment.describe import shortcuts_table, tasks_table
from scalescope.experiment.finetuning import find_finetuned, sweep_runs
from scalescope.experiment.profile import ModelSpec, Profile, available_profiles
from scalescope.experiment.rows import concat, curve_rows, finetune_rows, model_columns, pretrain_row, skill_rows
from scalescope.experiment.seed_groups import seeds_table
from scalescope.experiment.transfer import Seeds, transfer_table
from scalescope.forecast.sealing import LEDGER
from scalescope.tables import COLUMNS, SCRATCH


def collect(profile: Profile, partial: bool = False) -> dict[str, pd.DataFrame]:
    """All tables of a profile, written to data/results/<profile>/*.csv.

    Raises NotFinished, before anything is written, where a run that the profile asks for does not exist; `partial`
    leaves such runs out.

    Tables: pretrain, curves, skills, finetune, points, transfer, seeds, tasks, for the microworld shortcuts, and where
    the profile asks for it budgets (columns in tables.py). The control "scratch" is in finetune, transfer and seeds
    only: the laws know nothing of it.
    """
    prepared = stages.prepare(profile)
    names = ("pretrain", "curves", "skills", "finetune", "points")
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in names}
    groups: list[Seeds] = []
    models = {
        f"{spec.name} {own}": (spec, own)
        for own in profile.finetuned_objectives
        for spec in profile.all_models()
        if own != SCRATCH or spec.role in profile.finetune.roles  # what is not finetuned is not initialised alone
    }
    for label in told.each(f"collecting {profile.name}", list(models)):
        spec, objective = models[label]
        found = stages.pretrained_runs(profile, prepared, spec, objective, partial)
        for run in found.values() if objective != SCRATCH else ():
            parts["pretrain"].append(pretrain_row(profile, spec, run))
            parts["curves"].append(curve_rows(run))
            parts["skills"].append(skill_rows(prepared, spec, run))
        alive = [place for place, run in found.items() if not run.failed]
        for name in profile.tasks if spec.role in profile.finetune.roles else []:
            groups += _collect_task(profile, prepared, spec, objective, name, alive, parts, partial)
    tables = {name: concat(frames, name) for name, frames in parts.items()}
    of_groups = {"transfer": transfer_table, "seeds": seeds_table}
    tables |= {name: of_groups[name](groups) for name in told.each("comparing seeds", list(of_groups))}
    tables["tasks"] = tasks_table(profile, prepared)
    if profile.source.kind == "microworld":
        tables["shortcuts"] = shortcuts_table(profile, prepared)
    if profile.budgets is not None:
        tables["budgets"] = collect_budgets(profile, prepared, partial)
    folder = paths.results(profile.name)
    written = [path.name for path in files.write_tables(folder, tables)]
    files.seal(folder, written, made_from=record.fingerprint(profile, prepared))
    return tables


def read_tables(profile: str) -> dict[str, pd.DataFrame]:
    """The collected tables of a profile, from data/results/<profile>, without its ledger (see `forecast.ledger.read`).

    Raises FileNotFoundError telling how to make them, UnknownName for what is no name, Damaged for one that was cut or
    changed since it was written or is of another profile, and ValueError naming table and column of text where numbers
    are due.
    """
    if not isinstance(profile, str) or not profile or Path(profile).name != profile:
        raise UnknownName("profile", profile, available_profiles())
    folder = paths.results(profile)
    found = [path for path in sorted(folder.glob("*.csv")) if path.stem in COLUMNS and path.name != LEDGER]
    remedy = f"run `make reproduce PROFILE={profile}` or 40_collect"
    if not found:
        raise FileNotFoundError(f"no tables in {folder}: {remedy} first")
    sealed = files.sealed(folder)
    lost = [name for name in sealed if not (folder / name).is_file()]
    if lost:
        raise files.Damaged(f"{folder / lost[0]} is missing: {remedy}")
    if not sealed:
        files.say(f"{folder} has no {files.DIGESTS}: these tables are not checked (40_collect writes it)")
    return {path.stem: with_numbers(record.read_csv(path, remedy, profile), path.stem) for path in found}


def _collect_task(
    profile: Profile,
    prepared: Prepared,
    spec: ModelSpec,
    objective: str,
    name: str,
    places: list[int],
    parts: dict,
    partial: bool,
) -> Iterable[Seeds]:
    """Add the runs of one model and task to the parts of the tables; returns their seeds, tuned and not."""
    metric, model = TASKS[name].metric, model_columns(profile, spec, objective)
    groups = {hpt: Seeds(model, hpt, name, metric, []) for hpt in ("with", "without")}
    for place in places:
        with stages.missing_runs(partial):
            done = sweep_runs(profile, prepared, spec, objective, name, find_finetuned, place)
            parts["finetune"].append(finetune_rows(profile, spec, objective, metric, name, done.runs, place))
            for hpt, runs in (("with", done.tuned), ("without", done.fixed)):
                runs = [run for run in runs if not run.failed]
                groups[hpt].runs.extend(runs)
                groups[hpt].pretrain_seeds.extend([profile.pretraining_seed(spec, place)] * len(runs))
                if objective != SCRATCH:
                    frame = finetune_rows(profile, spec, objective, metric, name, runs, place).assign(hpt=hpt)
                    parts["points"].append(frame[COLUMNS["points"]])
    return groups.values()
