"""Compute-optimal sizes without a law of the loss: approaches 1 and 2 of Hoffmann 2022; the direct fit is approach 3.

Both first find the best size at some budgets and then fit a power law through these, N ~ C^a. Both are biased where the
loss is not symmetric about its minimum (in ln N), where the sizes tried are not centred on it, and where noise picks
the minimum; `experiment.isoflop` shows by how much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scalescope.laws.inputs import numbers, positive, whole

FEWEST = 3  # sizes that a parabola needs
BUDGETS = 1500  # at which approach 1 looks for the best run, as the paper does
MOST_BUDGETS = 1_000_000  # more fit no memory


@dataclass(frozen=True)
class Optima:
    """Best sizes found: budgets, parameters and tokens [k], and labels of budgets that gave no minimum, with why."""

    flops: np.ndarray
    parameters: np.ndarray
    tokens: np.ndarray
    left_out: dict[float, str]

    def frontier(self) -> Frontier:
        """The power laws through the optima, by least squares in logarithms; ValueError for fewer than two budgets."""
        if len(np.unique(self.flops)) < 2:
            why = "; ".join(f"{budget:.3g}: {reason}" for budget, reason in self.left_out.items())
            raise ValueError(f"a frontier needs optima at two budgets or more; got {len(self.flops)}. {why}".rstrip())
        x = np.log(self.flops)
        (a, g), (b, h) = (np.polyfit(x, np.log(size), 1) for size in (self.parameters, self.tokens))
        return Frontier(float(a), float(g), float(b), float(h), len(self.flops))


@dataclass(frozen=True)
class Frontier:
    """ln N = a ln C + log_n and ln D = b ln C + log_d, through `budgets` optima."""

    a: float
    log_n: float
    b: float
    log_d: float
    budgets: int

    def parameters(self, flops: Any) -> np.ndarray:
        """Compute-optimal parameters [n] at budgets [n] of FLOPs."""
        return np.exp(self.log_n + self.a * np.log(positive(numbers(flops, "flops"), "flops")))

    def tokens(self, flops: Any) -> np.ndarray:
        """Compute-optimal tokens [n] at budgets [n] of FLOPs."""
        return np.exp(self.log_d + self.b * np.log(positive(numbers(flops, "flops"), "flops")))


def approach_1(flops: Any, parameters: Any, tokens: Any, loss: Any, budgets: int = BUDGETS) -> Optima:
    """The size of the run with the lowest loss at each of many budgets; points [n] of one size are one loss curve.

    Losses are interpolated along each curve (ln L in ln C). Budgets lie evenly in ln C where at least two sizes have
    loss curves; a best size is the smallest or largest tried where nothing better was. Raises ValueError for values
    that are not above zero, and for fewer than two curves. Source: Hoffmann 2022, section 3.1.
    """
    flops, parameters, tokens, loss = _columns(flops, parameters, tokens, loss)
    sizes = np.unique(parameters)
    curves = [_curve(flops, loss, parameters == size) for size in sizes]
    if len(sizes) < 2:
        raise ValueError(f"approach 1 needs the loss curves of two sizes or more; got {len(sizes)}")
    ends = np.sort([ends for x, _ in curves for ends in (x[0], x[-1])])
    at = np.linspace(ends[0], ends[-1], whole(budgets, "budgets", most=MOST_BUDGETS))
    height = np.array([np.interp(at, x, y, left=np.inf, right=np.inf) for x, y in curves])
    known = np.isfinite(height).sum(axis=0) >= 2
    best = sizes[height[:, known].argmin(axis=0)]
    spent = np.exp(at[known])
    per_token = np.array([(flops / tokens)[parameters == size].mean() for size in sizes])
    return Optima(spent, best, spent / per_token[np.searchsorted(sizes, best)], {})


def lower_hull(flops: Any, parameters: Any, tokens: Any, loss: Any) -> Optima:
    """Approach 1 as McLeish 2025 and others do it: the runs on the lower convex hull of ln L against ln C.

    Of runs on the hull those stay whose loss is below that of the one before. Raises ValueError as `approach_1`.
    """
    flops, parameters, tokens, loss = _columns(flops, parameters, tokens, loss)
    order = np.lexsort((loss, flops))
    x, y = np.log(flops[order]), np.log(loss[order])
    hull: list[int] = []
    for i in range(len(x)):
        while len(hull) > 1 and _turn(x, y, hull[-2], hull[-1], i) <= 0:
            hull.pop()
        if not hull or x[i] > x[hull[-1]]:
            hull.append(i)
    falling = [i for place, i in enumerate(hull) if place == 0 or y[i] < y[hull[place - 1]]]
    chosen = order[falling]
    return Optima(flops[chosen], parameters[chosen], tokens[chosen], {})


def approach_2(budget: Any, parameters: Any, tokens: Any, loss: Any) -> Optima:
    """The minimum of a parabola through L against ln N at each budget (IsoFLOP profile); `budget` [n] labels points.

    A budget is left out, and told in `left_out`, with fewer than three sizes, a parabola that opens downwards, or a
    minimum outside the sizes tried. Tokens follow from what the points of the budget spend per parameter and token.
    Raises ValueError for values that are not above zero. Source: Hoffmann 2022, section 3.2.
    """
    budget, parameters, tokens, loss = _columns(budget, parameters, tokens, loss)
    found, left_out = [], {}
    for label in np.unique(budget):
        here = budget == label
        u = np.log(parameters[here])
        if len(np.unique(u)) < FEWEST:
            left_out[float(label)] = f"{len(np.unique(u))} sizes, a parabola needs {FEWEST}"
            continue
        bend, slope, _ = np.polyfit(u - u.mean(), loss[here], 2)
        best = u.mean() - slope / (2 * bend) if bend else np.nan
        if bend <= 0:
            left_out[float(label)] = "the parabola opens downwards"
        elif not u.min() <= best <= u.max():
            left_out[float(label)] = "its minimum lies outside the sizes tried"
        else:
            spent = np.exp(np.log(parameters[here] * tokens[here]).mean())
            found.append((label, np.exp(best), spent / np.exp(best)))
    rows = np.array(found).reshape(-1, 3).T
    return Optima(*rows, left_out)


def _columns(flops: Any, parameters: Any, tokens: Any, loss: Any) -> list[np.ndarray]:
    given = {"flops": flops, "parameters": parameters, "tokens": tokens, "loss": loss}
    made = [positive(numbers(value, name).reshape(-1), name) for name, value in given.items()]
    lengths = {name: len(value) for name, value in zip(given, made, strict=True)}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"columns differ in length: {', '.join(f'{k} {v}' for k, v in lengths.items())}")
    return made


def _curve(flops: np.ndarray, loss: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ln C, rising, and ln L of the points of one size."""
    order = np.argsort(flops[chosen], kind="stable")
    return np.log(flops[chosen][order]), np.log(loss[chosen][order])


def _turn(x: np.ndarray, y: np.ndarray, i: int, j: int, k: int) -> float:
    """Above zero where the way from i over j to k turns left, so that j belongs to the lower hull."""
    return (x[j] - x[i]) * (y[k] - y[i]) - (y[j] - y[i]) * (x[k] - x[i])
