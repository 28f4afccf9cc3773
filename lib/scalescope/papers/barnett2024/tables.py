"""The tables of Barnett (2024) as people read them: few columns, values with their intervals, short numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd


def with_interval(value: float, low: float, high: float, digits: int = 3) -> str:
    """ "0.84 [0.75, 0.90]"; without brackets where there is no interval, a dash where there is no value."""
    if not np.isfinite(value):
        return "–"
    text = f"{value:.{digits}g}"
    return text if not np.isfinite(low) else f"{text} [{low:.{digits}g}, {high:.{digits}g}]".replace("-", "−")


def _shown(values: pd.Series, text: str, missing: str = "–") -> list[str]:
    return [text.format(value) if np.isfinite(value) else missing for value in values]


def _with_intervals(found: pd.DataFrame, *columns: str, digits: int = 3) -> list[str]:
    return [with_interval(*row, digits) for row in found[list(columns)].itertuples(index=False, name=None)]


def laws(fits: pd.DataFrame, exponents: str = "separate") -> pd.DataFrame:
    """One row per dialect in order of distance: the five parameters with intervals, and the rms residual of ln L."""
    rows = []
    for (text, distance), own in fits[fits["exponents"] == exponents].groupby(["text", "distance"], sort=False):
        cells = {row.symbol: with_interval(row.value, row.low, row.high) for row in own.itertuples()}
        rows.append({"dialect": text, "distance": f"{distance:.2f}", **cells, "rms": f"{own['rms'].iloc[0]:.4f}"})
    return pd.DataFrame(rows)


def prelearned(found: pd.DataFrame) -> pd.DataFrame:
    """One row per dialect: rms of both laws, f_0, and how far off each is on the held-out runs, in percent."""
    columns = {
        "dialect": found["text"],
        "distance": _shown(found["distance"], "{:.2f}"),
        "rms": _shown(found["rms"], "{:.4f}"),
        "rms with f_0": _shown(found["rms_prelearned"], "{:.4f}"),
        "f_0 (tokens)": _shown(found["f_0"], "{:,.0f}"),
        "held out off, %": _shown(100 * found["off"], "{:.1f}"),
        "with f_0": _shown(100 * found["off_prelearned"], "{:.1f}"),
    }
    return pd.DataFrame(columns)


def gaps(found: pd.DataFrame) -> pd.DataFrame:
    """One row per dialect: distance, the gap in nats and as a share."""
    columns = {
        "dialect": found["text"],
        "distance": _shown(found["distance"], "{:.2f}"),
        "gap (nats)": _with_intervals(found, "nats", "nats_low", "nats_high"),
        "share of the gap": _with_intervals(found, "share", "share_low", "share_high"),
    }
    return pd.DataFrame(columns)


def allocation(found: pd.DataFrame) -> pd.DataFrame:
    """One row per dialect, one column per price of a dialect token: share of a budget that goes into pretraining."""
    text = [with_interval(100 * row.share, 100 * row.low, 100 * row.high) for row in found.itertuples()]
    wide = found.assign(shown=text).pivot(index="text", columns="price", values="shown").loc[found["text"].unique()]
    wide.columns = [f"price {price:g}" for price in wide.columns]
    return wide.rename_axis("share on pretraining, %").reset_index()


def forecasts(found: pd.DataFrame) -> pd.DataFrame:
    """One row per sealed forecast: what was said, what came, and how far off it was in percent."""
    columns = {
        "law": found["law"],
        "inputs": found["inputs"],
        "forecast (nats)": _with_intervals(found, "mean", "low", "high", digits=4),
        "came": _shown(found["actual"], "{:.4f}", "not trained"),
        "off, %": _shown(100 * found["off"], "{:+.2f}"),
        "sealed": found["date"].astype(str).str[:16],
    }
    return pd.DataFrame(columns)
