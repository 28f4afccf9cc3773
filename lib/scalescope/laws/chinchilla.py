"""Loss against parameters and tokens, and how to spend a compute budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scalescope.laws.estimates import Estimate, estimate
from scalescope.laws.exponential import ExponentialLaw
from scalescope.laws.inputs import amount


@dataclass(frozen=True)
class ComputeOptimal:
    """The split of `flops` = 6 N D with the lowest loss, each number with its bootstrap interval."""

    flops: float
    parameters: Estimate
    tokens: Estimate
    tokens_per_parameter: Estimate
    loss: Estimate


class _ComputeLaw(ExponentialLaw):
    """What the two laws of parameters and tokens share: `best_parameters(params, flops)` gives them the optimum."""

    inputs: ClassVar[tuple[str, ...]] = ("parameters", "tokens")

    def best_parameters(self, params: dict[str, np.ndarray], flops: float) -> np.ndarray:
        """N [B] that minimises the loss at D = flops / (6 N)."""
        raise NotImplementedError

    def compute_optimal(self, flops: float, level: float = 0.95) -> ComputeOptimal:
        """Parameters and tokens of the lowest loss with `flops` = 6 N D; raises ValueError for a budget of 0."""
        flops, fitted = amount(flops, "flops"), self._fitted()

        def best(params: dict[str, np.ndarray]) -> np.ndarray:
            return self.best_parameters(params, flops)

        def loss(params: dict[str, np.ndarray]) -> np.ndarray:
            n = best(params)
            return self.pointwise(params, np.stack([n, flops / (6 * n)], axis=1))

        questions = [
            best,
            lambda params: flops / (6 * best(params)),
            lambda params: flops / (6 * best(params) ** 2),
            loss,
        ]
        return ComputeOptimal(flops, *(estimate(q, fitted, self.bootstrap_, level) for q in questions))


class ChinchillaLaw(_ComputeLaw):
    """L = E + A N^-alpha + B D^-beta, N parameters, D tokens, L in nats per token.

    Default loss: log_huber, delta 1e-3, summed over points (its mean makes quasi-Newton methods stop early). Source:
    Hoffmann 2022, eq. 2 and 3; Besiroglu 2024.
    """

    parameters: ClassVar[tuple[str, ...]] = ("E", "A", "B", "alpha", "beta")
    terms: ClassVar[dict] = {"E": {}, "A": {"alpha": "parameters"}, "B": {"beta": "tokens"}}
    default_loss: ClassVar[str] = "log_huber"
    equation: ClassVar[str] = "L = E + A N^-alpha + B D^-beta"
    source: ClassVar[str] = "Hoffmann 2022, eq. 2; Besiroglu 2024"

    def best_parameters(self, params: dict[str, np.ndarray], flops: float) -> np.ndarray:
        """N = G (flops / 6)^(beta / (alpha + beta)), G = (alpha A / (beta B))^(1 / (alpha + beta)); eq. 4."""
        alpha, beta = params["alpha"], params["beta"]
        power = 1 / (alpha + beta)
        return (alpha * params["A"] / (beta * params["B"])) ** power * (flops / 6) ** (beta * power)


class OvertrainingLaw(_ComputeLaw):
    """L(C, M) = E + (a M^eta + b M^-eta) C^-eta, C = 6 N D FLOPs, M = D / N tokens per parameter.

    Inputs are N and D: the law is E + a (6 N^2)^-eta + b (6 D^2)^-eta. The authors' code has -2 eta in place of eta.
    Default loss: squares, as the paper fits it. Source: Gadre 2024, eq. 4.
    """

    parameters: ClassVar[tuple[str, ...]] = ("E", "a", "b", "eta")
    terms: ClassVar[dict] = {"E": {}, "a": {"eta": "C / M"}, "b": {"eta": "C M"}}
    default_loss: ClassVar[str] = "squares"
    equation: ClassVar[str] = "L(C, M) = E + (a M^eta + b M^-eta) C^-eta, C = 6 N D, M = D / N"
    source: ClassVar[str] = "Gadre 2024, eq. 4"

    def slopes(self, sizes: np.ndarray) -> dict[str, np.ndarray]:
        """ln(C / M) = ln(6 N^2) and ln(C M) = ln(6 D^2), [n] each."""
        n, d = np.log(sizes).T
        return {"C / M": np.log(6.0) + 2 * n, "C M": np.log(6.0) + 2 * d}

    def best_parameters(self, params: dict[str, np.ndarray], flops: float) -> np.ndarray:
        """N = sqrt(C / (6 M)) at M = (b / a)^(1 / (2 eta)), whatever C."""
        ratio = (params["b"] / params["a"]) ** (1 / (2 * params["eta"]))
        return np.sqrt(flops / (6 * ratio))
