"""What a profile would cost: runs, tokens, FLOPs, disk and hours on this machine. Trains nothing to disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scalescope.data.encoded import of_task
from scalescope.experiment.profile import ALL, ModelSpec, Profile
from scalescope.model.config import EncoderConfig
from scalescope.workflow.jobs import BUDGETS, FINETUNE, PRETRAIN, ROWS, TEXT, Job, planned
from scalescope.workflow.task_sizes import task_sizes

if TYPE_CHECKING:
    import pandas as pd

NOTEBOOK_SECONDS = 2.0  # a forked kernel that reads and draws
NOMINAL_FLOPS = 3e10  # a second of one thread, until this machine is timed
TEXT_RATE = 7e4  # tokens a second that are written, counted and encoded
ROW_RATE = 5e3  # rows a second that are written and encoded
RUN_BYTES = 25_000  # manifest and two small tables
EXAMPLE_BYTES = 10  # of a finetuning run, for each evaluation example


@dataclass(frozen=True)
class Speeds:
    """Seconds a token of each model on one thread, of pretraining and of finetuning (a token of one member of a group).

    matrix_rate: FLOP/s of float32 matrix products on one thread. Models that are not in it have a nominal speed.
    """

    pretrain: dict[str, float] = field(default_factory=dict)
    finetune: dict[str, float] = field(default_factory=dict)
    matrix_rate: float | None = None


NOMINAL = Speeds()


def pretrain_tokens(profile: Profile) -> int:
    """Tokens of one pretraining run, if patience does not end it earlier."""
    return profile.pretrain.steps * profile.pretrain.batch_size * profile.text.sequence_length


def finetune_runs(profile: Profile, spec: ModelSpec, objective: str = ALL) -> int:
    """Finetuning runs of one model on one task at most: the grid, other seeds, other seeds at the fixed rate.

    Other pretraining seeds have all seeds at the best and at the fixed rate, and no grid.
    """
    if objective == ALL:
        return sum(finetune_runs(profile, spec, own) for own in profile.finetuned_after(ALL))
    settings = profile.finetune
    others = len(settings.seeds) - 1
    rates = 2 if objective in settings.fixed_rate_objectives and spec.role != "target" else 1
    again = (len(profile.pretraining_seeds(spec)) - 1) * len(settings.seeds) * rates
    return len(settings.learning_rates) + others * rates + again


def budget_runs(profile: Profile) -> int:
    """Runs of one job of the section "budgets": a pretraining run per budget, each finetuned with all seeds."""
    return len(_fractions(profile)) * (1 + len(profile.tasks) * len(profile.budget_seeds))


def budget_share(profile: Profile) -> float:
    """Tokens that a job of "budgets" pretrains on, per tokens of a whole run: the stable part once, then the decays."""
    fractions, decay = _fractions(profile), profile.pretrain.decay_fraction
    return (1 - decay) * max(fractions, default=0.0) + decay * sum(fractions)


def finetune_tokens(profile: Profile, name: str) -> int:
    """Tokens of one finetuning run of a task; the evaluation counts a third."""
    train, evaluation, length = task_sizes(profile, name)
    return int((train + evaluation / 3) * (of_task(profile.finetune.epochs, name) or 1) * length)


def compute_per_token(config: EncoderConfig, mask_rate: float) -> float:
    """FLOPs of a training step per token: 6 N, attention, and the logits of the masked tokens."""
    attention = 12 * config.layers * config.max_length * config.hidden
    return 6 * config.parameters + attention + 6 * mask_rate * config.vocabulary_size * config.hidden


def job_seconds(profile: Profile, job: Job, speeds: Speeds = NOMINAL) -> float:
    """Seconds of one job on one thread."""
    if job.station == TEXT:
        return 1.0 + (profile.text.train_tokens + profile.text.heldout_tokens) / TEXT_RATE
    if job.station == ROWS:
        return 1.0 + sum(task_sizes(profile, job.task or "")[:2]) / ROW_RATE
    if job.model is None:
        return NOTEBOOK_SECONDS
    spec = profile.model(job.model)
    pretraining, finetuning = (
        known.get(spec.name) or _nominal(profile, spec) for known in (speeds.pretrain, speeds.finetune)
    )
    if job.station == PRETRAIN:
        return NOTEBOOK_SECONDS + pretrain_tokens(profile) * pretraining
    tokens = sum(finetune_tokens(profile, name) for name in profile.tasks)
    if job.station == BUDGETS:
        pretrained = budget_share(profile) * pretrain_tokens(profile)
        runs = len(_fractions(profile)) * len(profile.budget_seeds)
        return NOTEBOOK_SECONDS + pretrained * pretraining + runs * tokens * finetuning
    return NOTEBOOK_SECONDS + finetune_runs(profile, spec, job.objective or ALL) * tokens * finetuning


def _fractions(profile: Profile) -> list[float]:
    """The budgets of the section "budgets" as parts of a whole run; none without it."""
    return profile.budgets.fractions if profile.budgets else []


def models_table(profile: Profile, speeds: Speeds = NOMINAL) -> pd.DataFrame:
    """One row per model: parameters, runs of all objectives and tasks, tokens, FLOPs (6 N D), bytes, hours."""
    import pandas as pd  # not needed where jobs are planned

    rows = []
    jobs = planned(profile)
    task_tokens = sum(finetune_tokens(profile, name) for name in profile.tasks)
    examples = sum(task_sizes(profile, name)[1] for name in profile.tasks)
    for spec in profile.all_models():
        own = [job for job in jobs if job.model == spec.name]
        finetuned = any(job.station == FINETUNE for job in own)
        budgets, seeds = sum(job.station == BUDGETS for job in own), len(profile.pretraining_seeds(spec))
        branches, whole = budgets * len(_fractions(profile)), len(profile.objectives) * seeds
        per_task = (finetune_runs(profile, spec) if finetuned else 0) + branches * len(profile.budget_seeds)
        pretrained, finetunings = whole + branches, per_task * len(profile.tasks)
        tokens = (whole + budgets * budget_share(profile)) * pretrain_tokens(profile) + per_task * task_tokens
        kept = pretrained + (seeds if finetuned and profile.finetune.from_scratch else 0)  # encoders
        size = (pretrained + finetunings) * RUN_BYTES + int(per_task * examples * EXAMPLE_BYTES)
        weights = spec.config.parameters + spec.config.vocabulary_size * (spec.config.hidden + 1)
        rows.append(
            {
                "model": spec.name,
                "role": spec.role,
                "parameters": spec.config.parameters,
                "pretraining_runs": pretrained,
                "finetuning_runs": finetunings,
                "tokens": int(tokens),
                "flops": 6.0 * spec.config.parameters * tokens,
                "bytes": size + kept * 4 * weights,
                "hours": sum(job_seconds(profile, job, speeds) for job in own) / 3600,
            }
        )
    return pd.DataFrame(rows)


def hours(profile: Profile, workers: int, speeds: Speeds = NOMINAL) -> float:
    """Estimated hours of the whole profile with so many threads: no less than its longest chain."""
    jobs = planned(profile)
    seconds = {job.name: job_seconds(profile, job, speeds) for job in jobs}
    ends: dict[str, float] = {}
    for job in jobs:
        ends[job.name] = max((ends[name] for name in job.needs), default=0.0) + seconds[job.name] / job.threads
    return max(sum(seconds.values()) / workers, max(ends.values())) / 3600


def _nominal(profile: Profile, spec: ModelSpec) -> float:
    return compute_per_token(spec.config, profile.pretrain.mask_rate) / NOMINAL_FLOPS + 2e-6 * spec.config.layers
