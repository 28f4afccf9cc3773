"""The power law of one size."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from scalescope.laws.base import ScalingLaw
from scalescope.laws.inputs import column, positive


class PowerLaw(ScalingLaw):
    """ln y = slope ln x + intercept, fitted by least squares in log-log.

    x is a size (parameters without embeddings, or any one size) and y an error or a loss, both above zero.
    In the notation of Kaplan 2020, y = (x_c / x)^alpha with alpha = -slope and x_c = exp(intercept /
    alpha). X is an array [n] or [n, 1], or a DataFrame with the column "parameters". Learned: `params_`
    (slope, intercept), `intervals_` (95 %), `bootstrap_`, `range_`, `n_points_`, `n_sizes_`. Source: Ivgi
    2022, section 3; Kaplan 2020, eq. 1.1.
    """

    inputs: ClassVar[tuple[str, ...]] = ("parameters",)
    parameters: ClassVar[tuple[str, ...]] = ("slope", "intercept")
    equation: ClassVar[str] = "ln y = slope ln x + intercept"
    source: ClassVar[str] = "Ivgi 2022, section 3; Kaplan 2020, eq. 1.1"

    def __init__(self, *, n_boot: int = 1000, random_state: int | np.random.Generator | None = 0):
        """Store the number of bootstrap replicates (0: no intervals) and the state that draws them."""
        self.n_boot = n_boot
        self.random_state = random_state

    def sizes(self, X: Any) -> np.ndarray:
        """Checked sizes [n, 1]; raises ValueError if one is not a finite number above zero."""
        return positive(column(X, "parameters"), "parameters")[:, None]

    def fit_weighted(self, X: Any, y: Any, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Slope and intercept [B] of the weighted least-squares line of every row of `weights` [B, n]."""
        log_x, log_y = np.log(self.sizes(X)[:, 0]), np.log(np.asarray(y, dtype=float))
        shift_x, shift_y = log_x.mean(), log_y.mean()  # centred first: the sums then lose no digits
        u, v = log_x - shift_x, log_y - shift_y
        total, su, sv, suu, suv = (np.asarray(weights) @ np.stack([np.ones_like(u), u, v, u * u, u * v]).T).T
        slope = (suv - su * sv / total) / (suu - su * su / total)
        return {"slope": slope, "intercept": shift_y + sv / total - slope * (shift_x + su / total)}

    def predict_many(self, params: dict[str, np.ndarray], X: Any) -> np.ndarray:
        """exp(slope ln x + intercept) [B, n]."""
        log_x = np.log(self.sizes(X)[:, 0])
        return np.exp(np.multiply.outer(params["slope"], log_x) + params["intercept"][:, None])

    def _fit_facts(self) -> dict[str, Any]:
        return {
            "optimiser": "closed form (ordinary least squares), no start",
            "loss": "squares of the residual of ln y",
            "identifiability": "slope and intercept determined by two or more distinct sizes",
        }
