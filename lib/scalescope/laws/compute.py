"""How to spend compute: the split between parameters and tokens with the lowest loss, and how it grows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from scalescope.laws.estimates import Estimate, estimate
from scalescope.laws.exponential import ExponentialLaw
from scalescope.laws.inputs import amount, numbers, positive
from scalescope.laws.remarks import SuspectInput

SIX = 6.0  # FLOPs per parameter and token
FlopRule = float | Callable[[np.ndarray], np.ndarray]
HALVINGS = 120
WIDEST = 60.0  # logarithm of the factor beyond the fitted sizes that is searched
STEP = 1e-5
TAKES = "a rule takes parameters [n] and gives FLOPs per token [n], numbers above zero"


@dataclass(frozen=True)
class ComputeOptimal:
    """The split of a compute budget with the lowest loss, each number with its bootstrap interval.

    One of `flops`, `parameters` and `tokens` was given, and then has no interval.
    """

    flops: float
    parameters: Estimate
    tokens: Estimate
    tokens_per_parameter: Estimate
    loss: Estimate


@dataclass(frozen=True)
class ComputeExponents:
    """Compute-optimal N grows as C^`parameters`, D as C^`tokens`, where C is proportional to N D."""

    parameters: Estimate
    tokens: Estimate


class ComputeLaw(ExponentialLaw):
    """What laws E + f(N) + g(D), f and g powers, share; a law gives `powers`."""

    inputs: ClassVar[tuple[str, ...]] = ("parameters", "tokens")

    def powers(self, params: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """A, alpha, B, beta [B] of the law written as E + A N^-alpha + B D^-beta."""
        raise NotImplementedError

    def compute_optimal(
        self,
        flops: Any = None,
        level: float = 0.95,
        *,
        parameters: float | None = None,
        tokens: float | None = None,
        flops_per_token: FlopRule = SIX,
    ) -> ComputeOptimal | list[ComputeOptimal]:
        """Parameters and tokens of the lowest loss for a budget of `flops`; a list for a sequence of budgets.

        In place of flops, `parameters` or `tokens` asks for the budget at which that many are optimal.
        `flops_per_token`: k of C = k N D, or a function of parameters [n] -> FLOPs per token [n] (then C = f(N) D),
        such as one that counts attention or embeddings; it must grow with N. Raises ValueError unless exactly one of
        the three is given and above zero, and where the fit has no optimum: a term that is zero, so that more
        parameters (or tokens) change nothing.
        """
        given = {"flops": flops, "parameters": parameters, "tokens": tokens}
        asked = [name for name, value in given.items() if value is not None]
        if len(asked) != 1:
            raise ValueError(f"give one of flops, parameters and tokens; got {', '.join(asked) or 'none'}")
        self._refuse_flat()
        rule = _Rule(flops_per_token)
        if flops is not None and np.ndim(flops):
            budgets = positive(np.ravel(numbers(flops, "flops")), "flops")
            if not budgets.size:
                raise ValueError(f"flops must hold at least one budget; got {flops!r:.80}")
            return [self._optimal("flops", float(budget), rule, level) for budget in budgets]
        return self._optimal(asked[0], amount(given[asked[0]], asked[0]), rule, level)

    def compute_exponents(self, level: float = 0.95) -> ComputeExponents:
        """a and b of N ~ C^a and D ~ C^b along the optimum, C = k N D: beta / (alpha + beta) and its complement.

        Raises ValueError as `compute_optimal` does.
        """
        self._refuse_flat()

        def share(params: dict[str, np.ndarray]) -> np.ndarray:
            _, alpha, _, beta = self.powers(params)
            return beta / (alpha + beta)

        return ComputeExponents(self.ask(share, level), self.ask(lambda params: 1 - share(params), level))

    def _refuse_flat(self) -> None:
        a, _, b, _ = (float(part[0]) for part in self.powers(self._fitted()))
        for value, name in ((a, "parameters"), (b, "tokens")):
            if not 0 < value < np.inf:
                raise ValueError(
                    f"this fit has no compute optimum: its term in {name} is {value:g}, so that {name} change nothing "
                    f"and the split would be all or nothing"
                )

    def _optimal(self, asked: str, value: float, rule: _Rule, level: float) -> ComputeOptimal:
        def split(params: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
            powers = self.powers(params)
            if asked == "flops":
                n = rule.best(powers, value)
                return n, _quotient(value, rule(n))
            if asked == "parameters":
                n = np.full(len(powers[0]), value)
                return n, rule.partner(powers, n)
            n = rule.given_tokens(powers, value)
            return n, np.full(len(n), value)

        def loss(params: dict[str, np.ndarray]) -> np.ndarray:
            n, d = split(params)
            a, alpha, b, beta = self.powers(params)
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                parts = [np.where(c > 0, c * size**-power, 0.0) for c, size, power in ((a, n, alpha), (b, d, beta))]
            return params["E"] + parts[0] + parts[1]

        def ratio(params: dict[str, np.ndarray]) -> np.ndarray:
            n, d = split(params)
            return _quotient(d, n)

        def compute(params: dict[str, np.ndarray]) -> np.ndarray:
            n, d = split(params)
            return rule(n) * d

        n, d = (self.ask(lambda params, i=i: split(params)[i], level) for i in (0, 1))
        if np.isfinite([n, d]).all() and min(n, d) > 0 and (doubt := self._far_below([[float(n), float(d)]])):
            warnings.warn(f"{asked} {value:.3g} is where {doubt}", SuspectInput, stacklevel=3)
        spent = value if asked == "flops" else self.ask(compute, level)
        return ComputeOptimal(spent, n, d, self.ask(ratio, level), self.ask(loss, level))

    def ask(self, question: Callable[[dict[str, np.ndarray]], np.ndarray], level: float = 0.95) -> Estimate:
        """A question to the fit, with its bootstrap interval.

        question: from parameters, a dict of arrays [B] by their names, to numbers [B], such as lambda p: p["alpha"].
        Raises ValueError for another question or answer, UnknownName for a parameter that the law does not have.
        """
        return estimate(question, self._fitted(), self.bootstrap_, level)


class _Rule:
    """FLOPs per token as a function of parameters [n], and where the next FLOP saves equally much in N and in D."""

    def __init__(self, given: FlopRule):
        self.function = given if callable(given) else None
        self.factor = None if callable(given) else amount(given, "flops_per_token")

    def __call__(self, n: np.ndarray) -> np.ndarray:
        if self.function is None:
            return self.factor * n
        n = np.asarray(n, dtype=float)
        try:
            given = self.function(n)
        except Exception as fault:
            told = f"raised {type(fault).__name__} ({' '.join(str(fault).split()):.200})"
            raise ValueError(f"flops_per_token, asked for {_some(n)} parameters, {told}; {TAKES}") from fault
        try:
            found = positive(numbers(given, "flops_per_token"), "flops_per_token")
        except (TypeError, ValueError) as fault:
            told = f"{given!r:.80}".replace("\n", " ")
            raise ValueError(f"{fault}. It gave {told} for {_some(n)} parameters; {TAKES}") from fault
        if found.shape != n.shape:
            raise ValueError(
                f"flops_per_token must give one number per number of parameters; it gave the shape "
                f"{list(found.shape)} for {list(n.shape)}"
            )
        return found

    def growth(self, n: np.ndarray) -> np.ndarray:
        """d ln f / d ln N [n]; 1 where FLOPs are proportional to parameters."""
        if self.function is None:
            return np.ones_like(n)
        found = np.log(self(n * np.exp(STEP)) / self(n * np.exp(-STEP))) / (2 * STEP)
        return positive(found, "growth of flops_per_token with parameters")

    def partner(self, powers, n: np.ndarray) -> np.ndarray:
        """D [B] for which N is optimal: alpha A N^-alpha = growth beta B D^-beta."""
        a, alpha, b, beta = powers
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            log_d = np.log(self.growth(n) * _quotient(beta * b, alpha * a)) + alpha * np.log(n)
            return np.exp(log_d / beta)

    def best(self, powers, flops: float) -> np.ndarray:
        """N [B] of the lowest loss with `flops`."""
        a, alpha, b, beta = powers
        if self.function is None:  # Hoffmann 2022, eq. 4
            with np.errstate(divide="ignore", over="ignore"):
                power = 1 / (alpha + beta)
                return _quotient(alpha * a, beta * b) ** power * (flops / self.factor) ** (beta * power)
        return self._bisect(powers, lambda n: self(n) * self.partner(powers, n) > flops, flops)

    def given_tokens(self, powers, tokens: float) -> np.ndarray:
        """N [B] that is optimal with so many tokens."""
        a, alpha, b, beta = powers
        if self.function is None:
            with np.errstate(divide="ignore", over="ignore"):
                return (_quotient(alpha * a, beta * b) * tokens**beta) ** (1 / alpha)
        return self._bisect(powers, lambda n: self.partner(powers, n) > tokens, tokens)

    @staticmethod
    def _bisect(powers, too_large: Callable[[np.ndarray], np.ndarray], middle: float) -> np.ndarray:
        """N [B] at which `too_large` turns true, by bisection in ln N."""
        low = np.full(len(powers[0]), 0.5 * np.log(middle) - WIDEST)
        high = low + 2 * WIDEST
        for _ in range(HALVINGS):
            half = (low + high) / 2
            over = too_large(np.exp(half))
            low, high = np.where(over, low, half), np.where(over, half, high)
        return np.exp((low + high) / 2)


def _some(n: np.ndarray) -> str:
    """The numbers of parameters that a rule was asked for: the one, or the first and the last of many."""
    flat = np.ravel(n)
    return f"{flat[0]:g}" if flat.size == 1 else f"{flat[0]:g} to {flat[-1]:g}"


def _quotient(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b, infinite where only b is zero and 1 where both are (of replicates that say nothing)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((a == 0) & (b == 0), 1.0, a / b)
