"""The stations of the pipeline: each takes a profile and gives a tidy table.

Finished runs are loaded, never trained again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from itertools import chain

import pandas as pd

from scalescope import files, paths
from scalescope.data.encoded import Prepared, TaskData, of_task
from scalescope.experiment import cost, record
from scalescope.experiment import progress as told
from scalescope.experiment.bar import in_notebook
from scalescope.experiment.columns import with_numbers
from scalescope.experiment.noted import note
from scalescope.experiment.profile import ALL, ModelSpec, Profile
from scalescope.experiment.rows import concat, curve_rows, finetune_rows, model_columns, pretrain_row, skill_rows
from scalescope.experiment.seal_target import seal_target
from scalescope.experiment.seed_groups import seeds_table
from scalescope.experiment.transfer import Seeds, transfer_table
from scalescope.tables import COLUMNS, SCRATCH
from scalescope.training.device import use_threads
from scalescope.training.finetune import FinetuneConfig
from scalescope.training.finetune import finetune as finetune_run
from scalescope.training.initial import InitialConfig, initial
from scalescope.training.policy import pick_precision
from scalescope.training.pretrain import PretrainConfig, Progress
from scalescope.training.pretrain import pretrain as pretrain_run
from scalescope.training.store import Run, Store
from scalescope.training.sweep import Sweep, best_rate, grid_of, repeat, seeds_of, sweep

Train = Callable[[list[FinetuneConfig], Run | Sequence[Run]], list[Run]]


class NotFinished(RuntimeError):
    """A run that a later station needs does not exist yet."""


class PretrainingDiverged(NotFinished):
    """A run that a later station needs diverged: it is recorded as failed and never trained again."""


def store() -> Store:
    """The run folders of this project."""
    return Store(paths.runs())


def prepare(profile: Profile) -> Prepared:
    """Tokenizer, corpora and task features of the profile's source.

    Built on first use, which a notebook shows, then read from the cache.
    """
    return Prepared(profile.data_settings(), paths.cache(), told.parts() if in_notebook() else None)


def pretrain_config(
    profile: Profile, prepared: Prepared, spec: ModelSpec, objective: str, place: int = 0
) -> PretrainConfig:
    """Configuration of one pretraining run; the real vocabulary may be smaller than asked for.

    place: of its seed in the profile's pretraining seeds. Raises ValueError for one that the model does not have.
    """
    settings = profile.pretrain
    encoder = replace(spec.config, vocabulary_size=prepared.tokenizer.get_vocab_size())
    named = settings.model_dump(exclude={"dropout", "target_patience", "seeds"})
    named["seed"] = profile.pretraining_seed(spec, place)
    if spec.role == "target" and settings.target_patience is not None:
        named["patience"] = settings.target_patience
    named["precision"] = pick_precision(settings.precision, encoder.hidden)
    return PretrainConfig(encoder=encoder, objective=objective, data=prepared.corpus_id, **named)


def initial_config(profile: Profile, prepared: Prepared, spec: ModelSpec, place: int = 0) -> InitialConfig:
    """Configuration of the encoder that pretraining starts from, and finetuning from scratch."""
    shape = replace(spec.config, vocabulary_size=prepared.tokenizer.get_vocab_size(), dropout=0.0)
    return InitialConfig(shape, profile.pretraining_seed(spec, place))


def pretrain(
    profile: Profile,
    model: str,
    objective: str,
    progress: Progress | None = None,
    prepared: Prepared | None = None,
    place: int = 0,
) -> pd.DataFrame:
    """Pretrain one model with one objective, or load the finished run; one row of the table "pretrain".

    place: of the seed in the profile's pretraining seeds. The objective "scratch" writes the encoder as it is
    initialised: no tokens, no loss. Raises ValueError for a place that the model does not have.
    """
    spec = profile.model(model)
    use_threads(spec.config.parameters)
    prepared = prepared or prepare(profile)
    if objective == SCRATCH:
        start = initial_config(profile, prepared, spec, place)
        note(profile.name, [start.id])
        return pretrain_row(profile, spec, initial(start, store()))
    config = pretrain_config(profile, prepared, spec, objective, place)
    note(profile.name, [config.id])
    if spec.role == "target":
        seal_target(profile.name, spec.config.parameters, config.id, ladder_losses(profile, prepared, objective))
    corpora, clock = (prepared.corpus("train"), prepared.corpus("heldout")), cost.clock()
    run = pretrain_run(config, *corpora, store(), clock.telling(progress), clock, prepared.probes)
    return pretrain_row(profile, spec, run)


def ladder_losses(profile: Profile, prepared: Prepared, objective: str) -> pd.DataFrame:
    """Rows of the table "pretrain" of the ladder's finished runs, those that diverged left out."""
    rows = []
    for spec in (spec for spec in profile.all_models() if spec.role == "ladder"):
        found = _pretrained_runs(profile, prepared, spec, objective, partial=True)
        rows += [pretrain_row(profile, spec, run) for run in found.values() if not run.failed]
    return concat(rows, "pretrain")


