"""Finetuning one pretrained encoder on one task, and the sweep over learning rates and seeds."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
import torch
from torch.nn import functional as F

from scalescope.encoder import Encoder, EncoderConfig, Head, TaskModel, initialise
from scalescope.store import Run, Store, run_id
from scalescope.tasks.features import Features
from scalescope.tasks.scoring import scores
from scalescope.tasks.spec import Task
from scalescope.training.batches import Batch, evaluation_batches, pad, steps_per_epoch, training_batches
from scalescope.training.convergence import Diverged
from scalescope.training.device import autocast, pick_device
from scalescope.training.pretrain import make_optimiser
from scalescope.training.schedule import schedule

EVALUATION_BATCH = 128


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

    @property
    def id(self) -> str:
        """Id of the run: "finetune-<task>-<objective>-<model>-<hash>"."""
        return run_id(f"finetune-{self.task}-{self.objective}-{self.model}", asdict(self))


@dataclass(frozen=True)
class TaskData:
    """Features of one task, with the rows that its metric is computed on."""

    task: Task
    train: Features
    evaluation: Features
    rows: list[dict]


def finetune(config: FinetuneConfig, pretrained: Run, data: TaskData, store: Store) -> Run:
    """Train all epochs at a constant rate after warm-up, evaluate each, or return the finished run.

    metrics: one row per epoch with step, value (metric units), loss (nats); the best epoch on the metric is
    the result (Ivgi 2022, section 3.2: the number of epochs is thereby tuned). A non-finite loss gives
    status "failed".
    """
    with store.claim(config.id) as done:
        if done is not None:
            return done
        return _train(config, pretrained, data, store)


def build_model(config: FinetuneConfig, pretrained: Run, task: Task) -> TaskModel:
    """The pretrained encoder with a freshly initialised head; the seed decides the head."""
    shape = EncoderConfig(**{**pretrained.manifest["config"]["encoder"], "dropout": config.dropout})
    encoder = Encoder(shape, seed=0)
    encoder.load_state_dict(pretrained.weights())
    head = Head(task.family, shape.hidden, task.n_labels, config.dropout)
    initialise(head, shape.layers, config.seed)
    return TaskModel(encoder, head)


def _train(config: FinetuneConfig, pretrained: Run, data: TaskData, store: Store) -> Run:
    device = pick_device()
    rows: list[dict] = []
    status, reason = "finished", ""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(config.seed)
        model = build_model(config, pretrained, data.task).to(device)
        parameters = model.encoder.config.parameters
        try:
            tokens = _epochs(config, model, data, rows)
        except Diverged as error:
            status, reason, tokens = "failed", str(error), 0
    metrics = pd.DataFrame(rows, columns=["epoch", "step", "value", "value_answerable", "loss"])
    curve = pd.DataFrame(
        {"step": metrics["step"], "split": "validation", "loss": metrics["loss"]},
    )
    best = metrics.loc[metrics["value"].idxmax()] if len(metrics) and status == "finished" else None
    summary = {
        "tokens": tokens,
        "flops": 6 * parameters * tokens,
        "epoch": int(best["epoch"]) if best is not None else None,
        "value": float(best["value"]) if best is not None else None,
        "loss": float(metrics["loss"].min()) if best is not None else None,
        "loss_at_best": float(best["loss"]) if best is not None else None,
        "value_answerable": _known(best["value_answerable"]) if best is not None else None,
    }
    manifest = {
        "kind": "finetune",
        "status": status,
        "config": asdict(config),
        "summary": summary,
        "reason": reason,
    }
    return store.write(config.id, manifest=manifest, curve=curve, metrics=metrics)


def _epochs(config: FinetuneConfig, model: TaskModel, data: TaskData, rows: list[dict]) -> int:
    """Train and evaluate every epoch, appending to `rows`; returns the tokens computed in training."""
    device = next(model.parameters()).device
    per_epoch = steps_per_epoch(data.train, config.batch_size)
    steps = per_epoch * config.epochs
    factor = schedule("constant", steps=steps, warmup_steps=max(1, round(config.warmup_fraction * steps)))
    optimiser = make_optimiser(model, config.learning_rate, config.weight_decay)
    step = tokens = 0
    for epoch in range(1, config.epochs + 1):
        model.train()
        rng = np.random.default_rng([config.seed, epoch])
        for index in training_batches(data.train, config.batch_size, rng):
            for group in optimiser.param_groups:
                group["lr"] = config.learning_rate * factor(step)
            batch = pad(data.train, index, device)
            with autocast(device, config.precision):
                outputs = model(batch.tokens, batch.lengths)
            loss = task_loss(outputs.float(), batch, data.train, data.task)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            step, tokens = step + 1, tokens + batch.tokens.numel()
        values, mean_loss = evaluate(model, data, config.precision)
        if not math.isfinite(mean_loss):
            raise Diverged(f"evaluation loss {mean_loss} at epoch {epoch}")
        rows.append({"epoch": epoch, "step": step, **values, "loss": mean_loss})
    return tokens


def task_loss(outputs: torch.Tensor, batch: Batch, features: Features, task: Task) -> torch.Tensor:
    """Mean cross-entropy in nats: over labels, over options, or over start and end positions."""
    device = outputs.device
    if task.family == "span":
        outputs = outputs.masked_fill(
            (torch.arange(outputs.shape[1], device=device) >= batch.lengths[:, None])[:, :, None], -1e4
        )
        start = torch.from_numpy(features.span_start[batch.index].astype(np.int64)).to(device)
        end = torch.from_numpy(features.span_end[batch.index].astype(np.int64)).to(device)
        return (F.cross_entropy(outputs[..., 0], start) + F.cross_entropy(outputs[..., 1], end)) / 2
    examples = features.example[batch.index[:: features.group]]
    labels = torch.from_numpy(features.labels[examples].astype(np.int64)).to(device)
    return F.cross_entropy(outputs.reshape(len(labels), -1), labels)


@torch.no_grad()
def predict(model: TaskModel, features: Features, task: Task, precision: str = "fp32") -> tuple[object, float]:
    """Outputs in the form `tasks.scoring.score` reads, and the mean loss in nats.

    Classification and choice: logits [n_examples, n_labels]. Span: (start, end) logits, flat like
    `features.tokens`.
    """
    device = next(model.parameters()).device
    model.eval()
    span = task.family == "span"
    flat = np.zeros((len(features.tokens), 2), np.float32) if span else None
    logits = None if span else np.zeros((features.n_examples, task.n_labels), np.float32)
    total, count = 0.0, 0
    for index in evaluation_batches(features, max(1, EVALUATION_BATCH // features.group)):
        batch = pad(features, index, device)
        with autocast(device, precision):
            outputs = model(batch.tokens, batch.lengths)
        outputs = outputs.float()
        total += float(task_loss(outputs, batch, features, task)) * len(index)
        count += len(index)
        values = outputs.cpu().numpy()
        if span:
            lengths = batch.lengths.cpu().numpy()
            inside = np.arange(values.shape[1]) < lengths[:, None]
            flat[(features.starts[index][:, None] + np.arange(values.shape[1]))[inside]] = values[inside]
        else:
            examples = features.example[index[:: features.group]]
            logits[examples] = values.reshape(len(examples), -1)
    outputs = (flat[:, 0], flat[:, 1]) if span else logits
    return outputs, total / max(count, 1)


def evaluate(model: TaskModel, data: TaskData, precision: str = "fp32") -> tuple[dict[str, float], float]:
    """Scores (see `tasks.scoring.scores`; none if the loss is not finite) and mean loss on the evaluation rows."""
    outputs, loss = predict(model, data.evaluation, data.task, precision)
    if not math.isfinite(loss):
        return {}, loss
    return scores(data.task, data.evaluation, data.rows, outputs), loss


def _known(value: float) -> float | None:
    """A score for a manifest, which has no word for a number that is not there."""
    return float(value) if math.isfinite(value) else None
