"""Dates of a ledger and what came of its runs, checked: a ledger is not mended afterwards."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

DATE = "%Y-%m-%dT%H:%M:%SZ"  # of a seal, in UTC
FAR = 30.0  # factor between a loss and its forecast from which one of both is in another unit


def check_dates(table: pd.DataFrame, now: datetime, path: Path) -> None:
    """Warn of rows of a ledger that were sealed more than a day after `now` (UTC): one of two clocks is wrong."""
    dates = pd.to_datetime(table["date"], format=DATE, utc=True, errors="coerce")
    late = np.flatnonzero((dates > now + timedelta(days=1)).to_numpy())
    if late.size:
        row = table.iloc[late[0]]
        warnings.warn(
            f"{path}: the forecast of run {row['run']!r} is sealed on {row['date']}, and it is {now.strftime(DATE)} "
            f"here: {late.size} of {len(table)} rows are from days to come",
            stacklevel=3,
        )


def check_values(table: pd.DataFrame, values: Sequence[float]) -> np.ndarray:
    """What came of each row of a ledger, as numbers [n], NaN where it is not known.

    Raises ValueError for another number of values and for one below zero. Warns of zero, whose logarithmic scores are
    infinite, of infinite ones, which are left out, and of a loss that is thirty times its forecast, or a thirtieth.
    """
    if not isinstance(table, pd.DataFrame):
        raise ValueError(f"forecasts must be the table of a ledger, as ledger.read gives it; got {table!r:.80}")
    values = np.asarray(values, dtype=float)
    if values.shape != (len(table),):
        raise ValueError(f"the ledger has {len(table)} rows, and values have the shape {list(values.shape)}")
    ratio = values / pd.to_numeric(table["mean"]).to_numpy(dtype=float)
    loss = (table["quantity"] == "loss").to_numpy()
    far = loss & np.isfinite(values) & (values > 0) & ((ratio > FAR) | (ratio < 1 / FAR))
    doubts = {
        "zero, and their logarithmic scores are infinite": values == 0,
        "infinite, and left out: a run that diverged was not forecast well": np.isinf(values) & (values > 0),
        f"{FAR:g} times their forecast and more, or less than its {FAR:g}th part: in another unit?": far,
    }
    if (values < 0).any():
        raise ValueError(
            f"{_first(table, values, values < 0)} below zero, which no loss or error is; correct the table"
        )
    for told, bad in doubts.items():
        if bad.any():
            warnings.warn(f"{_first(table, values, bad)} {told}", stacklevel=3)
    return values


def _first(table: pd.DataFrame, values: np.ndarray, bad: np.ndarray) -> str:
    place = int(np.flatnonzero(bad)[0])
    row = table.iloc[place]
    return f"{row['quantity']} of run {row['run']!r} is {values[place]:g}: {bad.sum()} of {len(values)} are"
