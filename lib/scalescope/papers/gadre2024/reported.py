"""Our numbers of Gadre et al. (2024) under the names that reference_values.csv gives the reported ones."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scalescope.papers.gadre2024 import fits as gadre2024
from scalescope.papers.reference import compare, reference

PARAMETERS = {
    ("loss", "a"): "loss law: a (coefficient of N^eta)",
    ("loss", "b"): "loss law: b (coefficient of 6^(eta/2) (M N)^eta)",
    ("loss", "eta"): "loss law: eta (common exponent of N and D, negative; alpha_c in the notebook)",
    ("loss", "E"): "loss law: E (irreducible loss, nats per token)",
    ("error", "k"): "error law: k",
    ("error", "gamma"): "error law: gamma",
    ("error", "epsilon"): "error law: epsilon",
}
USED = {"fit_error": " (point used in the error fit)", "held_out": ""}  # by role
NOTES = {
    "authors' code": "curve_fit stops at a relative change of 1e-8; ours is the optimum of the same sum of squares"
}


def comparison(table: pd.DataFrame) -> pd.DataFrame:
    """Every reported number of the paper beside ours (see `reference.compare`)."""
    parts = [_parameters(table), _main(table), _pairs(table), _single_tasks(table), _counts(table)]
    ours = pd.DataFrame([row for part in parts for row in part], columns=["quantity", "setting", "ours"])
    return compare(reference("gadre2024"), ours, NOTES)


def _parameters(table: pd.DataFrame) -> list[tuple]:
    rows = []
    for row in gadre2024.fits(table).itertuples():
        task = f"; downstream={row.of}" if row.law == "error" else ""
        setting = f"train={row.dataset}; val={gadre2024.MAIN}{task}"
        quantity = PARAMETERS[row.law, row.symbol]
        rows += [(quantity, setting, row.value), (f"{quantity}; standard error", setting, row.standard_error)]
    return rows


def _main(table: pd.DataFrame) -> list[tuple]:
    rows = []
    for row in gadre2024.predictions(table).itertuples():
        setting = f"train={row.dataset}; {_run(row)}; downstream={row.task}{USED[row.role]}"
        rows += [
            ("average top-1 error, measured", setting, row.error),
            ("average top-1 error, predicted from predicted loss", setting, row.error_predicted),
            ("relative error of predicted average top-1 error (%)", setting, row.error_off),
        ]
        if row.task == "avg":
            setting = _loss_of(row)
            rows += [("loss, measured", setting, row.loss), ("loss, predicted", setting, row.loss_predicted)]
    return rows


def _run(row: Any) -> str:
    return f"{row.model}, M={row.token_multiplier:g}"


def _loss_of(row: Any) -> str:
    return f"train={row.dataset}; val={row.evaluation}; {_run(row)}"


def _pairs(table: pd.DataFrame) -> list[tuple]:
    quantity = "relative error of predicted loss (%)"
    return [(quantity, _loss_of(row), row.loss_off) for row in gadre2024.dataset_pairs(table).itertuples()]


def _single_tasks(table: pd.DataFrame) -> list[tuple]:
    quantity = "relative error of predicted single-task top-1 error (%)"
    rows = gadre2024.predictions(table, tasks=gadre2024.SINGLE_TASKS).itertuples()
    return [(quantity, f"{_loss_of(row)}; task={row.task}{USED[row.role]}", row.error_off) for row in rows]


def _counts(table: pd.DataFrame) -> list[tuple]:
    chance = table.drop_duplicates("evaluation").set_index("evaluation")["chance"]
    rows = [("number of models", "testbed", float(table["name"].nunique()))]
    return rows + [("random-guess average error", name, chance[task]) for task, name in gadre2024.AVERAGES.items()]
