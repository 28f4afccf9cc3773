"""The search before the polish: a grid over the shapes, with the linear coefficients solved at every grid point."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np

from scalescope.laws.fit.form import Form
from scalescope.laws.fit.losses import Loss, huber

STARTS = 12  # grid points that are polished
REWEIGHTINGS = {"squares": 1, "log_squares": 2, "log_huber": 6, "log_absolute": 6}
CHUNK = 400_000
EQUAL = 1e-9  # relative difference of losses of one law


def search(
    form: Form, loss: Loss, axes: list[np.ndarray], y: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients [G, T] and losses [G] at all points of the grid spanned by `axes`, for y and weights [n].

    The linear coefficients at each point are those of the loss itself, to first order: sign-constrained least squares,
    solved exactly, reweighted and relinearised a few times for losses of ln y.
    """
    shapes = np.array(list(product(*axes)))
    # not so narrow that reweighting stalls
    width = loss.width if np.isinf(loss.width) else max(loss.width, 1e-2 * float(np.std(np.log(y))) + 1e-12)
    theta, value = [], []
    for part in np.array_split(shapes, max(1, -(-len(shapes) * len(y) // CHUNK))):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # at the edges of the grid
            linear, law = _linear(form, loss, part, y, weights, width)
        theta.append(np.hstack([linear, part]))
        value.append((huber(loss.residuals(law, y), width) * weights).sum(axis=1))
    return np.vstack(theta), np.concatenate(value)


def _linear(form, loss, shapes, y, weights, width) -> tuple[np.ndarray, np.ndarray]:
    terms = form.terms(shapes)
    lowest, span = form.lower[: form.linear], (form.upper - form.lower)[: form.linear]
    fixed = span == 0
    offset = np.zeros((len(shapes), len(y))) + lowest[lowest > 0] @ terms[:, lowest > 0]
    free = terms[:, ~fixed]
    law, target = None, y
    for _ in range(REWEIGHTINGS[loss.name]):
        pull = np.broadcast_to(weights, offset.shape)
        if loss.logarithmic:
            base = np.broadcast_to(y, offset.shape) if law is None else law
            residual = np.zeros_like(offset) if law is None else loss.residuals(law, y)
            steep = 1.0 if law is None else np.minimum(1.0, width / np.maximum(np.abs(residual), 1e-300))
            pull, target = weights * steep / base**2, base * (1 - residual)
        solved = nonnegative(free, np.broadcast_to(target - offset, offset.shape), pull)
        solved = np.minimum(solved, span[~fixed])
        law = (solved[:, None] @ free)[:, 0] + offset
        if loss.logarithmic:
            law = np.maximum(law, 1e-3 * y)  # a start must have a logarithm
    linear = np.empty((len(shapes), form.linear))
    linear[:, fixed], linear[:, ~fixed] = lowest[fixed], lowest[~fixed] + solved
    return linear, (linear[:, None] @ terms)[:, 0]


def nonnegative(terms: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Coefficients [G, K], none below zero, of weighted least squares of y [G, n] on terms [G, K, n]; exact.

    With K at most three, trying every set of coefficients that may be above zero is both exact and fast.
    """
    weighted = terms * weights[:, None]
    normal, right = weighted @ terms.transpose(0, 2, 1), (weighted @ y[..., None])[..., 0]
    scale = np.sqrt(np.maximum(np.diagonal(normal, axis1=1, axis2=2), 1e-300))
    normal, right = normal / (scale[:, :, None] * scale[:, None, :]), right / scale
    size = terms.shape[1]
    best, lowest = np.zeros((len(terms), size)), np.zeros(len(terms))
    for chosen in (list(c) for k in range(1, size + 1) for c in combinations(range(size), k)):
        block = normal[:, chosen][:, :, chosen] + 1e-13 * np.eye(len(chosen))
        solved = np.linalg.solve(block, right[:, chosen, None])[..., 0]
        value = -(solved * right[:, chosen]).sum(axis=1)
        better = (solved >= 0).all(axis=1) & (value < lowest)
        lowest[better] = value[better]
        best[better] = 0
        best[np.ix_(better, chosen)] = solved[better]
    return best / scale


def starts(value: np.ndarray, shape: tuple[int, ...], idle: np.ndarray, most: int = STARTS) -> np.ndarray:
    """Numbers of the grid points to polish: the local minima of the grid, best first, then the best of the rest.

    `idle` [G]: points with a term that is switched off, whose exponent then does not matter. Of those of equal value,
    which are one law told many times, one is taken.
    """
    grid = np.where(np.isfinite(value), value, np.inf).reshape(shape)
    around = grid
    for axis in range(grid.ndim):  # the lowest of a cube of neighbours, one axis after the other: not its 3^axes cells
        around = _lowest_beside(around, axis)
    lowest = grid <= around
    flat = grid.reshape(-1)
    order = np.argsort(flat, kind="stable")
    before = order[:-1]
    again = np.append(False, idle[order[1:]] & idle[before] & (flat[order[1:]] - flat[before] <= EQUAL * flat[before]))
    order = order[~again & np.isfinite(flat[order])]
    minima = order[lowest.reshape(-1)[order]]
    rest = order[~lowest.reshape(-1)[order]]
    return np.concatenate([minima[: most - 2], rest[: max(2, most - len(minima))]])


def _lowest_beside(grid: np.ndarray, axis: int) -> np.ndarray:
    """At each point the lowest of its own value and those before and after it along one axis."""
    found = np.moveaxis(grid.copy(), axis, 0)
    along = np.moveaxis(grid, axis, 0)
    np.minimum(found[1:], along[:-1], out=found[1:])
    np.minimum(found[:-1], along[1:], out=found[:-1])
    return np.moveaxis(found, 0, axis)
