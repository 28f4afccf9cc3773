"""The tests of Besiroglu et al. (2024) against Hoffmann et al. (2022): likelihoods, chi-squared, t, sample sizes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from scalescope.papers.besiroglu2024 import fits as study

WIDTH = 0.001  # of the interval of a that Hoffmann 2022 prints


def likelihoods(table: pd.DataFrame, refit: Mapping[str, float]) -> pd.DataFrame:
    """Log-likelihood of three sets of parameters on 240 and 245 points, one row each; `refit` is ours."""
    theirs = {"Hoffmann et al. rounded": study.HOFFMANN_ROUNDED, "Hoffmann et al. unrounded": study.HOFFMANN}
    rows = []
    for points in (study.used(table), table):
        for name, params in (theirs | {"refit": refit}).items():
            value, log_scale = study.log_likelihood(study.log_residuals(params, points))
            rows.append({"law": name, "points": len(points), "log_likelihood": value, "log_scale": log_scale})
    return pd.DataFrame(rows)


def against_hoffmann(table: pd.DataFrame, refit: Mapping[str, float], replicates: pd.DataFrame) -> dict[str, float]:
    """Statistics of the difference between `refit` and Hoffmann's law (unrounded), by name.

    p_<symbol>: t test with n - 5 degrees of freedom; chi2: in (ln A, ln B, ln E, alpha, beta) with the covariance of
    the bootstrap, 5 degrees; likelihood_ratio_<points>; t_residuals: two-sample t of the residuals of the loss.
    """
    points = study.used(table)
    errors = replicates[list(study.SYMBOLS)].std(ddof=1)
    found, free = {}, len(study.SYMBOLS)
    for symbol in study.SYMBOLS:
        t = (refit[symbol] - study.HOFFMANN[symbol]) / errors[symbol]
        found[f"p_{symbol}"] = float(2 * stats.t.sf(abs(t), len(points) - free))
    difference = _logs(pd.DataFrame([study.HOFFMANN]))[0] - _logs(pd.DataFrame([refit]))[0]
    covariance = np.cov(_logs(replicates).T)
    found["chi2"] = float(difference @ np.linalg.solve(covariance, difference))
    found["p_chi2"] = float(stats.chi2.sf(found["chi2"], free))
    values = likelihoods(table, refit).set_index(["law", "points"])["log_likelihood"]
    for n in (len(points), len(table)):
        ratio = 2 * (values["refit", n] - values["Hoffmann et al. unrounded", n])
        found |= {f"likelihood_ratio_{n}": ratio, f"p_likelihood_ratio_{n}": float(stats.chi2.sf(ratio, free))}
    theirs, ours = (points["loss"].to_numpy() - study.predicted(params, points) for params in (study.HOFFMANN, refit))
    test = stats.ttest_ind(theirs, ours)
    return found | {"t_residuals": float(test.statistic), "p_t_residuals": float(test.pvalue)}


def sample_sizes(replicates: pd.DataFrame, points: int = 240) -> dict[str, float]:
    """How many runs an 80 % interval of a of Hoffmann's width needs: by percentiles, and by the delta method."""
    a = study.exponent(replicates)
    width = float(np.percentile(a, 90) - np.percentile(a, 10))
    alpha, beta = replicates["alpha"].mean(), replicates["beta"].mean()
    slope = np.array([-beta, alpha]) / (alpha + beta) ** 2
    spread = np.sqrt(slope @ np.cov(replicates["alpha"], replicates["beta"]) @ slope)
    delta_width = 2 * stats.norm.ppf(0.9) * spread
    return {
        "a_standard_error": float(np.std(a)),
        "width_80": width,
        "percentile": points * (width / WIDTH) ** 2,
        "delta_method": float(points * (delta_width / WIDTH) ** 2),
    }


def _logs(params: pd.DataFrame) -> np.ndarray:
    """(ln A, ln B, ln E, alpha, beta) [rows, 5]."""
    return np.column_stack([np.log(params[s]) if s in ("A", "B", "E") else params[s] for s in study.SYMBOLS])
