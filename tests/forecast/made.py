"""Made tables of runs with a known law."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.forecast.entry import Entry
from scalescope.forecast.quantiles import COLUMNS

TRUTH = {"E": 1.8, "A": 480.0, "B": 2000.0, "alpha": 0.35, "beta": 0.366}


def loss(n, d) -> np.ndarray:
    """The law of the made runs."""
    return TRUTH["E"] + TRUTH["A"] * np.asarray(n) ** -TRUTH["alpha"] + TRUTH["B"] * np.asarray(d) ** -TRUTH["beta"]


def runs(count: int = 10, noise: float = 0.003, seed: int = 0, seeds: int = 1) -> pd.DataFrame:
    """`count` sizes from 2e7 to 6e8 parameters at 10, 20 and 40 tokens per parameter: N, D, loss, name."""
    rng = np.random.default_rng(seed)
    n = np.repeat(np.geomspace(2e7, 6e8, count), seeds)
    d = n * np.repeat(10 * 2.0 ** (np.arange(count) % 3), seeds)
    y = loss(n, d) * np.exp(noise * rng.standard_normal(len(n)))
    return pd.DataFrame({"name": [f"r{k}" for k in range(len(n))], "params": n, "tokens": d, "val_loss": y})


def breaking(count: int = 12) -> pd.DataFrame:
    """Runs of which the three largest are worse than their law by 2, 4 and 6 %: forecasts of them miss."""
    table = runs(count)
    table.loc[table.index[-3:], "val_loss"] *= 1.02 ** np.arange(1, 4)
    return table


def entry(run: str, mean: float = 2.0, quantity: str = "loss", distance: float = 3.0) -> Entry:
    """A forecast of one run with quantiles about `mean`."""
    found = dict(zip(COLUMNS, mean * np.exp(0.1 * np.linspace(-1, 1, len(COLUMNS))), strict=True))
    return Entry(run, quantity, "power-N", {"parameters": 1e9}, 5, distance, found, "ab" * 32)
