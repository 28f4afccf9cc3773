"""What Gadre et al. (2024) say, judged on our own runs. Thresholds are the paper's or were fixed before worlds 0, 3."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.papers.verdicts import Judged, verdicts

CLAIMS = {
    "O1": "Loss of the most over-trained runs is predicted from small, short runs",
    "O2": "Loss of the largest model is predicted from small, short runs",
    "O3": "Average error of the largest model is predicted through the loss",
    "O4": "The error follows an exponential law of the loss",
    "O5": "Intervals of the sealed forecasts hold what came",
}
LOSS_OFF = 2.0  # percent; the paper reports 0.7 % for both of its large runs
ERROR_OFF = 5.0  # percent; the paper reports 3.6 % and 0.05 %
SPREAD = 0.02  # of the error, root mean square about the exponential law
COVERED = 0.8  # share of 95 % intervals: of few forecasts fewer may hold
MAIN = "OvertrainingLaw"


def judged(predictions: pd.DataFrame, forecasts: pd.DataFrame, law: str = MAIN) -> pd.DataFrame:
    """One row per claim of one text: verdict, the number that decides, and what was asked of it.

    law: of the loss, whose predictions O1 to O4 judge; O5 counts every forecast given.
    """
    main = predictions[(predictions["law"] == law) & (predictions["average"] == predictions["average"].iloc[0])]
    held = main[main["role"] == "held_out"]
    largest = held[held["parameters"] == held["parameters"].max()]
    longest = held[held["parameters"] < held["parameters"].max()]
    rest = main["error_from_loss"] - main["error"]
    inside = forecasts["inside"].dropna().astype(float)
    rows = [
        ("O1", longest["loss_off"].max(), LOSS_OFF, "largest relative error of the loss, percent"),
        ("O2", largest["loss_off"].max(), LOSS_OFF, "largest relative error of the loss, percent"),
        ("O3", largest["error_off"].max(), ERROR_OFF, "largest relative error of the error over all skills, percent"),
        ("O4", float(np.sqrt((rest**2).mean())), SPREAD, "rms distance of the error from the law, all runs"),
    ]
    found = [Judged(id, value <= most, said, value, f"at most {most:g}") for id, value, most, said in rows]
    share, said = inside.mean(), f"share of {len(inside)} intervals"
    found.append(Judged("O5", share >= COVERED, said, share, f"at least {COVERED:g}"))
    return verdicts(CLAIMS, found)
