"""Lack of fit: what the residuals of a law still show of its inputs, points far off, and a law that breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import f as fisher
from scipy.stats import t as student

LEVEL = 0.01  # of each kind of test, shared out among inputs and points
LEFT = 3  # degrees of freedom that a test must leave
SIDE = 3  # distinct sizes on each side of a break
NOTHING = 1e-9  # residuals (of ln y, or as a share of y) below which a fit is exact
SUSPECTED = 3.0  # deviations
SHOWN = 3  # outliers named one by one
FOUND = "lack of fit: "  # before every message
NONE_FOUND = "none found at 1 % (bend and break along each input, outliers)"


@dataclass(frozen=True)
class Outlier:
    """A row of what was fitted (of its groups, where there are some: the number of the group), and how far off it is.

    deviations: of the rows that are not suspected.
    """

    at: int
    deviations: float


@dataclass(frozen=True)
class Lack:
    """What a fit leaves unexplained. bends: one message per input; tested: False where too few points are left."""

    bends: tuple[str, ...] = ()
    outliers: tuple[Outlier, ...] = ()
    grouped: bool = False
    tested: bool = True

    def at(self, places: np.ndarray) -> Lack:
        """The same with outliers at `places` [n] of a longer table, of which the rows that were fitted are a part."""
        return replace(self, outliers=tuple(replace(one, at=int(places[one.at])) for one in self.outliers))

    def messages(self, names: Sequence[str] | None = None) -> list[str]:
        """One message per fault; outliers by `names` of the rows (or groups), else by their number."""
        found = list(self.bends)
        if self.outliers:
            kind = "run" if names is not None else "group" if self.grouped else "entry"
            shown = ", ".join(
                f"{one.at if names is None else names[one.at]} ({one.deviations:.1f} deviations)"
                for one in self.outliers[:SHOWN]
            )
            more = f" and {len(self.outliers) - SHOWN} more" if len(self.outliers) > SHOWN else ""
            found.append(f"outlying {kind} {shown}{more}")
        return [FOUND + text for text in found]

    def text(self, names: Sequence[str] | None = None) -> str:
        """The same in one line; says so where nothing was found, and where nothing could be."""
        if not self.tested:
            return f"not tested: fewer than {LEFT} degrees of freedom are left"
        return "; ".join(message.removeprefix(FOUND) for message in self.messages(names)) or NONE_FOUND


def lack_of_fit(
    residuals: np.ndarray, gradient: np.ndarray, inputs: np.ndarray, names: Sequence[str], group: np.ndarray | None
) -> Lack:
    """What is significant at 1 % of each kind of test.

    residuals [n]: law - data, of ln y or of y, each times the root of its weight. gradient [P, n]: what the parameters
    can change in them, to first order. inputs [n, k]: sizes, of which logarithms count. With groups [n] (numbers from
    0) the means of groups are judged, since runs of one group share more than their size. A trend is an F test of the
    square of ln(input) added to the law, a break one of a hinge at the best of its sizes, corrected for how many were
    tried; outliers are judged by the median of the absolute residuals.
    """
    if group is not None:
        residuals, gradient, inputs = _means(group, residuals, gradient, inputs)
    free = len(residuals) - len(gradient)
    if free < LEFT:
        return Lack(grouped=group is not None, tested=False)
    if np.abs(residuals).max(initial=0.0) < NOTHING:
        return Lack(grouped=group is not None)
    basis = _basis(gradient.T)
    found = []
    for name, x in zip(names, np.log(inputs).T, strict=True):
        found += _bend(residuals, basis, x, name, LEVEL / len(names))
    return Lack(tuple(found), tuple(_outliers(residuals, free)), grouped=group is not None)


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
            f"the law seems to break near {name} = {np.exp(best[3]):.3g} "
            f"(p = {best[0] * len(hinges):.1g}, {len(hinges)} places tried)"
        ]
    if curve < level:
        where = "too low in the middle and too high at the ends" if coefficient > 0 else "too high in the middle"
        return [f"residuals bend with {name}, the law is {where} (p = {curve:.1g})"]
    return []


def _outliers(residuals: np.ndarray, free: int) -> list[Outlier]:
    """Points beyond Student's quantile, shared out among points, of the scatter of those that are not suspected.

    Suspected are those far off by the median of the residuals: it is not inflated by the outliers themselves, but too
    uncertain to judge by. The farthest off comes first.
    """
    # a narrow loss goes through as many points as it has parameters: these residuals say nothing
    size = np.sort(np.abs(residuals))[len(residuals) - free :]
    suspected = np.abs(residuals) > SUSPECTED * float(np.median(size)) / 0.6745
    left = free - int(suspected.sum())
    if left < LEFT or not suspected.any():
        return []
    scale = np.sqrt((residuals[~suspected] ** 2).sum() / left)
    far = np.flatnonzero(np.abs(residuals) > student.isf(LEVEL / (2 * len(residuals)), left) * scale)
    far = far[np.argsort(-np.abs(residuals[far]))]
    return [Outlier(int(at), float(np.abs(residuals[at]) / scale)) for at in far]
