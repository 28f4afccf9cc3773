"""Alabdulmohsin et al. (2022): which law extrapolates 92 learning curves of vision and language best.

Source: "Revisiting neural scaling laws in language and vision", arXiv:2209.06640, whose benchmark splits every curve
into points to fit and later ones to predict. Tables are tidy (`schema.COLUMNS["alabdulmohsin2022"]`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.experiment import arena
from scalescope.experiment.contenders import CurveFit, Law
from scalescope.laws import BrokenLaw, PowerLaw, RectifiedLaw, SaturatingLaw, ShiftedPowerLaw, TwiceBrokenLaw
from scalescope.papers.alabdulmohsin2022.data import CURVE, DOMAINS

X, Y = "examples", "loss"
EVERY_LAW = {"n_boot": 0, "warn_beyond": None}  # the factor of extrapolation is the benchmark's


def _shifted(x: np.ndarray, floor: float, scale: float, power: float) -> np.ndarray:
    return floor + scale * x**-power


def _fallen(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """The start of a careful user: the lowest y, a power of one half, and a scale that meets the first point."""
    return float(y.min()), float((y.max() - y.min()) * x.min() ** 0.5), 0.5


def _law(kind: type, **settings) -> Law:
    return Law(lambda n_boot: kind(**EVERY_LAW | settings | {"n_boot": n_boot}))


# `VanillaFinetuningLaw` is the equation of `ShiftedPowerLaw` and takes no part
CONTENDERS = {
    arena.BASELINE: CurveFit(_shifted, _fallen),
    "power law (M1)": _law(PowerLaw, size=X),
    "shifted power law (M2)": _law(ShiftedPowerLaw, size=X, interval="residual"),
    "rectified law": _law(RectifiedLaw, interval="residual"),
    "M4": _law(SaturatingLaw, size=X, interval="residual"),
    "broken law, 1 break": _law(BrokenLaw, size=X, interval="residual"),
    "broken law, 2 breaks": _law(TwiceBrokenLaw, size=X, interval="residual"),
}


def scores(table: pd.DataFrame) -> pd.DataFrame:
    """`arena.scores` of all contenders on all 92 curves."""
    return arena.scores(table, CURVE, (X, Y), CONTENDERS)


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """`arena.summary` by domain, in words, and over all curves."""
    return arena.summary(found.assign(domain=found["domain"].map(DOMAINS)), "domain", CONTENDERS)


def cost(table: pd.DataFrame) -> pd.DataFrame:
    """`arena.cost` of all contenders."""
    return arena.cost(table, CURVE, (X, Y), CONTENDERS)
