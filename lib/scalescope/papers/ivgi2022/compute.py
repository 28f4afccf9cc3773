"""What the small scales cost beside the target they predict (section 4.4 of the paper): parameters and FLOPs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.experiment.columns import need, need_labels, with_numbers
from scalescope.experiment.pretraining_seeds import first_seed
from scalescope.tables import SCRATCH

COMPUTE = ["what", "ladder", "target", "saved", "note"]
NOT_MEASURED = "tokens and FLOPs not known"


def compute_saved(pretrain: pd.DataFrame, finetune: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row per account, summed over the ladder and for the target; `saved` is target / ladder.

    "parameters trained": sum of N. "pretraining FLOPs": 6 N D. "and finetuning, without tuning": as many runs
    per task as there are seeds. "and finetuning, with tuning": every run of the grid too. All objectives
    together: who compares two trains both. Of several pretraining seeds the first counts, with its finetuning: the
    paper pretrains each model once. Blank where the tables do not know tokens.
    """
    need(pretrain, "pretrain", ["role", "objective", "parameters"])
    need_labels(pretrain, "pretrain", ["role", "objective"])
    pretrain = first_seed(with_numbers(pretrain, "pretrain"))
    finetune = None if finetune is None else first_seed(with_numbers(finetune, "finetune"))
    one = pretrain[pretrain["objective"] == pretrain["objective"].iloc[0]] if len(pretrain) else pretrain
    rows = [_row("parameters trained", one.drop_duplicates(["role", "parameters"]), "parameters")]
    known = "flops" in pretrain and pretrain["flops"].notna().all()
    rows.append(_row("pretraining FLOPs", pretrain if known else None))
    for what, runs in _finetuning(finetune).items():
        both = pd.concat([pretrain[["role", "flops"]], runs[["role", "flops"]]]) if known and runs is not None else None
        rows.append(_row(what, both))
    return pd.DataFrame(rows, columns=COMPUTE)


def _finetuning(finetune: pd.DataFrame | None) -> dict[str, pd.DataFrame | None]:
    """Finetuning runs without tuning (mean cost times seeds) and with tuning (all runs)."""
    untuned, tuned = "and finetuning, without tuning", "and finetuning, with tuning"
    if finetune is not None:  # what the paper's own experiment costs: without the control
        finetune = finetune[finetune["objective"] != SCRATCH]
    if finetune is None or finetune.empty or finetune["flops"].isna().any():
        return {untuned: None, tuned: None}
    groups = finetune.groupby(["objective", "role", "parameters", "task"])
    seeds = finetune["seed"].nunique()
    once = groups["flops"].mean().mul(seeds).reset_index()
    return {untuned: once, tuned: finetune}


def _row(what: str, rows: pd.DataFrame | None, column: str = "flops") -> tuple:
    """A row of COMPUTE; `rows` is None where the column is not known."""
    if rows is None:
        return what, np.nan, np.nan, np.nan, NOT_MEASURED
    ladder, target = (float(rows.loc[rows["role"] == role, column].sum()) for role in ("ladder", "target"))
    return what, ladder, target, target / ladder if ladder else np.nan, ""
