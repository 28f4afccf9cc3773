"""The whole loss curve of a run from its size and batch, and the critical batch size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from scalescope.errors import check_name
from scalescope.laws.base import documented
from scalescope.laws.curve import CurveLaw
from scalescope.laws.estimates import Estimate, estimate
from scalescope.laws.fit.trajectory_form import ScaledTrajectoryForm, TrajectoryForm
from scalescope.laws.inputs import amount, numbers, positive
from scalescope.laws.trajectory_order import published_order

ORDERS = ("joint", "published")
POWERS = (0.05, 50.0)  # 1 / alpha_B
OPEN = (0.0, np.inf)


@documented
@dataclass(eq=False, repr=False, kw_only=True)
class TrajectoryLaw(CurveLaw):
    """L(N, S_min) = (N_c / N)^alpha_N + (S_c / S_min)^alpha_S, S_min = S / (1 + B_crit(L) / B).

    N parameters, S steps, B batch size; B_crit(L) = B_star / L^(1 / alpha_B) in the unit of B (tokens or sequences), L
    in nats. S_min are the steps at unlimited batch size; L stands on both sides and is solved for. Inputs: parameters,
    steps, batch_size, one row per point of a curve. Default loss: log_squares. Source: Kaplan 2020, eq. 1.4-1.6 and 5;
    Su 2024, section 3.

    The setting `order`, beside those of `FitSettings`: "joint", all six parameters at once, at the optimum of the loss;
    or "published": N_c and alpha_N from the lowest loss of each size; then B_star and alpha_B from the steps and
    examples that runs of several batch sizes need for the same loss; then S_c and alpha_S. `fixed` belongs to the
    published order, and is N_c and alpha_N, which may come from converged models.
    """

    inputs: ClassVar[tuple[str, ...]] = ("parameters", "steps", "batch_size")
    parameters: ClassVar[tuple[str, ...]] = ("N_c", "alpha_N", "S_c", "alpha_S", "B_star", "alpha_B")
    form_has_targets: ClassVar[bool] = True
    coefficients: ClassVar[tuple[str, ...]] = ("N_c", "S_c", "alpha_N", "alpha_S", "B_star", "alpha_B")
    equation: ClassVar[str] = (
        "L = (N_c / N)^alpha_N + (S_c / S_min)^alpha_S, S_min = S / (1 + B_crit(L) / B), B_crit = B_star L^(-1/alpha_B)"
    )
    source: ClassVar[str] = "Kaplan 2020, section 5; Su 2024, section 3"

    order: str = "joint"

    def origin(self, sizes: np.ndarray) -> np.ndarray:
        """Means of ln N and ln S; the level of the loss is added by `_problem`."""
        return np.append(np.log(sizes[:, :2]).mean(axis=0), 0.0)

    def form(self, sizes: np.ndarray, origin: np.ndarray) -> TrajectoryForm:
        """The law about `origin` = ln N, ln S, ln L."""
        logs = np.log(sizes[:, :2])
        spans = [float(span) or 1.0 for span in np.ptp(logs, axis=0)]
        bounds = [(0.01 / span, 100 / span) for span in spans]
        u, s = (logs - origin[:2]).T
        return TrajectoryForm(u, s, sizes[:, 2], float(np.exp(origin[2])), [*bounds, OPEN, POWERS])

    def _problem(self, sizes: np.ndarray, y: np.ndarray):
        origin = np.append(self.origin(sizes)[:2], np.log(y).mean())
        form = self.form(sizes, origin)
        form.observed = y
        if fixed := self._fixed():
            raise ValueError(f"fixed ({', '.join(fixed)}) needs order='published' in a TrajectoryLaw")
        return form, origin, self.axes(form, sizes)

    def axes(self, form: TrajectoryForm, sizes: np.ndarray) -> list[np.ndarray]:
        """Both exponents and the power of the critical batch size from bound to bound, that size from none to many.

        It has no upper bound; the grid ends at 300 times the largest batch.
        """
        spans = [max(float(np.ptp(v)), 1.0) for v in (form.u, form.s)]
        batches = np.geomspace(sizes[:, 2].min() / 10, sizes[:, 2].max() * 10, 7)
        batches = np.array([0.0, *batches, 30 * batches[-1]])
        exponents = [np.geomspace(0.1 / span, 12 / span, 8) for span in spans]
        edges = zip(exponents, form.lower[2:4], form.upper[2:4], strict=True)
        exponents = [np.array([low, *axis, high]) for axis, low, high in edges]
        return [*exponents, batches, np.array([POWERS[0], 1.0, 2.5, 5.0, 10.0, POWERS[1]])]

    def natural(self, theta: np.ndarray, origin: np.ndarray) -> dict[str, np.ndarray]:
        """Parameters [B]; N_c and S_c are the sizes at which their terms are one nat."""
        a, b, alpha_n, alpha_s, critical, power = theta.T
        with np.errstate(divide="ignore"):
            n_c, s_c = origin[0] + np.log(a) / alpha_n, origin[1] + np.log(b) / alpha_s
        values = (np.exp(n_c), alpha_n, np.exp(s_c), alpha_s, critical * np.exp(power * origin[2]), 1 / power)
        return dict(zip(self.parameters, values, strict=True))

    def centred(self, params: dict[str, Any], origin: np.ndarray) -> np.ndarray:
        """Coefficients [B, 6] about `origin`."""
        n_c, alpha_n, s_c, alpha_s, star, alpha_b = (np.asarray(params[name]) for name in self.parameters)
        with np.errstate(divide="ignore"):
            a = np.exp(alpha_n * (np.log(n_c) - origin[0]))
            b = np.exp(alpha_s * (np.log(s_c) - origin[1]))
        return np.stack([a, b, alpha_n, alpha_s, star * np.exp(-origin[2] / alpha_b), 1 / alpha_b], axis=1)

    def fit_weighted(self, X: Any, y: Any, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Parameters [B] of the fit of every row of `weights` [B, n], in the order chosen."""
        check_name("order", self.order, ORDERS)
        if self.order == "joint":
            return super().fit_weighted(X, y, weights)
        sizes = self.sizes(X)
        rows = np.broadcast_arrays(np.atleast_2d(np.asarray(y, dtype=float)), np.asarray(weights, dtype=float))
        found = [published_order(sizes, *row, self.given_loss(), self._fixed()) for row in zip(*rows, strict=True)]
        return {name: np.array([params[name] for params in found]) for name in self.parameters}

    def _estimate(self, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray) -> None:
        if self.order == "joint":
            super()._estimate(sizes, y, weights)
        else:
            self._settle(self.fit_weighted(sizes, y, weights[None]), None, sizes, y, weights)

    def _optimiser(self) -> str:
        if self.order == "joint":
            return super()._optimiser()
        return "three steps in the published order, each at its own optimum; no random starts"

    def _method(self, group: np.ndarray | None) -> str:
        """As for any law, but that the published order is no optimum and has no profile."""
        if self.order == "joint":
            return super()._method(group)
        if self.interval == "profile":
            raise ValueError(
                "the published order is no optimum to profile about; use interval='bootstrap' or 'residual'"
            )
        return "bootstrap" if self.interval is None else super()._method(group)

    def profiled(self, sizes: np.ndarray) -> tuple[ScaledTrajectoryForm, np.ndarray, np.ndarray]:
        """The form in ln N_c, ln S_c (about the middle of the data), the exponents, B_star and alpha_B."""
        middle = self.origin(sizes)[:2]
        u, s = (np.log(sizes[:, :2]) - middle).T
        plain = self.form(sizes, np.zeros(3))
        bounds = list(zip(plain.lower, plain.upper, strict=True))[plain.linear :]
        theta = np.array([self.params_[name] for name in self.coefficients])
        theta[:2] = np.log(theta[:2]) - middle
        unit = np.append(middle, np.full(4, np.nan))
        return ScaledTrajectoryForm(u, s, plain.batch, plain.level, bounds), theta, unit

    def minimum_loss(self, parameters: float, level: float = 0.95) -> Estimate:
        """Loss of N parameters with steps and batch without limit, (N_c / N)^alpha_N."""
        n = amount(parameters, "parameters")
        return estimate(lambda p: (p["N_c"] / n) ** p["alpha_N"], self._fitted(), self.bootstrap_, level)

    def critical_batch_size(self, loss: float, level: float = 0.95) -> Estimate:
        """B_crit = B_star / L^(1 / alpha_B): twice the fewest steps, and twice the fewest tokens, reach the loss."""
        at = amount(loss, "loss")
        return estimate(lambda p: p["B_star"] * at ** (-1 / p["alpha_B"]), self._fitted(), self.bootstrap_, level)

    def minimum_steps(self, parameters: float, loss: float, level: float = 0.95) -> Estimate:
        """Fewest steps (at a batch without limit) with which N parameters reach `loss`; infinite if they cannot."""
        n, at = amount(parameters, "parameters"), amount(loss, "loss")
        return estimate(lambda p: _fewest_steps(p, n, at), self._fitted(), self.bootstrap_, level)

    def minimum_tokens(self, parameters: float, loss: float, level: float = 0.95) -> Estimate:
        """Fewest examples (at a batch of almost nothing) to reach `loss`, S_min B_crit, in the unit of B."""
        n, at = amount(parameters, "parameters"), amount(loss, "loss")

        def tokens(p: dict[str, np.ndarray]) -> np.ndarray:
            return _fewest_steps(p, n, at) * p["B_star"] * at ** (-1 / p["alpha_B"])

        return estimate(tokens, self._fitted(), self.bootstrap_, level)

    def trajectory(self, parameters: float, batch_size: float, steps: Any) -> np.ndarray:
        """The loss curve [n] of N parameters at a batch size, at the given steps."""
        at = positive(np.atleast_1d(numbers(steps, "steps")), "steps")
        n, batch = amount(parameters, "parameters"), amount(batch_size, "batch_size")
        return self.predict(np.stack([np.full(len(at), n), at, np.full(len(at), batch)], axis=1))


def _fewest_steps(params: dict[str, np.ndarray], n: float, loss: float) -> np.ndarray:
    above = loss - (params["N_c"] / n) ** params["alpha_N"]
    return np.where(above > 0, params["S_c"] * np.where(above > 0, above, 1.0) ** (-1 / params["alpha_S"]), np.inf)
