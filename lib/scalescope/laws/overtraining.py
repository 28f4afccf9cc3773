"""Loss against parameters and tokens, one exponent for both."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from scalescope.laws.compute import ComputeLaw


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
