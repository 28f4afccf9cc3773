"""Finetuning loss against the number of examples, without what pretraining already taught."""

from __future__ import annotations

from typing import ClassVar

from scalescope.laws.exponential import ExponentialLaw


class VanillaFinetuningLaw(ExponentialLaw):
    """L(D) = B / D^beta + E: the rectified law without pre-learned data (D_l = 0).

    Default loss: log_squares. Source: Lin 2024, the law its section 3 finds wanting (Hernandez 2021).
    """

    inputs: ClassVar[tuple[str, ...]] = ("examples",)
    parameters: ClassVar[tuple[str, ...]] = ("B", "beta", "E")
    terms: ClassVar[dict] = {"E": {}, "B": {"beta": "examples"}}
    equation: ClassVar[str] = "L(D) = B / D^beta + E"
    source: ClassVar[str] = "Lin 2024; Hernandez 2021"