def curve(
    profile: Profile, model: str, objective: str, prepared: Prepared | None = None, place: int = 0
) -> pd.DataFrame:
    """Loss curve of a finished pretraining run, as the table "curves"; raises NotFinished."""
    prepared = prepared or prepare(profile)
    return curve_rows(pretrained_run(profile, prepared, profile.model(model), objective, place=place))


def skills(
    profile: Profile, model: str, objective: str, prepared: Prepared | None = None, place: int = 0
) -> pd.DataFrame:
    """Accuracy on probes of a finished pretraining run, as the table "skills"; raises NotFinished."""
    prepared = prepared or prepare(profile)
    spec = profile.model(model)
    return skill_rows(prepared, spec, pretrained_run(profile, prepared, spec, objective, place=place))


def finetune(
    profile: Profile,
    model: str,
    objective: str = ALL,
    tasks: list[str] | None = None,
    progress: Callable[[str, float | None], None] | None = None,
) -> pd.DataFrame:
    """The whole tuning protocol of one model on its tasks; one row a run of the table "finetune".

    objective: one that the model was pretrained with, "scratch", or "all" of them: their runs are then trained side by
    side, which costs less than one after the other. The fixed rate ("without HPT") is the target's best rate for the
    task, so the target is finetuned first: raises NotFinished where it is not, or where the model has not been
    pretrained; "scratch" needs neither. A model that diverged in pretraining gives no rows. All pretraining seeds of
    the model are finetuned: the grid of learning rates is searched with the first, the others have its best rate.
    `progress(task, best value)` is called after each task, and with None as the value before one in which a run is
    missing. Raises UnknownName for an objective that is not finetuned.
    """
    spec, target = profile.model(model), profile.target
    use_threads(spec.config.parameters)
    prepared = prepare(profile)
    starts = _starts(profile, prepared, spec, profile.finetuned_after(objective))
    frames = []
    for name in tasks or profile.tasks if starts else []:
        data, best = prepared.task_data(name), []
        train = trainer(profile, data, partial(progress, name, None) if progress else None)
        _train_together(profile, prepared, spec, name, starts, train)
        for own, place in starts:
            done = sweep_runs(profile, prepared, spec, target, own, name, find_finetuned, place)
            frames.append(finetune_rows(profile, spec, own, data.task.metric, name, done.runs, place))
            best.append(frames[-1]["value"].max())
        if progress is not None:
            progress(name, float(pd.Series(best, dtype=float).max()))
    return concat(frames, "finetune")


def _starts(profile: Profile, prepared: Prepared, spec: ModelSpec, objectives: list[str]) -> dict[tuple[str, int], Run]:
    """What a model is finetuned from, by objective and place of the pretraining seed; diverged runs are left out."""
    found = {}
    for objective in objectives:
        for place in range(len(profile.pretraining_seeds(spec))):
            if objective == SCRATCH:
                pretrain(profile, spec.name, objective, prepared=prepared, place=place)
            run = pretrained_run(profile, prepared, spec, objective, failed=True, place=place)
            if not run.failed:
                found[objective, place] = run
    return found


def _train_together(
    profile: Profile, prepared: Prepared, spec: ModelSpec, name: str, starts: dict[tuple[str, int], Run], train: Train
) -> None:
    """Train all that the protocol wants of one task in two groups: what is known before grids are read, the rest."""
    settings = profile.finetune
    grid = grid_of(settings.learning_rates, settings.seeds)

    def run(wanted: dict[tuple[str, int], list[tuple[float, int]]]) -> dict[tuple[str, int], list[Run]]:
        configs = {
            start: finetune_configs(profile, prepared, spec, start[0], name, starts[start], members)
            for start, members in wanted.items()
        }
        members = list(chain(*configs.values()))
        done = {run.id: run for run in (train(members, list(starts.values())) if members else [])}
        return {start: [done[config.id] for config in own] for start, own in configs.items()}

    fixed = {start: seeds_of(_fixed_rate(profile, prepared, spec, start[0], name), settings.seeds) for start in starts}
    first = run({start: list(dict.fromkeys([*(() if start[1] else grid), *fixed[start]])) for start in starts})
    best = {
        objective: best_rate(dict(zip(grid, runs[: len(grid)], strict=True)))
        for (objective, place), runs in first.items()
        if place == 0
    }
    run({start: seeds_of(best.get(start[0]), settings.seeds) for start in starts})


