"""Lack of fit: what the residuals of a law still show of its inputs, points far off, and a law that breaks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import f as fisher
from scipy.stats import t as student

LEVEL = 0.01  # of each kind of test, shared out among inputs and points
LEFT = 3  # degrees of freedom that a test must leave
SIDE = 3  # distinct sizes on each side of a break
NOTHING = 1e-9  # residuals (of ln y, or as a share of y) below which a fit is exact
SUSPECTED = 3.0  # deviations
SHOWN = 3  # outliers named one by one


def lack_of_fit(
    residuals: np.ndarray,
    gradient: np.ndarray,
    inputs: np.ndarray,
    names: Sequence[str],
    group: np.ndarray | None = None,
) -> list[str]:
    """One message per fault found; empty if none is significant at 1 %.

    residuals [n]: law - data, of ln y or of y, each times the root of its weight. gradient [P, n]: what the parameters
    can change in them, to first order. inputs [n, k]: sizes, of which logarithms count. With groups [n] (numbers from
    0) the means of groups are judged, since runs of one group share more than their size. A trend is an F test of the
    square of ln(input) added to the law, a break one of a hinge at the best of its sizes, corrected for how many were
    tried; outliers are judged by the median of the absolute residuals.
    """
    if group is not None:
        residuals, gradient, inputs = _means(group, residuals, gradient, inputs)
    free = len(residuals) - len(gradient)
    if free < LEFT or np.abs(residuals).max(initial=0.0) < NOTHING:
        return []
    basis = _basis(gradient.T)
    found = []
    for name, x in zip(names, np.log(inputs).T, strict=True):
        found += _bend(residuals, basis, x, name, LEVEL / len(names))
    return found + _outliers(residuals, free, grouped=group is not None)


def _means(group, residuals, gradient, inputs):
    number = np.unique(group, return_inverse=True)[1].reshape(-1)
    to_mean = (number == np.arange(number.max() + 1)[:, None]) / np.bincount(number)[:, None]
    return to_mean @ residuals, gradient @ to_mean.T, np.exp(to_mean @ np.log(inputs))


def _basis(columns: np.ndarray) -> np.ndarray:
    """Orthonormal basis [n, r] of what the parameters can do."""
    scale = np.linalg.norm(columns, axis=0)
    u, s, _ = np.linalg.svd(columns[:, scale > 0] / scale[scale > 0], full_matrices=False)
    return u[:, s > 1e-7 * s.max(initial=1.0)]


def _gain(residuals: np.ndarray, basis: np.ndarray, column: np.ndarray) -> tuple[float, float, float]:
    """p value of one more column, its coefficient, and the share of the squares that it removes."""
    rest = column - basis @ (basis.T @ column)
    left = residuals - basis @ (basis.T @ residuals)
    norm = rest @ rest
    free = len(residuals) - basis.shape[1] - 1
    if free < LEFT - 1 or norm <= 1e-10 * max(column @ column, 1e-300):
        return 1.0, 0.0, 0.0
    coefficient = float(rest @ left / norm)
    removed, total = coefficient**2 * norm, left @ left
    if total <= 0:
        return 1.0, 0.0, 0.0
    return float(fisher.sf(removed / max((total - removed) / free, 1e-300), 1, free)), coefficient, removed / total


def _bend(residuals: np.ndarray, basis: np.ndarray, x: np.ndarray, name: str, level: float) -> list[str]:
    """At most one message of an input: a break if it explains more than a bend does, else the bend."""
    if np.ptp(x) == 0:
        return []
    u = (x - x.mean()) / np.ptp(x)
    curve, coefficient, bent = _gain(residuals, basis, u**2)
    sizes = np.unique(x)
    # the last sizes that leave enough on both sides
    places = sizes[SIDE - 1 : len(sizes) - SIDE + 1] if len(sizes) >= 2 * SIDE else []
    hinges = [(*_gain(residuals, basis, np.maximum(x - at, 0.0)), at) for at in places]
    best = max(hinges, key=lambda hinge: hinge[2], default=(1.0, 0.0, 0.0, 0.0))
    if best[0] * len(hinges) < level and best[2] > bent:
        return [
            f"lack of fit: the law seems to break near {name} = {np.exp(best[3]):.3g} "
            f"(p = {best[0] * len(hinges):.1g}, {len(hinges)} places tried)"
        ]
    if curve < level:
        where = "too low in the middle and too high at the ends" if coefficient > 0 else "too high in the middle"
        return [f"lack of fit: residuals bend with {name}, the law is {where} (p = {curve:.1g})"]
    return []


def _outliers(residuals: np.ndarray, free: int, grouped: bool) -> list[str]:
    """Points beyond Student's quantile, shared out among points, of the scatter of those that are not suspected.

    Suspected are those far off by the median of the residuals: it is not inflated by the outliers themselves, but too
    uncertain to judge by.
    """
    # a narrow loss goes through as many points as it has parameters: these residuals say nothing
    size = np.sort(np.abs(residuals))[len(residuals) - free :]
    suspected = np.abs(residuals) > SUSPECTED * float(np.median(size)) / 0.6745
    left = free - int(suspected.sum())
    if left < LEFT or not suspected.any():
        return []
    scale = np.sqrt((residuals[~suspected] ** 2).sum() / left)
    far = np.flatnonzero(np.abs(residuals) > student.isf(LEVEL / (2 * len(residuals)), left) * scale)
    if not far.size:
        return []
    far = far[np.argsort(-np.abs(residuals[far]))]
    shown = ", ".join(f"{at} ({np.abs(residuals[at]) / scale:.1f} deviations)" for at in far[:SHOWN])
    more = f" and {len(far) - SHOWN} more" if len(far) > SHOWN else ""
    return [f"lack of fit: outlying {'group' if grouped else 'entry'} {shown}{more}"]
