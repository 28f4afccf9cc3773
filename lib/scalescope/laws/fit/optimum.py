"""The one core of all fits: search the shapes, solve the rest, polish; the same optimum from any start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scalescope.laws.fit.form import Form
from scalescope.laws.fit.losses import Loss
from scalescope.laws.fit.polish import PATIENT_STEPS, Batch, explore, polish
from scalescope.laws.fit.search import search, starts

KEPT = 5  # starts polished to the end
EXACT = 1e-20  # loss per point, in squares of ln y or y, that is rounding
SAME = 1e-7  # relative difference of losses up to which two ends count as equally good
APART = 1e-3  # relative distance of coefficients from which two equally good ends may be two optima
ROUNDS = ((60, 12), (300, 3))  # steps, and how many of the best go on: others creep along what has no effect
RIVAL = 0.3  # relative height up to which a second optimum may win in a replicate, and is refitted from too


@dataclass(frozen=True)
class Optimum:
    """Coefficients [T] at the optimum and how the search went."""

    theta: np.ndarray
    value: float
    ends: np.ndarray  # [S, T], the optimum and its rival if there is one: from these replicates are refitted
    grid_points: int
    starts: int
    polished: int  # the best of the starts after a few rough steps
    agreeing: int  # how many polished starts ended at the optimum, with the same coefficients
    runner_up: float  # relative height of the next best end above it, 0 for one as good; infinite if all agree


def optimum(
    form: Form,
    loss: Loss,
    axes: list[np.ndarray],
    y: np.ndarray,
    weights: np.ndarray,
    extra: Sequence[np.ndarray] = (),
    kept: int = KEPT,
) -> Optimum:
    """The global optimum for y and weights [n]; `extra` [T] ones join the starts and never replace them.

    kept: starts polished to the end.
    """
    return optima(form, loss, axes, y[None], weights, extra, kept)[0]


def optima(
    form: Form,
    loss: Loss,
    axes: list[np.ndarray],
    y: np.ndarray,
    weights: np.ndarray,
    extra: Sequence[np.ndarray] = (),
    kept: int = KEPT,
) -> list[Optimum]:
    """The global optimum of each problem, y [C, n], weights [n]; all starts are polished together.

    What a step costs hardly depends on how many fits take it, so that many small problems cost little more than one.
    """
    chosen, rivals = [], []
    for problem in range(len(y)):
        theta, value = search(form, loss, axes, y[problem], weights)
        idle = (theta[:, : form.linear] <= form.lower[: form.linear]).any(axis=1)
        best = theta[starts(value, tuple(map(len, axes)), idle)]
        chosen.append(np.vstack([best, *(np.clip(start, form.lower, form.upper) for start in extra)]))
        rivals.append(np.full(len(chosen[-1]), problem))
    of = np.concatenate(rivals)
    rows = y if len(y) == 1 else y[of]
    batch = explore(Batch(form, loss, rows, weights[None], np.vstack(chosen), rivals=of), kept)
    ends, reached = polish(batch, PATIENT_STEPS)
    batch = replace(batch, theta=ends)
    grid = int(np.prod([len(axis) for axis in axes]))
    found = []
    for problem, begun in enumerate(chosen):
        mine = batch.rivals == problem
        found.append(_chosen(batch.rows(mine), reached[mine], weights.sum(), grid, len(begun)))
    return found


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

    For forms whose loss has many valleys. `parts`: axes of each part, as for `optimum`; `most` starts of each take a
    few rough steps together, the `kept` best of all are polished, and ever fewer of them longer.
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


def _chosen(part: Batch, reached: np.ndarray, total: float, grid_points: int, started: int) -> Optimum:
    """The best of the polished starts [S, T] of one problem, and how the others did beside it."""
    ends = part.theta
    best = int(np.argmin(reached))
    unit = max(reached[best], EXACT * total)
    height = (reached - reached[best]) / unit
    same = (height <= SAME) & ~_elsewhere(part, reached, best, unit)
    others = np.where(same, np.inf, height)
    second = [int(np.argmin(others))] if others.min() < RIVAL else []
    return Optimum(
        theta=ends[best],
        value=float(reached[best]),
        ends=ends[[best, *second]],
        grid_points=grid_points,
        starts=started,
        polished=len(ends),
        agreeing=int(same.sum()),
        runner_up=float(others.min()),
    )


def _elsewhere(part: Batch, reached: np.ndarray, best: int, unit: float) -> np.ndarray:
    """Which ends [S] lie across a hill from the best: the loss between the two is above that of both.

    A low loss alone is no agreement: where both terms of a law can change places, their mirror image fits as well.
    """
    ends = part.theta
    distance = np.abs(ends - ends[best]) / np.maximum(np.abs(ends), np.abs(ends[best])).clip(1e-12)
    middle = part.value((ends + ends[best]) / 2, np.full(len(ends), part.loss.width))
    return (distance.max(axis=1) > APART) & (middle > np.maximum(reached, reached[best]) + 10 * SAME * unit)


def refit(form: Form, loss: Loss, y: np.ndarray, weights: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Optima [B, T] of many fits of one form, each from all `seeds` [S, T]; the best end is kept.

    y and weights are [B, n] or [1, n].
    """
    count = max(len(y), len(weights))
    found, lowest = np.empty((count, seeds.shape[1])), np.full(count, np.inf)
    for seed in seeds:
        theta, value = polish(Batch(form, loss, y, weights, np.repeat(seed[None], count, axis=0)))
        better = value < lowest
        found[better], lowest[better] = theta[better], value[better]
    return found
