"""What a fit minimises: squares, Huber or absolute values of residuals, of y or of ln y."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scalescope.errors import check_name

LOSSES = ("log_huber", "log_squares", "squares", "log_absolute")
ABSOLUTE = 1e-10  # half width, in ln y, of the parabola that replaces the kink of |r| at 0
NO_LOGARITHM = 1e100  # finite, so that its square is too


@dataclass(frozen=True)
class Loss:
    """A loss by name; every one is a Huber function of the residual r, at some width `delta`.

    log_huber: r^2 / 2 up to |r| = delta, then delta (|r| - delta / 2), r = ln law - ln y (Hoffmann 2022, eq. 3).
    log_squares: r^2 of the same r. squares: r^2, r = law - y. log_absolute: |r|, r = ln law - ln y.
    The objective is the weighted sum over points, or with `summed=False` the weighted mean.
    """

    name: str
    delta: float = 1e-3
    summed: bool = True

    def __post_init__(self):
        check_name("loss", self.name, LOSSES)
        number = isinstance(self.delta, int | float | np.number) and not isinstance(self.delta, bool)
        if not (number and np.isfinite(self.delta) and self.delta > 0):
            raise ValueError(f"delta must be a finite number above zero; got {self.delta!r}")
        if not isinstance(self.summed, bool | np.bool_):
            raise ValueError(f"summed must be True or False; got {self.summed!r}")

    @property
    def logarithmic(self) -> bool:
        """Whether residuals are of ln y."""
        return self.name != "squares"

    @property
    def width(self) -> float:
        """Residual up to which the loss is a parabola."""
        return {"log_huber": self.delta, "log_absolute": ABSOLUTE}.get(self.name, np.inf)

    def residuals(self, law: np.ndarray, y: np.ndarray) -> np.ndarray:
        """r of the law's values; huge where a logarithm does not exist."""
        if not self.logarithmic:
            return law - y
        safe = np.where(law > 0, law, 1.0)
        return np.where(law > 0, np.log(safe / y), NO_LOGARITHM)

    def objective(self, residuals: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """The exact loss over the last axis."""
        if self.name == "log_absolute":
            terms = np.abs(residuals)
        elif self.name == "log_huber":
            terms = huber(residuals, self.delta)
        else:
            terms = residuals**2
        total = (terms * weights).sum(axis=-1)
        return total if self.summed else total / weights.sum(axis=-1)

    def __str__(self) -> str:
        detail = f", delta {self.delta:g}" if self.name == "log_huber" else ""
        return f"{self.name}{detail}, {'sum' if self.summed else 'mean'} over points"


def huber(residuals: np.ndarray, width: np.ndarray | float) -> np.ndarray:
    """r^2 / 2 up to |r| = width, then linear."""
    size = np.abs(residuals)
    inside = np.minimum(size, width)
    return inside * (size - 0.5 * inside)
