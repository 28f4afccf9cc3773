"""Error against pretraining tokens: one model at shares of the profile's steps, each finetuned on every task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pandas as pd

from scalescope.data.encoded import Prepared
from scalescope.data.tasks.spec import TASKS
from scalescope.errors import UnknownName
from scalescope.experiment import finetuning, stages
from scalescope.experiment.branches import bars
from scalescope.experiment.noted import note
from scalescope.experiment.profile import ModelSpec, Profile
from scalescope.experiment.rows import concat, model_columns
from scalescope.experiment.sections import budget_steps
from scalescope.tables import COLUMNS, check
from scalescope.training.branches import campaign as campaign_runs
from scalescope.training.branches import trunk_id
from scalescope.training.device import use_threads
from scalescope.training.finetune import FinetuneConfig
from scalescope.training.pretrain import PretrainConfig
from scalescope.training.store import Run
from scalescope.training.sweep import Member, seeds_of, sweep

Train = Callable[[list[FinetuneConfig], Run], list[Run]]
Progress = Callable[[str, float | None], None]


def budgets(profile: Profile, objective: str, progress: Progress | None = None) -> pd.DataFrame:
    """Pretrain the model of the section "budgets" for each budget, finetune it; rows of the table "budgets".

    The budgets are warm-up-stable-decay runs that share their stable part. Each is finetuned with all seeds at the rate
    that tuning found best for this model after the profile's own pretraining; what is missing of that is trained too.
    `progress(task, best value)` is called after each task, and with None as the value before one in which a run is
    missing. Raises UnknownName for an objective without budgets, and ValueError for a profile without the section.
    """
    spec, prepared = profile.budget_model, stages.prepare(profile)
    use_threads(spec.config.parameters)
    configs = branch_configs(profile, prepared, objective)
    corpora = prepared.corpus("train"), prepared.corpus("heldout")
    steps = [config.steps for config in configs]
    note(profile.name, [config.id for config in configs], [trunk_id(configs[0])])
    runs = campaign_runs(configs[0], steps, *corpora, stages.store(), bars(f"{spec.name} {objective}"), prepared.probes)
    stages.pretrain(profile, spec.name, objective, prepared=prepared)
    frames = []
    for name in profile.tasks:
        before = partial(progress, name, None) if progress else None
        train = finetuning.trainer(profile, prepared.task_data(name), before)
        frames.append(_task_rows(profile, prepared, objective, name, runs, train))
        if progress is not None:
            progress(name, float(frames[-1]["value"].max()))
    return check(concat(frames, "budgets"), "budgets")


def collect_budgets(profile: Profile, prepared: Prepared, partial: bool = False) -> pd.DataFrame:
    """The table "budgets"; raises NotFinished where a run is missing, which `partial` leaves out."""
    frames = []
    for objective in profile.budget_objectives:
        runs: list[Run] = []
        for config in branch_configs(profile, prepared, objective):
            with stages.missing_runs(partial):
                runs.append(_pretrained(profile, config))
        for name in profile.tasks:
            for run in runs:
                with stages.missing_runs(partial):
                    frames.append(_task_rows(profile, prepared, objective, name, [run], finetuning.find_finetuned))
    return check(concat(frames, "budgets"), "budgets")


def _pretrained(profile: Profile, config: PretrainConfig) -> Run:
    """The pretraining run of a budget; raises NotFinished naming it."""
    run = stages.store().find(config.id)
    if run is None:
        name = profile.budget_model.name
        raise stages.NotFinished(f"{name} ({config.objective}) has not been pretrained for {config.steps} steps")
    return run


def branch_configs(profile: Profile, prepared: Prepared, objective: str) -> list[PretrainConfig]:
    """Configuration of the pretraining run of each budget, the smallest first.

    Raises UnknownName for an objective without budgets.
    """
    spec = profile.budget_model
    if objective not in profile.budget_objectives:
        raise UnknownName(
            f"objective in budgets.objectives of profile {profile.name!r}", objective, profile.budget_objectives
        )
    whole = replace(stages.pretrain_config(profile, prepared, spec, objective), schedule="wsd")
    fractions = profile.budgets.fractions if profile.budgets else []
    return [replace(whole, steps=budget_steps(profile.pretrain, fraction)) for fraction in sorted(fractions)]


def _task_rows(
    profile: Profile, prepared: Prepared, objective: str, name: str, runs: list[Run], train: Train
) -> pd.DataFrame:
    """Rows of one task for the pretraining runs `runs` of the budgets; runs that failed have none."""
    alive = [run for run in runs if not run.failed]
    rate = _best_rate(profile, prepared, objective, name, train) if alive else None
    rows, members = [], seeds_of(rate, profile.budget_seeds)
    for run in alive if members else []:
        configs = finetuning.finetune_configs(profile, prepared, profile.budget_model, objective, name, run, members)
        rows += [_row(profile, objective, name, run, done) for done in train(configs, run) if not done.failed]
    return pd.DataFrame(rows, columns=COLUMNS["budgets"])


def _best_rate(profile: Profile, prepared: Prepared, objective: str, name: str, train: Train) -> float | None:
    """The rate that tuning finds best after the profile's own pretraining; None if that or the whole grid failed."""
    spec: ModelSpec = profile.budget_model
    pretrained = stages.pretrained_run(profile, prepared, spec, objective, failed=True)
    if pretrained.failed:
        return None

    def run(members: list[Member]) -> list[Run]:
        configs = finetuning.finetune_configs(profile, prepared, spec, objective, name, pretrained, members)
        return train(configs, pretrained)

    return sweep(run, learning_rates=profile.finetune.learning_rates, seeds=profile.finetune.seeds).best_rate


def _row(profile: Profile, objective: str, name: str, pretrained: Run, run: Run) -> dict:
    config, summary = pretrained.manifest["config"], run.manifest["summary"]
    per_step = profile.pretrain.batch_size * profile.text.sequence_length
    return {
        **model_columns(profile, profile.budget_model, objective),
        "budget_tokens": per_step * config["steps"],
        **{key: pretrained.manifest["summary"][key] for key in ("tokens", "loss")},
        "task": name,
        "metric": TASKS[name].metric,
        "seed": run.manifest["config"]["seed"],
        "value": summary["value"],
        "value_se": summary["value_se"],
        "error": 1 - summary["value"],
        "run_id": run.id,
    }
