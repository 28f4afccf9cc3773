"""Alabdulmohsin et al. (2022): which law extrapolates 92 learning curves of vision and language best.

Source: "Revisiting neural scaling laws in language and vision", arXiv:2209.06640, whose benchmark splits every curve
into points to fit and later ones to predict. Tables are tidy (`tables.COLUMNS["alabdulmohsin2022"]`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.experiment import arena
from scalescope.experiment.contenders import CurveFit, Law
from scalescope.laws import BrokenLaw, PowerLaw, RectifiedLaw, SaturatingLaw, ShiftedPowerLaw, TwiceBrokenLaw
from scalescope.papers.alabdulmohsin2022.data import CURVE, DOMAINS

X, Y = "examples", "loss"
EXAMPLES = (
    ("IC", "inet_10", "ViT/B/16"),
    ("IC", "bird_10", "BiT/101/3"),
    ("IC", "cal_5", "MiX/B/16"),
    ("NMT", "log_perplexity", "6 Enc, 6 Dec"),
    ("LM", "val_loss", "1.07e+09"),
    ("BB", "('ling', '1-shot')", "262M"),
)
GRID = 60  # places along each of these curves


def _shifted(x: np.ndarray, floor: float, scale: float, power: float) -> np.ndarray:
    return floor + scale * x**-power


def _fallen(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """The start of a careful user: the lowest y, a power of one half, and a scale that meets the first point."""
    return float(y.min()), float((y.max() - y.min()) * x.min() ** 0.5), 0.5


def _law(kind: type, **settings) -> Law:
    """The factor of extrapolation is the benchmark's: no law warns of it."""
    return Law(lambda n_boot: kind(n_boot=n_boot, warn_beyond=None, **settings))


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


def curve(table: pd.DataFrame, of: tuple[str, str, str]) -> pd.DataFrame:
    """The rows of one curve, such as one of EXAMPLES."""
    return table[(table[CURVE] == list(of)).all(axis=1)]


def examples(table: pd.DataFrame) -> pd.DataFrame:
    """What each contender predicts along six curves, from the first example to the last: one row per point.

    Columns: domain, task, model, law, examples, predicted; NaN where a fit failed.
    """
    rows = []
    for example in EXAMPLES:
        points, names = curve(table, example), dict(zip(CURVE, example, strict=True))
        fit = points[points["role"] == "fit"]
        at = np.geomspace(points[X].min(), points[X].max(), GRID)
        for law, contender in CONTENDERS.items():
            try:
                predicted = contender(fit[X].to_numpy(float), fit[Y].to_numpy(float), at, False)[0]
            except RuntimeError:  # curve_fit without convergence
                predicted = np.full(GRID, np.nan)
            rows.append(pd.DataFrame(names | {"law": law, X: at, "predicted": predicted}))
    return pd.concat(rows, ignore_index=True)


def cost(table: pd.DataFrame) -> pd.DataFrame:
    """`arena.cost` of all contenders."""
    return arena.cost(table, CURVE, (X, Y), CONTENDERS)
