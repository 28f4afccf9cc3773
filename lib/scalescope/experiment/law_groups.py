"""Laws of the groups of a table of one's own: fitted once each, and as rows that `plotting.plot_law` draws."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from scalescope.errors import UnknownName
from scalescope.experiment.series import law_series
from scalescope.laws import ScalingLaw

LINE_POINTS = 100  # of laws that are no straight line in log-log
Laws = ScalingLaw | Mapping[Hashable, ScalingLaw]


def fit_each(
    points: pd.DataFrame, law: ScalingLaw, *, y: str, by: Sequence[str] | str, groups: str | Sequence[str] | None = None
) -> dict[Hashable, ScalingLaw]:
    """A fitted copy of `law` for every value of the columns `by` (a tuple of values for several columns).

    points: one row per run, with the inputs of the law as columns; rows whose "role" is "target" are in no fit.
    groups: column(s) whose rows are drawn together in the bootstrap, such as the size where it has several seeds.
    Raises UnknownName for a column that is not there, and what `law.fit` raises.
    """
    names = [by] if isinstance(by, str) else list(by)
    _need(points, [*names, y, *law.input_names])
    fitted = points[points["role"] != "target"] if "role" in points else points
    found = {}
    for key, rows in fitted.groupby(names, sort=False):
        together = None if groups is None else rows[groups].to_numpy()
        found[key[0] if len(names) == 1 else key] = clone(law).fit(
            rows[list(law.input_names)], rows[y], groups=together
        )
    return found


def law_rows(
    points: pd.DataFrame, laws: Laws, *, y: str, hue: str | None = None, col: str | None = None
) -> pd.DataFrame:
    """Rows of `law_series` for every value of `col` (column "panel") and `hue` (column "series").

    laws: one fitted law of one input, or one for each value of `col` and `hue` (as `fit_each` gives them, columns in
    this order); a group without law has points only. Raises UnknownName for a column that is not there and ValueError
    for a law of several inputs.
    """
    names = [name for name in (col, hue) if name is not None]
    some = laws if isinstance(laws, ScalingLaw) else next(iter(laws.values()), None)
    if some is None:
        raise ValueError("there is no law to draw: the mapping of laws is empty")
    if len(some.input_names) != 1:
        inputs = ", ".join(some.input_names)
        raise ValueError(f"plot_law draws laws of one input; {type(some).__name__} has {inputs}")
    size = some.input_names[0]
    _need(points, [*names, y, size])
    span = float(points[size].min()), float(points[size].max())
    parts = []
    for key, rows in points.groupby(names, sort=False) if names else [((), points)]:
        values = dict(zip(names, key, strict=True))
        law = laws if isinstance(laws, ScalingLaw) else laws.get(key[0] if len(names) == 1 else key)
        own = rows.rename(columns={size: "parameters"})
        own = own.assign(role=own.get("role", "ladder"))
        labels = {"panel": str(values.get(col, "")), "series": str(values.get(hue, y))}
        curve = None if law is None else _Curve(law, rows, y)
        parts.append(law_series(own, y, span, curve, line_points=LINE_POINTS, **labels))
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True)
class _Curve:
    """A fitted law with the rows it was fitted to, as `law_series` reads it."""

    law: ScalingLaw
    rows: pd.DataFrame
    y: str

    @property
    def numbers(self) -> dict[str, Any]:
        fitted = self.rows[self.rows["role"] != "target"] if "role" in self.rows else self.rows
        numbers = {"r2": self.law.score(fitted[list(self.law.input_names)], fitted[self.y])}
        if "slope" in self.law.params_:
            low, high = self.law.intervals_.get("slope", (np.nan, np.nan))
            numbers |= {"slope": self.law.params_["slope"], "slope_low": low, "slope_high": high}
        return numbers

    def predict(self, sizes: np.ndarray) -> np.ndarray:
        return self.law.predict(pd.DataFrame({self.law.input_names[0]: sizes}))

    def band(self, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        if self.law.bootstrap_ is None:
            return None
        return self.law.predict_interval(pd.DataFrame({self.law.input_names[0]: sizes}))


def _need(points: pd.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        if name not in points:
            raise UnknownName("column", name, points.columns)
