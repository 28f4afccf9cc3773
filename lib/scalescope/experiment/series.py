"""One series of a figure as a tidy table: points, line, band, legend. Figures draw nothing else; nothing is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd

SERIES = ["kind", "role", "aspect_ratio", "layers", "parameters", "value", "err_low", "err_high", "n_seeds"]
BAND_POINTS = 50
OFF_AXIS = "off_axis"  # kind of a mean of 0, which a logarithmic axis does not show


class FittedCurve(Protocol):
    """What is drawn of a law that is fitted already.

    numbers: where the law has them "slope", its interval "slope_low" and "slope_high", and "r2".
    """

    @property
    def numbers(self) -> Mapping[str, Any]:
        """Slope, its interval and R2 by name."""

    def predict(self, sizes: np.ndarray) -> np.ndarray:
        """The law [n] at the sizes."""

    def band(self, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Bounds [n], [n] of 95 % of the bootstrapped laws; None without bootstrap."""


def law_series(
    points: pd.DataFrame,
    y: str,
    span: tuple[float, float],
    law: FittedCurve | None,
    *,
    line_points: int = 2,
    **labels: object,
) -> pd.DataFrame:
    """Everything drawn of one series, one row each, with `labels` (panel, task, ...) as leading columns.

    `points` holds one row per seed (pretraining and finetuning); law: fitted to those whose role is not "target", None
    where there are too few. `kind` is "point" (mean over seeds; err_low and err_high are one `error_bar` below and
    above; the evaluation sample is in it where `points` has "value_se" and `y` is the error), "fit_line" (over `span`:
    its two ends, or `line_points` where it is no straight line), "sleeve" (95 % of the bootstrapped laws at 50 sizes,
    evenly spaced in ln N over `span`), "legend_slope", "legend_slope_ci" and "legend_r2". A point whose mean is 0 has
    the kind "off_axis".
    """
    rows = _means(points, y) + ([] if law is None else _law_rows(law, span, line_points))
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
    by = [name for name in ("parameters", "role", "aspect_ratio", "layers") if name in points]
    known = y == "error" and "value_se" in points
    for key, part in points.groupby(by, dropna=False):
        mean, half = part[y].mean(), error_bar(part[y], part["value_se"] if known else None)
        bar = {"value": mean, "err_low": mean - half, "err_high": mean + half, "n_seeds": len(part)}
        rows.append({"kind": "point" if mean > 0 else OFF_AXIS, **dict(zip(by, key, strict=True)), **bar})
    return rows


def _law_rows(law: FittedCurve, span: tuple[float, float], line_points: int) -> list[dict]:
    line = np.geomspace(*span, line_points)
    rows = [{"kind": "fit_line", "parameters": x, "value": v} for x, v in zip(line, law.predict(line), strict=True)]
    sizes = np.geomspace(*span, BAND_POINTS)
    band, numbers = law.band(sizes), law.numbers
    if band is not None:
        rows += [
            {"kind": "sleeve", "parameters": x, "err_low": low, "err_high": high}
            for x, low, high in zip(sizes, *band, strict=True)
        ]
    if np.isfinite(numbers.get("slope_low", np.nan)) or (band is not None and "slope_low" in numbers):
        rows.append({"kind": "legend_slope_ci", "err_low": numbers["slope_low"], "err_high": numbers["slope_high"]})
    if "slope" in numbers:
        rows.append({"kind": "legend_slope", "value": numbers["slope"]})
    return [*rows, {"kind": "legend_r2", "value": numbers.get("r2", np.nan)}]
