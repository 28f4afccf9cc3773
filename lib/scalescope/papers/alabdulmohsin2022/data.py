"""Alabdulmohsin et al. (2022): 92 learning curves of vision and language, each split into points to fit and to predict.

Source: "Revisiting neural scaling laws in language and vision", arXiv:2209.06640, their benchmark (Apache 2.0), as
collected by github.com/IBM/ColPret (MIT).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

FILES = ("revisiting_vision.csv", "revisiting_lang.csv")
DOMAINS = {"IC": "image classification", "NMT": "translation", "LM": "language modelling", "BB": "BIG-Bench"}
CURVE = ["domain", "task", "model"]


def read(folder: Path) -> pd.DataFrame:
    """One row per curve (domain, task, model) and number of seen examples, `role` "fit" or "test".

    `loss` is an error rate in [0, 1] (vision), a log-perplexity, or what the benchmark calls the loss. The rows of
    the domain LM stand in the file four times, to the last digit; each is read once. Sorted by curve and examples.
    """
    table = pd.concat([pd.read_csv(folder / name) for name in FILES], ignore_index=True)
    table.columns = ["domain", "task", "model", "examples", "loss", "training"]
    table = table.drop_duplicates(ignore_index=True)
    table = table.assign(role=table.pop("training").map({1: "fit", 0: "test"}))
    order = {name: place for place, name in enumerate(DOMAINS)}
    return table.sort_values(
        [*CURVE, "examples"], key=lambda c: c.map(order) if c.name == "domain" else c, kind="stable", ignore_index=True
    )
