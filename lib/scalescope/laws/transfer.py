"""Loss after pretraining and finetuning, and which of the two is worth the money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scalescope.laws.estimates import Estimate, estimate
from scalescope.laws.exponential import ExponentialLaw
from scalescope.laws.inputs import amount

HALVINGS = 200  # of the bracket of an allocation: to the last digit


@dataclass(frozen=True)
class Allocation:
    """Tokens to buy with `budget`, the share of money for pretraining, and the loss, with bootstrap intervals."""

    budget: float
    pretrain_tokens: Estimate
    finetune_tokens: Estimate
    pretrain_share: Estimate
    loss: Estimate


@dataclass(frozen=True)
class Worth:
    """Whether the next unit of money is better spent on pretraining.

    `gain_pretrain`, `gain_finetune`: loss saved per unit of money. `ratio`: the first by the second, with its interval.
    `probability`: share of bootstrap fits in which pretraining is the better buy (NaN without bootstrap,
    and where as many points as parameters leave nothing to judge by).
    """

    worth: bool
    gain_pretrain: float
    gain_finetune: float
    ratio: Estimate
    probability: float


class TransferLaw(ExponentialLaw):
    """L(p, f) = (A p^-alpha + G) f^-beta + E, p pretraining tokens, f finetuning tokens, G the transfer gap.

    The gap is what no amount of pretraining removes. Default loss: log_squares. Source: Barnett 2024; Mikami 2021 is
    the case `fixed={"E": 0}`.
    """

    inputs: ClassVar[tuple[str, ...]] = ("pretrain_tokens", "finetune_tokens")
    parameters: ClassVar[tuple[str, ...]] = ("A", "alpha", "G", "beta", "E")
    terms: ClassVar[dict] = {
        "A": {"alpha": "pretrain_tokens", "beta": "finetune_tokens"},
        "G": {"beta": "finetune_tokens"},
        "E": {},
    }
    equation: ClassVar[str] = "L(p, f) = (A p^-alpha + G) f^-beta + E"
    source: ClassVar[str] = "Barnett 2024; Mikami 2021"

    def optimal_allocation(
        self, budget: float, cost_pretrain: float, cost_finetune: float, level: float = 0.95
    ) -> Allocation:
        """Split of `budget` with the lowest loss; costs are per token, in the unit of the budget.

        At the optimum both kinds of token save equally much per unit of money. Raises ValueError for a budget or cost
        that is not above zero.
        """
        budget, pretrain = amount(budget, "budget"), amount(cost_pretrain, "cost_pretrain")
        finetune, fitted = amount(cost_finetune, "cost_finetune"), self._fitted()
        if self.params_["A"] == 0:
            raise ValueError(
                "this fit has A = 0: pretraining changes nothing, so that the split would be all on finetuning data"
            )

        def tokens(params: dict[str, np.ndarray]) -> np.ndarray:
            return _best_pretrain(params, budget, pretrain, finetune)

        def rest(params: dict[str, np.ndarray]) -> np.ndarray:
            return (budget - pretrain * tokens(params)) / finetune

        def loss(params: dict[str, np.ndarray]) -> np.ndarray:
            return self.pointwise(params, np.stack([tokens(params), rest(params)], axis=1))

        questions = (tokens, rest, lambda params: tokens(params) * pretrain / budget, loss)
        return Allocation(budget, *(estimate(q, fitted, self.bootstrap_, level) for q in questions))

    def is_pretraining_worth(
        self,
        pretrain_tokens: float,
        finetune_tokens: float,
        cost_pretrain: float,
        cost_finetune: float,
        level: float = 0.95,
    ) -> Worth:
        """At p and f tokens, is one more unit of money better spent on pretraining than on finetuning data?

        The larger the transfer gap G, the sooner the answer is no.
        """
        p, f = amount(pretrain_tokens, "pretrain_tokens"), amount(finetune_tokens, "finetune_tokens")
        prices = amount(cost_pretrain, "cost_pretrain"), amount(cost_finetune, "cost_finetune")
        fitted = self._fitted()
        gains = [float(gain[0]) for gain in _gains(fitted, p, f, *prices)]

        def ratio(params: dict[str, np.ndarray]) -> np.ndarray:
            first, second = _gains(params, p, f, *prices)
            return first / np.maximum(second, 1e-300)

        known = self.bootstrap_ and not self.bootstrap_.undetermined
        share = float((ratio(self.bootstrap_.params) > 1).mean()) if known else float("nan")
        return Worth(gains[0] > gains[1], *gains, estimate(ratio, fitted, self.bootstrap_, level), share)


def _gains(params, p: float, f: float, cost_pretrain: float, cost_finetune: float) -> tuple[np.ndarray, np.ndarray]:
    """Loss saved by the next unit of money, [B] each: on pretraining and on finetuning data."""
    reducible = params["A"] * p ** -params["alpha"]
    scale = f ** -params["beta"]
    pretrain = params["alpha"] * reducible / p * scale / cost_pretrain
    return pretrain, params["beta"] * (reducible + params["G"]) * scale / f / cost_finetune


def _best_pretrain(params, budget: float, cost_pretrain: float, cost_finetune: float) -> np.ndarray:
    """Pretraining tokens [B] at which both gains are equal, by bisection of the share of the budget (in its logit)."""
    low, high = np.full(len(params["A"]), -60.0), np.full(len(params["A"]), 60.0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        share = 1 / (1 + np.exp(-middle))
        p, f = budget * share / cost_pretrain, budget / (1 + np.exp(middle)) / cost_finetune
        pretrain, finetune = _gains(params, p, f, cost_pretrain, cost_finetune)
        more = pretrain > finetune
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    return budget / (1 + np.exp(-low)) / cost_pretrain
