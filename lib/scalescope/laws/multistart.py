"""A search from many starts at once, for forms whose loss has many valleys: starts of parts of a grid compete."""

from __future__ import annotations

import numpy as np

from scalescope.laws.fit.form import Form
from scalescope.laws.fit.losses import Loss
from scalescope.laws.fit.optimum import Optimum, _chosen
from scalescope.laws.fit.polish import PATIENT_STEPS, Batch, explore, polish
from scalescope.laws.fit.search import search, starts

ROUNDS = ((60, 12), (300, 3))  # steps, and how many of the best go on: others creep along what has no effect


def joint(
    form: Form,
    loss: Loss,
    parts: list[list[np.ndarray]],
    y: np.ndarray,
    weights: np.ndarray,
    extra: list[np.ndarray],
    most: int,
    kept: int,
) -> Optimum:
    """The best optimum for y and weights [n] from the best starts of each part of a grid and from `extra` [T] ones.

    `parts`: axes of each part, as for `fit.optimum`; `most` starts of each take a few rough steps together, the `kept`
    best of all are polished, and ever fewer of them longer.
    """
    found, size = list(extra), 0
    for axes in parts:
        theta, value = search(form, loss, axes, y, weights)
        size += len(theta)
        idle = (theta[:, : form.linear] <= form.lower[: form.linear]).all(axis=1)
        found += list(theta[starts(value, tuple(map(len, axes)), idle, most)])
    begun = np.clip(np.array(found), form.lower, form.upper)
    batch = Batch(form, loss, y[None], weights[None], begun, rivals=np.zeros(len(begun), dtype=int))
    batch = explore(batch, kept)
    for steps, left in ROUNDS:
        ends, reached = polish(batch, steps)
        batch = Batch(form, loss, y[None], weights[None], ends[np.argsort(reached, kind="stable")[:left]])
    ends, reached = polish(batch, PATIENT_STEPS)
    return _chosen(Batch(form, loss, y[None], weights[None], ends), reached, weights.sum(), size, len(begun))
