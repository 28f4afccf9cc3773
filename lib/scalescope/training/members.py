"""Losses and predictions of members side by side, and how many of them are worth computing together."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from scalescope.data.tasks.features import Features
from scalescope.data.tasks.scoring import Outputs
from scalescope.data.tasks.spec import Task
from scalescope.model.config import EncoderConfig
from scalescope.model.members import Members
from scalescope.training.batches import Batch, evaluation_batches
from scalescope.training.device import autocast

EVALUATION_BATCH = 32
# benchmarks/results/growth.csv: of 20 members together each costs 0.15 of what it costs alone at 12 K parameters, 0.30
# at 98 K and 0.42 at 332 K, and no smaller group costs clearly less. So memory alone decides.
BYTES_TOGETHER = 400e6  # of a worker on a CPU
GPU_SHARE = 0.5  # of what is free on a GPU


def members_together(shape: EncoderConfig, features: Features, batch_size: int) -> int:
    """How many members of this shape fit side by side on batches of a task."""
    return fitting(shape, batch_size * features.group, int(features.lengths.max()))


def fitting(shape: EncoderConfig, rows: int, length: int, logits: int = 0) -> int:
    """How many members of this shape fit side by side: weights with their optimiser state, and activations.

    rows, length: of a batch; logits: floats that the output of a member takes beside them.
    """
    token = shape.layers * (32 * shape.hidden + 5 * shape.heads * length)
    weights = 6 * (shape.parameters + shape.vocabulary_size * shape.hidden)
    most = GPU_SHARE * torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else BYTES_TOGETHER
    return max(1, int(most / (4 * (rows * length * token + weights + logits))))


def losses_of(outputs: torch.Tensor, batch: Batch, features: Features, task: Task) -> torch.Tensor:
    """Mean cross-entropy in nats of each member [E]: over labels, options, or start and end positions."""
    real = batch.real // features.group
    return _cross_entropy(outputs, batch, features, task)[:, :real].mean(1)


def _cross_entropy(outputs: torch.Tensor, batch: Batch, features: Features, task: Task) -> torch.Tensor:
    """Cross-entropy in nats of each example of each member [E, B]."""
    device = outputs.device
    if task.family == "span":
        outside = torch.arange(outputs.shape[2], device=device) >= batch.lengths[..., None]
        outputs = outputs.masked_fill(outside[..., None], -1e4)
        ends = (features.span_start[batch.index], features.span_end[batch.index])
        start, end = (_nll(outputs[..., at], torch.from_numpy(ends[at]).to(device)) for at in (0, 1))
        return (start + end) / 2
    examples = features.example[batch.index[:, :: features.group]]
    labels = torch.from_numpy(features.labels[examples]).to(device)
    return _nll(outputs.view(*labels.shape, -1), labels)


def _nll(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    flat = F.cross_entropy(logits.flatten(0, 1), labels.flatten().long(), reduction="none")
    return flat.view(labels.shape)


@torch.no_grad()
def predict(model: Members, features: Features, task: Task, precision: str) -> tuple[list[Outputs], np.ndarray]:
    """Outputs of each member in the form `tasks.scoring.evaluate` reads, and mean losses in nats [E].

    Classification and choice: logits [n_examples, n_labels]. Span: (start, end) logits, flat like `features.tokens`.
    """
    device, members = model.head.out.weight.device, model.count
    model.eval()
    span = task.family == "span"
    held = np.zeros((members, len(features.tokens), 2) if span else (members, features.n_examples, task.n_labels))
    held, total = held.astype(np.float32), np.zeros(members)
    for batch in evaluation_batches(features, max(1, EVALUATION_BATCH // features.group), device):
        with autocast(device, precision):
            outputs = model(batch.tokens.expand(members, -1, -1), batch.lengths.expand(members, -1))
        outputs, index = outputs.float(), batch.index[0, : batch.real]
        same = Batch(np.repeat(batch.index, members, 0), batch.real, batch.tokens, batch.lengths)
        total += losses_of(outputs, same, features, task).double().cpu().numpy() * batch.real
        values = outputs.cpu().numpy()
        if span:
            place = np.arange(values.shape[2])
            inside = place < features.lengths[index][:, None]
            held[:, (features.starts[index][:, None] + place)[inside]] = values[:, : batch.real][:, inside]
        else:
            examples = features.example[index[:: features.group]]
            held[:, examples] = values.reshape(members, -1, task.n_labels)[:, : len(examples)]
    model.train()
    found = [(own[:, 0], own[:, 1]) for own in held] if span else list(held)
    return found, total / features.n_features
