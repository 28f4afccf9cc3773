"""The power law that levels off."""

from __future__ import annotations

from typing import ClassVar

from scalescope.laws.exponential import ExponentialLaw
from scalescope.laws.one_size import OneSize


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
