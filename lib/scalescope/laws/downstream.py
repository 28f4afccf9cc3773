"""From loss to error."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from scalescope.laws.exponential import ExponentialLaw


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