def collect(profile: Profile, partial: bool = False) -> dict[str, pd.DataFrame]:
    """All tables of a profile, written to data/results/<profile>/*.csv.

    Raises NotFinished, before anything is written, where a run that the profile asks for does not exist; `partial`
    leaves such runs out.

    Tables: pretrain, curves, skills, finetune, points, transfer, seeds, tasks, for the microworld shortcuts, and where
    the profile asks for it budgets (columns in tables.py). The control "scratch" is in finetune, transfer and seeds
    only: the laws know nothing of it.
    """
    from scalescope.experiment.budgets import collect_budgets
    from scalescope.experiment.describe import shortcuts_table, tasks_table

    prepared = prepare(profile)
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
        found = _pretrained_runs(profile, prepared, spec, objective, partial)
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
    for name, table in tables.items():
        files.write_table(folder / f"{name}.csv", table)
    files.seal(folder, [f"{name}.csv" for name in tables], made_from=record.fingerprint(profile, prepared))
    return tables


def read_tables(profile: str) -> dict[str, pd.DataFrame]:
    """The collected tables of a profile, from data/results/<profile>.

    Raises FileNotFoundError telling how to make them, Damaged for one that was cut or changed since it was written, and
    ValueError naming table and column of text where numbers are due.
    """
    folder = paths.results(profile)
    found = [path for path in sorted(folder.glob("*.csv")) if path.stem in COLUMNS]
    remedy = f"run `make reproduce PROFILE={profile}` or 40_collect"
    if not found:
        raise FileNotFoundError(f"no tables in {folder}: {remedy} first")
    sealed = files.sealed(folder)
    lost = [name for name in sealed if not (folder / name).is_file()]
    if lost:
        raise files.Damaged(f"{folder / lost[0]} is missing: {remedy}")
    if not sealed:
        files.say(f"{folder} has no {files.DIGESTS}: these tables are not checked (40_collect writes it)")
    return {path.stem: with_numbers(record.read_csv(path, remedy), path.stem) for path in found}


def missing_runs(allowed: bool) -> AbstractContextManager:
    """A block that ends silently where a run is missing, if that is allowed."""
    return suppress(NotFinished) if allowed else nullcontext()


def _pretrained_runs(
    profile: Profile, prepared: Prepared, spec: ModelSpec, objective: str, partial: bool
) -> dict[int, Run]:
    """The pretraining runs of a model, finished or failed, by the place of their seed."""
    found = {}
    for place in range(len(profile.pretraining_seeds(spec))):
        with missing_runs(partial):
            found[place] = pretrained_run(profile, prepared, spec, objective, failed=True, place=place)
    return found


def _collect_task(
    profile: Profile, prepared: Prepared, spec: ModelSpec, objective: str, name: str, places: list[int], parts: dict,
    partial: bool,
) -> list[Seeds]:  # fmt: skip
    """Add the runs of one model and task to the parts of the tables; returns their seeds, tuned and not."""
    from scalescope.data.tasks.spec import TASKS

    metric, model = TASKS[name].metric, model_columns(profile, spec, objective)
    groups = {hpt: Seeds(model, hpt, name, metric, []) for hpt in ("with", "without")}
    collected: list[int] = []
    for place in places:
        with missing_runs(partial):
            done = sweep_runs(profile, prepared, spec, profile.target, objective, name, find_finetuned, place)
            collected.append(place)
        if place not in collected:
            continue
        parts["finetune"].append(finetune_rows(profile, spec, objective, metric, name, done.runs, place))
        for hpt, runs in (("with", done.tuned), ("without", done.fixed)):
            runs = [run for run in runs if not run.failed]
            groups[hpt].runs.extend(runs)
            groups[hpt].pretrain_seeds.extend([profile.pretraining_seed(spec, place)] * len(runs))
            if objective != SCRATCH:
                frame = finetune_rows(profile, spec, objective, metric, name, runs, place).assign(hpt=hpt)
                parts["points"].append(frame[COLUMNS["points"]])
    return list(groups.values()) if collected else []


