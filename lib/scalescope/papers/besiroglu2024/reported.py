"""Our numbers of Besiroglu et al. (2024) under the names that reference_values.csv gives the reported ones."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from scalescope.papers.besiroglu2024 import inference
from scalescope.papers.besiroglu2024.fits import (
    CHINCHILLA_FLOPS,
    FREE_SCALE,
    HOFFMANN,
    SYMBOLS,
    exponent,
    intervals,
    log_likelihood,
    log_residuals,
    params_of,
    tokens_per_parameter,
    used,
)
from scalescope.papers.reference import compare, reference

FIT_OF = {  # which of our fits a reported setting is
    "^refit, 240|^as quoted|^point estimate": FREE_SCALE,
    "^.Replicate exactly|^same cell rerun|tied starts|delta 1e-3. on log loss, 240": "huber",
    "all 245 points": "huber, all points",
    "^optimum with delta 1e-6": "huber, delta 1e-6",
    "^optimum with delta 1e-2": "huber, delta 1e-2",
    "^least squares": "least squares",
}
NOTES = {
    "^optimal tokens.*refit": "their cell looks up the compute in the wrong array and reads the ratio at 1e18 FLOP",
    "^optimal tokens.*Hoffmann": "theirs takes the exponent 0.4545 as printed, ours beta / (alpha + beta)",
    "standard error|interval|chi-squared|sample size|width|p-value": "ours: the same draws, each refit at its optimum; "
    "theirs start once, at Hoffmann's values, and some stop elsewhere",
    "Replicate exactly|same cell rerun|tied starts": "their optimiser stops short of the optimum",
    "^E .*as quoted": "quoted from the Huber fit; A, B, alpha and beta from the other",
    "^beta .*as quoted": "cut off, not rounded",
    "likelihood|t statistic": "differs from theirs beyond the digits that a likelihood has",
    "share of 4500": "of their optimiser; ours has no starts",
}


def comparison(table: pd.DataFrame, fitted: pd.DataFrame, replicates: pd.DataFrame) -> pd.DataFrame:
    """Every reported number of the paper beside ours (see `reference.compare`).

    `fitted`: `besiroglu2024.fits`; `replicates`: `besiroglu2024.bootstrap` with the Huber loss.
    """
    reported = reference("besiroglu2024")
    by_name = fitted.set_index("fit")
    refit = params_of(fitted, FREE_SCALE)
    ours = _parameters(reported, by_name) + _intervals(replicates) + _tests(table, refit, replicates)
    ours += _policies(refit)
    frame = pd.DataFrame(ours, columns=["quantity", "setting", "ours"])
    return compare(reported, frame.drop_duplicates(["quantity", "setting"]), NOTES)


def _parameters(reported: pd.DataFrame, by_name: pd.DataFrame) -> list[tuple]:
    rows = []
    for quantity, setting in reported[["quantity", "setting"]].itertuples(index=False, name=None):
        fit = next((name for pattern, name in FIT_OF.items() if re.search(pattern, setting)), None)
        symbol = quantity.removeprefix("log ")
        if fit and symbol in SYMBOLS:
            value = by_name.loc[fit, symbol]
            rows.append((quantity, setting, np.log(value) if quantity.startswith("log ") else value))
    return rows


def _intervals(replicates: pd.DataFrame) -> list[tuple]:
    rows = []
    of_draws = "4000 bootstrap resamples"
    headline = (
        "refit, 240 points (5 highest losses dropped); Huber log-density with free scale, BFGS; "
        "SE from 4000 bootstrap resamples"
    )
    for row in intervals(replicates).to_dict("records"):
        name = row["symbol"]
        rows += [(f"{name} 95% percentile interval; {end}", of_draws, row[end]) for end in ("low", "high")]
        rows.append((f"{name}; standard error", headline, row["standard_error"]))
        if name in ("A", "B", "E"):
            spread = np.log(replicates[name]).std(ddof=1)
            rows.append((f"log {name}; standard error", "refit, 240 points", spread))
    return rows


def _tests(table: pd.DataFrame, refit: dict[str, float], replicates: pd.DataFrame) -> list[tuple]:
    found = inference.against_hoffmann(table, refit, replicates)
    full = (
        "point estimate in full precision (optimiser message: desired error not necessarily achieved due to "
        "precision loss)"
    )
    value, log_scale = log_likelihood(log_residuals(refit, used(table)))
    rows = [("log scale", full, log_scale), ("negative log-likelihood", full, -value)]
    for symbol in SYMBOLS:
        quantity = f"p-value of the difference to Hoffmann et al. in {symbol}"
        rows.append((quantity, "t test, df 235", found[f"p_{symbol}"]))
    chi2 = "chi-squared, df 5, of Hoffmann et al. against the refit"
    rows += [(chi2, "bootstrap covariance", found["chi2"]), (f"{chi2}; p", "bootstrap covariance", found["p_chi2"])]
    for n in (240, 245):
        rows.append(("likelihood ratio statistic", f"{n} points", found[f"likelihood_ratio_{n}"]))
        rows.append(("likelihood ratio statistic; p", f"{n} points", found[f"p_likelihood_ratio_{n}"]))
    t = "t statistic of residuals, Hoffmann et al. against refit"
    rows += [(t, "equal variances", found["t_residuals"]), (f"{t}; p", "equal variances", found["p_t_residuals"])]
    for row in inference.likelihoods(table, refit).to_dict("records"):
        setting = f"{row['law']}, {row['points']} points"
        rows.append(("log-likelihood (Huber log-density, scale refitted)", setting, row["log_likelihood"]))
    sizes = inference.sample_sizes(replicates)
    needed = "sample size needed for an 80% interval of a of width 0.001"
    rows += [
        (needed, "percentile bootstrap", np.floor(sizes["percentile"])),
        (needed, "delta method", sizes["delta_method"]),
        ("80% interval width of a", "240 points", sizes["width_80"]),
        ("a = beta/(alpha+beta); standard error", "refit, 240 points", sizes["a_standard_error"]),
    ]
    return rows


def _policies(refit: dict[str, float]) -> list[tuple]:
    quantity = "optimal tokens per parameter at the compute of Chinchilla"
    return [
        ("a = beta/(alpha+beta)", "refit, 240 points", exponent(refit)),
        (quantity, "refit, median", tokens_per_parameter(refit, CHINCHILLA_FLOPS)),
        (quantity, "Hoffmann et al. parameters", tokens_per_parameter(HOFFMANN, CHINCHILLA_FLOPS)),
    ]
