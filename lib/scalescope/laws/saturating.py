"""A power law between two levels: chance at little data, an irreducible error at much."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from scalescope.laws.curve import CurveLaw
from scalescope.laws.fit.form import Form
from scalescope.laws.fit.optimum import Optimum, joint
from scalescope.laws.settings import OneSize

SLOWEST, STEEPEST = 0.01, 100.0  # bounds of c times the range of ln x, as for every power law
ALPHA = (1e-3, 20.0)  # near 0 the upper level plays no role (the shifted power law); 1 is a sigmoid in ln x
POINTS = 14  # of the axis of c
STARTS, KEPT = 12, 5  # of the grid, and of these polished to the end
HIGHEST = 10.0  # upper level that is searched, over the highest y; beyond, it plays no role
ABOVE = (1e-4, 1e-2, 0.05, 0.3, 2.0, 9.0)  # by how much the upper level of the grid exceeds the highest y
OPEN = (0.0, np.inf)
ROOT_STEPS = 100
CLOSE = 1e-13
TINY = 1e-300


class SaturatingForm(Form):
    """(y - E) / ((E_0 - y) / (E_0 - level))^alpha = A x^-c, u = ln x [n]; with level 0 the divisor is 1 (the paper's).

    E and E_0 are the y at very large and very small x; a level amid the data keeps A and alpha from being correlated.

    Linear coefficients (E, A) given observed y, as the search does; shapes (c, alpha, E_0); `observed` [n] are these y.
    """

    def __init__(self, u: np.ndarray, shape_bounds: list[tuple[float, float]], level: float = 0.0):
        super().__init__(u, shape_bounds)
        self.level, self.observed = level, None

    def factor(self, shapes: np.ndarray) -> np.ndarray:
        """What A multiplies [B, n], the observed y standing in for the law's own on the right side."""
        power, alpha, ceiling = (shapes[:, i, None] for i in range(3))
        room = np.maximum(ceiling - self.observed, 1e-9 * ceiling)
        return np.exp(alpha * np.log(room / _room(ceiling, self.level)) - power * self.u)

    def values(self, theta: np.ndarray) -> np.ndarray:
        """The law [B, n]."""
        floor, gap = self._levels(theta)
        return floor + gap * np.exp(self._solve(theta, gap)[0])

    def _levels(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        floor = theta[:, :1]
        return floor, np.maximum(theta[:, 4:5] - floor, 1e-9 * np.maximum(theta[:, 4:5], TINY))

    def _solve(self, theta: np.ndarray, gap: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """ln w and ln(1 - w) [B, n] of y = E + gap w, with w / (1 - w)^alpha = A x^-c gap^(alpha - 1).

        In z = ln(w / (1 - w)) the left side's logarithm rises with slopes between 1 and alpha and is convex or concave,
        so that Newton's method goes beyond the root once at most and then straight to it.
        """
        power, alpha = theta[:, 2:3], theta[:, 3:4]
        right = np.log(np.maximum(theta[:, 1:2], TINY)) - power * self.u
        right = right + (alpha - 1) * np.log(gap) - alpha * np.log(_room(theta[:, 4:5], self.level))
        z = np.where(right < 0, right, right / np.maximum(alpha, 1e-3))
        for _ in range(ROOT_STEPS):
            log_w, log_rest = -np.logaddexp(0.0, -z), -np.logaddexp(0.0, z)
            step = (log_w - alpha * log_rest - right) / (np.exp(log_rest) + alpha * np.exp(log_w))
            z = z - step
            if (np.abs(step) <= CLOSE * (1 + np.abs(z))).all():
                break
        return -np.logaddexp(0.0, -z), -np.logaddexp(0.0, z)

    def gradient(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The law [B, n] and its derivatives [B, 5, n], by the implicit function theorem."""
        floor, gap = self._levels(theta)
        log_w, log_rest = self._solve(theta, gap)
        w, rest, alpha = np.exp(log_w), np.exp(log_rest), theta[:, 3:4]
        per_right = w * rest / (rest + alpha * w)  # dw / d ln(right side)
        by_gap = w + (alpha - 1) * per_right
        unit = _room(theta[:, 4:5], self.level)
        by_unit = alpha * gap * per_right / unit if self.level else 0.0
        gradient = [
            1 - by_gap,
            gap * np.exp(np.log(np.maximum(per_right, TINY)) - np.log(np.maximum(theta[:, 1:2], TINY))),
            -gap * per_right * self.u,
            gap * per_right * (log_rest + np.log(gap / unit)),
            by_gap - by_unit,
        ]
        return floor + gap * w, np.stack(gradient, axis=1)


class SaturatingLaw(OneSize, CurveLaw):
    """(y - E) / (E_0 - y)^alpha = A x^-c: the form M4; y is the one solution between E and E_0.

    x is one size (`size` names it), y a loss or an error; E is the limit at infinite x, E_0 that at x = 0 (an untrained
    model), searched up to ten times the highest y. Where y is far below E_0 it is the shifted power law. The paper's
    symbols: epsilon_inf = E, epsilon_0 = E_0, beta = A, and c with the other sign. Default loss: log_squares of y (the
    authors regress the logarithms of both sides, and alternate with Newton's steps in E and E_0). Source: Alabdulmohsin
    2022, section 4, M4.
    """

    inputs: ClassVar[tuple[str, ...]] = ("parameters",)
    parameters: ClassVar[tuple[str, ...]] = ("E", "A", "c", "alpha", "E_0")
    coefficients: ClassVar[tuple[str, ...]] = parameters
    form_has_targets: ClassVar[bool] = True
    default_interval: ClassVar[str] = "bootstrap"
    equation: ClassVar[str] = "(y - E) / (E_0 - y)^alpha = A x^-c"
    source: ClassVar[str] = "Alabdulmohsin 2022, section 4, M4"

    def origin(self, sizes: np.ndarray) -> np.ndarray:
        """Mean of ln x; the level amid the y is added by `_problem`."""
        return np.append(np.log(sizes).mean(axis=0), 0.0)

    def form(self, sizes: np.ndarray, origin: np.ndarray) -> SaturatingForm:
        """The law about `origin` = ln x, level."""
        u = np.log(sizes[:, 0]) - origin[0]
        span = float(np.ptp(u)) or 1.0
        return SaturatingForm(u, [(SLOWEST / span, STEEPEST / span), ALPHA, OPEN], float(origin[1]))

    def _problem(self, sizes: np.ndarray, y: np.ndarray):
        form, origin, axes = super()._problem(sizes, y)
        form.observed = y
        if not self._fixed() and not self.given_bounds():
            form.level = origin[1] = float(y.mean())
        if "E_0" not in self._fixed() | self.given_bounds():
            form.upper[-1] = HIGHEST * y.max()
            axes[2] = y.max() * (1 + np.array(ABOVE))
        return form, origin, axes

    def axes(self, form: SaturatingForm, sizes: np.ndarray) -> list[np.ndarray]:
        """c from nearly straight to nearly a step, alpha from none to steep; `_problem` puts E_0 above the data."""
        span = float(np.ptp(form.u)) or 1.0
        return [np.geomspace(0.05, 30.0, POINTS) / span, np.array([ALPHA[0], 0.1, 0.3, 0.6, 1.0, 2.0, 5.0]), np.ones(1)]

    def search(self, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[Form, np.ndarray, Optimum]:
        """The best optimum found for y and weights [n]."""
        form, origin, axes = self._problem(sizes, y)
        return form, origin, joint(form, self.given_loss(), [axes], y, weights, self._starts(origin), STARTS, KEPT)

    def natural(self, theta: np.ndarray, origin: np.ndarray) -> dict[str, np.ndarray]:
        """Parameters [B] as the paper writes them."""
        floor, scale, power, alpha, ceiling = theta.T
        scale = scale * np.exp(power * origin[0] - alpha * np.log(_room(ceiling, origin[1])))
        return {"E": floor, "A": scale, "c": power, "alpha": alpha, "E_0": ceiling}

    def centred(self, params: dict[str, Any], origin: np.ndarray) -> np.ndarray:
        """Coefficients [B, 5] about `origin`."""
        floor, scale, power, alpha, ceiling = (np.asarray(params[name], dtype=float) for name in self.parameters)
        scale = scale * np.exp(alpha * np.log(_room(ceiling, origin[1])) - power * origin[0])
        return np.stack([floor, scale, power, alpha, ceiling], axis=1)


def _room(ceiling: np.ndarray, level: float) -> np.ndarray:
    """E_0 - level, 1 for the paper's level 0."""
    return np.maximum(ceiling - level, 1e-9 * ceiling) if level else np.ones_like(ceiling)
