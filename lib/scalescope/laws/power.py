"""The power law of one size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from scalescope.laws.base import ScalingLaw, documented
from scalescope.laws.diagnostics import WEAK

Z95 = 1.96  # normal quantile of a 95 % interval
TINY = 1e-300


@documented
@dataclass(eq=False, repr=False, kw_only=True)
class PowerLaw(ScalingLaw):
    """ln y = slope ln x + intercept, fitted by least squares in log-log.

    x is a size (parameters without embeddings, or any one size) and y an error or a loss, both above zero.
    In the notation of Kaplan 2020, y = (x_c / x)^alpha with alpha = -slope and x_c = exp(intercept /
    alpha). X is an array [n] or [n, 1], or a DataFrame with the column that `size` names. Learned beside what every law
    learns: `objective_` (sum of squares of the residual of ln y). Source: Ivgi 2022, section 3; Kaplan 2020, eq. 1.1.

    `size`: what x is, as a column and in messages ("parameters", "tokens", "flops"). `fixed`: slope or intercept,
    or both, not to be fitted, by value. `n_boot`: bootstrap replicates (0: no intervals), drawn with `random_state`.
    `warn_beyond`: factor outside the fitted range from which `predict` warns. None, never, is the default here
    because this law is fitted in order to be extrapolated; `card` and `extrapolation` tell the factor.
    """

    inputs: ClassVar[tuple[str, ...]] = ("parameters",)
    parameters: ClassVar[tuple[str, ...]] = ("slope", "intercept")
    equation: ClassVar[str] = "ln y = slope ln x + intercept"
    source: ClassVar[str] = "Ivgi 2022, section 3; Kaplan 2020, eq. 1.1"

    size: str = "parameters"
    warn_beyond: float | None = None

    @property
    def input_names(self) -> tuple[str, ...]:
        """The name of the size."""
        return (self.size,)

    def fit_weighted(self, X: Any, y: Any, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Slope and intercept [B] of least-squares lines of y, [n] or [B, n], one for every row of `weights` [B, n]."""
        log_x, log_y = np.log(self.sizes(X)[:, 0]), np.log(np.asarray(y, dtype=float))
        weights = np.asarray(weights)
        if fixed := self._fixed():
            return self._with_fixed(log_x, log_y, weights, fixed)
        shift_x, shift_y = log_x.mean(), log_y.mean()  # centred first: the sums then lose no digits
        u, v = log_x - shift_x, log_y - shift_y
        if v.ndim == 1:
            total, su, sv, suu, suv = (weights @ np.stack([np.ones_like(u), u, v, u * u, u * v]).T).T
        else:
            total, su, suu = (weights @ np.stack([np.ones_like(u), u, u * u]).T).T
            sv, suv = (weights * v).sum(axis=1), (weights * v) @ u
        slope = (suv - su * sv / total) / (suu - su * su / total)
        return {"slope": slope, "intercept": shift_y + sv / total - slope * (shift_x + su / total)}

    @staticmethod
    def _with_fixed(log_x, log_y, weights, fixed: dict[str, float]) -> dict[str, np.ndarray]:
        """The parameter that is left, or none, [B] each."""
        count = max(len(weights), len(np.atleast_2d(log_y)))
        found = {name: np.full(count, value) for name, value in fixed.items()}
        if "slope" not in fixed:
            moment = (weights * (log_y - fixed["intercept"]) * log_x).sum(axis=1)
            found["slope"] = moment / (weights * log_x**2).sum(axis=1)
        elif "intercept" not in fixed:
            found["intercept"] = (weights * (log_y - fixed["slope"] * log_x)).sum(axis=1) / weights.sum(axis=1)
        return found

    def _estimate(self, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray) -> None:
        super()._estimate(sizes, y, weights)
        residuals = np.log(y / self._values(sizes))
        self.objective_ = float(weights @ residuals**2)
        self.diagnostics_ = self._diagnose(np.log(sizes[:, 0]), weights)

    def _diagnose(self, log_x: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
        """Standard errors of a line; two distinct sizes, which `fit` demands, identify both parameters."""
        used = int((weights > 0).sum())
        names = self.fitted_names()
        free = used - len(names)
        middle = np.average(log_x, weights=weights)
        spread = max(weights @ (log_x - middle) ** 2, TINY)
        full = np.array([1 / spread, 1 / weights.sum() + middle**2 / spread])
        alone = np.array([1 / max(weights @ log_x**2, TINY), 1 / weights.sum()])
        cofactor = full if len(names) == 2 else np.where([n in names for n in self.parameters], alone, 0.0)
        noise = self.objective_ / weights.sum() * used / free if free else np.nan
        errors = np.sqrt(cofactor * noise)
        values = np.abs([self.params_[name] for name in self.parameters])
        slope_is_weak = bool(errors[0] * Z95 > np.log(WEAK) * values[0])
        messages = []
        if slope_is_weak:
            messages.append(f"slope is known only to {self.params_['slope']:.3g} +- {Z95 * errors[0]:.3g}")
        if not free:
            messages.append("as many points as parameters: nothing is left to judge the errors by")
        flat = np.sqrt(0.01 * self.objective_ * cofactor) / np.maximum(values, TINY)

        def fitted(found: np.ndarray) -> dict[str, float]:
            return {n: float(v) for n, v in zip(self.parameters, found, strict=True) if n in names}

        return {
            "identified": not slope_is_weak,
            "unidentified": (),
            "at_bound": (),
            "weak": ("slope",) if slope_is_weak else (),
            "messages": messages,
            "standard_errors": fitted(errors),
            "flat": fitted(flat),
            "degrees_of_freedom": free,
        }

    def _gradient(self, sizes: np.ndarray) -> np.ndarray:
        log_x = np.log(sizes[:, 0])
        fitted = [name in self.fitted_names() for name in self.parameters]
        return np.stack([log_x, np.ones_like(log_x)])[fitted]

    def predict_many(self, params: dict[str, np.ndarray], X: Any) -> np.ndarray:
        """exp(slope ln x + intercept) [B, n]."""
        log_x = np.log(self.sizes(X)[:, 0])
        return np.exp(np.multiply.outer(params["slope"], log_x) + params["intercept"][:, None])

    def _how(self) -> str:
        by_group = "92 to 99 % of simulated studies with 3 or 5 seeds at 4 to 8 sizes"
        alike = "92 % of simulated studies with independent runs, 59 to 70 % where runs of a size share noise"
        return f"{super()._how()}; they held the true slope in {by_group if self.seeds_ else alike} (law_coverage.csv)"

    def _fit_facts(self) -> dict[str, Any]:
        return {
            "optimiser": "closed form (ordinary least squares), no start",
            "loss": "squares of the residual of ln y",
            "bounds": ", ".join(["none", *(f"{name} = {value:g} (fixed)" for name, value in self._fixed().items())]),
            "identifiability": "; ".join(self.diagnostics_["messages"])
            or "slope and intercept determined by two or more distinct sizes",
        }
