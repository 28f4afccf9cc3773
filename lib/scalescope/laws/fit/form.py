"""Laws as the core of the fits sees them: values, exact gradients and exact second derivatives, for many at once.

A form has T coefficients, first `linear` ones that enter linearly and are never negative, then shapes (exponents).
`theta` [B, T] holds B sets; B = 1 broadcasts. Inputs are those given to the constructor, [n] each.
"""

from __future__ import annotations

import numpy as np

STEP = 1e-5  # of numeric second derivatives, relative to the coefficient, or to what it can be where it is zero


class Form:
    """Base of the forms: law = E + A f, linear coefficients (E, A), unless a form says otherwise.

    A form gives `gradient` and either `factor`, which is f, or `terms` and `values`; the second derivatives, here by
    differences, may be exact.
    """

    linear = 2
    gauss_newton = False  # True: steps use the first derivatives alone

    def __init__(self, u: np.ndarray | None, shape_bounds: list[tuple[float, float]]):
        self.u = u
        self.lower = np.array([0.0] * self.linear + [low for low, _ in shape_bounds])  # [T]
        self.upper = np.array([np.inf] * self.linear + [high for _, high in shape_bounds])

    def factor(self, shapes: np.ndarray) -> np.ndarray:
        """What A multiplies [B, n], for shapes [B, T - 2]."""
        raise NotImplementedError

    def terms(self, shapes: np.ndarray) -> np.ndarray:
        """Values [B, linear, n] that the linear coefficients multiply, for shapes [B, T - linear]."""
        found = np.ones((len(shapes), 2, len(self.u)))
        found[:, 1] = self.factor(shapes)
        return found

    def values(self, theta: np.ndarray) -> np.ndarray:
        """The law [B, n]."""
        return theta[:, :1] + theta[:, 1:2] * self.factor(theta[:, 2:])

    def gradient(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The law [B, n] and its derivatives [B, T, n]."""
        raise NotImplementedError

    def curvature(self, theta: np.ndarray, gradient: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Second derivatives [B, T, T], summed over points with `weights` [B, n].

        By central differences of `gradient`, good to about eight digits.
        """
        count, size = theta.shape
        step = STEP * np.maximum(np.abs(theta), 1e-3)
        moves = step[:, :, None] * np.eye(size)  # [B, T, T]
        inside = np.clip(theta[:, None] + np.stack([moves, -moves]), self.lower, self.upper)  # [2, B, T, T]
        slopes = self.gradient(inside.reshape(-1, size))[1].reshape(2, count, size, size, -1)
        sums = np.einsum("sbjtn,bn->sbjt", slopes, weights)
        moved = np.diagonal(inside[0] - inside[1], axis1=1, axis2=2)  # [B, T]; zero where bounds leave no room
        found = (sums[0] - sums[1]) / np.where(moved > 0, moved, 1.0)[:, :, None]
        return 0.5 * (found + found.transpose(0, 2, 1))


class ExponentialForm(Form):
    """law = sum_k sign_k c_k exp(-sum_j phi_j u_kj): every power law, u being logarithms of inputs.

    `slopes[k]` maps the number j of a shape to u_kj [n]; an empty one is a constant.
    """

    def __init__(
        self,
        slopes: list[dict[int, np.ndarray]],
        n_points: int,
        shape_bounds: list[tuple[float, float]],
        signs: list[int] | None = None,
    ):
        self.slopes, self.n_points, self.linear = slopes, n_points, len(slopes)
        self.signs = signs or [1] * self.linear
        super().__init__(None, shape_bounds)

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
