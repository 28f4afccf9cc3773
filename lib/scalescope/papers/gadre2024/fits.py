"""Gadre et al. (2024): loss under over-training from five small runs, and error from loss, for large ones.

Source: "Language models scale reliably with over-training and on downstream tasks", arXiv:2403.08540, equations 4
and 5. The loss law is fitted by least squares on loss to the four small models at 20 tokens per parameter and the
smallest at 320; the error law to these and the 1.4B model at 20. All other runs are held out. Tables are tidy
(`tables.COLUMNS["gadre2024"]`), published or live.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scalescope.laws import DownstreamErrorLaw, OvertrainingLaw

SMALL = ("d=96_l=8_h=4", "d=512_l=8_h=4", "d=576_l=24_h=8", "d=1024_l=24_h=8")
LARGE = ("open_lm_1b", "open_lm_7b")
FITTED_AT, ALSO_FITTED = 20, (SMALL[0], 320)  # tokens per parameter; one more run, so that eta shows
DATASETS = {"c4_original": "C4", "rpj": "RedPajama", "rw_original": "RefinedWeb"}
EVALUATIONS = {
    "c4_val": "C4 eval",
    "paloma_c4_en": "C4 (Paloma)",
    "paloma_redpajama": "RedPajama (Paloma)",
    "paloma_falcon-refinedweb": "RefinedWeb (Paloma)",
    "openlm": "OpenLM",
    "paloma_ptb": "Penn Treebank",
    "val_de-en_100": "German C4",
    "paloma_dolma_100_programing_languages": "100 programming languages",
}
AVERAGES = {"avg": "46 tasks", "avg_subset": "17 tasks"}
SINGLE_TASKS = ("arc_easy", "lambada_openai", "openbook_qa", "hellaswag", "hellaswag_zeroshot")
MAIN = "c4_val"  # the set whose loss the paper reports, for all three training sets


def runs(table: pd.DataFrame, dataset: str, evaluation: str = MAIN, task: str = "avg_subset") -> pd.DataFrame:
    """One row per run trained on `dataset`: size, tokens, flops, loss on `evaluation`, error on `task`, and its role.

    role: "fit" (both laws), "fit_error" (the error law only) or "held_out". Sorted by flops.
    """
    rows = table[table["dataset"] == dataset]
    about = ["name", "model", "parameters", "tokens", "token_multiplier", "flops"]
    found = rows[rows["evaluation"] == evaluation].set_index("name")
    found = found.rename(columns={"value": "loss", "low": "loss_low", "high": "loss_high"})
    errors = rows[rows["evaluation"] == task].set_index("name")["value"].rename("error")
    found = found.join(errors).reset_index().sort_values("flops", kind="stable", ignore_index=True)
    at_fit = found["token_multiplier"] == FITTED_AT
    small = found["model"].isin(SMALL) & at_fit
    more = (found["model"] == ALSO_FITTED[0]) & (found["token_multiplier"] == ALSO_FITTED[1])
    role = np.select([small | more, (found["model"] == LARGE[0]) & at_fit], ["fit", "fit_error"], "held_out")
    return found.assign(role=role)[[*about, "loss", "loss_low", "loss_high", "error", "role"]]


def loss_law(found: pd.DataFrame) -> OvertrainingLaw:
    """Equation 4 fitted to the rows with role "fit" of `runs`, by least squares on the loss."""
    fit = found[found["role"] == "fit"]
    return OvertrainingLaw(loss="squares", n_boot=0, warn_beyond=None).fit(fit[["parameters", "tokens"]], fit["loss"])


def error_law(found: pd.DataFrame) -> DownstreamErrorLaw:
    """Equation 5 fitted to measured loss and error of the rows with role "fit" or "fit_error"."""
    fit = found[found["role"] != "held_out"]
    return DownstreamErrorLaw(loss="squares", n_boot=0, warn_beyond=None).fit(fit[["loss"]], fit["error"])


def code_symbols(params: Mapping[str, float]) -> dict[str, float]:
    """Equation 4 in the symbols of the authors' code: L = a N^eta + b 6^(eta/2) (M N)^eta + E, eta below zero.

    The paper's L = E + (a M^eta + b M^-eta) C^-eta with C = 6 M N^2 is the same with eta_code = -2 eta and
    a_code = a 6^-eta.
    """
    eta = params["eta"]
    return {"a": params["a"] * 6.0**-eta, "b": params["b"], "eta": -2 * eta, "E": params["E"]}


def params_of(fitted: pd.DataFrame, dataset: str, law: str, of: str = MAIN) -> dict[str, float]:
    """Parameters of one law of the table `fits`, in the symbols of our laws; `law`: "loss" or "error" (of a task)."""
    rows = fitted[(fitted["dataset"] == dataset) & (fitted["law"] == law) & (fitted["of"] == of)]
    params = rows.set_index("symbol")["value"].to_dict()
    if law == "loss":
        eta = -params["eta"] / 2
        params |= {"eta": eta, "a": params["a"] * 6.0**eta}
    return params


def loss_at(params: Mapping[str, float], X: pd.DataFrame) -> np.ndarray:
    """The loss law [n] of `params_of` at parameters and tokens."""
    return OvertrainingLaw(n_boot=0).predict_many({name: np.array([v]) for name, v in params.items()}, X)[0]


def error_at(params: Mapping[str, float], loss: np.ndarray) -> np.ndarray:
    """The error law [n] of `params_of` at losses [n]."""
    return DownstreamErrorLaw(n_boot=0).predict_many({name: np.array([v]) for name, v in params.items()}, loss)[0]


def fits(table: pd.DataFrame, tasks: tuple[str, ...] = tuple(AVERAGES)) -> pd.DataFrame:
    """Parameters of both laws on the main set, one row per training set, law and symbol, with standard errors.

    `standard_error` is that of least squares, from the covariance that the authors' code throws away.
    """
    rows = []
    for dataset in table["dataset"].unique():
        found = runs(table, dataset)
        law = loss_law(found)
        fit = found[found["role"] == "fit"]
        errors = standard_errors(law, fit[["parameters", "tokens"]], fit["loss"], code_symbols)
        symbols = code_symbols(law.params_)
        rows += [(dataset, "loss", MAIN, name, value, errors[name]) for name, value in symbols.items()]
        for task in tasks:
            found = runs(table, dataset, task=task)
            law = error_law(found)
            fit = found[found["role"] != "held_out"]
            errors = standard_errors(law, fit[["loss"]], fit["error"])
            rows += [(dataset, "error", task, name, value, errors[name]) for name, value in law.params_.items()]
    return pd.DataFrame(rows, columns=["dataset", "law", "of", "symbol", "value", "standard_error"])


def predictions(table: pd.DataFrame, evaluation: str = MAIN, tasks: tuple[str, ...] = tuple(AVERAGES)) -> pd.DataFrame:
    """The large runs: measured and predicted loss and error, each stage scored on its own and both together.

    One row per training set, task and large run. `error_predicted` goes through the predicted loss, as the paper
    does; `error_from_loss` uses the measured loss. Columns `*_off` are relative errors in percent, unsigned.
    """
    rows = []
    for dataset in table["dataset"].unique():
        law = loss_law(runs(table, dataset, evaluation))
        for task in tasks:
            found = runs(table, dataset, evaluation, task)
            second = error_law(found)
            large = found[found["model"].isin(LARGE)].copy()
            large["loss_predicted"] = law.predict(large[["parameters", "tokens"]])
            large["error_predicted"] = second.predict(large[["loss_predicted"]].to_numpy()[:, 0])
            large["error_from_loss"] = second.predict(large["loss"].to_numpy())
            rows.append(large.assign(dataset=dataset, evaluation=evaluation, task=task))
    table = pd.concat(rows, ignore_index=True)
    table["loss_off"] = off(table["loss_predicted"], table["loss"])
    table["error_off"] = off(table["error_predicted"], table["error"])
    table["error_from_loss_off"] = off(table["error_from_loss"], table["error"])
    first = ["dataset", "evaluation", "task", "model", "token_multiplier", "role"]
    return table[first + [name for name in table.columns if name not in {*first, "name", "loss_low", "loss_high"}]]


def dataset_pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Relative error (percent) of the predicted loss of every large run, for every training and evaluation set."""
    found = [predictions(table, evaluation, ("avg_subset",)) for evaluation in EVALUATIONS]
    columns = ["dataset", "evaluation", "model", "token_multiplier", "loss", "loss_predicted", "loss_off"]
    return pd.concat(found, ignore_index=True)[columns]


