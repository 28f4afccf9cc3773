"""The one core of all fits: search the shapes, solve the rest, polish; the same optimum from any start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scalescope.laws.fit.form import Form
from scalescope.laws.fit.losses import Loss
from scalescope.laws.fit.polish import PATIENT_STEPS, Batch, explore, polish
from scalescope.laws.fit.search import search, starts

KEPT = 5  # starts polished to the end
EXACT = 1e-20  # loss per point, in squares of ln y or y, that is rounding
SAME = 1e-7  # relative difference of losses up to which two ends count as equally good
APART = 1e-3  # relative distance of coefficients from which two equally good ends may be two optima
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
    start: np.ndarray | None = None,
    kept: int = KEPT,
) -> Optimum:
    """The global optimum for y and weights [n]; `start` [T] joins the starts and never replaces them.

    kept: starts polished to the end.
    """
    return optima(form, loss, axes, y[None], weights[None], start, kept)[0]


def optima(
    form: Form,
    loss: Loss,
    axes: list[np.ndarray],
    y: np.ndarray,
    weights: np.ndarray,
    start: np.ndarray | None = None,
    kept: int = KEPT,
) -> list[Optimum]:
    """The global optimum of each problem, y [C, n], weights [C, n] or [1, n]; all starts are polished together.

    What a step costs hardly depends on how many fits take it, so that many small problems cost little more than one.
    """
    chosen, rivals = [], []
    for problem in range(len(y)):
        theta, value = search(form, loss, axes, y[problem], weights[problem % len(weights)])
        idle = (theta[:, : form.linear] <= form.lower[: form.linear]).any(axis=1)
        chosen.append(theta[starts(value, tuple(map(len, axes)), idle)])
        if start is not None:
            chosen[-1] = np.vstack([chosen[-1], np.clip(start, form.lower, form.upper)])
        rivals.append(np.full(len(chosen[-1]), problem))
    of = np.concatenate(rivals)
    rows = (a if len(a) == 1 else a[of] for a in (y, weights))
    batch = explore(Batch(form, loss, *rows, np.vstack(chosen), rivals=of), kept)
    of, batch_y, batch_weights = batch.rivals, batch.y, batch.weights
    ends, reached = polish(batch, PATIENT_STEPS)
    grid = int(np.prod([len(axis) for axis in axes]))
    found = []
    for problem in range(len(y)):
        mine = of == problem
        rows = (a if len(a) == 1 else a[mine] for a in (batch_y, batch_weights))
        part = Batch(form, loss, *rows, ends[mine])
        total = weights[problem % len(weights)].sum()
        found.append(_chosen(part, reached[mine], total, grid, len(chosen[problem])))
    return found


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


def refit(
    form: Form, loss: Loss, y: np.ndarray, weights: np.ndarray, seeds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Optima [B, T] and losses [B] of many fits of one form, each from all `seeds` [S, T]; the best end is kept.

    y and weights are [B, n] or [1, n].
    """
    count = max(len(y), len(weights))
    found, lowest = np.empty((count, seeds.shape[1])), np.full(count, np.inf)
    for seed in seeds:
        theta, value = polish(Batch(form, loss, y, weights, np.repeat(seed[None], count, axis=0)))
        better = value < lowest
        found[better], lowest[better] = theta[better], value[better]
    return found, lowest
