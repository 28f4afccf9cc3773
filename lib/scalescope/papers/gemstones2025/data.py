"""McLeish et al. (2025): losses along the training of the Gemstones, 22 models of many widths and depths.

Source: "Gemstones: a model suite for multi-faceted scaling laws", arXiv:2502.06857; files of
github.com/mcleish7/gemstone-scaling-laws (MIT), one JSON line per model and checkpoint.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

# the authors' selections: 10 to 350 billion tokens, 10 to 100, and branches of 10 to 110 that were cooled down
SELECTIONS = ("hot_100b+", "hot", "cool_end")


def read(folder: Path) -> pd.DataFrame:
    """One row per selection, model and checkpoint: loss (nats per token), in the order of the files.

    `parameters` counts embeddings, `width` and `depth` are the hidden size and the layers, `step` the optimiser steps.
    """
    names = {"run_name": "name", "params_active_precise": "parameters", "final_loss": "loss"}
    tables = []
    for selection in SELECTIONS:
        table = pd.read_json(folder / f"wandb_df_for_fitting_{selection}.jsonl", orient="records", lines=True)
        tables.append(table.rename(columns=names).assign(selection=selection))
    table = pd.concat(tables, ignore_index=True)
    name = table["name"].str.removeprefix("PyGemma-").str.replace("_pretrain", "", regex=False)
    return table.assign(name=name, flops=6.0 * table["parameters"] * table["tokens"])
