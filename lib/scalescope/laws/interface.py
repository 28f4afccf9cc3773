"""What the bootstrap, the profile and the diagnostics ask of a law: the types between them and the laws."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from scalescope.laws.fit.form import Form
from scalescope.laws.fit.losses import Loss
from scalescope.laws.fit.optimum import Optimum


class Law(Protocol):
    """What a bootstrap asks: inputs, fits with many rows of weights at once, predictions of many sets of parameters."""

    @property
    def min_distinct(self) -> int:
        """Fewest distinct input rows that determine the law."""

    def sizes(self, X: Any) -> np.ndarray:
        """Checked inputs [n, k]."""

    def fit_weighted(self, X: Any, y: Any, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Parameters [B] of the fit of every row of `weights` [B, n]."""

    def predict_many(self, params: dict[str, np.ndarray], X: Any) -> np.ndarray:
        """Predictions [B, n]."""


class Curve(Law, Protocol):
    """What profile and diagnostics ask of a fitted law with exponents; see `CurveLaw` for each of these."""

    params_: dict[str, float]
    optimum_: Optimum | None
    origin_: np.ndarray
    bounds: dict[str, tuple[float, float]] | None

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs."""

    def slot(self, name: str) -> int:
        """Place of a parameter among the coefficients."""

    def form(self, sizes: np.ndarray, origin: np.ndarray) -> Form:
        """The law at these inputs, about `origin`."""

    def limited(self, form: Form) -> Form:
        """`form` with the values and bounds that the caller gives."""

    def origin(self, sizes: np.ndarray) -> np.ndarray:
        """Middle of the data."""

    def centre(self, sizes: np.ndarray) -> np.ndarray:
        """Origin of a fit."""

    def centred(self, params: dict[str, Any], origin: np.ndarray) -> np.ndarray:
        """Coefficients [B, T] from parameters."""

    def natural(self, theta: np.ndarray, origin: np.ndarray) -> dict[str, np.ndarray]:
        """Parameters from coefficients [B, T]."""

    def profiled(self, sizes: np.ndarray) -> tuple[Form, np.ndarray, np.ndarray]:
        """A form whose coefficients are the parameters, the fitted ones, and a unit."""

    def given_bounds(self) -> dict[str, tuple[float, float]]:
        """`bounds`, checked."""

    def given_loss(self) -> Loss:
        """The loss that is minimised."""

    def fitted_names(self) -> list[str]:
        """Parameters that are fitted, each once."""

    def _fitted(self) -> dict[str, np.ndarray]:
        """The fitted parameters as one set [1] of many."""

    def _values(self, sizes: np.ndarray) -> np.ndarray:
        """The fitted law [n]."""

    def tied(self) -> dict[str, str]:
        """Parameters that equal another."""
