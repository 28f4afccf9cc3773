"""Loss against the shape of the model too: width, depth, parameters and tokens, a power law of each."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from scalescope.laws.exponential import REACH, SEARCHED, ExponentialLaw
from scalescope.laws.fit.form import ExponentialForm

POINTS = 5  # of each of the four axes of the grid


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
