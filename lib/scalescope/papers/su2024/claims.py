"""What Su et al. (2024) say, judged on our own runs. Thresholds were fixed before worlds 0 and 3 were read."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.papers.su2024.fits import STANDARD

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
    rms = standard["rms"].median() if len(standard) else np.nan
    spread = _spread(standard)
    off = tables["forecasts"]["off"].abs().dropna()
    mean = off.mean() if len(off) else np.nan
    rows = [
        ("B1", rms <= RMS, "median rms distance from the hyperbola, relative", rms, np.nan, np.nan, f"at most {RMS:g}"),
        (
            "B2",
            slope["high"] < 0,
            "slope of ln B_crit against ln L",
            slope["value"],
            slope["low"],
            slope["high"],
            "95 % interval below 0",
        ),
        (
            "B3",
            spread <= FACTOR,
            "factor between two models at one loss, median",
            spread,
            np.nan,
            np.nan,
            f"at most {FACTOR:g}",
        ),
        (
            "B4",
            mean <= OFF,
            f"mean absolute relative error over {len(off)} steps",
            mean,
            np.nan,
            np.nan,
            f"at most {OFF:g}",
        ),
    ]
    columns = ["id", "verdict", "statistic", "value", "low", "high", "threshold"]
    table = pd.DataFrame(rows, columns=columns)
    table["verdict"] = [
        "not testable" if not np.isfinite(row.value) else "holds" if row.verdict else "fails"
        for row in table.itertuples()
    ]
    table.insert(1, "claim", [CLAIMS[id] for id in table["id"]])
    return table


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
