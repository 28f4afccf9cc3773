"""Finetuning one model on one task: learning rates, seeds and pretrained weights side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import asdict, dataclass, field, replace

import pandas as pd

from scalescope.data.encoded import TaskData
from scalescope.data.tasks.noise import standard_error
from scalescope.data.tasks.scoring import evaluate
from scalescope.data.tasks.spec import Task
from scalescope.model.config import EncoderConfig
from scalescope.model.encoder import Encoder, initialise
from scalescope.model.heads import Head, TaskModel
from scalescope.model.members import Members
from scalescope.model.optimiser import FlatAdamW
from scalescope.paths import run_id
from scalescope.training.batches import steps_per_epoch, training_batches
from scalescope.training.device import autocast, pick_device
from scalescope.training.interrupt import telling_what_is_kept
from scalescope.training.members import losses_of, members_together, predict
from scalescope.training.schedule import schedule
from scalescope.training.store import Run, Store

# enters run ids: change it with the order of rows, the dropout stream, or what a run keeps
ENGINE = "members side by side; 2"


@dataclass(frozen=True)
class FinetuneConfig:
    """Everything that determines one finetuning run. `pretrained` is a run id, `data` identifies the rows."""

    pretrained: str
    model: str
    objective: str
    task: str
    data: str
    epochs: int
    batch_size: int
    learning_rate: float
    warmup_fraction: float
    dropout: float
    weight_decay: float
    precision: str
    seed: int
    schedule: str = "constant"
    engine: str = ENGINE

    @property
    def id(self) -> str:
        """Id of the run: "finetune-<task>-<objective>-<model>-<hash>"."""
        return run_id(f"finetune-{self.task}-{self.objective}-{self.model}", asdict(self))


@dataclass
class Member:
    """What one member of a group has shown so far.

    epochs: one row of metrics per epoch. best: the table "rows" of the best epoch. reason: why it failed, else "".
    """

    config: FinetuneConfig
    epochs: list[dict] = field(default_factory=list)
    best: pd.DataFrame | None = None
    reason: str = ""


def finetune(
    configs: Sequence[FinetuneConfig],
    pretrained: Run | Sequence[Run],
    data: TaskData,
    store: Store,
    clock: AbstractContextManager | None = None,
) -> list[Run]:
    """Train the members together, or return finished runs; `pretrained` are the runs that they start from.

    Members are learning rates and seeds of one model and task, also from several pretraining runs of that model: other
    objectives and pretraining seeds, and its initialisation.

    Each trains all epochs, after warm-up at a constant rate or one that falls to zero, and is evaluated after each. A
    member's result does not depend on the others: trained alone, in another group, or later, it is the same run.
    metrics: one row per epoch with step, value (metric units), loss (nats); the best epoch on the metric is
    the result (Ivgi 2022, section 3.2: the number of epochs is thereby tuned), and its evaluation examples are the
    run's `rows`. A non-finite loss gives status "failed". `clock` is entered while members train, never to load.
    Raises ValueError for members that differ in more than rate, seed and pretraining, and for pretraining runs that
    are missing or of another shape.
    """
    start = _starts(configs, [pretrained] if isinstance(pretrained, Run) else pretrained)
    what, ids = f"{configs[0].model} on {configs[0].task}", sorted({config.id for config in configs})
    with telling_what_is_kept(store, ids, what), ExitStack() as claims:
        # in one order everywhere, so that two processes never wait for each other
        found = {run: claims.enter_context(store.claim(run)) for run in ids}
        missing = list({config.id: config for config in configs if found[config.id] is None}.values())
        shape = _shape(start[configs[0].pretrained], 0.0)
        size = members_together(shape, data.train, configs[0].batch_size)
        for first in range(0, len(missing), size):
            with clock or nullcontext():
                trained = _train(missing[first : first + size], start, data, store)
            found |= {run.id: run for run in trained}
    return [found[config.id] for config in configs]


def build_models(configs: Sequence[FinetuneConfig], pretrained: Mapping[str, Run], task: Task) -> list[TaskModel]:
    """The encoder that each member starts from (pretrained: by run id) under a fresh head; the seed decides the head.

    Members with the same pretraining run share one encoder.
    """
    encoders, models = {}, []
    for name in {config.pretrained: None for config in configs}:
        encoders[name] = Encoder(_shape(pretrained[name], configs[0].dropout), seed=0)
        encoders[name].load_state_dict(pretrained[name].weights())
    for config in configs:
        shape = encoders[config.pretrained].config
        head = Head(task.family, shape.hidden, task.n_labels, config.dropout)
        initialise(head, shape, config.seed)
        models.append(TaskModel(encoders[config.pretrained], head))
    return models


def build_members(
    configs: Sequence[FinetuneConfig], pretrained: Mapping[str, Run], task: Task
) -> tuple[Members, FlatAdamW]:
    """The models of `build_models` side by side, and their optimiser."""
    device = pick_device()
    model = Members(build_models(configs, pretrained, task), [config.seed for config in configs], device)
    return model, FlatAdamW(model, configs[0].weight_decay, members=model.count)


def _starts(configs: Sequence[FinetuneConfig], pretrained: Sequence[Run]) -> dict[str, Run]:
    """Pretraining runs by id, after checks that the members fit together and each has its own."""
    if len({replace(config, learning_rate=0.0, seed=0, pretrained="", objective="") for config in configs}) > 1:
        raise ValueError("members of one group may differ in learning_rate, seed, pretrained and objective only")
    found = {run.id: run for run in pretrained}
    missing = sorted({config.pretrained for config in configs} - set(found))
    if missing:
        raise ValueError(f"members start from {missing[0]}, which is not among the pretraining runs {sorted(found)}")
    shapes = {_shape(found[config.pretrained], 0.0) for config in configs}
    if len(shapes) > 1:
        raise ValueError(f"members of one group have encoders of {len(shapes)} shapes: {sorted(map(str, shapes))}")
    return found


def _shape(pretrained: Run, dropout: float) -> EncoderConfig:
    return EncoderConfig(**{**pretrained.manifest["config"]["encoder"], "dropout": dropout})


def _train(configs: list[FinetuneConfig], pretrained: Mapping[str, Run], data: TaskData, store: Store) -> list[Run]:
    model, optimiser = build_members(configs, pretrained, data.task)
    members = [Member(config) for config in configs]
    tokens = _epochs(members, model, optimiser, data)
    parameters = model.encoder.config.parameters
    return [_write(member, parameters, tokens, data.task.metric, store) for member in members]


def _epochs(members: list[Member], model: Members, optimiser: FlatAdamW, data: TaskData) -> int:
    """Train and evaluate every epoch, adding to each member; returns the tokens that a member trained on."""
    config, device = members[0].config, optimiser.weights.device
    seeds, rates = zip(*((member.config.seed, member.config.learning_rate) for member in members), strict=True)
    per_epoch = steps_per_epoch(data.train, config.batch_size)
    steps = config.epochs * per_epoch
    warmup = math.ceil(config.warmup_fraction * steps)
    factor = schedule(config.schedule, steps=steps, warmup_steps=warmup)
    step = tokens = 0
    for epoch in range(1, config.epochs + 1):
        for batch in training_batches(data.train, config.batch_size, epoch, seeds, device):
            with autocast(device, config.precision):
                outputs = model(batch.tokens, batch.lengths)
            losses_of(outputs.float(), batch, data.train, data.task).sum().backward()
            optimiser.step([rate * factor(step) for rate in rates])
            step, tokens = step + 1, tokens + batch.tokens[0].numel()
        _evaluate(members, model, data, epoch, step)
        if all(member.reason for member in members):
            break
    return tokens


def _evaluate(members: list[Member], model: Members, data: TaskData, epoch: int, step: int) -> None:
    outputs, losses = predict(model, data.evaluation, data.task, members[0].config.precision)
    for member, own, loss in zip(members, outputs, losses, strict=True):
        if member.reason:
            continue
        if not math.isfinite(loss):
            member.reason = f"evaluation loss {loss} at epoch {epoch}"
            continue
        found, rows = evaluate(data.task, data.evaluation, data.rows, own)
        if member.best is None or found["value"] > max(row["value"] for row in member.epochs):
            member.best = rows
        member.epochs.append({"epoch": epoch, "step": step, **found, "loss": float(loss)})


def _write(member: Member, parameters: int, tokens: int, metric: str, store: Store) -> Run:
    status = "failed" if member.reason else "finished"
    tokens = 0 if member.reason else tokens
    rows = None if member.reason else member.best
    metrics = pd.DataFrame(member.epochs, columns=["epoch", "step", "value", "value_answerable", "loss"])
    curve = pd.DataFrame({"step": metrics["step"], "split": "validation", "loss": metrics["loss"]})
    reached = dict.fromkeys(("epoch", "value", "value_se", "loss", "loss_at_best", "value_answerable"))
    if rows is not None:
        best = metrics.loc[metrics["value"].idxmax()]
        reached = {
            "epoch": int(best["epoch"]),
            "value": float(best["value"]),
            "value_se": _known(standard_error(metric, rows)),
            "loss": float(metrics["loss"].min()),
            "loss_at_best": float(best["loss"]),
            "value_answerable": _known(best["value_answerable"]),
        }
    config = member.config
    manifest = {
        "kind": "finetune",
        "status": status,
        "config": asdict(config),
        "summary": {"tokens": tokens, "flops": 6 * parameters * tokens, **reached},
        "reason": member.reason,
    }
    return store.write(config.id, manifest=manifest, curve=curve, metrics=metrics, rows=rows)


def _known(value: float) -> float | None:
    """A score for a manifest, which has no word for a number that is not there."""
    return float(value) if math.isfinite(value) else None
