"""From good starts to the optimum: damped Newton with exact derivatives and bounds, all fits of a batch at once.

Residuals beyond the width of a Huber loss add no curvature, so far from the optimum plain Newton is blind. Two things
help: the step is damped towards that of iteratively reweighted least squares (which always descends), and the width
shrinks from the scale of the residuals down to the one asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scalescope.laws.fit.form import Form
from scalescope.laws.fit.losses import Loss, huber

MAX_STEPS = 200
PATIENT_STEPS = 1000  # of the search itself: a curved valley takes hundreds; replicates and profiles start in it
ROUGH_STEPS = 15
MET = 0.01  # relative distance of coefficients at which two starts count as having met
CHUNK = 60_000  # numbers of one array of a chunk of fits: three or four of these stay in the cache
SHRINK = 0.1
SETTLED = 10  # steps after which a start gives up if, with all steps left HOPE times as good as the last, it cannot win
HOPE = 10
RIDGE = 1e-13
DECREMENT = 1e-13  # relative decrease promised by Newton's step at which a fit is done


@dataclass
class Batch:
    """B fits under way: theta [B, T] from y and weights, [B, n] or [1, n]."""

    form: Form
    loss: Loss
    y: np.ndarray
    weights: np.ndarray
    theta: np.ndarray
    frozen: np.ndarray | None = None  # [B, T], coefficients that stay as they are
    rivals: np.ndarray | None = None  # [B], the problem of which a fit is one start: only its best end matters

    def rows(self, keep: np.ndarray) -> Batch:
        """The fits `keep` (numbers or a mask)."""
        y, weights = (a if len(a) == 1 else a[keep] for a in (self.y, self.weights))
        frozen, rivals = (None if a is None else a[keep] for a in (self.frozen, self.rivals))
        return Batch(self.form, self.loss, y, weights, self.theta[keep], frozen, rivals)

    def value(self, theta: np.ndarray, width: np.ndarray) -> np.ndarray:
        """Huber loss [B] of `width` [B]."""
        residuals = self.loss.residuals(self.form.values(theta), self.y)
        return (huber(residuals, width[:, None]) * self.weights).sum(axis=1)

    def model(self, width: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Gradient [B, T], exact Hessian [B, T, T], and that of reweighted least squares."""
        law, gradient = self.form.gradient(self.theta)
        residuals = self.loss.residuals(law, self.y)
        size = np.abs(residuals)
        inside = size <= width[:, None]
        pull = np.where(inside, residuals, np.copysign(width[:, None], residuals)) * self.weights
        steep = np.where(inside, 1.0, width[:, None] / np.maximum(size, 1e-300)) * self.weights
        bend = inside * self.weights
        scaled, per_law = gradient, pull
        if self.loss.logarithmic:
            scaled, per_law = gradient / law[:, None], pull / law
            bend = bend if self.form.gauss_newton else bend - pull
        exact = (scaled * bend[:, None]) @ scaled.transpose(0, 2, 1)
        if not self.form.gauss_newton:
            exact += self.form.curvature(self.theta, gradient, per_law)
        reweighted = (scaled * steep[:, None]) @ scaled.transpose(0, 2, 1)
        return (scaled @ pull[..., None])[..., 0], exact, reweighted


