"""Finetuning runs of a profile: what the tuning protocol asks of each model, trained side by side or found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain

import pandas as pd

from scalescope.data.encoded import Prepared, TaskData, of_task
from scalescope.errors import UnknownName
from scalescope.experiment import cost, stages
from scalescope.experiment.noted import note
from scalescope.experiment.profile import ALL, ModelSpec, Profile
from scalescope.experiment.rows import concat, finetune_rows
from scalescope.tables import SCRATCH
from scalescope.training.device import use_threads
from scalescope.training.finetune import FinetuneConfig
from scalescope.training.finetune import finetune as finetune_run
from scalescope.training.policy import pick_precision
from scalescope.training.store import Run
from scalescope.training.sweep import Member, Sweep, best_rate, grid_of, repeat, seeds_of, sweep

SIMPLE = "sst2"  # one sentence, two classes
Train = Callable[[list[FinetuneConfig], Run | Sequence[Run]], list[Run]]


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
    spec = profile.model(model)
    use_threads(spec.config.parameters)
    prepared = stages.prepare(profile)
    starts = _starts(profile, prepared, spec, profile.finetuned_after(objective))
    frames = []
    for name in tasks or profile.tasks if starts else []:
        data, best = prepared.task_data(name), []
        train = trainer(profile, data, partial(progress, name, None) if progress else None)
        _train_together(profile, prepared, spec, name, starts, train)
        for own, place in starts:
            done = sweep_runs(profile, prepared, spec, own, name, find_finetuned, place)
            frames.append(finetune_rows(profile, spec, own, data.task.metric, name, done.runs, place))
            best.append(frames[-1]["value"].max())
        if progress is not None:
            progress(name, float(pd.Series(best, dtype=float).max()))
    return concat(frames, "finetune")


def tuned_rows(profile: Profile, runs: pd.DataFrame) -> pd.DataFrame:
    """The rows of the table "finetune" of one model that are its points "with tuning": all seeds at the best rate.

    The best rate of a task and objective is that of the grid, which is searched with the first seed (the smaller rate
    at a tie): another rate may have a higher mean over the seeds that happen to be there.
    """
    first = (runs["seed"] == profile.finetune.seeds[0]) & runs["value"].notna()
    if runs["pretrain_seed"].notna().any():
        first &= runs["pretrain_seed"] == runs["pretrain_seed"].dropna().iloc[0]
    keys = ["task", "objective"]
    grid = runs[first].sort_values("learning_rate", kind="stable")
    best = grid.loc[grid.groupby(keys, sort=False)["value"].idxmax(), [*keys, "learning_rate"]]
    return runs.merge(best, on=[*keys, "learning_rate"], how="inner")


def _starts(profile: Profile, prepared: Prepared, spec: ModelSpec, objectives: list[str]) -> dict[tuple[str, int], Run]:
    """What a model is finetuned from, by objective and place of the pretraining seed; diverged runs are left out."""
    found = {}
    for objective in objectives:
        for place in range(len(profile.pretraining_seeds(spec))):
            if objective == SCRATCH:
                stages.pretrain(profile, spec.name, objective, prepared=prepared, place=place)
            run = stages.pretrained_run(profile, prepared, spec, objective, failed=True, place=place)
            if not run.failed:
                found[objective, place] = run
    return found


def _train_together(
    profile: Profile, prepared: Prepared, spec: ModelSpec, name: str, starts: dict[tuple[str, int], Run], train: Train
) -> None:
    """Train all that the protocol wants of one task in two groups: what is known before grids are read, the rest."""
    settings = profile.finetune
    grid = grid_of(settings.learning_rates, settings.seeds)

    def run(wanted: dict[tuple[str, int], list[Member]]) -> dict[tuple[str, int], list[Run]]:
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


def sweep_runs(profile, prepared, spec: ModelSpec, objective: str, name: str, train: Train, place: int = 0) -> Sweep:
    """The protocol for one model, pretraining seed and task; `train(configs, pretrained)` gives finished runs.

    At another place than the first nothing is tuned: the runs have the best rate of the first seed, and the fixed rate.
    """
    pretrained = stages.pretrained_run(profile, prepared, spec, objective, place=place)
    settings = profile.finetune

    def run(members: list[Member]) -> list[Run]:
        return train(finetune_configs(profile, prepared, spec, objective, name, pretrained, members), pretrained)

    fixed = _fixed_rate(profile, prepared, spec, objective, name)
    if place:
        best = None
        with suppress(stages.PretrainingDiverged):  # then nothing was tuned
            best = sweep_runs(profile, prepared, spec, objective, name, find_finetuned).best_rate
        return repeat(run, best_rate=best, fixed_rate=fixed, seeds=settings.seeds)
    done = sweep(run, learning_rates=settings.learning_rates, seeds=settings.seeds, fixed_rate=fixed)
    fixes = objective in settings.fixed_rate_objectives and spec.name == profile.target.name
    return replace(done, fixed=done.tuned) if fixes else done


def _fixed_rate(profile: Profile, prepared: Prepared, spec: ModelSpec, objective: str, name: str) -> float | None:
    """The target's best rate for a task, for another model of an objective that is also finetuned without tuning."""
    target = profile.target
    if objective not in profile.finetune.fixed_rate_objectives or spec.name == target.name:
        return None
    with suppress(stages.PretrainingDiverged):  # then there is no rate to fix
        return sweep_runs(profile, prepared, target, objective, name, find_finetuned).best_rate
    return None


