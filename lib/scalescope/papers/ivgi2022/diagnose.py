"""Debugging convergence with a law (section 3.1 of the paper): is a run above what the other scales predict?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from scalescope.errors import UnknownName, check_name

DIAGNOSIS = ["role", "layers", "parameters", "value", "predicted", "low", "high", "ratio", "n_others", "verdict"]
ON, ABOVE, BELOW, UNKNOWN = "on the law", "above the law: undertrained?", "below the law", "not testable"
FEWEST_OTHERS = 3  # a line through two scales leaves nothing to estimate the spread from


def prediction_interval(sizes: np.ndarray, values: np.ndarray, at: float) -> tuple[float, float, float]:
    """Law at the size `at` and the 95 % interval in which one more scale falls, from scales [n] and their values.

    A line of ln y against ln N by least squares, with Student's interval for a new observation (n - 2 degrees
    of freedom): the spread of scales about their law, and the law's own uncertainty. Raises ValueError for
    fewer than three scales or values that are not above zero.
    """
    sizes, values = np.asarray(sizes, dtype=float), np.asarray(values, dtype=float)
    if len(np.unique(sizes)) < FEWEST_OTHERS:
        raise ValueError(f"a prediction interval needs at least {FEWEST_OTHERS} sizes; got {len(np.unique(sizes))}")
    if not (np.isfinite(values).all() and (values > 0).all()):
        raise ValueError(f"a law needs finite values above zero; got {values.min():g}")
    x, y = np.log(sizes), np.log(values)
    slope, intercept = np.polyfit(x - x.mean(), y, 1)
    freedom = len(x) - 2
    variance = ((y - intercept - slope * (x - x.mean())) ** 2).sum() / freedom
    centre = np.log(at) - x.mean()
    spread = np.sqrt(variance * (1 + 1 / len(x) + centre**2 / ((x - x.mean()) ** 2).sum()))
    middle, half = intercept + slope * centre, stats.t.ppf(0.975, freedom) * spread
    return float(np.exp(middle)), float(np.exp(middle - half)), float(np.exp(middle + half))


def diagnose(points: pd.DataFrame, run: float | str | None = None, *, y: str = "loss") -> pd.DataFrame:
    """One row per scale: its value, the leave-one-out 95 % prediction interval of the other scales, a verdict.

    `points` is one series (one objective, one task, one aspect ratio beside the target) of "pretrain" or
    "points"; `y` a column of it, of which the geometric mean over seeds counts. `run` keeps one scale: its
    size, or a `run_id`. The target is in no fit but is judged by all other scales. `ratio` is value /
    predicted. Above the interval means undertrained, or otherwise worse than its size; below it means that
    something else is wrong, or good. Fewer than three other scales: "not testable". Raises ValueError for a
    mixture of series, and UnknownName for a run that is not there.
    """
    scales = _scales(points, y)
    fitted = scales[scales["role"] != "target"]
    rows = []
    for scale in scales.to_dict("records"):
        others = fitted[fitted["parameters"] != scale["parameters"]]
        rows.append({**scale, "n_others": len(others), **_judged(scale, others)})
    table = pd.DataFrame(rows, columns=[*DIAGNOSIS, "run_id"])
    return _only(table, run)[DIAGNOSIS].reset_index(drop=True)


def _judged(scale: dict, others: pd.DataFrame) -> dict:
    if len(others) < FEWEST_OTHERS:
        return {"verdict": UNKNOWN}
    predicted, low, high = prediction_interval(others["parameters"], others["value"], scale["parameters"])
    verdict = ABOVE if scale["value"] > high else BELOW if scale["value"] < low else ON
    return {"predicted": predicted, "low": low, "high": high, "ratio": scale["value"] / predicted, "verdict": verdict}


def _scales(points: pd.DataFrame, y: str) -> pd.DataFrame:
    for name in ("parameters", "role", y):
        check_name("column", name, points.columns)
    fitted = points[points["role"] != "target"]
    for name in ("objective", "task", "hpt", "aspect_ratio"):
        if name in fitted and fitted[name].nunique() > 1:
            found = ", ".join(str(value) for value in fitted[name].unique())
            raise ValueError(f"diagnose reads one series, but {name} is {found}; select one of them first")
    values = points[y].to_numpy(dtype=float)
    if not (np.isfinite(values).all() and (values > 0).all()):
        at = int(np.flatnonzero(~(np.isfinite(values) & (values > 0)))[0])
        raise ValueError(f"row {at}: {y} must be a finite number above zero; got {values[at]:g}")
    frame = points.assign(value=np.log(values), layers=points.get("layers"), run_id=points.get("run_id"))
    kept = {"value": ("value", "mean"), "layers": ("layers", "first"), "run_id": ("run_id", "first")}
    scales = frame.groupby(["role", "parameters"], sort=False, as_index=False).agg(**kept)
    return scales.assign(value=np.exp(scales["value"])).sort_values("parameters", ignore_index=True)


def _only(table: pd.DataFrame, run: float | str | None) -> pd.DataFrame:
    if run is None:
        return table
    column = "run_id" if isinstance(run, str) else "parameters"
    found = table[table[column] == run]
    if found.empty:
        raise UnknownName("run", run, table[column].dropna())
    return found
