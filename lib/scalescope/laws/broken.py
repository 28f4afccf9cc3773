"""Power laws with breaks: the slope in log-log changes smoothly from one value to the next."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any, ClassVar

import numpy as np

from scalescope.laws.broken_form import BrokenForm
from scalescope.laws.curve import CurveLaw
from scalescope.laws.fit.form import Form
from scalescope.laws.fit.optimum import Optimum
from scalescope.laws.multistart import joint
from scalescope.laws.one_size import OneSize

STEEPEST = 100.0  # largest slope times the range of ln x, as for every power law
FLATTEST = 0.01  # smallest last slope times the range of ln x: one of zero would be part of E
SHARPEST = 0.004  # smallest width of a break, of the range of ln x
STARTS = 8  # of each part of the grid
KEPT = 40  # of all these starts, polished
GRIDS = {1: (6, 6, 6, 3), 2: (3, 4, 3, 2)}  # slopes before and after, places, widths of a break


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

    def origin(self, sizes: np.ndarray) -> np.ndarray:
        """Mean of ln x."""
        return np.log(sizes).mean(axis=0)

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
        given = self._start(origin)
        extra = self._nested(sizes, y, weights, form) + ([] if given is None else [given])
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
        params = dict(zip(self.coefficients, theta.T, strict=True))
        params["b"] = params["b"] * np.exp(params["s_0"] * origin[0])
        for i in range(self.breaks):
            params[f"d_{i + 1}"] = params[f"d_{i + 1}"] * np.exp(origin[0])
        return params

    def centred(self, params: dict[str, Any], origin: np.ndarray) -> np.ndarray:
        """Coefficients [B, T] with x in units of exp(origin)."""
        moved = {name: np.asarray(params[name], dtype=float) for name in self.coefficients}
        moved["b"] = moved["b"] * np.exp(-moved["s_0"] * origin[0])
        for i in range(self.breaks):
            moved[f"d_{i + 1}"] = moved[f"d_{i + 1}"] * np.exp(-origin[0])
        return np.stack([moved[name] for name in self.coefficients], axis=1)


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
