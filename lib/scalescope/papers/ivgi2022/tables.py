"""Tables of Ivgi, Carmon and Berant (2022), live or published: cut from the table "fits".

Source: "Scaling Laws Under the Microscope", Findings of EMNLP 2022. Conventions: the fit is a line of ln(1
- metric) against ln N over all seeds of the ladder (role "ladder"); the target is never in a fit; R2 is in
linear space; relative errors are on the metric. Blank cells (NaN) are explained by `missing`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from scalescope.errors import check_name
from scalescope.experiment.columns import need, need_labels, with_numbers
from scalescope.experiment.points import OBJECTIVES, PAPER_TASKS, check_tasks, missing, task_names, title
from scalescope.papers.ivgi2022.fits import FITS

__all__ = ["missing", "printed", "table1", "table2", "table3", "table4", "table5", "table6", "table7"]

TABLE_7 = {  # column: objective, and its column of the table "fits"
    "r2_mlm": ("mlm", "r2"),
    "r2_pmi": ("pmi", "r2"),
    "slope_mlm_low": ("mlm", "slope_low"),
    "slope_mlm_high": ("mlm", "slope_high"),
    "slope_pmi_low": ("pmi", "slope_low"),
    "slope_pmi_high": ("pmi", "slope_high"),
    "pred_mlm": ("mlm", "prediction"),
    "act_mlm": ("mlm", "actual"),
    "pred_pmi": ("pmi", "prediction"),
    "act_pmi": ("pmi", "actual"),
    "r2_from_2_mlm": ("mlm", "r2_from_2"),
    "r2_from_2_pmi": ("pmi", "r2_from_2"),
    "re_from_2_mlm": ("mlm", "re_from_2"),
    "re_from_2_pmi": ("pmi", "re_from_2"),
}
TWO_DIGITS = {"slope_hpt", "slope_hpt_pm", "slope_no_hpt", "slope_no_hpt_pm", "top_freq", *TABLE_7}
CLEAR = 0.95  # R2 from which the paper calls a law clear (section 4; claims C3, C6, C8)


def table1(tasks: pd.DataFrame) -> pd.DataFrame:
    """Data statistics: train and evaluation examples, metric, majority baseline (metric units)."""
    need(tasks, "tasks", ["task", "train", "eval", "majority"])
    found = check_tasks(tasks).set_index("task").reindex(task_names(tasks))
    metric = [PAPER_TASKS[task][1] if task in PAPER_TASKS else found.loc[task, "metric"] for task in found.index]
    counts = found[["train", "eval"]].apply(pd.to_numeric).astype("Int64")
    table = counts.assign(metric=metric, top_freq=pd.to_numeric(found["majority"])).rename(index=title)
    return _rounded(table.rename_axis("task").reset_index(), exact=False)


def table2(fits: pd.DataFrame, *, objective: str = "mlm", exact: bool = False) -> pd.DataFrame:
    """R2, mean relative error on the two largest ladder sizes, and R2 from two layers on; tuned runs."""
    rows = _select(fits, objective, "with")
    return _rounded(rows[["task", "r2", "mre", "r2_from_2"]], exact)


def table3(fits: pd.DataFrame, *, objective: str = "mlm", exact: bool = False) -> pd.DataFrame:
    """R2 and slope with and without tuning; the slope is the midpoint of its interval, with half width.

    Of an infinite interval (a line through two points) it is the slope of the line, with a half width of infinity.
    """
    table = pd.DataFrame({"task": [title(task) for task in task_names(fits)]})
    for hpt, suffix in (("with", "hpt"), ("without", "no_hpt")):
        rows = _select(fits, objective, hpt)
        table[f"r2_{suffix}"] = rows["r2"]
        half = (rows["slope_high"] - rows["slope_low"]) / 2
        table[f"slope_{suffix}"] = ((rows["slope_low"] + rows["slope_high"]) / 2).where(half != np.inf, rows["slope"])
        table[f"slope_{suffix}_pm"] = half
    order = ["task", "r2_hpt", "r2_no_hpt", "slope_hpt", "slope_hpt_pm", "slope_no_hpt", "slope_no_hpt_pm"]
    return _rounded(table[order], exact)


def table4(fits: pd.DataFrame, *, objective: str = "mlm", exact: bool = False) -> pd.DataFrame:
    """Prediction and actual metric of the held-out target, relative error (negative: predicted too low)."""
    rows = _select(fits, objective, "with")
    return _rounded(rows[["task", "prediction", "actual", "re", "re_from_2"]], exact)


def table5(fits: pd.DataFrame, *, exact: bool = False) -> pd.DataFrame:
    """PMI - MLM at the target (metric units), predicted and actual, sign, and R2 of the MLM fit."""
    mlm, pmi = (_select(fits, objective, "with") for objective in OBJECTIVES)
    predicted, actual = pmi["prediction"] - mlm["prediction"], pmi["actual"] - mlm["actual"]
    known = predicted.notna() & actual.notna()
    table = pd.DataFrame({"task": mlm["task"], "predicted_delta": predicted, "actual_delta": actual})
    agree = np.where(np.sign(predicted) == np.sign(actual), "Correct", "Wrong")
    table["sign"] = pd.Series(agree, index=table.index, dtype=object).where(known)
    clear = np.where(mlm["r2"] >= CLEAR, f">= {CLEAR}", f"< {CLEAR}")
    table["r2"] = pd.Series(clear, index=table.index, dtype=object).where(mlm["r2"].notna())
    return _rounded(table, exact)


def table6(pretrain: pd.DataFrame) -> pd.DataFrame:
    """The models: aspect ratio, layers, heads and N = 12 L H^2; ladder, second aspect ratio, target."""
    columns = ["aspect_ratio", "layers", "heads", "parameters"]
    need(pretrain, "pretrain", ["role", *columns])
    need_labels(pretrain, "pretrain", ["role"])
    pretrain = with_numbers(pretrain, "pretrain", columns)
    order = {"ladder": 0, "second": 1, "target": 2}
    models = pretrain.assign(order=pretrain["role"].map(order)).sort_values(["order", "aspect_ratio", "layers"])
    return models[columns].drop_duplicates().astype(int).reset_index(drop=True)


def table7(fits: pd.DataFrame, *, exact: bool = False) -> pd.DataFrame:
    """Both objectives side by side: R2, slope interval, prediction and actual metric, and R2 and RE from 2 layers on.

    RE is relative to the target of the same objective; the paper's PMI column is not (errata.csv).
    """
    rows = {objective: _select(fits, objective, "with") for objective in OBJECTIVES}
    numbers = {column: rows[objective][name] for column, (objective, name) in TABLE_7.items()}
    return _rounded(pd.DataFrame({"task": rows["mlm"]["task"], **numbers}), exact)


def printed(table: pd.DataFrame) -> pd.DataFrame:
    """A table of the paper as text: its digits (three, slopes and frequencies two), blanks empty."""

    def text(value: Any, column: str) -> str:
        if pd.isna(value):
            return ""
        if isinstance(value, float | np.floating):
            return f"{value:.{2 if column in TWO_DIGITS else 3}f}"
        return str(value)

    return pd.DataFrame({name: [text(value, name) for value in table[name]] for name in table.columns})


def _rounded(table: pd.DataFrame, exact: bool) -> pd.DataFrame:
    table = table.reset_index(drop=True)
    if exact:
        return table
    digits = {name: 2 if name in TWO_DIGITS else 3 for name in table.select_dtypes("float").columns}
    table = table.round(digits)
    return table.assign(**{name: table[name] + 0.0 for name in digits})  # -0.000 reads as 0.000


def _select(fits: pd.DataFrame, objective: str, hpt: str) -> pd.DataFrame:
    """Fits of one objective and tuning: one row per task, blank if there is none, `task` is the title."""
    check_name("objective", objective, OBJECTIVES)
    need(fits, "fits", FITS)
    part = fits[(fits["objective"] == objective) & (fits["hpt"] == hpt)]
    rows = part.set_index("task").reindex(task_names(fits))
    return rows.drop(columns="title").rename(index=title).rename_axis("task").reset_index()
