"""Batches of task features for several members at once, grouped by length so that little padding is computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from scalescope.data.tasks.features import Features

LENGTH_CLASSES = 8  # rows of one batch come from the same eighth of the rows in order of length
STEP_ORDER = 20220213


@dataclass(frozen=True)
class Batch:
    """Padded rows of E members: index [E, B] of features, tokens [E, B, T], lengths [E, B].

    The first `real` rows of each member count; the others repeat a row so that all batches have one size.
    """

    index: np.ndarray
    real: int
    tokens: torch.Tensor
    lengths: torch.Tensor


def training_batches(
    features: Features, batch_size: int, epoch: int, seeds: Sequence[int], device: torch.device
) -> Iterator[Batch]:
    """One epoch of E = len(seeds) members: every member sees all rows once, in an order of its own.

    Rows are sorted by length into LENGTH_CLASSES; each member draws its own batches within each class. Which
    class comes at which step, and so the shape of the batch, is the same for all members and all seeds: a
    member computes the same numbers whatever the others are. The options of a question stay together.
    """
    lengths = _example_lengths(features)
    steps = -(-len(lengths) // batch_size)
    per_class = -(-steps // LENGTH_CLASSES) * batch_size
    orders = np.stack([_order(lengths, per_class, np.random.default_rng([seed, epoch])) for seed in seeds])
    ascending = np.sort(lengths)
    for step in np.random.default_rng([STEP_ORDER, epoch]).permutation(steps):
        start = step * batch_size
        chosen = orders[:, start : start + batch_size]
        class_end = min((start // per_class + 1) * per_class, len(lengths))
        yield _batch(features, chosen, batch_size, int(ascending[class_end - 1]), device)


def evaluation_batches(features: Features, batch_size: int, device: torch.device) -> Iterator[Batch]:
    """All rows once in order of length, groups together, for one member (E = 1)."""
    lengths = _example_lengths(features)
    order = np.argsort(lengths, kind="stable")
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        yield _batch(features, chosen[None], batch_size, int(lengths[chosen].max()), device)


def steps_per_epoch(features: Features, batch_size: int) -> int:
    """Number of training batches of one epoch."""
    return -(-features.n_features // features.group // batch_size)


def _example_lengths(features: Features) -> np.ndarray:
    return features.lengths.reshape(-1, features.group).max(axis=1)


def _order(lengths: np.ndarray, per_class: int, rng: np.random.Generator) -> np.ndarray:
    """Examples by length class, shuffled within each; equal lengths fall into either of two classes."""
    order = rng.permutation(len(lengths))
    order = order[np.argsort(lengths[order], kind="stable")]
    for start in range(0, len(order), per_class):
        rng.shuffle(order[start : start + per_class])
    return order


def _batch(features: Features, examples: np.ndarray, size: int, width: int, device: torch.device) -> Batch:
    """Features of `examples` [E, at most `size`], filled up to `size`, padded to `width` ([PAD] = 0)."""
    members, real = examples.shape
    if real < size:
        examples = np.concatenate([examples, np.repeat(examples[:, -1:], size - real, axis=1)], axis=1)
    index = (examples[:, :, None] * features.group + np.arange(features.group)).reshape(members, -1)
    starts, lengths = features.starts[index], features.starts[index + 1] - features.starts[index]
    place = np.arange(width)
    flat = np.minimum(starts[..., None] + place, len(features.tokens) - 1)
    tokens = np.where(place < lengths[..., None], features.tokens[flat], 0).astype(np.int64)
    return Batch(
        index, real * features.group, torch.from_numpy(tokens).to(device), torch.from_numpy(lengths).to(device)
    )
