"""The M4 law as the core of the fits sees it: implicit in y, solved exactly."""

from __future__ import annotations

import numpy as np

from scalescope.laws.curvature import NumericCurvature

ROOT_STEPS = 100
CLOSE = 1e-13
TINY = 1e-300


class SaturatingForm(NumericCurvature):
    """(y - E) / ((E_0 - y) / (E_0 - level))^alpha = A x^-c, u = ln x [n]; with level 0 the divisor is 1 (the paper's).

    E and E_0 are the y at very large and very small x; a level amid the data keeps A and alpha from being correlated.

    Linear coefficients (E, A) given observed y, as the search does; shapes (c, alpha, E_0); `observed` [n] are these y.
    """

    linear = 2

    def __init__(self, u: np.ndarray, shape_bounds: list[tuple[float, float]], level: float = 0.0):
        self.u, self.level, self.observed = u, level, None
        self.lower = np.array([0.0, 0.0, *(low for low, _ in shape_bounds)])
        self.upper = np.array([np.inf, np.inf, *(high for _, high in shape_bounds)])

    def terms(self, shapes: np.ndarray) -> np.ndarray:
        """What E and A multiply [B, 2, n], the observed y standing in for the law's own on the right side."""
        power, alpha, ceiling = (shapes[:, i, None] for i in range(3))
        found = np.ones((len(shapes), 2, len(self.u)))
        room = np.maximum(ceiling - self.observed, 1e-9 * ceiling)
        found[:, 1] = np.exp(alpha * np.log(room / self._unit(ceiling)) - power * self.u)
        return found

    def _unit(self, ceiling: np.ndarray) -> np.ndarray:
        return np.maximum(ceiling - self.level, 1e-9 * ceiling) if self.level else np.ones_like(ceiling)

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
        right = right + (alpha - 1) * np.log(gap) - alpha * np.log(self._unit(theta[:, 4:5]))
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
        unit = self._unit(theta[:, 4:5])
        by_unit = alpha * gap * per_right / unit if self.level else 0.0
        gradient = np.stack(
            [
                1 - by_gap,
                gap * np.exp(np.log(np.maximum(per_right, TINY)) - np.log(np.maximum(theta[:, 1:2], TINY))),
                -gap * per_right * self.u,
                gap * per_right * (log_rest + np.log(gap / unit)),
                by_gap - by_unit,
            ],
            axis=1,
        )
        return floor + gap * w, gradient
