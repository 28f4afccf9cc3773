"""The power law that levels off."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from scalescope.laws.exponential import ExponentialLaw


class ShiftedPowerLaw(ExponentialLaw):
    """y = E + A x^-alpha: what cannot be removed, and a power law for the rest.

    x is one size (`size` names it: the column of a DataFrame, or a vector), y a loss in nats or an error.
    Default loss: log_squares. Source: Henighan 2020, eq. 1.1.
    """

    inputs: ClassVar[tuple[str, ...]] = ("parameters",)
    parameters: ClassVar[tuple[str, ...]] = ("E", "A", "alpha")
    terms: ClassVar[dict] = {"E": {}, "A": {"alpha": "parameters"}}
    equation: ClassVar[str] = "y = E + A x^-alpha"
    source: ClassVar[str] = "Henighan 2020, eq. 1.1"

    def __init__(
        self,
        *,
        size: str = "parameters",
        loss: str | None = None,
        delta: float = 1e-3,
        summed: bool = True,
        fixed: dict[str, float] | None = None,
        ties: dict[str, str] | None = None,
        bounds: dict[str, tuple[float, float]] | None = None,
        start: dict[str, float] | None = None,
        interval: str | None = None,
        n_boot: int = 1000,
        random_state: int | np.random.Generator | None = 0,
        warn_beyond: float | None = 10.0,
    ):
        """Store `size`, what x is ("parameters", "tokens", "flops"), and the settings of CurveLaw."""
        super().__init__(
            loss=loss,
            delta=delta,
            summed=summed,
            fixed=fixed,
            ties=ties,
            bounds=bounds,
            start=start,
            interval=interval,
            n_boot=n_boot,
            random_state=random_state,
            warn_beyond=warn_beyond,
        )
        self.size = size

    @property
    def input_names(self) -> tuple[str, ...]:
        """The name of the size."""
        return (self.size,)
