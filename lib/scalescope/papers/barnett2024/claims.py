"""What Barnett (2024) says, judged on our tables. Thresholds were fixed before any table of worlds 0 and 3 was read."""

from __future__ import annotations

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
    # with nothing measured the mean or minimum is NaN, which `Judged` calls not testable
    worst = tables["fits"].query("exponents == 'separate'")["rms"].max()
    bic = tables["exponents"].set_index("exponents")["bic"]
    more = bic["shared"] - bic["separate"]
    off = tables["forecasts"].loc[~tables["forecasts"]["law"].str.endswith(SPLIT), "off"].abs().dropna()
    said = f"mean absolute relative error over {len(off)} sealed forecasts"
    splits = tables["splits"].dropna(subset=["actual"])
    recommended = splits["factor"] == 1
    ratio = splits.loc[recommended, "actual"].min() / splits.loc[~recommended, "actual"].min()
    rows = [
        Judged("T1", worst <= RMS, "largest rms residual of ln L over dialects", worst, f"at most {RMS:g}"),
        _grows(correlation),
        Judged("T3", more < 0, "BIC with shared minus BIC with separate exponents", more, "below 0"),
        _allocated(tables),
        Judged("T5", off.mean() <= OFF, said, off.mean(), f"at most {OFF:g}"),
        Judged("T6", ratio < 1, "loss of the recommended split over that of the best other one", ratio, "below 1"),
    ]
    return verdicts(CLAIMS, rows)


def _grows(correlation: dict[str, float]) -> Judged:
    value, low, high = (correlation[key] for key in ("value", "low", "high"))
    statistic = f"rank correlation of gap and distance over {correlation['dialects']:.0f} dialects"
    return Judged("T2", low > 0, statistic, value, "95 % interval above 0", low, high)


def _allocated(tables) -> Judged:
    """Over all prices: the mean rank correlation of the share of pretraining with the gap (nats) of the dialect."""
    shares = tables["allocation"].dropna(subset=["share"]).merge(tables["gaps"][["text", "nats"]], on="text")
    found = [
        spearmanr(part["share"], part["nats"]).statistic
        for _, part in shares.groupby("price")
        if len(part) > 2 and part["share"].nunique() > 1 and part["nats"].nunique() > 1
    ]
    value, low, high = pd.Series(found, dtype=float).agg(["mean", "min", "max"])
    statistic = "rank correlation of the share of pretraining with the gap, mean (smallest, largest) over prices"
    return Judged("T4", high < 0, statistic, value, "below 0 at every price", low, high)
