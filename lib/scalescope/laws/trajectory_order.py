"""The published order of the trajectory fit: sizes first, then the critical batch size, then the steps."""

from __future__ import annotations

import numpy as np

from scalescope.laws.fit.form import ExponentialForm
from scalescope.laws.fit.losses import Loss
from scalescope.laws.fit.optimum import optimum

LEVELS = 12  # losses at which the runs of one size are compared
EXPONENTS = np.geomspace(0.02, 3.0, 60)


def published_order(
    sizes: np.ndarray, y: np.ndarray, weights: np.ndarray, loss: Loss, fixed: dict[str, float]
) -> dict[str, float]:
    """The six parameters from points (N, S, B) [n, 3] and losses y [n]; `fixed` may hold N_c and alpha_N.

    Raises ValueError where no size has runs of two batch sizes that reach the same losses.
    """
    used = weights > 0
    sizes, y, weights = sizes[used], y[used], weights[used]
    size_law = fixed if {"N_c", "alpha_N"} <= fixed.keys() else _lowest_losses(sizes, y)
    batch_law = _critical_batch(sizes, y)
    critical = batch_law["B_star"] * y ** (-1 / batch_law["alpha_B"])
    fewest = sizes[:, 1] / (1 + critical / sizes[:, 2])
    return {**size_law, **_steps(sizes[:, 0], fewest, y, weights, loss, size_law), **batch_law}


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    slope, intercept = np.polyfit(x - x.mean(), y, 1)
    return float(slope), float(intercept - slope * x.mean())


def _lowest_losses(sizes: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """N_c, alpha_N from the lowest loss of each size: right as far as the runs have converged (Su 2024, step 1)."""
    counts = np.unique(sizes[:, 0])
    if len(counts) < 2:
        raise ValueError(f"the published order needs at least 2 sizes in parameters; got {len(counts)}")
    lowest = np.array([y[sizes[:, 0] == n].min() for n in counts])
    slope, intercept = _line(np.log(counts), np.log(lowest))
    if slope >= 0:
        raise ValueError("the lowest loss does not fall with parameters, so N_c and alpha_N are not determined")
    return {"N_c": float(np.exp(-intercept / slope)), "alpha_N": -slope}


def _critical_batch(sizes: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """B_star, alpha_B from (S / S_min - 1) (E / E_min - 1) = 1 at each loss, E = B S (Kaplan 2020, eq. 5.1)."""
    found = []
    for n in np.unique(sizes[:, 0]):
        curves = [(b, *_curve(sizes, y, n, b)) for b in np.unique(sizes[sizes[:, 0] == n, 2])]
        curves = [curve for curve in curves if len(curve[1]) > 1]
        if len(curves) < 2:
            continue
        top, bottom = min(c[2].max() for c in curves), max(c[2].min() for c in curves)
        for level in np.geomspace(top, bottom, LEVELS) if top > bottom else []:
            critical = _hyperbola(curves, float(level))
            if critical is not None:
                found.append((float(level), critical))
    if len(found) < 2:
        raise ValueError("the published order needs runs of at least 2 batch sizes that reach the same losses")
    levels, critical = np.log(np.array(found)).T
    slope, intercept = _line(levels, critical)
    return {"B_star": float(np.exp(intercept)), "alpha_B": float(1 / max(-slope, 1e-3))}


def _curve(sizes: np.ndarray, y: np.ndarray, n: float, batch: float) -> tuple[np.ndarray, np.ndarray]:
    """ln steps and the loss of a run (the mean over its seeds), made to fall by a running minimum."""
    rows = (sizes[:, 0] == n) & (sizes[:, 2] == batch)
    steps, which = np.unique(sizes[rows, 1], return_inverse=True)
    mean = np.bincount(which, y[rows]) / np.bincount(which)
    lowest = np.minimum.accumulate(mean)
    new = np.append(True, np.diff(lowest) < 0)
    return np.log(steps[new]), lowest[new]


def _hyperbola(curves: list[tuple], level: float) -> float | None:
    """B_crit at one loss: steps are S_min + E_min / B, a line in 1 / B, by least squares of relative errors."""
    inverse = np.array([1 / b for b, _, _ in curves])
    steps = np.exp([np.interp(np.log(level), np.log(loss[::-1]), at[::-1]) for _, at, loss in curves])
    design = np.stack([1 / steps, inverse / steps], axis=1)
    scale = np.linalg.norm(design, axis=0)
    fewest, examples = np.linalg.lstsq(design / scale, np.ones(len(steps)), rcond=None)[0] / scale
    return float(examples / fewest) if fewest > 0 and examples > 0 else None


def _steps(n, fewest, y, weights, loss: Loss, size_law: dict[str, float]) -> dict[str, float]:
    """S_c, alpha_S of L - (N_c / N)^alpha_N = (S_c / S_min)^alpha_S, the first term kept as it is."""
    middle = np.log(fewest).mean()
    slopes = [{0: np.log(n / size_law["N_c"])}, {1: np.log(fewest) - middle}]
    form = ExponentialForm(slopes, len(y), [(0.0, 10.0), (1e-3, 10.0)])
    for at, value in ((0, 1.0), (2, size_law["alpha_N"])):
        form.lower[at] = form.upper[at] = value
    best = optimum(form, loss, [np.array([size_law["alpha_N"]]), EXPONENTS], y, weights).theta
    return {"S_c": float(np.exp(middle + np.log(max(best[1], 1e-300)) / best[3])), "alpha_S": float(best[3])}
