"""Gadre et al. (2024) on our own runs: loss under over-training from small and short runs, and error from loss.

The paper's protocol with our sizes: both laws of the loss are fitted to small models that were not trained longest, and
asked about the largest model and about the most over-trained run of each. The error is the mean over skills, masked
answers that a model fills in without finetuning, as the paper's tasks are done zero-shot; as in the paper, the mean
over the skills that a fitted model masters by ABOVE_CHANCE is judged beside that over all.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.laws import ChinchillaLaw, DownstreamErrorLaw, OvertrainingLaw

INPUTS = ["parameters", "tokens"]
LAWS = {"OvertrainingLaw": OvertrainingLaw, "ChinchillaLaw": ChinchillaLaw}
ABOVE_CHANCE = 0.1  # section 3.2 of the paper: ten percentage points above chance
AVERAGES = ("all skills", "skills above chance")
N_BOOT = 400
LEAST_STEPS = (0, 100, 200)  # of a run in the fit; `studies` warms up for 50
LEAST_POINTS, LEAST_SIZES = 6, 3  # of a fit: fewer do not determine five parameters


def points(runs: pd.DataFrame) -> pd.DataFrame:
    """Finished pretraining runs: size, tokens, tokens per parameter, loss and role."""
    rows = runs[(runs["kind"] == "pretrain") & (runs["status"] == "finished")]
    found = rows[["run_id", "role", "parameters", "tokens", "flops", "seed", "loss"]]
    multiplier = found["tokens"] / found["parameters"]
    return found.assign(token_multiplier=multiplier).sort_values(INPUTS, kind="stable", ignore_index=True)


def law(found: pd.DataFrame, name: str, n_boot: int = N_BOOT):
    """A law of the loss (a key of LAWS), fitted to the rows with the role "fit"."""
    fit = found[found["role"] == "fit"]
    made = LAWS[name](loss="log_squares", interval="residual", n_boot=n_boot, warn_beyond=None)
    return made.fit(fit[INPUTS], fit["loss"])


def sensitivity(runs: pd.DataFrame) -> pd.DataFrame:
    """How far the forecasts of the loss are off when the shortest or smallest runs are left out of the fit.

    Looked at after the results were read, to say why a claim fails: it judges nothing. Columns: law, least_steps,
    smallest (parameters), n_points, E, alpha and beta (exponents of N and D; of equation 4 both are 2 eta),
    over_trained_off and largest_off (the largest relative error of held-out runs, percent).
    """
    found = points(runs)
    steps = found["run_id"].map(runs.drop_duplicates("run_id").set_index("run_id")["steps"])
    fit, largest = found["role"] == "fit", found["parameters"] == found["parameters"].max()
    sizes = np.sort(found.loc[fit, "parameters"].unique())
    rows = []
    for least in LEAST_STEPS:
        for smallest in sizes[:2]:
            kept = ~fit | ((steps >= least) & (found["parameters"] >= smallest))
            if (kept & fit).sum() < LEAST_POINTS or found.loc[kept & fit, "parameters"].nunique() < LEAST_SIZES:
                continue
            for name in LAWS:
                made = law(found[kept], name, 0)
                off = 100 * (made.predict(found[INPUTS]) / found["loss"] - 1).abs()
                exponents = [made.params_.get(key, 2 * made.params_.get("eta", np.nan)) for key in ("alpha", "beta")]
                worst = off[~fit & ~largest].max(), off[~fit & largest].max()
                rows.append((name, least, smallest, made.n_points_, made.params_["E"], *exponents, *worst))
    columns = ["law", "least_steps", "smallest", "n_points", "E", "alpha", "beta", "over_trained_off", "largest_off"]
    return pd.DataFrame(rows, columns=columns)


def errors(skills: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Mean error of each run over all skills and over those above chance: run_id, average, error, n_skills.

    skills: run_id, skill, accuracy, chance. Which skills are above chance is decided by the fitted runs alone. Without
    any skill (real text has none) the error of every run is missing, over 0 skills.
    """
    if skills.empty:
        return found[["run_id"]].assign(average=AVERAGES[0], error=np.nan, n_skills=0)
    fit = skills[skills["run_id"].isin(found.loc[found["role"] == "fit", "run_id"])]
    best = fit.groupby("skill")["accuracy"].max() - fit.groupby("skill")["chance"].first()
    chosen = {AVERAGES[0]: list(best.index), AVERAGES[1]: list(best.index[best >= ABOVE_CHANCE])}
    parts = []
    for average, names in chosen.items():
        mean = 1 - skills[skills["skill"].isin(names)].groupby("run_id", sort=False)["accuracy"].mean()
        parts.append(mean.rename("error").reset_index().assign(average=average, n_skills=len(names)))
    return pd.concat(parts, ignore_index=True)[["run_id", "average", "error", "n_skills"]]


def error_law(
    found: pd.DataFrame, errors_of: pd.DataFrame, average: str, n_boot: int = N_BOOT
) -> DownstreamErrorLaw | None:
    """Error against measured loss, of the fitted runs; raises ValueError with fewer than three.

    None where the error of a fitted run is missing (no skills), or zero: the law is fitted to logarithms.
    """
    rows = found.merge(errors_of[errors_of["average"] == average], on="run_id")
    fit = rows[rows["role"] == "fit"]
    if not fit["error"].gt(0).all():
        return None
    made = DownstreamErrorLaw(interval="residual", n_boot=n_boot, warn_beyond=None)
    return made.fit(fit[["loss"]], fit["error"])


def fits(found: pd.DataFrame, errors_of: pd.DataFrame, n_boot: int = N_BOOT) -> pd.DataFrame:
    """Parameters of every law with 95 % intervals; `of` is "loss" or the average whose error the law is of."""
    laws = [(name, "loss", law(found, name, n_boot)) for name in LAWS]
    averages = errors_of["average"].unique()
    laws += [("DownstreamErrorLaw", each, error_law(found, errors_of, each, n_boot)) for each in averages]
    rows = []
    for name, of, made in laws:
        if made is None:
            continue
        for symbol, value in made.params_.items():
            low, high = made.intervals_.get(symbol, (np.nan, np.nan))
            rows.append((name, of, symbol, value, low, high, made.n_points_))
    return pd.DataFrame(rows, columns=["law", "of", "symbol", "value", "low", "high", "n_points"])


def predictions(found: pd.DataFrame, errors_of: pd.DataFrame) -> pd.DataFrame:
    """Every run under both laws of the loss, and its error through the loss: each stage on its own and both together.

    `error_from_loss` reads the measured loss, `error_predicted` the predicted one. `*_off`: relative, in percent. What
    is said of errors is missing where they have no law.
    """
    parts = []
    for name in LAWS:
        loss = law(found, name, 0).predict(found[INPUTS])
        for average, own in errors_of.groupby("average", sort=False):
            second = error_law(found, errors_of, average, 0)
            rows = found.assign(law=name, loss_predicted=loss).merge(own, on="run_id")
            for said, read in (("error_predicted", "loss_predicted"), ("error_from_loss", "loss")):
                rows[said] = second.predict(rows[read].to_numpy()) if second else np.nan
            parts.append(rows)
    table = pd.concat(parts, ignore_index=True)
    for name, actual in (("loss_predicted", "loss"), ("error_predicted", "error"), ("error_from_loss", "error")):
        table[f"{name.removesuffix('_predicted')}_off"] = 100 * (table[name] / table[actual] - 1).abs()
    return table
