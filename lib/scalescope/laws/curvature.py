"""Second derivatives of a form from its exact first ones, where writing them out would be long."""

from __future__ import annotations

import numpy as np

STEP = 1e-5  # relative to the coefficient, or to what it can be where it is zero


class NumericCurvature:
    """Mixin of a `Form`: `curvature` by central differences of `gradient`, good to about eight digits."""

    gauss_newton = False

    def curvature(self, theta: np.ndarray, gradient: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Second derivatives [B, T, T] summed over points with `weights` [B, n]."""
        count, size = theta.shape
        step = STEP * np.maximum(np.abs(theta), 1e-3)
        moves = step[:, :, None] * np.eye(size)  # [B, T, T]
        inside = np.clip(theta[:, None] + np.stack([moves, -moves]), self.lower, self.upper)  # [2, B, T, T]
        slopes = self.gradient(inside.reshape(-1, size))[1].reshape(2, count, size, size, -1)
        sums = np.einsum("sbjtn,bn->sbjt", slopes, weights)
        moved = np.diagonal(inside[0] - inside[1], axis1=1, axis2=2)  # [B, T]; zero where bounds leave no room
        found = (sums[0] - sums[1]) / np.where(moved > 0, moved, 1.0)[:, :, None]
        return 0.5 * (found + found.transpose(0, 2, 1))
