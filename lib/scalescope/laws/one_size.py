"""The constructor of laws of one size, which can be any: parameters, tokens, FLOPs."""

from __future__ import annotations

import numpy as np

from scalescope.laws.settings import FitSettings


class OneSize(FitSettings):
    """Laws y(x) of one size x, which `size` names: a column of a DataFrame, and the word in messages."""

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
        """Store `size`, what x is ("parameters", "tokens", "flops", ...), and the settings of FitSettings."""
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
