"""Loss against parameters and tokens: one exponent for each."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from scalescope.laws.compute import ComputeLaw


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
