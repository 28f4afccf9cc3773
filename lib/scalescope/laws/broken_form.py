"""A power law whose slope changes smoothly at one or more breaks, as the core of the fits sees it."""

from __future__ import annotations

import numpy as np

TINY = 1e-300


class BrokenForm:
    """law = E + b x^-s_0 prod_i (1 + (x / d_i)^(1 / f_i))^-((s_i - s_{i-1}) f_i), u = ln x [n].

    Linear coefficients (E, b); shapes (s_0, then s_i, d_i, f_i of each break). The slope of ln(law - E) is -s_0 far
    below d_1 and -s_i beyond d_i.
    """

    linear = 2
    gauss_newton = False

    def __init__(self, u: np.ndarray, shape_bounds: list[tuple[float, float]]):
        self.u = u
        self.breaks = (len(shape_bounds) - 1) // 3
        self.lower = np.array([0.0, 0.0, *(low for low, _ in shape_bounds)])
        self.upper = np.array([np.inf, np.inf, *(high for _, high in shape_bounds)])

    def terms(self, shapes: np.ndarray) -> np.ndarray:
        """1 and the broken power [B, 2, n]."""
        found = np.ones((len(shapes), 2, len(self.u)))
        found[:, 1] = np.exp(self._logarithm(shapes)[0])
        return found

    def values(self, theta: np.ndarray) -> np.ndarray:
        """The law [B, n]."""
        return theta[:, :1] + theta[:, 1:2] * np.exp(self._logarithm(theta[:, 2:])[0])

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

        pairs = {
            (1, 1): -rise * total((share + bend / width) / place**2),
            (1, 2): -rise * total(bend * z / (width * place)),
            (2, 2): -rise * total(bend * z**2 / width),
        }
        for (i, j), value in pairs.items():
            found[:, first + i, first + j] += value
            if i != j:
                found[:, first + j, first + i] += value
        for offset, value in ((1, total(share / place)), (2, total(z * share - soft))):
            for slope, sign in ((first, 1), (before, -1)):
                found[:, slope, first + offset] += sign * value
                found[:, first + offset, slope] += sign * value