def finetune_configs(
    profile, prepared: Prepared, spec: ModelSpec, objective: str, name: str, pretrained: Run, members: list[Member]
) -> list[FinetuneConfig]:
    """Configurations of one model on one task, one per (learning rate, seed).

    Raises ValueError for a rate that no profile can have.
    """
    for rate, _ in members:
        if not 0 < rate < 1:
            raise ValueError(f"the learning rate of finetuning must lie between 0 and 1; got {rate:g}")
    settings = profile.finetune
    shared = settings.model_dump(include={"schedule", "warmup_fraction", "dropout", "weight_decay"})
    shared |= {key: of_task(getattr(settings, key), name) for key in ("batch_size", "epochs")}
    shared["precision"] = pick_precision(settings.precision, spec.config.hidden)
    return [
        FinetuneConfig(
            pretrained=pretrained.id,
            model=spec.name,
            objective=objective,
            task=name,
            data=prepared.task_id(name),
            learning_rate=rate,
            seed=seed,
            **shared,
        )
        for rate, seed in members
    ]


def trainer(profile: Profile, data: TaskData, before: Callable[[], None] | None = None) -> Train:
    """A function `train(configs, pretrained)` that trains or loads the runs of configurations, and notes their ids.

    before: called before runs are trained.
    """
    clock = cost.clock()

    def train(configs: list[FinetuneConfig], pretrained: Run | Sequence[Run]) -> list[Run]:
        note(profile.name, [config.id for config in configs])
        if before is not None and not all((stages.store().folder / config.id).is_dir() for config in configs):
            before()
        return finetune_run(configs, pretrained, data, stages.store(), clock)

    return train


def by_hand(profile: Profile, task: str = "") -> str:
    """The task that a notebook trains step by step: `task`, or by default SST-2, or the first of a profile without it.

    Raises UnknownName for a task that the profile does not have.
    """
    if task and task not in profile.tasks:
        raise UnknownName(f"task of profile {profile.name!r}", task, profile.tasks)
    return task or (SIMPLE if SIMPLE in profile.tasks else profile.tasks[0])


def find_finetuned(configs: list[FinetuneConfig], pretrained: Run | Sequence[Run]) -> list[Run]:
    """The finished finetuning runs of configurations; raises NotFinished."""
    runs = []
    for config in configs:
        run = stages.store().find(config.id)
        if run is None:
            raise stages.NotFinished(
                f"{config.model} ({config.objective}) has not been finetuned on {config.task} at learning rate "
                f"{config.learning_rate}, seed {config.seed}; run 30_finetune first (the target before the ladder)"
            )
        runs.append(run)
    return runs
