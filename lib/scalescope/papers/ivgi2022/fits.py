"""Every number of the laws, one row per series, from tidy points: what the tables of a study are cut from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.experiment.points import (
    OBJECTIVES,
    TUNINGS,
    aspect_ratios,
    split_usable,
    task_names,
    title,
    usable_pretraining,
)
from scalescope.experiment.pretraining_seeds import drawn_together
from scalescope.experiment.series import MIN_SIZES_R2
from scalescope.laws import PowerLaw

FITS = [
    "objective", "hpt", "task", "title", "n_sizes", "n_points", "n_left_out", "slope", "slope_low",
    "slope_high", "intercept", "r2", "r2_from_2", "mre", "target_parameters", "extrapolation", "prediction",
    "prediction_low", "prediction_high", "actual", "re", "re_from_2",
]  # fmt: skip
PRETRAINING = [
    "objective", "aspect_ratio", "n_sizes", "slope", "slope_low", "slope_high", "intercept", "r2",
    "target_parameters", "prediction", "prediction_low", "prediction_high", "actual", "re",
]  # fmt: skip


def fits(points: pd.DataFrame, *, n_boot: int = 1000, random_state: int = 0) -> pd.DataFrame:
    """One row per objective, hpt and task with every number of the law, full precision (columns FITS).

    Slope intervals and the interval of the prediction: 95 % of the hierarchical bootstrap. `r2_from_2` and
    `re_from_2` refit without the smallest ladder size (the paper's L = 1); `mre` is the mean relative error
    of the metric at the two largest ladder sizes under the law of the others. Predictions, `actual` and
    `re` are for the mean over seeds of the (largest) target, in metric units. Too few sizes leave NaN; R2
    needs three.
    """
    usable, left_out = split_usable(points)
    rows = []
    for (objective, hpt), part in _pairs(usable):
        for task in task_names(points):
            lost = left_out[(left_out[["objective", "hpt", "task"]] == [objective, hpt, task]).all(axis=1)]
            row = _fit_task(part[part["task"] == task], n_boot, random_state)
            rows.append({"objective": objective, "hpt": hpt, "task": task, "title": title(task),
                         "n_left_out": len(lost), **row})  # fmt: skip
    return _numeric(pd.DataFrame(rows, columns=FITS))


def pretraining_laws(pretrain: pd.DataFrame, *, n_boot: int = 1000, random_state: int = 0) -> pd.DataFrame:
    """The law of pretraining loss (nats) against N per objective and aspect ratio (columns PRETRAINING).

    Prediction, `actual` and `re` = (prediction - actual) / actual are the loss of the target. Source:
    figure 2.
    """
    rows = []
    usable = pretrain[usable_pretraining(pretrain)]
    for objective in OBJECTIVES:
        part = usable[usable["objective"] == objective]
        target = _target(part, "loss")
        for aspect_ratio in aspect_ratios(part):
            series = part[(part["aspect_ratio"] == aspect_ratio) & (part["role"] != "target")]
            law = _law(series, "loss", n_boot, random_state)
            row = {"n_sizes": series["parameters"].nunique(), **_numbers_of(law, series, "loss")}
            if law is not None and target:
                prediction, low, high = _predict(law, target["parameters"])
                row |= {"prediction": prediction, "prediction_low": low, "prediction_high": high}
                row |= {"re": (prediction - target["mean"]) / target["mean"]}
            row |= {"target_parameters": target.get("parameters"), "actual": target.get("mean")}
            rows.append({"objective": objective, "aspect_ratio": aspect_ratio, **row})
    return _numeric(pd.DataFrame(rows, columns=PRETRAINING))


def _numeric(table: pd.DataFrame) -> pd.DataFrame:
    """Every column but the names as float, so that blank tables still calculate."""
    names = {"objective", "hpt", "task", "title", "aspect_ratio"}
    return table.astype({name: float for name in table.columns if name not in names})


def _pairs(points: pd.DataFrame):
    """(objective, hpt) and its points, in the order of OBJECTIVES and TUNINGS."""
    groups = dict(list(points.groupby(["objective", "hpt"])))
    return [((o, h), groups[o, h]) for o in OBJECTIVES for h in TUNINGS if (o, h) in groups]


def _law(points: pd.DataFrame, y: str, n_boot: int, random_state: int) -> PowerLaw | None:
    """The law of column `y` over all rows, or None if there are fewer than two sizes."""
    if points["parameters"].nunique() < 2:
        return None
    law = PowerLaw(n_boot=n_boot, random_state=random_state)
    return law.fit(points, points[y], groups=drawn_together(points))


def _numbers_of(law: PowerLaw | None, points: pd.DataFrame, y: str) -> dict[str, float]:
    if law is None:
        return {}
    low, high = law.intervals_.get("slope", (np.nan, np.nan))
    r2 = law.score(points, points[y]) if law.n_sizes_ >= MIN_SIZES_R2 else np.nan
    return {**law.params_, "slope_low": low, "slope_high": high, "r2": r2}


def _predict(law: PowerLaw, parameters: float) -> tuple[float, float, float]:
    low, high = law.predict_interval([parameters])
    return float(law.predict([parameters])[0]), float(low[0]), float(high[0])


def _target(points: pd.DataFrame, y: str) -> dict[str, float]:
    """Size and mean of `y` over the seeds of the largest target; empty if there is none."""
    rows = points[points["role"] == "target"]
    rows = rows[rows["parameters"] == rows["parameters"].max()]
    return {"parameters": float(rows["parameters"].iloc[0]), "mean": rows[y].mean()} if len(rows) else {}


def _relative(prediction: float, actual: float) -> float:
    """(prediction - actual) / |actual| of a metric, so that negative is below; NaN for a metric of zero."""
    return (prediction - actual) / abs(actual) if actual else np.nan


def _mre(ladder: pd.DataFrame) -> float:
    """Mean relative error of the metric at the two largest sizes, under the law of the others."""
    sizes = np.sort(ladder["parameters"].unique())
    law = _law(ladder[ladder["parameters"].isin(sizes[:-2])], "error", 0, 0)
    if law is None:
        return np.nan
    actual = 1 - ladder.groupby("parameters")["error"].mean()[sizes[-2:]].to_numpy()
    predicted = 1 - law.predict(sizes[-2:])
    return float(np.mean([abs(_relative(p, a)) for p, a in zip(predicted, actual, strict=True)]))


def _fit_task(points: pd.DataFrame, n_boot: int, random_state: int) -> dict[str, float]:
    ladder = points[points["role"] == "ladder"]
    row: dict[str, float] = {"n_sizes": ladder["parameters"].nunique(), "n_points": len(ladder)}
    law = _law(ladder, "error", n_boot, random_state)
    larger = ladder[ladder["parameters"] > ladder["parameters"].min()]
    law_from_2 = _law(larger, "error", 0, random_state)
    row |= _numbers_of(law, ladder, "error")
    row |= {"r2_from_2": _numbers_of(law_from_2, larger, "error").get("r2", np.nan), "mre": _mre(ladder)}
    target = _target(points, "error")
    if target:
        size, actual = target["parameters"], 1 - target["mean"]
        row |= {"target_parameters": size, "actual": actual}
        if law is not None:
            error, low, high = _predict(law, size)
            row |= {"prediction": 1 - error, "prediction_low": 1 - high, "prediction_high": 1 - low}
            row |= {"re": _relative(1 - error, actual), "extrapolation": law.extrapolation([size])[0]}
        if law_from_2 is not None:
            row["re_from_2"] = _relative(1 - float(law_from_2.predict([size])[0]), actual)
    return row
