"""The loss curve of a run of any batch size, as the core of the fits sees it; implicit in the loss, solved exactly."""

from __future__ import annotations

import numpy as np

from scalescope.laws.fit.form import Form

ROOT_STEPS = 60
LARGEST = 300.0  # logarithm of a term up to which a step is tried


class TrajectoryForm(Form):
    """L = a e^(-alpha_N u) + b (e^-s (1 + q))^alpha_S with q = K (L / L_0)^-m / batch, which holds L on both sides.

    u, s [n]: ln N and ln S about the middle; batch [n]; `level` is L_0. Linear coefficients a, b; shapes alpha_N,
    alpha_S, K = B_crit(L_0) and m = 1 / alpha_B. `observed` losses [n] stand in for L in `terms`, for the search only.
    """

    gauss_newton = True

    def __init__(
        self, u: np.ndarray, s: np.ndarray, batch: np.ndarray, level: float, shape_bounds: list[tuple[float, float]]
    ):
        super().__init__(u, shape_bounds)
        self.s, self.batch, self.level, self.observed = s, batch, level, None

    def terms(self, shapes: np.ndarray) -> np.ndarray:
        """What a and b multiply [B, 2, n], the observed losses setting the critical batch size."""
        alpha_n, alpha_s, critical, power = (shapes[:, i, None] for i in range(4))
        q = critical * (self.observed / self.level) ** -power / self.batch
        return np.stack([np.exp(-alpha_n * self.u), np.exp(alpha_s * (np.log1p(q) - self.s))], axis=1)

    def values(self, theta: np.ndarray) -> np.ndarray:
        """The loss [B, n] at which both sides agree.

        The right side falls with L and is convex, so that Newton's method from below never overshoots.
        """
        floor, scale, alpha_s, critical, power = self._parts(theta)
        loss = floor + scale
        for _ in range(ROOT_STEPS):
            q = critical * (loss / self.level) ** -power
            right = scale * (1 + q) ** alpha_s
            excess = floor + right - loss
            step = excess / (1 + right * alpha_s * power * q / ((1 + q) * loss))
            loss = loss + step
            if (np.abs(step) <= 1e-14 * loss).all():
                break
        return loss

    def _parts(self, theta: np.ndarray) -> tuple[np.ndarray, ...]:
        a, b, alpha_n, alpha_s, critical, power = (theta[:, i, None] for i in range(6))
        floor, scale = a * np.exp(-alpha_n * self.u), b * np.exp(-alpha_s * self.s)
        tiny = 1e-300  # a loss of exactly zero has no critical batch size
        return np.maximum(floor, tiny), scale, alpha_s, critical / self.batch, power

    def gradient(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The loss [B, n] and its derivatives [B, 6, n], by the implicit function theorem."""
        loss = self.values(theta)
        return loss, self._partial(theta, loss)

    def _partial(self, theta: np.ndarray, loss: np.ndarray) -> np.ndarray:
        floor, scale, alpha_s, _, power = self._parts(theta)
        relative = np.log(loss / self.level)
        per_critical = np.exp(-power * relative) / self.batch  # q / K
        q = per_critical * theta[:, 4, None]
        right = scale * (1 + q) ** alpha_s
        by_q = right * alpha_s / (1 + q)
        partial = [
            np.exp(-theta[:, 2, None] * self.u) + 0 * right,
            np.exp(alpha_s * (np.log1p(q) - self.s)),
            -self.u * floor + 0 * right,
            right * (np.log1p(q) - self.s),
            by_q * per_critical,
            -by_q * q * relative,
        ]
        return np.stack(partial, axis=1) / (1 + by_q * power * q / loss)[:, None]


class ScaledTrajectoryForm(TrajectoryForm):
    """The same curve in the parameters as the papers write them: theta = ln N_c, ln S_c, alpha_N, alpha_S, K, alpha_B.

    Only here can one scale be held while its exponent moves, which a profile needs. ln N_c and ln S_c are about the
    middle of ln N and ln S.
    """

    def __init__(self, u, s, batch, level, shape_bounds: list[tuple[float, float]]):
        *others, (low, high) = shape_bounds
        super().__init__(u, s, batch, level, [*others, (1 / high, 1 / low)])
        self.lower[:2], self.upper[:2] = -np.inf, np.inf

    def values(self, theta: np.ndarray) -> np.ndarray:
        """The loss [B, n]."""
        return super().values(_plain(theta))

    def gradient(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The loss [B, n] and its derivatives [B, 6, n]."""
        plain = _plain(theta)
        loss = TrajectoryForm.values(self, plain)
        partial = self._partial(plain, loss)
        for scale, exponent in ((0, 2), (1, 3)):
            per_log = partial[:, scale] * plain[:, scale, None]
            partial[:, scale] = per_log * theta[:, exponent, None]
            partial[:, exponent] += per_log * theta[:, scale, None]
        partial[:, 5] *= -(plain[:, 5, None] ** 2)
        return loss, partial


def _plain(theta: np.ndarray) -> np.ndarray:
    """Coefficients of TrajectoryForm [B, 6]: a = N_c^alpha_N, b = S_c^alpha_S, m = 1 / alpha_B."""
    logs = np.clip(theta[:, 2:4] * theta[:, :2], -LARGEST, LARGEST)
    return np.column_stack([np.exp(logs), theta[:, 2:5], 1 / theta[:, 5]])
