"""Laws as the core of the fits sees them: values, exact gradients and exact second derivatives, for many at once.

A form has T coefficients, first `linear` ones that enter linearly and are never negative, then shapes (exponents).
`theta` [B, T] holds B sets; B = 1 broadcasts. Inputs are those given to the constructor, [n] each.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Form(Protocol):
    """What the core needs of a law."""

    linear: int
    gauss_newton: bool  # no second derivatives: steps use the first ones alone
    lower: np.ndarray  # [T] bounds
    upper: np.ndarray

    def terms(self, shapes: np.ndarray) -> np.ndarray:
        """Values [B, linear, n] that the linear coefficients multiply, for shapes [B, T - linear]."""

    def values(self, theta: np.ndarray) -> np.ndarray:
        """The law [B, n]."""

    def gradient(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The law [B, n] and its derivatives [B, T, n]."""

    def curvature(self, theta: np.ndarray, gradient: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Second derivatives [B, T, T], summed over points with `weights` [B, n]."""


class ExponentialForm:
    """law = sum_k sign_k c_k exp(-sum_j phi_j u_kj): every power law, u being logarithms of inputs.

    `slopes[k]` maps the number j of a shape to u_kj [n]; an empty one is a constant.
    """

    gauss_newton = False

    def __init__(
        self,
        slopes: list[dict[int, np.ndarray]],
        n_points: int,
        shape_bounds: list[tuple[float, float]],
        signs: list[int] | None = None,
    ):
        self.slopes, self.n_points, self.linear = slopes, n_points, len(slopes)
        self.signs = signs or [1] * self.linear
        self.lower = np.array([0.0] * self.linear + [low for low, _ in shape_bounds])
        self.upper = np.array([np.inf] * self.linear + [high for _, high in shape_bounds])

    def terms(self, shapes: np.ndarray) -> np.ndarray:
        """exp(...) with its sign [B, linear, n]."""
        found = np.empty((len(shapes), self.linear, self.n_points))
        for k, (sign, slopes) in enumerate(zip(self.signs, self.slopes, strict=True)):
            power = sum(np.multiply.outer(-shapes[:, j], u) for j, u in slopes.items())
            found[:, k] = sign * (np.exp(power) if slopes else 1.0)
        return found

    def values(self, theta: np.ndarray) -> np.ndarray:
        """The law [B, n]."""
        terms = self.terms(theta[:, self.linear :])
        return (theta[:, None, : self.linear] @ terms)[:, 0]

    def gradient(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The law [B, n] and its derivatives [B, T, n]."""
        gradient = np.zeros((*theta.shape, self.n_points))
        terms = gradient[:, : self.linear]
        terms[:] = self.terms(theta[:, self.linear :])
        for k, slopes in enumerate(self.slopes):
            for j, u in slopes.items():
                gradient[:, self.linear + j] -= theta[:, k, None] * u * terms[:, k]
        return (theta[:, None, : self.linear] @ terms)[:, 0], gradient

    def curvature(self, theta: np.ndarray, gradient: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Second derivatives [B, T, T] summed over points."""
        size = theta.shape[1]
        found = np.zeros((len(theta), size, size))
        for k, slopes in enumerate(self.slopes):
            weighted = gradient[:, k] * weights
            for j, u in slopes.items():
                cross = -(weighted @ u)
                found[:, k, self.linear + j] = found[:, self.linear + j, k] = cross
                for i, v in slopes.items():
                    found[:, self.linear + j, self.linear + i] += theta[:, k] * (weighted @ (u * v))
        return found


class RectifiedForm:
    """law = B / (D_l + exp(beta u)) + E, with shapes (D_l, beta), u = ln of the examples [n]."""

    linear = 2
    gauss_newton = False

    def __init__(self, u: np.ndarray, shape_bounds: list[tuple[float, float]]):
        self.u = u
        self.lower = np.array([0.0, 0.0, *(low for low, _ in shape_bounds)])
        self.upper = np.array([np.inf, np.inf, *(high for _, high in shape_bounds)])

    def _hyperbola(self, shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        power = np.exp(np.multiply.outer(shapes[:, 1], self.u))
        return 1 / (shapes[:, :1] + power), power

    def terms(self, shapes: np.ndarray) -> np.ndarray:
        """1 / (D_l + D^beta) and 1 [B, 2, n]."""
        found = np.ones((len(shapes), 2, len(self.u)))
        found[:, 0] = self._hyperbola(shapes)[0]
        return found

    def values(self, theta: np.ndarray) -> np.ndarray:
        """The law [B, n]."""
        return theta[:, :1] * self._hyperbola(theta[:, 2:])[0] + theta[:, 1:2]

    def gradient(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The law [B, n] and its derivatives [B, 4, n]."""
        hyperbola, power = self._hyperbola(theta[:, 2:])
        gradient = np.ones((len(theta), 4, len(self.u)))
        gradient[:, 0] = hyperbola
        gradient[:, 2] = -theta[:, :1] * hyperbola**2
        gradient[:, 3] = gradient[:, 2] * power * self.u
        return theta[:, :1] * hyperbola + theta[:, 1:2], gradient

    def curvature(self, theta: np.ndarray, gradient: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Second derivatives [B, 4, 4] summed over points."""
        g = gradient[:, 0]
        slope = (1 / g - theta[:, 2:3]) * self.u  # d (1 / g) / d beta
        square, cube = weights * g**2, 2 * theta[:, :1] * weights * g**3
        found = np.zeros((len(theta), 4, 4))
        found[:, 0, 2] = found[:, 2, 0] = -square.sum(axis=1)
        found[:, 0, 3] = found[:, 3, 0] = -(square * slope).sum(axis=1)
        found[:, 2, 2] = cube.sum(axis=1)
        found[:, 2, 3] = found[:, 3, 2] = (cube * slope).sum(axis=1)
        found[:, 3, 3] = (cube * slope**2 - theta[:, :1] * square * slope * self.u).sum(axis=1)
        return found
