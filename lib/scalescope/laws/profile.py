"""Profile likelihood: how far one parameter can go, the others refitted, before the data object."""

from __future__ import annotations

import numpy as np
from scipy.stats import t as student

from scalescope.laws.diagnostics import Sensitivity, sensitivity
from scalescope.laws.fit.polish import Batch, polish
from scalescope.laws.interface import Curve

STEPS = 12
NEAR = 1e-3  # relative distance from the threshold at which an end is found
FARTHEST = 25.0  # logarithm of the factor beyond which a parameter counts as unbounded


def profile_intervals(
    law: Curve, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray
) -> dict[str, tuple[float, float]]:
    """Interval (low, high), 95 %, of each free parameter; 0 or infinity where the loss never rises enough.

    An end is where twice the rise of the loss, in units of its noise, equals the squared quantile of Student's t with
    n - P degrees of freedom (for squares this is the F test). All ends are sought at once.
    """
    found = sensitivity(law, sizes, y, weights)
    if not found.names:
        return {}
    if not np.isfinite(found.noise):
        raise ValueError(f"a profile needs more points than the {len(found.names)} free parameters; got as many")
    goal = float(student.ppf(0.975, found.free))
    form, best, unit = law.profiled(sizes)
    slots = np.array([law.slot(name) for name in found.names])
    batch = Batch(law.limited(form), law.given_loss(), y[None], weights[None], best[None])
    ends = _ends(batch, slots, unit[slots], found, goal, law.optimum_.value)
    given = law.given_bounds()
    return {
        name: tuple(float(end) for end in np.clip((low, high), *given.get(name, (0.0, np.inf))))
        for name, low, high in zip(found.names, *ends, strict=True)
    }


def _ends(
    batch: Batch, slots: np.ndarray, unit: np.ndarray, found: Sensitivity, goal: float, lowest: float
) -> tuple[np.ndarray, np.ndarray]:
    """Low and high ends [P], each by a bracketed search for the distance (in standard errors) at the threshold.

    `unit` [P]: NaN where a coefficient is the parameter itself, else it is the logarithm of parameter / exp(unit).
    """
    count = len(slots)
    side = np.repeat([-1.0, 1.0], count)
    at, rows = np.tile(slots, 2), np.arange(2 * count)
    start = batch.theta[0][at]
    errors = np.tile(np.clip(found.errors, 1e-9, 10.0), 2)
    frozen = rows[:, None] * 0 + np.arange(batch.theta.shape[1]) == at[:, None]
    theta = np.repeat(batch.theta, 2 * count, axis=0)
    inner, outer = np.zeros(2 * count), np.full(2 * count, np.inf)
    height_in, height_out = np.zeros(2 * count), np.full(2 * count, np.inf)
    distance, logs = np.full(2 * count, goal), np.tile(np.isfinite(unit), 2)
    for _ in range(STEPS):
        theta[rows, at] = _value(start, np.tile(found.scale, 2), side, errors, distance, logs)
        theta, value = polish(Batch(batch.form, batch.loss, batch.y, batch.weights, theta, frozen))
        height = np.sqrt(np.maximum(2 * found.noise * (value - lowest), 0.0))
        below = height < goal
        inner, height_in = np.where(below, distance, inner), np.where(below, height, height_in)
        outer, height_out = np.where(below, outer, distance), np.where(below, height_out, height)
        if (np.abs(height - goal) < NEAR * goal).all():
            break
        enclosed = np.isfinite(outer)
        share = np.clip((goal - height_in) / np.where(enclosed, height_out - height_in, 1.0), 0.05, 0.95)
        beyond = distance * np.clip(goal / np.maximum(height, 1e-3), 1.1, 4.0)
        distance = np.where(enclosed, inner + np.where(enclosed, outer - inner, 0.0) * share, beyond)
    value = theta[rows, at]
    value[logs] = np.exp(value[logs] + np.tile(unit, 2)[logs])
    never = np.isinf(outer) & (height < goal * (1 - NEAR))
    value = np.where(never, np.where(side < 0, 0.0, np.inf), value)
    value = np.where((side < 0) & (start == 0) & ~logs, 0.0, value)
    return value[:count], value[count:]


def _value(start, scale, side, errors, distance, logs) -> np.ndarray:
    """A coefficient `distance` standard errors away: by factors if its parameter is above zero, else in its unit."""
    moved = np.clip(side * errors * distance, -FARTHEST, FARTHEST)
    plain = np.where(start > 0, start * np.exp(moved), np.where(side > 0, scale * errors * distance, 0.0))
    return np.where(logs, start + moved, plain)
