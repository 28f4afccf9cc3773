"""Power laws with breaks: the slope in log-log changes smoothly from one value to the next."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any, ClassVar

import numpy as np

from scalescope.laws.curve import CurveLaw
from scalescope.laws.fit.form import Form
from scalescope.laws.fit.optimum import Optimum, joint
from scalescope.laws.settings import OneSize

STEEPEST = 100.0  # largest slope times the range of ln x, as for every power law
FLATTEST = 0.01  # smallest last slope times the range of ln x: one of zero would be part of E
SHARPEST = 0.004  # smallest width of a break, of the range of ln x
STARTS = 8  # of each part of the grid
KEPT = 40  # of all these starts, polished
GRIDS = {1: (6, 6, 6, 3), 2: (3, 4, 3, 2)}  # slopes before and after, places, widths of a break
TINY = 1e-300


class BrokenForm(Form):
    """law = E + b x^-s_0 prod_i (1 + (x / d_i)^(1 / f_i))^-((s_i - s_{i-1}) f_i), u = ln x [n].

    Linear coefficients (E, b); shapes (s_0, then s_i, d_i, f_i of each break). The slope of ln(law - E) is -s_0 far
    below d_1 and -s_i beyond d_i.
    """

    def __init__(self, u: np.ndarray, shape_bounds: list[tuple[float, float]]):
        super().__init__(u, shape_bounds)
        self.breaks = (len(shape_bounds) - 1) // 3

    def factor(self, shapes: np.ndarray) -> np.ndarray:
        """The broken power [B, n]."""
        return np.exp(self._logarithm(shapes)[0])

    def gradient(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The law [B, n] and its derivatives [B, T, n]."""
        logarithm, partial = self._logarithm(theta[:, 2:], with_gradient=True)
        power = np.exp(logarithm)
        gradient = np.ones((*theta.shape, len(self.u)))
        gradient[:, 1] = power
        falling = theta[:, 1:2] * power
        gradient[:, 2:] = partial * falling[:, None]
        return theta[:, :1] + falling, gradient

    def _logarithm(self, shapes: np.ndarray, with_gradient: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """ln of the broken power [B, n] and, if asked for, its derivatives by the shapes [B, T - 2, n]."""
        slope = shapes[:, :1]
        total = -slope * self.u
        partial = np.zeros((*shapes.shape, len(self.u)) if with_gradient else 0)
        if with_gradient:
            partial[:, 0] = -self.u
        before, at = 0, slope
        for first in range(1, shapes.shape[1], 3):
            after, place, width = (shapes[:, first + i, None] for i in range(3))
            z = (self.u - np.log(place)) / width
            soft = np.logaddexp(0.0, z)  # ln(1 + (x / d)^(1 / f))
            total = total - (after - at) * width * soft
            if with_gradient:
                share = np.exp(z - soft)
                partial[:, before] += width * soft
                partial[:, first] -= width * soft
                partial[:, first + 1] = (after - at) * share / place
                partial[:, first + 2] = -(after - at) * (soft - z * share)
            before, at = first, after
        return total, partial

    def curvature(self, theta: np.ndarray, gradient: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Second derivatives [B, T, T] summed over points with `weights` [B, n]."""
        falling = gradient[:, 1] * theta[:, 1:2]
        weighted = falling * weights
        partial = gradient[:, 2:] / np.maximum(falling, TINY)[:, None]  # of the logarithm
        found = np.zeros((len(theta), theta.shape[1], theta.shape[1]))
        found[:, 2:, 2:] = (partial * weighted[:, None]) @ partial.transpose(0, 2, 1)
        found[:, 1, 2:] = found[:, 2:, 1] = (partial @ (gradient[:, 1] * weights)[..., None])[..., 0]
        before = 2
        for first in range(3, theta.shape[1], 3):
            self._add_break(found, theta, weighted, before, first)
            before = first
        return found

    def _add_break(self, found: np.ndarray, theta: np.ndarray, weighted: np.ndarray, before: int, first: int) -> None:
        """Add the second derivatives of the logarithm by one break; the slope before it is coefficient `before`."""
        rise = theta[:, first] - theta[:, before]
        place, width = theta[:, first + 1, None], theta[:, first + 2, None]
        z = (self.u - np.log(place)) / width
        soft = np.logaddexp(0.0, z)
        share = np.exp(z - soft)
        bend = share * (1 - share)

        def total(values: np.ndarray) -> np.ndarray:
            return (values * weighted).sum(axis=1)

        by_place, by_width = total(share / place), total(z * share - soft)
        at_place, at_width = first + 1, first + 2
        for i, j, value in (
            (at_place, at_place, -rise * total((share + bend / width) / place**2)),
            (at_place, at_width, -rise * total(bend * z / (width * place))),
            (at_width, at_width, -rise * total(bend * z**2 / width)),
            (first, at_place, by_place),
            (before, at_place, -by_place),
            (first, at_width, by_width),
            (before, at_width, -by_width),
        ):
            found[:, i, j] += value
            if i != j:
                found[:, j, i] += value


class BrokenLaw(OneSize, CurveLaw):
    """y = E + b x^-s_0 (1 + (x / d_1)^(1 / f_1))^-((s_1 - s_0) f_1): a power law with one smooth break.

    x is one size (`size` names it), y a loss or an error. At x = d_i the slope of ln(y - E) against ln x goes from
    -s_{i-1} to -s_i, within a factor exp(f_i) of x each way. In the paper's symbols a = E, c_0 = s_0 and
    c_i = s_i - s_{i-1}. Slopes are not negative here: the law falls, and double descent is outside it. Breaks lie
    within the fitted sizes, since nothing tells of others. Default loss: log_squares. Source: Caballero 2023, eq. 1.
    """

    breaks: ClassVar[int] = 1
    inputs: ClassVar[tuple[str, ...]] = ("parameters",)
    parameters: ClassVar[tuple[str, ...]] = ("E", "b", "s_0", "s_1", "d_1", "f_1")
    coefficients: ClassVar[tuple[str, ...]] = parameters
    default_interval: ClassVar[str] = "bootstrap"
    form_has_targets: ClassVar[bool] = True  # so that `fit_each` uses the search below, one fit at a time
    equation: ClassVar[str] = "y = E + b x^-s_0 (1 + (x / d_1)^(1 / f_1))^-((s_1 - s_0) f_1)"
    source: ClassVar[str] = "Caballero 2023, eq. 1"

    def form(self, sizes: np.ndarray, origin: np.ndarray) -> BrokenForm:
        """The law with x in units of exp(origin)."""
        u = np.log(sizes[:, 0]) - origin[0]
        span = float(np.ptp(u)) or 1.0
        place = (float(np.exp(u.min())), float(np.exp(u.max())))
        slope, last = (0.0, STEEPEST / span), (FLATTEST / span, STEEPEST / span)
        bounds = [slope]
        for i in range(self.breaks):
            bounds += [last if i == self.breaks - 1 else slope, place, (SHARPEST * span, span)]
        return BrokenForm(u, bounds)

    def axes(self, form: BrokenForm, sizes: np.ndarray) -> list[np.ndarray]:
        """Slopes from none to a step, breaks in order over the data, widths from sharp to half of the range."""
        span = float(np.ptp(form.u)) or 1.0
        before, after, places, widths = GRIDS[form.breaks]
        shares = np.linspace(0, 1, form.breaks + 1)
        width = np.geomspace(0.03, 0.3, widths) * span
        found = [np.array([0.0, *np.geomspace(0.1, 8.0, before - 1)]) / span]
        for i, (low, high) in enumerate(pairwise(shares)):
            last = i == form.breaks - 1
            slopes = np.geomspace(0.1, 15.0, after) if last else np.array([0.0, *np.geomspace(0.2, 8.0, after - 1)])
            inside = (np.arange(places) + 0.5) / places * (high - low) + low
            found += [slopes / span, np.exp(form.u.min() + inside * span), width]
        return found

    def search(self, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[Form, np.ndarray, Optimum]:
        """The best optimum found for y and weights [n], never above that of the law with one break fewer.

        With two breaks the law with one joins the starts, a second break of no effect added at each of three places.
        """
        form, origin, axes = self._problem(sizes, y)
        extra = self._nested(sizes, y, weights, form) + self._starts(origin)
        return form, origin, joint(form, self.given_loss(), _by_place(axes), y, weights, extra, STARTS, KEPT)

    def _nested(self, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray, form: BrokenForm) -> list[np.ndarray]:
        """Coefficients [T] of the law with one break fewer, as this law tells it."""
        if self.breaks == 1 or self._fixed() or self.given_bounds():
            return []
        simpler = BrokenLaw(**self.get_params() | {"start": None, "n_boot": 0})
        theta = simpler.search(sizes, y, weights)[2].theta
        span = float(np.ptp(form.u)) or 1.0
        found = []
        for share in (0.2, 0.5, 0.8):
            slope, place, width = theta[2], float(np.exp(form.u.min() + share * span)), 0.1 * span
            if place > theta[4]:  # beyond the break that there is: its slope is the one that goes on
                found.append([*theta, theta[3], place, width])
            else:
                found.append([*theta[:3], slope, place, width, *theta[3:]])
        return [np.clip(start, form.lower, form.upper) for start in np.array(found)]

    def natural(self, theta: np.ndarray, origin: np.ndarray) -> dict[str, np.ndarray]:
        """Parameters [B] with x in its own unit."""
        return self._moved(super().natural(theta, origin), origin[0])

    def centred(self, params: dict[str, Any], origin: np.ndarray) -> np.ndarray:
        """Coefficients [B, T] with x in units of exp(origin)."""
        return super().centred(self._moved(params, -origin[0]), origin)

    def _moved(self, params: dict[str, Any], by: float) -> dict[str, Any]:
        """The parameters with x in a unit that is smaller by exp(by)."""
        places = {f"d_{i + 1}": params[f"d_{i + 1}"] * np.exp(by) for i in range(self.breaks)}
        return {**params, "b": params["b"] * np.exp(params["s_0"] * by), **places}


class TwiceBrokenLaw(BrokenLaw):
    """y = E + b x^-s_0 prod_i (1 + (x / d_i)^(1 / f_i))^-((s_i - s_{i-1}) f_i), i = 1, 2: two smooth breaks.

    Symbols, restrictions and default loss are those of `BrokenLaw`. Nine parameters: fewer than about twenty sizes
    hardly determine them. Source: Caballero 2023, eq. 1.
    """

    breaks: ClassVar[int] = 2
    parameters: ClassVar[tuple[str, ...]] = ("E", "b", "s_0", "s_1", "d_1", "f_1", "s_2", "d_2", "f_2")
    coefficients: ClassVar[tuple[str, ...]] = parameters
    equation: ClassVar[str] = BrokenLaw.equation + " (1 + (x / d_2)^(1 / f_2))^-((s_2 - s_1) f_2)"


def _by_place(axes: list[np.ndarray]) -> list[list[np.ndarray]]:
    """The grid as one part per place of the breaks: each gets its own starts, since each may hold its own optimum."""
    places = range(2, len(axes), 3)
    parts = []
    for chosen in product(*(axes[at] for at in places)):
        part = list(axes)
        for at, place in zip(places, chosen, strict=True):
            part[at] = np.array([place])
        parts.append(part)
    return parts
