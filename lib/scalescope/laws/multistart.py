"""A search from many starts at once, for forms whose loss has many valleys: starts of parts of a grid compete."""

from __future__ import annotations

import numpy as np

from scalescope.laws.fit.form import Form
from scalescope.laws.fit.losses import Loss
from scalescope.laws.fit.optimum import Optimum, _chosen
from scalescope.laws.fit.polish import PATIENT_STEPS, Batch, explore, polish
from scalescope.laws.fit.search import search, starts

STEPS = 150  # of all that are kept; the best then goes on: others may creep along a direction of no effect


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

    `parts`: axes of each part, as for `fitting.optimum`; `most` starts of each take a few rough steps together, and the
    `kept` best of all are polished.
    """
    found, size = list(extra), 0
    for axes in parts:
        theta, value = search(form, loss, axes, y, weights)
        size += len(theta)
        idle = (theta[:, : form.linear] <= form.lower[: form.linear]).all(axis=1)
        found += list(theta[starts(value, tuple(map(len, axes)), idle, most)])
    begun = np.clip(np.array(found), form.lower, form.upper)
    batch = Batch(form, loss, y[None], weights[None], begun, rivals=np.zeros(len(begun), dtype=int))
    ends, reached = polish(explore(batch, kept), STEPS)
    best = int(np.argmin(reached))
    last, value = polish(Batch(form, loss, y[None], weights[None], ends[best : best + 1].copy()), PATIENT_STEPS)
    ends[best], reached[best] = last[0], value[0]
    return _chosen(Batch(form, loss, y[None], weights[None], ends), reached, weights.sum(), size, len(begun))
