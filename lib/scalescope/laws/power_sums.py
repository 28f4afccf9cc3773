"""Laws that are sums of powers (one of exponentials): of one size, of parameters and tokens, of shape, of examples."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from scalescope.laws.compute import ComputeLaw
from scalescope.laws.exponential import REACH, SEARCHED, ExponentialLaw
from scalescope.laws.fit.form import ExponentialForm
from scalescope.laws.settings import OneSize

POINTS = 5  # of each of the four axes of the grid in width, depth, parameters and tokens


class ShiftedPowerLaw(OneSize, ExponentialLaw):
    """y = E + A x^-alpha: what cannot be removed, and a power law for the rest.

    x is one size (`size` names it: the column of a DataFrame, or a vector), y a loss in nats or an error.
    Default loss: log_squares. Source: Henighan 2020, eq. 1.1.
    """

    inputs: ClassVar[tuple[str, ...]] = ("parameters",)
    parameters: ClassVar[tuple[str, ...]] = ("E", "A", "alpha")
    terms: ClassVar[dict] = {"E": {}, "A": {"alpha": "parameters"}}
    equation: ClassVar[str] = "y = E + A x^-alpha"
    source: ClassVar[str] = "Henighan 2020, eq. 1.1"


class ChinchillaLaw(ComputeLaw):
    """L = E + A N^-alpha + B D^-beta, N parameters, D tokens, L in nats per token.

    Default loss: log_huber, delta 1e-3, summed over points (its mean makes quasi-Newton methods stop early). Source:
    Hoffmann 2022, eq. 2 and 3; Besiroglu 2024.
    """

    parameters: ClassVar[tuple[str, ...]] = ("E", "A", "B", "alpha", "beta")
    terms: ClassVar[dict] = {"E": {}, "A": {"alpha": "parameters"}, "B": {"beta": "tokens"}}
    default_loss: ClassVar[str] = "log_huber"
    coverage: ClassVar[str] = "held the truth in 94.0 to 97.5 % of simulated studies (law_truth.csv)"
    equation: ClassVar[str] = "L = E + A N^-alpha + B D^-beta"
    source: ClassVar[str] = "Hoffmann 2022, eq. 2; Besiroglu 2024"

    def powers(self, params: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
        """A, alpha, B, beta [B]."""
        return params["A"], params["alpha"], params["B"], params["beta"]


class OvertrainingLaw(ComputeLaw):
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

    def powers(self, params: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
        """a 6^-eta, 2 eta, b 6^-eta, 2 eta [B]."""
        unit = 6.0 ** -params["eta"]
        return params["a"] * unit, 2 * params["eta"], params["b"] * unit, 2 * params["eta"]


class WidthDepthLaw(ExponentialLaw):
    """L = E + A_w w^-alpha_w + A_l l^-alpha_l + A N^-alpha + B D^-beta, L in nats per token.

    w width of the model, l layers, N parameters, D tokens. N follows from w and l, so that the first three terms share
    what the size explains: read the exponents together, not one by one. Default loss: log_huber with delta 1e-3, summed
    (the authors' own is 1e-4). Source: McLeish 2025 (Gemstones), section 4, the law in width, depth, N and D.
    """

    inputs: ClassVar[tuple[str, ...]] = ("width", "depth", "parameters", "tokens")
    parameters: ClassVar[tuple[str, ...]] = ("E", "A_w", "A_l", "A", "B", "alpha_w", "alpha_l", "alpha", "beta")
    terms: ClassVar[dict] = {
        "E": {},
        "A_w": {"alpha_w": "width"},
        "A_l": {"alpha_l": "depth"},
        "A": {"alpha": "parameters"},
        "B": {"beta": "tokens"},
    }
    default_loss: ClassVar[str] = "log_huber"
    equation: ClassVar[str] = "L = E + A_w w^-alpha_w + A_l l^-alpha_l + A N^-alpha + B D^-beta"
    source: ClassVar[str] = "McLeish 2025 (Gemstones)"

    def axes(self, form: ExponentialForm, sizes: np.ndarray) -> list[np.ndarray]:
        """A few exponents of each term between nearly straight and nearly a step, and the bounds of both."""
        spans = self._spans(self.slopes(sizes))
        inner = np.geomspace(*SEARCHED, POINTS)
        return [np.array([REACH[0], *inner, REACH[1]]) / span for span in spans]


class VanillaFinetuningLaw(ExponentialLaw):
    """L(D) = B / D^beta + E: the rectified law without pre-learned data (D_l = 0).

    Default loss: log_squares. Source: Lin 2024, the law its section 3 finds wanting (Hernandez 2021).
    """

    inputs: ClassVar[tuple[str, ...]] = ("examples",)
    parameters: ClassVar[tuple[str, ...]] = ("B", "beta", "E")
    terms: ClassVar[dict] = {"E": {}, "B": {"beta": "examples"}}
    equation: ClassVar[str] = "L(D) = B / D^beta + E"
    source: ClassVar[str] = "Lin 2024; Hernandez 2021"


class DownstreamErrorLaw(ExponentialLaw):
    """Err(L) = epsilon - k exp(-gamma L): the average top-1 error of tasks against the validation loss.

    L in nats, Err a fraction; epsilon is the error of a model that knows nothing. Default loss: squares, as the paper
    fits it. Source: Gadre 2024, eq. 5.
    """

    inputs: ClassVar[tuple[str, ...]] = ("loss",)
    parameters: ClassVar[tuple[str, ...]] = ("epsilon", "k", "gamma")
    terms: ClassVar[dict] = {"epsilon": {}, "k": {"gamma": "loss"}}
    negative: ClassVar[tuple[str, ...]] = ("k",)
    default_loss: ClassVar[str] = "squares"
    share: ClassVar[bool] = True
    coverage: ClassVar[str] = "held the truth in 94.5 to 97.5 % of simulated studies (law_truth.csv)"
    equation: ClassVar[str] = "Err(L) = epsilon - k exp(-gamma L)"
    source: ClassVar[str] = "Gadre 2024, eq. 5"

    def slopes(self, sizes: np.ndarray) -> dict[str, np.ndarray]:
        """The loss itself [n]: this law is exponential."""
        return {"loss": sizes[:, 0]}
