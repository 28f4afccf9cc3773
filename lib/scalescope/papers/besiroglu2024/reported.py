"""Our numbers of Besiroglu et al. (2024) under the names that reference_values.csv gives the reported ones."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from scalescope.papers.besiroglu2024 import fits as study
from scalescope.papers.besiroglu2024 import inference
from scalescope.papers.reference import compare, reference

FIT_OF = {  # which of our fits a reported setting is
    "^refit, 240|^as quoted|^point estimate": study.FREE_SCALE,
    "^.Replicate exactly|^same cell rerun|tied starts|delta 1e-3. on log loss, 240": "huber",
    "all 245 points": "huber, all points",
    "^optimum with delta 1e-6": "huber, delta 1e-6",
    "^optimum with delta 1e-2": "huber, delta 1e-2",
    "^least squares": "least squares",
}
REFIT = "refit, 240 points"
FULL = (
    "point estimate in full precision (optimiser message: desired error not necessarily achieved due to precision loss)"
)
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
    refit = study.params_of(fitted, study.FREE_SCALE)
    ours = _parameters(reported, fitted.set_index("fit")) + _intervals(replicates)
    ours += _tests(table, refit, replicates) + _policies(refit)
    frame = pd.DataFrame(ours, columns=["quantity", "setting", "ours"])
    return compare(reported, frame.drop_duplicates(["quantity", "setting"]), NOTES)


def _parameters(reported: pd.DataFrame, by_name: pd.DataFrame) -> list[tuple]:
    rows = []
    for quantity, setting in reported[["quantity", "setting"]].itertuples(index=False, name=None):
        fit = next((name for pattern, name in FIT_OF.items() if re.search(pattern, setting)), None)
        symbol = quantity.removeprefix("log ")
        if fit and symbol in study.SYMBOLS:
            value = by_name.loc[fit, symbol]
            rows.append((quantity, setting, np.log(value) if quantity.startswith("log ") else value))
    return rows


def _intervals(replicates: pd.DataFrame) -> list[tuple]:
    rows, draws = [], "4000 bootstrap resamples"
    headline = "refit, 240 points (5 highest losses dropped); Huber log-density with free scale, BFGS; SE from " + draws
    for row in study.intervals(replicates).to_dict("records"):
        name = row["symbol"]
        rows += [(f"{name} 95% percentile interval; {end}", draws, row[end]) for end in ("low", "high")]
        rows.append((f"{name}; standard error", headline, row["standard_error"]))
        if name in ("A", "B", "E"):
            rows.append((f"log {name}; standard error", REFIT, np.log(replicates[name]).std(ddof=1)))
    return rows


def _tests(table: pd.DataFrame, refit: dict[str, float], replicates: pd.DataFrame) -> list[tuple]:
    found = inference.against_hoffmann(table, refit, replicates)
    value, log_scale = study.log_likelihood(study.log_residuals(refit, study.used(table)))
    rows = [("log scale", FULL, log_scale), ("negative log-likelihood", FULL, -value)]
    for symbol in study.SYMBOLS:
        quantity = f"p-value of the difference to Hoffmann et al. in {symbol}"
        rows.append((quantity, "t test, df 235", found[f"p_{symbol}"]))
    tests = (
        ("chi-squared, df 5, of Hoffmann et al. against the refit", "bootstrap covariance", "chi2"),
        ("likelihood ratio statistic", "240 points", "likelihood_ratio_240"),
        ("likelihood ratio statistic", "245 points", "likelihood_ratio_245"),
        ("t statistic of residuals, Hoffmann et al. against refit", "equal variances", "t_residuals"),
    )
    for quantity, setting, name in tests:
        rows += [(quantity, setting, found[name]), (f"{quantity}; p", setting, found[f"p_{name}"])]
    for row in inference.likelihoods(table, refit).to_dict("records"):
        setting = f"{row['law']}, {row['points']} points"
        rows.append(("log-likelihood (Huber log-density, scale refitted)", setting, row["log_likelihood"]))
    sizes = inference.sample_sizes(replicates)
    needed = "sample size needed for an 80% interval of a of width 0.001"
    return [
        *rows,
        (needed, "percentile bootstrap", np.floor(sizes["percentile"])),
        (needed, "delta method", sizes["delta_method"]),
        ("80% interval width of a", "240 points", sizes["width_80"]),
        ("a = beta/(alpha+beta); standard error", REFIT, sizes["a_standard_error"]),
    ]


def _policies(refit: dict[str, float]) -> list[tuple]:
    quantity = "optimal tokens per parameter at the compute of Chinchilla"
    return [
        ("a = beta/(alpha+beta)", REFIT, study.exponent(refit)),
        (quantity, "refit, median", study.tokens_per_parameter(refit, study.CHINCHILLA_FLOPS)),
        (quantity, "Hoffmann et al. parameters", study.tokens_per_parameter(study.HOFFMANN, study.CHINCHILLA_FLOPS)),
    ]