def polish(batch: Batch, most: int = MAX_STEPS) -> tuple[np.ndarray, np.ndarray]:
    """Optimised coefficients [B, T] and the Huber loss [B] at them, at the loss's own width."""
    per_chunk = max(1, CHUNK // batch.weights.shape[1])
    theta, value = np.empty_like(batch.theta), np.empty(len(batch.theta))
    for first in range(0, len(theta), per_chunk):
        part = np.arange(first, min(first + per_chunk, len(theta)))
        theta[part], value[part] = _shrink(batch.rows(part), most)
    return theta, value


def explore(batch: Batch, most: int) -> Batch:
    """The `most` best starts of every problem after a few rough steps: hopeless ones cost little."""
    value = _newton(batch, _lowest(_width(batch), batch.rivals), rough=True, most=ROUGH_STEPS)
    kept = []
    for problem in range(batch.rivals.max() + 1):
        rows = np.flatnonzero(batch.rivals == problem)
        kept += _different(batch.theta, rows[np.argsort(value[rows], kind="stable")])[:most]
    return batch.rows(np.array(kept))


def _different(theta: np.ndarray, rows: np.ndarray) -> list[int]:
    """`rows` (best first) with those that have met a better one moved to the end.

    Else starts that fell into one basin fill all places, and a basin that is better but slower to reach is dropped.
    """
    fresh, again = [], []
    for row in rows:
        size = np.maximum(np.abs(theta[fresh]), np.abs(theta[row])) if fresh else None
        met = fresh and (np.abs(theta[fresh] - theta[row]) <= MET * size).all(axis=1).any()
        (again if met else fresh).append(int(row))
    return fresh + again


def _lowest(value: np.ndarray, rivals: np.ndarray) -> np.ndarray:
    """The lowest value [B] among all starts of the same problem."""
    found = np.full(rivals.max() + 1, np.inf)
    np.minimum.at(found, rivals, value)
    return found[rivals]


def _width(batch: Batch) -> np.ndarray:
    """Width [B] of the Huber loss to begin with: the scale of the residuals, or the loss's own."""
    last = batch.loss.width
    if np.isinf(last):
        return np.full(len(batch.theta), last)
    size = np.abs(batch.loss.residuals(batch.form.values(batch.theta), batch.y))
    return np.maximum(last, SHRINK * np.median(np.minimum(size, 1.0), axis=1))


def _shrink(batch: Batch, most: int) -> tuple[np.ndarray, np.ndarray]:
    last = batch.loss.width
    width = _width(batch)
    while True:
        rough = bool((width > last).any())
        value = _newton(batch, width, rough, MAX_STEPS if rough else most)
        if (width <= last).all():
            return batch.theta, value
        width = np.maximum(last, SHRINK * width)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # of starts at the edge, which then lose
def _newton(batch: Batch, width: np.ndarray, rough: bool, most: int) -> np.ndarray:
    """Move `batch.theta` to the optimum for these widths; the loss [B] there."""
    value = batch.value(batch.theta, width)
    damping = np.full(len(value), 1e-2)
    active = np.arange(len(value))
    for done in range(most):
        part = batch if len(active) == len(value) else batch.rows(active)
        step, promised = _step(part, width[active], damping[active])
        trial = np.clip(part.theta + step, part.form.lower, part.form.upper)
        if part.frozen is not None:
            trial = np.where(part.frozen, part.theta, trial)  # also where that is beyond a bound of the search
        new = part.value(trial, width[active])
        better = new < value[active]
        moved = active[better]
        batch.theta[moved], value[moved] = trial[better], new[better]
        damping[active] = np.where(better, damping[active] * 0.1, np.maximum(damping[active], 1e-4) * 10)
        small = promised <= (1e-4 if rough else DECREMENT) * value[active]
        stop = (small & (better | (damping[active] > 1))) | (damping[active] > 1e9)
        if batch.rivals is not None and not rough and done >= SETTLED:
            within_reach = HOPE * (most - done) * promised
            beaten = value[active] - within_reach > _lowest(value, batch.rivals)[active]
            stop |= better & (damping[active] < 0.1) & beaten
        active = active[~stop]
        if not active.size:
            break
    return value


def _step(part: Batch, width: np.ndarray, damping: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Newton's step [B, T], damped and kept off the bounds that hold, and the decrease it promises [B]."""
    slope, exact, reweighted = part.model(width)
    form, theta = part.form, part.theta
    scale = np.sqrt(np.diagonal(reweighted, axis1=1, axis2=2))
    held = ((theta <= form.lower) & (slope >= 0)) | ((theta >= form.upper) & (slope <= 0))
    held |= (form.lower == form.upper) | ~(scale > 0)
    if part.frozen is not None:
        held |= part.frozen
    scale = np.where(held, 1.0, scale)
    matrix = (exact + damping[:, None, None] * reweighted) / (scale[:, :, None] * scale[:, None, :])
    free = ~held[:, :, None] & ~held[:, None, :]
    matrix = np.where(free, matrix, 0.0)
    diagonal = np.arange(theta.shape[1])
    ridge = RIDGE * (1 + damping[:, None])  # relative to the matrix, or rounding leaves it singular
    matrix[:, diagonal, diagonal] += np.where(held, 1.0, ridge)
    down = np.where(held, 0.0, -slope / scale)
    broken = ~(np.isfinite(matrix).all(axis=(1, 2)) & np.isfinite(down).all(axis=1))  # no step, and the fit ends
    matrix[broken], down[broken] = np.eye(theta.shape[1]), 0.0
    step = _solved(matrix, down)
    lowest, highest = (form.lower - theta) * scale, (form.upper - theta) * scale
    across = ~held & ((step < lowest) | (step > highest))
    rows = np.flatnonzero(across.any(axis=1))
    if rows.size:
        jump = np.where(across, np.clip(step, lowest, highest), 0.0)[rows]
        step[rows] = _along_bounds(matrix[rows], down[rows], jump, across[rows])
    uphill = (step * down).sum(axis=1) < 0
    step[uphill] = down[uphill] / (1 + damping[uphill, None])
    return step / scale, np.abs((step * down).sum(axis=1))


def _along_bounds(matrix: np.ndarray, down: np.ndarray, jump: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Newton's step [B, T] if coefficients `across` a bound go to it (by `jump`) and the others make the best of that.

    Without it the others move as if the bound were not there, fail, and a fit that ends at the bound creeps up to it.
    """
    rest = np.where(across, 0.0, down - (matrix @ jump[..., None])[..., 0])
    size = np.arange(across.shape[1])
    reduced = np.where(across[:, :, None] | across[:, None, :], 0.0, matrix)
    reduced[:, size, size] += across
    return np.where(across, jump, _solved(reduced, rest))


def _solved(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solutions [B, T]; a matrix that is singular to the last digit (of a hopeless start) gives no step."""
    try:
        return np.linalg.solve(matrix, right[..., None])[..., 0]
    except np.linalg.LinAlgError:
        singular = np.linalg.matrix_rank(matrix) < matrix.shape[1]
        matrix = np.where(singular[:, None, None], np.eye(matrix.shape[1]), matrix)
        return np.linalg.solve(matrix, np.where(singular[:, None], 0.0, right)[..., None])[..., 0]
