"""What Barnett (2024) says, judged on our tables. Thresholds were fixed before any table of worlds 0 and 3 was read."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from scalescope.papers.verdicts import Judged, verdicts

CLAIMS = {
    "T1": "The law with a transfer gap describes the loss of every dialect",
    "T2": "The transfer gap differs between texts, and grows with their distance from that of pretraining",
    "T3": "The exponents can be shared by all texts",
    "T4": "Where the gap is high more of a budget goes into finetuning data",
    "T5": "The law forecasts the loss of the corner of most pretraining and most finetuning data",
    "T6": "The recommended split of a budget is the best of those that were trained",
}
RMS = 0.02  # T1: root mean squared residual of ln L, on every dialect
OFF = 0.03  # T5: mean absolute relative error of the loss, as Ivgi 2022 asks of an extrapolation
SPLIT = "split of a budget"  # what the names of forecasts of splits end with


def judged(tables: dict[str, pd.DataFrame], correlation: dict[str, float]) -> pd.DataFrame:
    """One row per claim: verdict "holds", "fails" or "not testable", with the number that decides and its interval."""
    rows = [
        _described(tables),
        _grows(correlation),
        _shared(tables),
        _allocated(tables),
        _forecast(tables),
        _best_split(tables),
    ]
    return verdicts(CLAIMS, rows)


def _described(tables) -> Judged:
    worst = tables["fits"].query("exponents == 'separate'")["rms"].max()
    return Judged("T1", worst <= RMS, "largest rms residual of ln L over dialects", worst, f"at most {RMS:g}")


def _grows(correlation: dict[str, float]) -> Judged:
    value, low, high = (correlation[key] for key in ("value", "low", "high"))
    statistic = f"rank correlation of gap and distance over {correlation['dialects']:.0f} dialects"
    return Judged("T2", low > 0, statistic, value, "95 % interval above 0", low, high)


def _shared(tables) -> Judged:
    bic = tables["exponents"].set_index("exponents")["bic"]
    value = float(bic["shared"] - bic["separate"])
    return Judged("T3", value < 0, "BIC with shared minus BIC with separate exponents", value, "below 0")


def _allocated(tables) -> Judged:
    """Over all prices: the mean rank correlation of the share of pretraining with the gap (nats) of the dialect."""
    shares = tables["allocation"].dropna(subset=["share"]).merge(tables["gaps"][["text", "nats"]], on="text")
    found = [
        spearmanr(part["share"], part["nats"]).statistic
        for _, part in shares.groupby("price")
        if len(part) > 2 and part["share"].nunique() > 1 and part["nats"].nunique() > 1
    ]
    value = float(np.mean(found)) if found else np.nan
    low, high = (min(found), max(found)) if found else (np.nan, np.nan)
    statistic = "rank correlation of the share of pretraining with the gap, mean (smallest, largest) over prices"
    return Judged("T4", high < 0, statistic, value, "below 0 at every price", low, high)


def _forecast(tables) -> Judged:
    corner = tables["forecasts"][~tables["forecasts"]["law"].str.endswith(SPLIT)]
    off = corner["off"].abs().dropna()
    value = float(off.mean()) if len(off) else np.nan
    statistic = f"mean absolute relative error over {len(off)} sealed forecasts"
    return Judged("T5", value <= OFF, statistic, value, f"at most {OFF:g}")


def _best_split(tables) -> Judged:
    splits = tables["splits"].dropna(subset=["actual"])
    recommended = splits[splits["factor"] == 1]
    if recommended.empty or len(splits) < 2:
        return Judged("T6", False, "loss of the recommended split over that of the best other one", np.nan, "below 1")
    value = float(recommended["actual"].iloc[0] / splits[splits["factor"] != 1]["actual"].min())
    return Judged("T6", value < 1, "loss of the recommended split over that of the best other one", value, "below 1")
