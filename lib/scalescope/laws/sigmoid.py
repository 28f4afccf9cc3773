"""From loss to error along a sigmoid, flat at both ends."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from scalescope.laws.curve import CurveLaw
from scalescope.laws.fit.form import Form

STEEP = (0.05, 200.0)  # bounds of k times the range of the losses
REACH = 3.0  # ranges of the losses by which the middle may lie outside them
POINTS = (16, 21)  # of the axes of k and L_0


class SigmoidForm(Form):
    """law = E + A / (1 + exp(-k (u - L_0))), shapes (k, L_0), losses u [n]."""

    def factor(self, shapes: np.ndarray) -> np.ndarray:
        """The sigmoid [B, n]."""
        return np.exp(-np.logaddexp(0.0, -shapes[:, :1] * (self.u - shapes[:, 1:2])))

    def gradient(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The law [B, n] and its derivatives [B, 4, n]."""
        share = self.factor(theta[:, 2:])
        bend = theta[:, 1:2] * share * (1 - share)
        gradient = np.ones((len(theta), 4, len(self.u)))
        gradient[:, 1] = share
        gradient[:, 2] = bend * (self.u - theta[:, 3:4])
        gradient[:, 3] = -bend * theta[:, 2:3]
        return theta[:, :1] + theta[:, 1:2] * share, gradient


class SigmoidErrorLaw(CurveLaw):
    """Err(L) = E + A / (1 + exp(-k (L - L_0))): the error of a task against the loss, flat at both ends.

    L in nats, Err a fraction; E is the error of a perfect language model, E + A that of one that knows nothing, L_0 the
    loss at the middle. With accuracy for error it is Acc(L) = b - a / (1 + exp(-k (L - L_0))). L_0 is searched within
    three ranges of the fitted losses. Default loss: squares, of the error itself. Source: Bhagia 2024, eq. 3;
    Grattafiori 2024, section 3.2.1.
    """

    inputs: ClassVar[tuple[str, ...]] = ("loss",)
    parameters: ClassVar[tuple[str, ...]] = ("E", "A", "k", "L_0")
    coefficients: ClassVar[tuple[str, ...]] = parameters
    default_loss: ClassVar[str] = "squares"
    default_interval: ClassVar[str] = "bootstrap"
    share: ClassVar[bool] = True
    equation: ClassVar[str] = "Err(L) = E + A / (1 + exp(-k (L - L_0)))"
    source: ClassVar[str] = "Bhagia 2024, eq. 3"

    def origin(self, sizes: np.ndarray) -> np.ndarray:
        """Zero: the parameters are those of the fit."""
        return np.zeros(1)

    def form(self, sizes: np.ndarray, origin: np.ndarray) -> SigmoidForm:
        """The sigmoid of the losses."""
        loss = sizes[:, 0]
        span = float(np.ptp(loss)) or 1.0
        middle = (max(loss.min() - REACH * span, 0.0), loss.max() + REACH * span)
        return SigmoidForm(loss, [(STEEP[0] / span, STEEP[1] / span), middle])

    def axes(self, form: SigmoidForm, sizes: np.ndarray) -> list[np.ndarray]:
        """k from nearly straight to nearly a step, L_0 over and around the losses."""
        span = float(np.ptp(form.u)) or 1.0
        return [np.geomspace(*STEEP, POINTS[0]) / span, np.linspace(form.lower[3], form.upper[3], POINTS[1])]
