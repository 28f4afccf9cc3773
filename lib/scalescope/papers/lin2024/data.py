"""Lin et al. (2024): test losses of 30 pretrained models after finetuning on up to 1,638,400 examples.

Source: "Selecting large language model to fine-tune via rectified scaling law", arXiv:2402.02314; files of
github.com/linhaowei1/Fine-tuning-Scaling-Law (Apache 2.0), one CSV per data set.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

DATASETS = ("flan", "wmt19", "gigaword")  # the order of the paper's tables


def read(folder: Path) -> pd.DataFrame:
    """One row per data set, model and number of finetuning examples (0: not finetuned): the test loss.

    The loss has no stated unit; the models do not share a tokenizer, so that losses compare within a model only.
    """
    tables = [_tidy(pd.read_csv(folder / f"{dataset}.csv"), dataset) for dataset in DATASETS]
    return pd.concat(tables, ignore_index=True)


def _tidy(wide: pd.DataFrame, dataset: str) -> pd.DataFrame:
    names = {"config name": "model", "size": "parameters"}
    table = wide.rename(columns=names).melt(["model", "family", "parameters"], var_name="examples", value_name="loss")
    table = table.assign(dataset=dataset, examples=table["examples"].astype(int))
    return in_order(table, wide["config name"])


def in_order(table: pd.DataFrame, models: Iterable[str]) -> pd.DataFrame:
    """Rows of curves by model, in the order of `models`, then by examples."""
    order = {model: place for place, model in enumerate(models)}
    return table.sort_values(
        ["model", "examples"], key=lambda c: c.map(order) if c.name == "model" else c, kind="stable", ignore_index=True
    )
