"""One series of a figure as a tidy table: points, line, sleeve, legend. Figures draw nothing else."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from scalescope.experiment.pretraining_seeds import drawn_together
from scalescope.laws import PowerLaw, SuspectInput

SERIES = ["kind", "role", "aspect_ratio", "layers", "parameters", "value", "err_low", "err_high", "n_seeds"]
SLEEVE_POINTS = 50
OFF_AXIS = "off_axis"  # kind of a mean of 0, which a logarithmic axis does not show
MIN_SIZES_R2 = 3  # a line through two sizes always fits


def law_series(
    points: pd.DataFrame,
    y: str,
    span: tuple[float, float],
    *,
    n_boot: int = 1000,
    random_state: int = 0,
    naive: bool = False,
    **labels: object,
) -> pd.DataFrame:
    """Everything drawn of one series, one row each, with `labels` (panel, task, ...) as leading columns.

    `points` holds one row per seed (pretraining and finetuning); all rows whose role is not "target" are fitted.
    `kind` is "point" (mean over seeds; err_low and err_high are one `error_bar` below and above; the
    evaluation sample is in it where `points` has "value_se" and `y` is the error), "fit_line" (its two
    ends over `span`), "sleeve" (95 % of the hierarchical bootstrap, or of the `naive` one, at 50 sizes, evenly
    spaced in ln N over `span`), "legend_slope", "legend_slope_ci" and "legend_r2". With fewer than two sizes
    there are points only. A point whose mean is 0 has the kind "off_axis".
    """
    rows = _means(points, y)
    fitted = points[points["role"] != "target"]
    if fitted["parameters"].nunique() >= 2:
        law = PowerLaw(n_boot=n_boot, random_state=random_state)
        with warnings.catch_warnings():
            if naive:  # on purpose: what too narrow intervals look like
                warnings.simplefilter("ignore", SuspectInput)
            law.fit(fitted, fitted[y], groups=None if naive else drawn_together(fitted))
        rows += _law_rows(law, fitted, y, span)
    frame = pd.DataFrame(rows, columns=SERIES)
    frame = frame.astype({name: float for name in SERIES if name not in ("kind", "role")})
    for place, (name, value) in enumerate(labels.items()):
        frame.insert(place, name, value)
    return frame


def baseline_row(value: float, **labels: object) -> pd.DataFrame:
    """The majority baseline of a panel, as an error, in the columns of `law_series`."""
    return pd.DataFrame([{**labels, "kind": "baseline", "value": value}]).reindex(columns=[*labels, *SERIES])


def error_bar(values: pd.Series, noise: pd.Series | None = None) -> float:
    """Half length of the bar of a mean over seeds: square root of the variance between seeds and that of the
    evaluation sample, the mean square of `noise` (value_se of each seed). NaN where neither is known.
    """
    parts = [values.var(ddof=1), np.nan if noise is None else (noise.astype(float) ** 2).mean()]
    return float(np.sqrt(np.nansum(parts))) if np.isfinite(parts).any() else np.nan


def _means(points: pd.DataFrame, y: str) -> list[dict]:
    rows = []
    by = ["parameters", "role", "aspect_ratio", "layers"]
    known = y == "error" and "value_se" in points
    for key, part in points.groupby(by):
        mean, half = part[y].mean(), error_bar(part[y], part["value_se"] if known else None)
        bar = {"value": mean, "err_low": mean - half, "err_high": mean + half, "n_seeds": len(part)}
        rows.append({"kind": "point" if mean > 0 else OFF_AXIS, **dict(zip(by, key, strict=True)), **bar})
    return rows


def _law_rows(law: PowerLaw, fitted: pd.DataFrame, y: str, span: tuple[float, float]) -> list[dict]:
    ends = np.array(span, dtype=float)
    rows = [{"kind": "fit_line", "parameters": x, "value": v} for x, v in zip(ends, law.predict(ends), strict=True)]
    if law.bootstrap_ is not None:
        sizes = np.geomspace(*ends, SLEEVE_POINTS)
        low, high = law.predict_interval(sizes)
        rows += [{"kind": "sleeve", "parameters": x, "err_low": a, "err_high": b}
                 for x, a, b in zip(sizes, low, high, strict=True)]  # fmt: skip
        slope_low, slope_high = law.intervals_["slope"]
        rows.append({"kind": "legend_slope_ci", "err_low": slope_low, "err_high": slope_high})
    rows.append({"kind": "legend_slope", "value": law.params_["slope"]})
    r2 = law.score(fitted, fitted[y]) if law.n_sizes_ >= MIN_SIZES_R2 else np.nan
    return [*rows, {"kind": "legend_r2", "value": r2}]
