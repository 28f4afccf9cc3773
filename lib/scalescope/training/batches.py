"""Batches of task features.

Grouped by length so that little padding is computed, without Python per example.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from scalescope.tasks.features import Features

BATCHES_PER_CHUNK = 8  # rows of this many batches are sorted by length together: random order, little padding


@dataclass(frozen=True)
class Batch:
    """Padded rows: index [B] of features, tokens [B, T], lengths [B]."""

    index: np.ndarray
    tokens: torch.Tensor
    lengths: torch.Tensor


def pad(features: Features, index: np.ndarray, device: torch.device) -> Batch:
    """Features `index` as one padded batch ([PAD] = 0)."""
    tokens, lengths = features.padded(index), features.lengths[index]
    return Batch(index, torch.from_numpy(tokens).to(device), torch.from_numpy(lengths).to(device))


def training_batches(features: Features, batch_size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Feature indices of one epoch's batches in random order.

    A group (the options of a question) stays together.
    """
    lengths = features.lengths.reshape(-1, features.group).max(axis=1)
    order = rng.permutation(len(lengths))
    chunk = batch_size * BATCHES_PER_CHUNK
    batches = []
    for start in range(0, len(order), chunk):
        part = order[start : start + chunk]
        part = part[np.argsort(lengths[part], kind="stable")]
        batches += [part[at : at + batch_size] for at in range(0, len(part), batch_size)]
    for choice in rng.permutation(len(batches)):
        yield _members(batches[choice], features.group)


def evaluation_batches(features: Features, batch_size: int) -> Iterator[np.ndarray]:
    """Feature indices in order of length, groups together."""
    lengths = features.lengths.reshape(-1, features.group).max(axis=1)
    order = np.argsort(lengths, kind="stable")
    for start in range(0, len(order), batch_size):
        yield _members(order[start : start + batch_size], features.group)


def steps_per_epoch(features: Features, batch_size: int) -> int:
    """Number of training batches of one epoch."""
    groups = features.n_features // features.group
    return -(-groups // batch_size)


def _members(groups: np.ndarray, size: int) -> np.ndarray:
    return (groups[:, None] * size + np.arange(size)).reshape(-1)