def sweep_runs(
    profile, prepared, spec: ModelSpec, target: ModelSpec, objective: str, name: str, train, place: int = 0
) -> Sweep:
    """The protocol for one model, pretraining seed and task; `train(configs, pretrained)` gives finished runs.

    At another place than the first nothing is tuned: the runs have the best rate of the first seed, and the fixed rate.
    """
    pretrained = pretrained_run(profile, prepared, spec, objective, place=place)
    settings = profile.finetune

    def run(members: list[tuple[float, int]]) -> list[Run]:
        return train(finetune_configs(profile, prepared, spec, objective, name, pretrained, members), pretrained)

    fixed = _fixed_rate(profile, prepared, spec, objective, name)
    if place:
        best = None
        with suppress(PretrainingDiverged):  # then nothing was tuned
            best = sweep_runs(profile, prepared, spec, target, objective, name, find_finetuned).best_rate
        return repeat(run, best_rate=best, fixed_rate=fixed, seeds=settings.seeds)
    done = sweep(run, learning_rates=settings.learning_rates, seeds=settings.seeds, fixed_rate=fixed)
    fixes = objective in settings.fixed_rate_objectives
    return replace(done, fixed=done.tuned) if fixes and spec.name == target.name else done


def _fixed_rate(profile: Profile, prepared: Prepared, spec: ModelSpec, objective: str, name: str) -> float | None:
    """The target's best rate for a task, for another model of an objective that is also finetuned without tuning."""
    target = profile.target
    if objective not in profile.finetune.fixed_rate_objectives or spec.name == target.name:
        return None
    with suppress(PretrainingDiverged):  # then there is no rate to fix
        return sweep_runs(profile, prepared, target, target, objective, name, find_finetuned).best_rate
    return None


def finetune_configs(
    profile, prepared: Prepared, spec: ModelSpec, objective: str, name: str, pretrained: Run,
    members: list[tuple[float, int]],
) -> list[FinetuneConfig]:  # fmt: skip
    """Configurations of one model on one task, one per (learning rate, seed)."""
    settings = profile.finetune
    shared = settings.model_dump(include={"schedule", "warmup_fraction", "dropout", "weight_decay"})
    shared |= {key: of_task(getattr(settings, key), name) for key in ("batch_size", "epochs")}
    shared["precision"] = pick_precision(settings.precision, spec.config.hidden)
    return [
        FinetuneConfig(
            pretrained=pretrained.id, model=spec.name, objective=objective, task=name,
            data=prepared.task_id(name), learning_rate=rate, seed=seed, **shared,
        )
        for rate, seed in members
    ]  # fmt: skip


def trainer(profile: Profile, data: TaskData, before: Callable[[], None] | None = None) -> Train:
    """A function `train(configs, pretrained)` that trains or loads the runs of configurations, and notes their ids.

    before: called before runs are trained.
    """
    clock = cost.clock()

    def train(configs: list[FinetuneConfig], pretrained: Run | Sequence[Run]) -> list[Run]:
        note(profile.name, [config.id for config in configs])
        if before is not None and not all((store().folder / config.id).is_dir() for config in configs):
            before()
        return finetune_run(configs, pretrained, data, store(), clock)

    return train


def find_finetuned(configs: list[FinetuneConfig], pretrained: Run | Sequence[Run]) -> list[Run]:
    """The finished finetuning runs of configurations; raises NotFinished."""
    return [_find_finetuned(config) for config in configs]


def _find_finetuned(config: FinetuneConfig) -> Run:
    found = store().find(config.id)
    if found is None:
        raise NotFinished(
            f"{config.model} ({config.objective}) has not been finetuned on {config.task} at learning rate "
            f"{config.learning_rate}, seed {config.seed}; run 30_finetune first (the target before the ladder)"
        )
    return found


def pretrained_run(
    profile, prepared: Prepared, spec: ModelSpec, objective: str, failed: bool = False, place: int = 0
) -> Run:
    """The finished pretraining run of a model; raises NotFinished, and PretrainingDiverged unless `failed`."""
    if objective == SCRATCH:
        config = initial_config(profile, prepared, spec, place)
    else:
        config = pretrain_config(profile, prepared, spec, objective, place)
    run = store().find(config.id)
    if run is None or (run.failed and not failed):
        which = f"{spec.name} ({objective}) of profile {profile.name!r}" + (f", seed {config.seed}" if place else "")
        if run is not None:
            raise PretrainingDiverged(f"{which} has diverged in pretraining")
        first = (
            "is not there; 30_finetune writes it"
            if objective == SCRATCH
            else "has not been pretrained; run 20_pretrain first"
        )
        raise NotFinished(f"{which} {first}")
    return run
