"""Our numbers of Lin et al. (2024) under the names that reference_values.csv gives the reported ones."""

from __future__ import annotations

import pandas as pd

from scalescope.papers.lin2024 import fits as lin2024
from scalescope.papers.reference import compare, reference

MEASURES = {"PearCorr (%)": "pearson", "RelAcc (%)": "relative_accuracy"}
OURS = {"RectifiedFit": "OurFit"}  # the paper's name of selection by its own law
MEAN = "mean over 3 datasets and 7 budgets"
OPTIMUM = "mean RMSD of log loss at the multi-start least-squares optimum, "
NOTES = {
    "RMSD of log loss, rectified law.*(published|rerun)": "their optimiser stops short; ours is the optimum",
    "RMSD of log loss, vanilla law": "their law has an outer power and is fitted from random starts; ours has none",
    "E.\\^alpha": "one FLAN curve (bart-large-cnn) is fitted better where not all parameters are positive; ours are",
    "optimum, L = B/.D_l": "in the ninth digit",
    "VanillaFit": "theirs depends on unseeded random starts, and their law has an outer power",
    "OurFit": "their fits stop short of the optimum",
}


def comparison(table: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Every reported number of the paper beside ours (see `reference.compare`).

    `tables`: "fits" and "selection" (methods of tables 1 and 2) as the study makes them, "ablation", "size_limits",
    and "outer_power".
    """
    parts = [
        _rmsds(tables["fits"], tables["outer_power"]),
        _cells(tables["selection"]),
        _ablations(tables["ablation"], tables["size_limits"]),
    ]
    ours = pd.DataFrame([row for part in parts for row in part], columns=["quantity", "setting", "ours"])
    return compare(reference("lin2024"), ours.drop_duplicates(["quantity", "setting"]), NOTES)


def _rmsds(fitted: pd.DataFrame, outer: pd.DataFrame) -> list[tuple]:
    rows = []
    for law, column in (("rectified", "rmsd"), ("vanilla", "vanilla_rmsd")):
        for row in fitted.to_dict("records"):
            name = f"{row['dataset'].upper()}; {row['model']}"
            rows.append((f"RMSD of log loss, {law} law (published)", name, row[column]))
        for how in ("published", "rerun", "rerun, response in float64"):
            rows += _means(fitted, column, f"mean RMSD of log loss, {law} law ({how})")
    for equation, frame, column in (
        ("L = B/(D_l + D^beta) + E", fitted, "rmsd"),
        ("L = B/D^beta + E", fitted, "vanilla_rmsd"),
        ("L = (B/D^beta + E)^alpha", outer, "outer_rmsd"),
    ):
        rows += _means(frame, column, OPTIMUM + equation)
    return rows


def _means(frame: pd.DataFrame, column: str, quantity: str) -> list[tuple]:
    """Mean and standard deviation by data set and over all curves."""
    parts = [(dataset.upper(), part[column]) for dataset, part in frame.groupby("dataset", sort=False)]
    rows = []
    for setting, values in [*parts, ("all 90 curves", frame[column])]:
        rows += [(quantity, setting, values.mean()), (f"{quantity}; standard deviation", setting, values.std())]
    return rows


def _cells(selected: pd.DataFrame) -> list[tuple]:
    rows = []
    for quantity, column in MEASURES.items():
        for row in selected.to_dict("records"):
            name = OURS.get(row["method"], row["method"])
            setting = f"{row['dataset'].upper()}; budget 1/{row['ratio']}; {name}"
            value = lin2024.percent(row[column])
            rows += [(quantity, setting, value), (f"{quantity}; rerun", setting, value)]
        for method, part in selected.groupby("method", sort=False):
            mean = part[column].map(lin2024.percent).mean()
            rows += [(f"{quantity}, {MEAN} ({how})", OURS.get(method, method), mean) for how in ("published", "rerun")]
    return rows


def _ablations(ablated: pd.DataFrame, limited: pd.DataFrame) -> list[tuple]:
    rows = [
        (f"PearCorr (%) of AtS, {MEAN}", f"k={row['k']:g}; delta={row['delta']:g}", row["published"])
        for row in ablated.to_dict("records")
    ]
    for row in limited.to_dict("records"):
        setting = f"size<{row['smaller_than']:.2g}; {row['method']}"
        for quantity, column in MEASURES.items():
            rows.append((f"{quantity}, {MEAN}, models smaller than a limit", setting, row[column]))
    return rows
