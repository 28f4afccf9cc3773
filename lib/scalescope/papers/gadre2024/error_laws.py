"""From loss to error on every task: the exponential law of Gadre et al. (2024) against a sigmoid and `curve_fit`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.experiment import arena
from scalescope.experiment.contenders import CurveFit, Law
from scalescope.laws import DownstreamErrorLaw, SigmoidErrorLaw
from scalescope.papers.gadre2024.fits import LARGE, MAIN

CURVE = ["dataset", "task"]
X, Y = "loss", "error"


def _exponential(loss: np.ndarray, epsilon: float, k: float, gamma: float) -> np.ndarray:
    return epsilon - k * np.exp(-gamma * loss)


def _law(kind: type) -> Law:
    return Law(lambda n_boot: kind(n_boot=n_boot, interval="residual", warn_beyond=None))


CONTENDERS = {
    arena.BASELINE: CurveFit(_exponential, lambda x, y: (1.0, 1.0, 1.0)),  # the authors' own start
    "exponential law": _law(DownstreamErrorLaw),
    "sigmoid law": _law(SigmoidErrorLaw),
}


def points(table: pd.DataFrame) -> pd.DataFrame:
    """One row per training set, task and run: loss on the main set, error, and its role.

    role: "fit" for the models of up to 412M parameters, "test" for 1.4B and 6.9B. All 46 tasks and both averages.
    """
    losses = table[table["evaluation"] == MAIN].set_index("name")["value"].rename(X)
    errors = table[table["quantity"] == "error"].rename(columns={"evaluation": "task", "value": Y})
    found = errors.join(losses, on="name")
    found["role"] = np.where(found["model"].isin(LARGE), "test", "fit")
    found = found[found[Y] > 0]
    return found[[*CURVE, "name", X, Y, "role"]].sort_values([*CURVE, X], kind="stable", ignore_index=True)


def scores(table: pd.DataFrame) -> pd.DataFrame:
    """`arena.scores` of the three contenders on 48 errors of three training sets."""
    return arena.scores(points(table), CURVE, (X, Y), CONTENDERS)


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """`arena.summary` by training set."""
    return arena.summary(found, "dataset", CONTENDERS)