def grid(table: pd.DataFrame, fitted: pd.DataFrame) -> pd.DataFrame:
    """Relative error (percent) of the predicted loss of every run of the testbed; `fitted`: the table `fits`."""
    rows = []
    for dataset in table["dataset"].unique():
        found = runs(table, dataset)
        predicted = loss_at(params_of(fitted, dataset, "loss"), found[["parameters", "tokens"]])
        rows.append(found.assign(dataset=dataset, loss_predicted=predicted, loss_off=off(predicted, found["loss"])))
    return pd.concat(rows, ignore_index=True)


def off(predicted, measured):
    """Unsigned relative error in percent."""
    return 100 * np.abs(predicted - measured) / measured


def standard_errors(law, X, y, symbols=dict) -> dict[str, float]:
    """Standard errors of least squares at a fitted law, by symbol.

    From the Jacobian at the optimum, by central differences in the symbols that `symbols` gives, and the residual
    variance over the degrees of freedom that are left; NaN if none are.
    """
    names, centre = list(law.params_), np.array(list(law.params_.values()))
    step = 1e-6 * np.maximum(np.abs(centre), 1e-9)
    stack = np.vstack([centre, centre + np.diag(step), centre - np.diag(step)])
    values = law.predict_many(dict(zip(names, stack.T, strict=True)), X)
    transformed = np.array([list(symbols(dict(zip(names, row, strict=True))).values()) for row in stack])
    k = len(centre)
    jacobian = (values[1 : k + 1] - values[k + 1 :]).T / (2 * step)
    turn = (transformed[1 : k + 1] - transformed[k + 1 :]).T / (2 * step)
    left = len(y) - k
    variance = ((np.asarray(y) - values[0]) ** 2).sum() / left if left > 0 else np.nan
    covariance = turn @ np.linalg.pinv(jacobian.T @ jacobian, rcond=1e-22) @ turn.T * variance
    return dict(zip(symbols(law.params_), np.sqrt(np.diag(covariance)), strict=True))
