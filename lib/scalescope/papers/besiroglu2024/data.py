"""Besiroglu et al. (2024): the runs of Hoffmann et al. (2022), read off the graphic of their figure 4.

Source: "Chinchilla scaling: a replication attempt", arXiv:2404.10102; the CSV of
github.com/epoch-research/analyzing-chinchilla, which names no licence.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def read(folder: Path) -> pd.DataFrame:
    """One row per run: parameters, tokens = flops / (6 parameters), flops, loss (nats per token).

    The loss is read off a colour bar in steps of about 0.3 %.
    """
    points = pd.read_csv(folder / "chinchilla_points.csv")
    points = points.rename(columns={"Model Size": "parameters", "Training FLOP": "flops"})
    points["tokens"] = points["flops"] / (6 * points["parameters"])
    points["token_multiplier"] = points["tokens"] / points["parameters"]
    return points[["parameters", "tokens", "flops", "token_multiplier", "loss"]]
