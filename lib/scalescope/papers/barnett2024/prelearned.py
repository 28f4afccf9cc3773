"""Why the law fails where data are few: with an amount of data f_0 that pretraining is worth on every dialect.

L(p, f) = (A p^-alpha + G) (f + f_0)^-beta + E. A power of f alone rises without bound as f goes to 0, where a run has
the loss of the pretrained model; Lin (2024) mends the law of finetuning data alike (there D_l). One parameter more than
Barnett's law, which is f_0 = 0. Not the paper's: put beside it after world 3 was read, to be judged on other worlds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import minimize, nnls

from scalescope.papers.barnett2024.fits import params_of
from scalescope.papers.barnett2024.shared import INPUTS, LIMITS

COLUMNS = ["text", "distance", "n_points", "rms", "rms_prelearned", "f_0", "held_out", "off", "off_prelearned"]
STARTS = [(0.5, beta, share) for beta in (0.2, 0.6, 1.2) for share in (0.01, 0.1, 1.0)]  # f_0 in units of the middle f
SHARES = (1e-4, 1e3)
SYMBOLS = ("A", "alpha", "G", "beta", "E", "f_0")


def compared(points: pd.DataFrame, fitted: pd.DataFrame, held_out: pd.DataFrame) -> pd.DataFrame:
    """One row per dialect: rms residual of ln L of both laws, f_0 in tokens, and how far off each is where held out.

    points: `fits.points`. fitted: `fits.fits`, whose separate exponents are Barnett's law. held_out: finished runs that
    no law has seen (columns text, INPUTS, loss); off: their mean absolute relative error (NaN for none), held_out their
    number.
    """
    rows = []
    for text, own in points.groupby("text", sort=False):
        before, after = {**params_of(fitted, str(text)), "f_0": 0.0}, fit(own)
        last = held_out[held_out["text"] == text]
        rms = [float(np.sqrt(np.mean(np.log(predict(each, own) / own["loss"]) ** 2))) for each in (before, after)]
        off = [(predict(each, last) / last["loss"] - 1).abs().mean() for each in (before, after)]
        rows.append((text, own["distance"].iloc[0], len(own), *rms, after["f_0"], len(last), *off))
    return pd.DataFrame(rows, columns=COLUMNS)


def predict(params: dict[str, float], sizes: pd.DataFrame) -> np.ndarray:
    """Losses [n] of one dialect's SYMBOLS."""
    p, f = (sizes[name].to_numpy(dtype=float) for name in INPUTS)
    bracket = params["A"] * p ** -params["alpha"] + params["G"]
    return bracket * (f + params["f_0"]) ** -params["beta"] + params["E"]


def fit(points: pd.DataFrame) -> dict[str, float]:
    """SYMBOLS of one dialect: exponents and f_0 are searched, A, G, E >= 0 solved (see `shared`)."""
    p, f, y = (points[name].to_numpy(dtype=float) for name in (*INPUTS, "loss"))
    middle = [float(np.exp(np.log(each).mean())) for each in (p, f)]
    low, high = np.log([(*LIMITS,), (*LIMITS,), SHARES]).T

    def solved(at: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
        alpha, beta, share = found = np.exp(np.clip(at, low, high))
        finetuned = (f / middle[1] + share) ** -beta
        design = np.stack([(p / middle[0]) ** -alpha * finetuned, finetuned, np.ones(len(y))], axis=1)
        return *nnls(design / y[:, None], np.ones(len(y))), found

    options = {"xatol": 1e-4, "fatol": 1e-12, "maxiter": 600}
    ends = [
        minimize(lambda at: solved(at)[1], np.log(start), method="Nelder-Mead", options=options) for start in STARTS
    ]
    (a, g, e), _, (alpha, beta, share) = solved(min(ends, key=lambda each: each.fun).x)
    values = (a * middle[0] ** alpha * middle[1] ** beta, alpha, g * middle[1] ** beta, beta, e, share * middle[1])
    return dict(zip(SYMBOLS, map(float, values), strict=True))
