"""What Lin et al. (2024) say, judged on our own zoo. Thresholds were fixed before any run of the study was made."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.papers.verdicts import Judged, verdicts

CLAIMS = {
    "S1": "The rectified law describes the finetuning loss better than the vanilla law",
    "S2": "The loss falls slowly at first: there is a pre-power phase before the power phase",
    "S3": "From an eighth of the data the rectified law forecasts larger sizes better than the vanilla law",
    "S4": "Intervals of the sealed forecasts of the rectified law hold what came",
    "S5": "AtS chooses a model that is nearly the best one",
    "S6": "AtS chooses better than zero-shot loss, tuning on the budget, and model size",
}
SLOWER = 0.5  # S2: first slope over the steepest one, median over models
COVERED = 0.8  # S4: share of 95 % intervals, as in the other studies
ACCURATE = 0.9  # S5: mean relative accuracy over budgets (published mean: 0.95)
BASELINES = ("ZeroShot", "SubTuning", "ModelSize")  # of the paper's table 1
N_BOOT = 2000


def judged(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per claim: verdict, the number that decides with its 95 % interval over models, and what was asked."""
    found = [_described(tables["fits"]), _pre_power(tables["slopes"]), *_forecasts(tables["forecasts"])]
    return verdicts(CLAIMS, [*found, *_selected(tables["scores"], tables["contests"])])


def _over_models(values: np.ndarray, of) -> tuple[float, float, float]:
    """of(values [models, ...]) with its 95 % interval over models drawn with replacement."""
    drawn = np.random.default_rng(0).integers(len(values), size=(N_BOOT, len(values)))
    low, high = np.percentile([of(values[each]) for each in drawn], [2.5, 97.5])
    return float(of(values)), float(low), float(high)


def _described(fits: pd.DataFrame) -> Judged:
    """BIC, since the rectified law has a parameter more and holds the vanilla one: its RMSD is never larger."""
    n, smallest = fits["n_points"].to_numpy(), np.finfo(float).tiny
    gain = 2 * np.log(np.maximum(fits["vanilla_rmsd"], smallest) / np.maximum(fits["rmsd"], smallest)).to_numpy()
    value, low, high = _over_models(n * gain - np.log(n), np.mean)
    statistic = f"BIC of the vanilla law minus that of the rectified one, mean over {len(fits)} curves"
    return Judged("S1", low > 0, statistic, value, "95 % interval above 0", low, high)


def _pre_power(slopes: pd.DataFrame) -> Judged:
    shares = (slopes["first"] / slopes["steepest"]).to_numpy()
    value, low, high = _over_models(shares, np.median)
    statistic = "slope at the three smallest sizes over the steepest, median over models"
    return Judged("S2", high < SLOWER, statistic, value, f"95 % interval below {SLOWER:g}", low, high)


def _forecasts(forecasts: pd.DataFrame) -> list[Judged]:
    """S3 and S4; names of forecasts are "<law>, <model>"."""
    known = forecasts.dropna(subset=["actual"])
    parts = known["law"].str.split(", ", n=1, expand=True).reindex(columns=[0, 1])
    off = np.log(known["mean"] / known["actual"]).abs()
    means = off.groupby([parts[1], parts[0]]).mean().unstack().reindex(columns=["RectifiedLaw", "VanillaFinetuningLaw"])
    statistic = "mean |ln(forecast / loss)| of the rectified law minus that of the vanilla law"
    value, low, high = np.nan, np.nan, np.nan
    if len(means):
        value, low, high = _over_models((means.iloc[:, 0] - means.iloc[:, 1]).to_numpy(), np.mean)
    inside = known.loc[parts[0] == "RectifiedLaw", "inside"].astype(float)
    share = inside.mean()
    return [
        Judged("S3", high < 0, statistic, value, "95 % interval below 0", low, high),
        Judged("S4", share >= COVERED, f"share of {len(inside)} intervals", share, f"at least {COVERED:g}"),
    ]


def _selected(scores: pd.DataFrame, contests: pd.DataFrame) -> list[Judged]:
    own = scores.query("method == 'AtS' and measure == 'relative_accuracy' and ratio == 0").iloc[0]
    accuracy, *ends = own[["value", "low", "high"]]
    rivals = contests[contests["other"].isin(BASELINES)]
    rival, gain, low, high = rivals.loc[rivals["low"].idxmin(), ["other", "difference", "low", "high"]]
    less = f"mean relative accuracy of AtS minus that of {rival}, its hardest rival"
    mean, asked = "mean relative accuracy over budgets", f"at least {ACCURATE:g}"
    return [
        Judged("S5", accuracy >= ACCURATE, mean, accuracy, asked, *ends),
        Judged("S6", low > 0, less, gain, "95 % interval above 0 against each", low, high),
    ]
