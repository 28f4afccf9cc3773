"""Rolling forecasts: fitted to the smaller runs, asked for the next larger ones, from small to large."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from scalescope.forecast.candidates import Candidate
from scalescope.forecast.quantiles import COLUMNS as QUANTILES
from scalescope.forecast.quantiles import crps, quantiles, widened, widening
from scalescope.forecast.table import scale_of
from scalescope.laws import RollingSizesOut, ScalingLaw

FOLDS = 8  # at most
FEWEST_FITTED = 3  # distinct sizes
FEWEST_ASKED = 2
COLUMNS = ["law", "fold", "fitted", "run", "at", "distance", "predicted", "actual", "log_error", "crps", "widening"]
COLUMNS += QUANTILES


def rolling(
    frame: pd.DataFrame, response: str, laws: Sequence[Candidate], n_boot: int = 200, most: int = FOLDS
) -> pd.DataFrame:
    """One row per law and run that was asked for before it was fitted.

    Columns: law, fold (from 0), fitted (points), run, at, distance (factor of `at` beyond the largest fitted),
    predicted, actual, log_error (ln actual / predicted), quantiles of a new run, crps (of ln y), widening (of the
    quantiles, from the forecasts of all earlier folds, see `quantiles.widening`). A law is missing from the folds that
    leave it too few sizes. Folds are those of `RollingSizesOut`: every run but the smallest is asked for once.
    """
    at, rows = scale_of(frame), []
    splitter = RollingSizesOut(most, min_train_sizes=FEWEST_FITTED)
    for fold, (fitted, asked) in enumerate(splitter.split(at)):
        past, next_ones = frame.iloc[fitted], frame.iloc[asked]
        for candidate in laws:
            if not candidate.enough(past):
                continue
            law = quiet_fit(candidate, past, response, n_boot)
            about = {"law": candidate.name, "fold": fold, "fitted": len(past)}
            places = {"at": at[asked], "distance": at[asked] / at[fitted].max()}
            rows.append(_asked(candidate, law, next_ones, response).assign(**about, **places))
    if not rows:
        return pd.DataFrame(columns=COLUMNS)
    found = pd.concat(rows, ignore_index=True)
    return pd.concat([_widened(part) for _, part in found.groupby("law", sort=False)]).sort_index()[COLUMNS]


def _widened(found: pd.DataFrame) -> pd.DataFrame:
    """Forecasts of one law with the quantiles of each fold widened by what the folds before it showed."""
    raw, parts = found[list(QUANTILES)].to_numpy(), []
    for fold, part in found.groupby("fold"):
        past = (found["fold"] < fold).to_numpy()
        factor = widening(found["log_error"].to_numpy()[past], raw[past])
        wide = widened(part[list(QUANTILES)].to_numpy(), factor)
        changed = dict(zip(QUANTILES, wide.T, strict=True))
        parts.append(part.assign(**changed, crps=crps(wide, part["actual"].to_numpy()), widening=factor))
    return pd.concat(parts)


def own_widening(held_out: pd.DataFrame, law: str) -> float:
    """Factor by which the intervals of a law are to be wider after all its rolling forecasts (1 without any)."""
    part = held_out[held_out["law"] == law]
    if part.empty:
        return 1.0
    return widening(part["log_error"].to_numpy(dtype=float), widened_back(part))


def widened_back(part: pd.DataFrame) -> np.ndarray:
    """The quantiles [n, p] of rolling forecasts before they were widened."""
    found = part[list(QUANTILES)].to_numpy(dtype=float)
    middle = part[["predicted"]].to_numpy(dtype=float)
    return middle * (found / middle) ** (1 / part[["widening"]].to_numpy(dtype=float))


def quiet_fit(
    candidate: Candidate, frame: pd.DataFrame, response: str, n_boot: int, random_state: int = 0
) -> ScalingLaw:
    """A fit whose doubts about the table are kept in its `messages_` and not told as warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return candidate.fit(frame, response, n_boot, random_state)


def _asked(candidate: Candidate, law: ScalingLaw, frame: pd.DataFrame, response: str) -> pd.DataFrame:
    X, actual = candidate.X(frame), frame[response].to_numpy(dtype=float)
    predicted, found = law.predict(X), quantiles(law, X)
    told = {"run": frame["run"].to_numpy(), "predicted": predicted, "actual": actual}
    told["log_error"] = np.log(actual / predicted)
    return pd.DataFrame(told | dict(zip(QUANTILES, found.T, strict=True)))


def compared(held_out: pd.DataFrame) -> pd.DataFrame:
    """One row per law over the runs that all laws were asked for: forecasts, log_rmse, coverage, width, crps.

    A law that was asked for one run only, where others were asked for more, is left out: it would leave the others that
    one run. coverage: share of runs in the 95 % interval of a new run; width: its mean ln(high / low). Sorted by
    log_rmse.
    """
    columns = ["law", "forecasts", "log_rmse", "coverage", "width", "crps"]
    if held_out.empty:
        return pd.DataFrame(columns=columns)
    counts = held_out["law"].value_counts()
    held_out = held_out[held_out["law"].isin(counts.index[counts >= min(FEWEST_ASKED, counts.max())])]
    laws = held_out["law"].nunique()
    shared = held_out.groupby(["fold", "run"])["law"].transform("nunique") == laws
    rows = []
    for name, part in held_out[shared].groupby("law", sort=False):
        low, high = part[QUANTILES[0]], part[QUANTILES[-1]]
        log_rmse = float(np.sqrt((part["log_error"] ** 2).mean()))
        coverage = float(((low <= part["actual"]) & (part["actual"] <= high)).mean())
        width = float(np.log(high / low.clip(lower=1e-300)).mean())
        rows.append((name, len(part), log_rmse, coverage, width, float(part["crps"].mean())))
    return pd.DataFrame(rows, columns=columns).sort_values("log_rmse", kind="stable", ignore_index=True)
