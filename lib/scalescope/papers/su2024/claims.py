"""What Su et al. (2024) say, judged on our own runs. Thresholds were fixed before worlds 0 and 3 were read."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.papers.su2024.fits import STANDARD
from scalescope.papers.verdicts import Judged, verdicts

CLAIMS = {
    "B1": "Steps and examples that reach one loss lie on a hyperbola",
    "B2": "The critical batch size grows as the loss falls",
    "B3": "The critical batch size depends on the loss, not on the size of the model",
    "B4": "The whole loss curve of a larger model at an unused batch size is predicted before it is trained",
}
RMS = 0.10  # B1: median over contours of the rms relative distance in steps
FACTOR = 1.5  # B3: largest over smallest critical batch size of two models at one loss, median
OFF = 0.03  # B4: mean absolute relative error of the loss over the steps


def judged(tables: dict[str, pd.DataFrame], slope: dict[str, float]) -> pd.DataFrame:
    """One row per claim: verdict, the number that decides with its interval, and what was asked of it."""
    standard = tables["critical"][tables["critical"]["variant"] == STANDARD]
    rms, spread = standard["rms"].median(), _spread(standard)
    off = tables["forecasts"]["off"].abs().dropna()
    mean, low, high = off.mean(), slope["low"], slope["high"]
    found = [
        Judged("B1", rms <= RMS, "median rms distance from the hyperbola, relative", rms, f"at most {RMS:g}"),
        Judged("B2", high < 0, "slope of ln B_crit against ln L", slope["value"], "95 % interval below 0", low, high),
        Judged("B3", spread <= FACTOR, "factor between two models at one loss, median", spread, f"at most {FACTOR:g}"),
        Judged("B4", mean <= OFF, f"mean absolute relative error over {len(off)} steps", mean, f"at most {OFF:g}"),
    ]
    return verdicts(CLAIMS, found)


def _spread(standard: pd.DataFrame) -> float:
    """Median over losses of the factor between the critical batch sizes of two models that both reach the loss."""
    rows, factors = standard[standard["B_crit"].notna()], []
    models = [part.sort_values("loss") for _, part in rows.groupby("parameters")]
    for place, one in enumerate(models):
        for other in models[place + 1 :]:
            shared = one[one["loss"].between(other["loss"].min(), other["loss"].max())]
            there = np.interp(np.log(shared["loss"]), np.log(other["loss"]), np.log(other["B_crit"]))
            factors += list(np.exp(np.abs(np.log(shared["B_crit"].to_numpy()) - there)))
    return float(np.median(factors)) if factors else np.nan
