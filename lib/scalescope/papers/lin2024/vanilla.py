"""The vanilla law as Lin et al. (2024) fit it, with an outer power: L = (B / D^beta + E)^alpha, four parameters."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from scalescope.papers.lin2024.fits import each_curve

BETAS = np.geomspace(0.02, 4, 24)
LOG_RATIOS = np.linspace(-20, 30, 51)  # ln of B / (E x^-beta) at the middle of the sizes
COLUMNS = ("outer_rmsd", "signed_rmsd", "signed_log_B", "signed_beta", "signed_log_E", "signed_alpha")


def outer_power(table: pd.DataFrame) -> pd.DataFrame:
    """RMSD of ln L of the best such law, one row per curve (dataset, model, then COLUMNS).

    `outer_rmsd`: all parameters positive, as the paper writes the law. `signed_rmsd`: alpha and beta may also both be
    negative, which the authors' code allows but its random starts hardly ever find. There L = 1 / (B D^|beta| +
    E)^|alpha| is level at small D and a power law without asymptote at large D, much like the rectified law; then the
    parameters of that optimum. ln L = alpha ln E + alpha ln(1 + c D^-beta) is linear in (alpha ln E, alpha) given c =
    B / E and beta: a grid of these two, the best of it polished; c not below the grid, where the law is at its limit.
    """
    rows = [(dataset, model, *_row(np.log(x), np.log(y))) for dataset, model, x, y in each_curve(table)]
    return pd.DataFrame(rows, columns=["dataset", "model", *COLUMNS])


def _row(u: np.ndarray, v: np.ndarray) -> tuple[float, ...]:
    positive, negative = _best(u, v, 1), _best(u, v, -1)
    return (positive[0], *min(positive, negative))


def _best(u: np.ndarray, v: np.ndarray, sign: int) -> tuple[float, float, float, float, float]:
    """RMSD, ln B, beta, ln E and alpha of the best law through ln D and ln L whose alpha and beta have this sign."""
    centred = sign * (u - u.mean())
    beta, log_c = (grid.ravel() for grid in np.meshgrid(BETAS, LOG_RATIOS, indexing="ij"))
    values = _residual(centred, v, beta, log_c, sign)
    start = np.array([np.log(beta[values.argmin()]), log_c[values.argmin()]])

    def mean_square(p: np.ndarray) -> float:
        return float(_residual(centred, v, np.exp(p[:1]), np.maximum(p[1:], LOG_RATIOS[0]), sign)[0])

    options = {"xatol": 1e-5, "fatol": 1e-12, "maxiter": 400}
    found = minimize(mean_square, start, method="Nelder-Mead", options=options)
    log_beta, log_ratio = found.x if found.fun < values.min() else start
    steepness, log_ratio = np.exp(log_beta), max(log_ratio, LOG_RATIOS[0])
    t = np.logaddexp(0, log_ratio - steepness * centred)
    alpha = _slope(t[None] - t.mean(), v - v.mean(), sign)[0]
    log_e = v.mean() / alpha - t.mean() if alpha else 0.0
    log_b = log_e + log_ratio + sign * steepness * u.mean()
    lowest = min(float(found.fun), float(values.min()))
    return float(np.sqrt(lowest)), float(log_b), float(sign * steepness), float(log_e), float(alpha)


def _slope(t: np.ndarray, w: np.ndarray, sign: int) -> np.ndarray:
    """Slope [grid] of the best line of w on t [grid, n], both about their means; of this sign, or zero."""
    power = (t**2).sum(axis=1)
    return sign * np.maximum(sign * (t @ w), 0) / np.where(power > 0, power, np.inf)


def _residual(u: np.ndarray, v: np.ndarray, beta: np.ndarray, log_c: np.ndarray, sign: int) -> np.ndarray:
    """Mean squared residual [grid] of the best line of v against ln(1 + c exp(-beta u)), its slope of this sign."""
    t = np.logaddexp(0, log_c[:, None] - np.multiply.outer(beta, u))
    t = t - t.mean(axis=1, keepdims=True)
    w = v - v.mean()
    return ((w - _slope(t, w, sign)[:, None] * t) ** 2).mean(axis=1)
