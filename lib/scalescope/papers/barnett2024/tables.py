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


def laws(fits: pd.DataFrame, exponents: str = "separate") -> pd.DataFrame:
    """One row per dialect in order of distance: the five parameters with intervals, and the rms residual of ln L."""
    rows = []
    for (text, distance), own in fits[fits["exponents"] == exponents].groupby(["text", "distance"], sort=False):
        cells = {row.symbol: with_interval(row.value, row.low, row.high) for row in own.itertuples()}
        rows.append({"dialect": text, "distance": f"{distance:.2f}", **cells, "rms": f"{own['rms'].iloc[0]:.4f}"})
    return pd.DataFrame(rows)


def prelearned(found: pd.DataFrame) -> pd.DataFrame:
    """One row per dialect: rms of both laws, f_0, and how far off each is on the held-out runs, in percent."""

    def percent(value: float) -> str:
        return "–" if np.isnan(value) else f"{100 * value:.1f}"

    rows = [
        {
            "dialect": row.text,
            "distance": f"{row.distance:.2f}",
            "rms": f"{row.rms:.4f}",
            "rms with f_0": f"{row.rms_prelearned:.4f}",
            "f_0 (tokens)": f"{row.f_0:,.0f}",
            "held out off, %": percent(row.off),
            "with f_0": percent(row.off_prelearned),
        }
        for row in found.itertuples()
    ]
    return pd.DataFrame(rows)


def gaps(found: pd.DataFrame) -> pd.DataFrame:
    """One row per dialect: distance, the gap in nats and as a share."""
    rows = [
        {
            "dialect": row["text"],
            "distance": f"{row['distance']:.2f}",
            "gap (nats)": with_interval(row["nats"], row["nats_low"], row["nats_high"]),
            "share of the gap": with_interval(row["share"], row["share_low"], row["share_high"]),
        }
        for row in found.to_dict("records")
    ]
    return pd.DataFrame(rows)


def allocation(found: pd.DataFrame) -> pd.DataFrame:
    """One row per dialect, one column per price of a dialect token: share of a budget that goes into pretraining."""
    text = [with_interval(100 * row.share, 100 * row.low, 100 * row.high) for row in found.itertuples()]
    wide = found.assign(shown=text).pivot(index="text", columns="price", values="shown").loc[found["text"].unique()]
    wide.columns = [f"price {price:g}" for price in wide.columns]
    return wide.rename_axis("share on pretraining, %").reset_index()


def forecasts(found: pd.DataFrame) -> pd.DataFrame:
    """One row per sealed forecast: what was said, what came, and how far off it was in percent."""
    rows = [
        {
            "law": row.law,
            "inputs": row.inputs,
            "forecast (nats)": with_interval(row.mean, row.low, row.high, 4),
            "came": "not trained" if not np.isfinite(row.actual) else f"{row.actual:.4f}",
            "off, %": "–" if not np.isfinite(row.off) else f"{100 * row.off:+.2f}",
            "sealed": str(row.date)[:16],
        }
        for row in found.itertuples()
    ]
    return pd.DataFrame(rows)
