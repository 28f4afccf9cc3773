"""Which of several laws was right: errors, coverage and the nearest law over the targets that each was asked about."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.forecast.ledger import with_distance

N_BOOT = 2000
NARROW = "\u202f"  # a space at which no line is broken
COLUMNS = ["kind", "law", "paper", "targets", "error", "low", "high", "coverage", "compared", "nearest"]


def asked(predictions: pd.DataFrame) -> pd.DataFrame:
    """Rows of `five_laws.predictions` in which a law said something."""
    return predictions[predictions["mean"].notna()]


def scores(predictions: pd.DataFrame) -> pd.DataFrame:
    """One row per kind of target and law (COLUMNS).

    error: mean |ln(actual / mean)| with its 95 % interval over targets drawn with replacement. coverage: share of 95 %
    intervals that held the run. compared: targets about which another law was asked too; nearest: share of these in
    which this law was the nearest.
    """
    rows = []
    for (kind, law), own in nearest(predictions).groupby(["kind", "law"], sort=False):
        about = {"kind": kind, "law": law, "paper": own["paper"].iloc[0]}
        compared = own[own["laws"] > 1]["nearest"].astype(float)
        rows.append(about | _errors(own) | {"compared": len(compared), "nearest": compared.mean()})
    return pd.DataFrame(rows, columns=COLUMNS)


def nearest(predictions: pd.DataFrame) -> pd.DataFrame:
    """What laws said; laws: how many were asked about the same target; nearest: whether none of them was nearer."""
    found = asked(predictions)
    off = found["log_error"].abs()
    target = [found["kind"], found["run_id"]]
    return found.assign(laws=off.groupby(target).transform("size"), nearest=off == off.groupby(target).transform("min"))


def by_distance(predictions: pd.DataFrame) -> pd.DataFrame:
    """Error and coverage of each law by how far the target lies outside what the law was fitted to.

    One row per law and class of distance (`ledger.DISTANCE_NAMES`) with a target: targets, error, low, high, coverage.
    """
    groups = with_distance(asked(predictions)).groupby(["law", "beyond"], observed=True)
    rows = [{"law": law, "beyond": beyond} | _errors(own) for (law, beyond), own in groups]
    return pd.DataFrame(rows, columns=["law", "beyond", "targets", "error", "low", "high", "coverage"])


def wide(predictions: pd.DataFrame, laws: list[str]) -> pd.DataFrame:
    """One row per target, one column per law: "predicted (error in percent)", the nearest with a star, or a dash."""
    found = nearest(predictions)
    rows = []
    for (study, target), own in predictions.groupby(["study", "target"], sort=False):
        said = found[(found["study"] == study) & (found["target"] == target)].set_index("law")
        cells = {law: _cell(said.loc[law]) if law in said.index else "–" for law in laws}
        rows.append({"study": study, "target": target, "loss": f"{own['actual'].iloc[0]:.3f}", **cells})
    return pd.DataFrame(rows)


def _cell(row: pd.Series) -> str:
    off = 100 * (np.exp(-row["log_error"]) - 1)
    star = "*" if row["nearest"] and row["laws"] > 1 else ""
    return f"{row['mean']:.3f} ({off:+.1f}{NARROW}%){star}".replace("-", "−")


def _errors(own: pd.DataFrame) -> dict[str, float]:
    """Mean error over targets with its 95 % interval, of a single one NaN, and the coverage of the law's intervals."""
    off, low, high = own["log_error"].abs().to_numpy(dtype=float), np.nan, np.nan
    if len(off) > 1:
        drawn = np.random.default_rng(0).integers(len(off), size=(N_BOOT, len(off)))
        low, high = np.percentile(off[drawn].mean(axis=1), [2.5, 97.5])
    coverage = own["inside"].astype(float).mean()
    return {"targets": len(own), "error": off.mean(), "low": float(low), "high": float(high), "coverage": coverage}
