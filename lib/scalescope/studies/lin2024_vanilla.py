"""The vanilla law as Lin et al. (2024) fit it, with an outer power: L = (B / D^beta + E)^alpha, four parameters."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from scalescope.studies.lin2024 import each_curve

BETAS = np.geomspace(0.02, 4, 24)
LOG_RATIOS = np.linspace(-12, 30, 43)  # ln of B / (E x^-beta) at the middle of the sizes


def outer_power(table: pd.DataFrame) -> pd.DataFrame:
    """RMSD of ln L of the best such law, one row per curve (dataset, model, outer_rmsd).

    ln L = alpha ln E + alpha ln(1 + c D^-beta) is linear in (alpha ln E, alpha) given c = B / E and beta: a grid of
    these two, the best of it polished. Alpha stays above zero.
    """
    rows = [(dataset, model, _best(np.log(x), np.log(y))) for dataset, model, x, y in each_curve(table)]
    return pd.DataFrame(rows, columns=["dataset", "model", "outer_rmsd"])


def _best(u: np.ndarray, v: np.ndarray) -> float:
    centred = u - u.mean()
    beta, log_c = (grid.ravel() for grid in np.meshgrid(BETAS, LOG_RATIOS, indexing="ij"))
    values = _residual(centred, v, beta, log_c)
    start = np.argmin(values)
    found = minimize(
        lambda p: _residual(centred, v, np.exp(p[:1]), p[1:])[0], [np.log(beta[start]), log_c[start]],
        method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-12, "maxiter": 400},
    )  # fmt: skip
    return float(np.sqrt(min(found.fun, values[start])))


def _residual(u: np.ndarray, v: np.ndarray, beta: np.ndarray, log_c: np.ndarray) -> np.ndarray:
    """Mean squared residual [grid] of the best line of v against ln(1 + c exp(-beta u)) with a slope not below zero."""
    t = np.logaddexp(0, log_c[:, None] - np.multiply.outer(beta, u))
    t = t - t.mean(axis=1, keepdims=True)
    w = v - v.mean()
    power = (t**2).sum(axis=1)
    slope = np.maximum(t @ w, 0) / np.where(power > 0, power, np.inf)
    return ((w - slope[:, None] * t) ** 2).mean(axis=1)
