"""Laws of the groups of a table of one's own: fitted once each, and as rows that `plotting.plot_law` draws."""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from scalescope.errors import check_name
from scalescope.experiment.series import law_series
from scalescope.laws import ScalingLaw
from scalescope.laws.inputs import numbers, positive

LINE_POINTS = 100  # of laws that are no straight line in log-log
NO_ROWS = "the table has no rows"
HELD_OUT = ("test", "heldout", "holdout", "val", "validation", "eval", "evaluation")  # roles that mean "target"
Laws = ScalingLaw | Mapping[Hashable, ScalingLaw]


def fit_each(
    points: pd.DataFrame, law: ScalingLaw, *, y: str, by: Sequence[str] | str, groups: str | Sequence[str] | None = None
) -> dict[Hashable, ScalingLaw]:
    """A fitted copy of `law` for every value of the columns `by` (a tuple of values for several columns).

    points: one row per run, with the inputs of the law as columns; rows whose "role" is "target" are in no fit.
    groups: column(s) whose rows are drawn together in the bootstrap, such as the size where it has several seeds.
    Raises UnknownName for a column that is not there, ValueError for rows without a label in `by`, for a table without
    rows to fit and for what is no table, and what `law.fit` raises.
    """
    if not isinstance(law, ScalingLaw):
        raise ValueError(f"law must be a law, such as PowerLaw(); got {law!r:.80}")
    names, together_by = _names(by), _names(groups)
    if not names:
        raise ValueError("by must name at least one column; for one law of all rows, use law.fit")
    if y in law.input_names:
        raise ValueError(f"y is {y!r}, which is an input of the law too; name the column that the law predicts")
    _need(points, [*names, *together_by, y, *law.input_names])
    _labelled(points, names)
    fitted = _without_targets(points)
    if not len(fitted):
        raise ValueError(
            f"no row to fit a law to: {len(points)} rows, all of the role 'target'" if len(points) else NO_ROWS
        )
    found = {}
    for key, rows in fitted.groupby(_plain(names), sort=False):
        together = rows[_plain(together_by)].to_numpy() if together_by else None
        found[key] = clone(law).fit(rows[list(law.input_names)], rows[y], groups=together)
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
    some = _one_of(laws)
    if len(some.input_names) != 1:
        inputs = ", ".join(some.input_names)
        raise ValueError(f"plot_law draws laws of one input; {type(some).__name__} has {inputs}")
    size = some.input_names[0]
    if y == size:
        raise ValueError(f"y is {y!r}, which is the input of the law too; name the column that the law predicts")
    _need(points, [*names, y, size])
    _labelled(points, names)
    _without_targets(points)
    if not len(points):
        raise ValueError(NO_ROWS)
    positive(numbers(points[size], size), size)
    if (numbers(points[y], y) < 0).any():
        raise ValueError(f"{y} must not be below zero on a logarithmic axis; got {points[y].min():g}")
    _law_for_each(points, laws, names)
    span = float(points[size].min()), float(points[size].max())
    parts = []
    for key, rows in points.groupby(names, sort=False) if names else [((), points)]:
        values = dict(zip(names, key, strict=True))
        law = laws if isinstance(laws, ScalingLaw) else laws.get(_plain(key))
        own = rows.drop(columns=[name for name in ("parameters",) if name in rows and name != size])
        own = own.rename(columns={size: "parameters"})
        own = own.assign(role=own["role"].fillna("ladder") if "role" in own else "ladder")
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
        """R2 over the fitted rows (NaN where there is none), and the slope of a power law with its interval."""
        fitted = self.rows[self.rows["role"] != "target"] if "role" in self.rows else self.rows
        r2 = self.law.score(fitted[list(self.law.input_names)], fitted[self.y]) if len(fitted) else np.nan
        numbers = {"r2": r2}
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


def _names(given: str | Sequence[str] | None) -> list[str]:
    """Columns as a list; anything but a list of names is one name."""
    several = isinstance(given, list | tuple | np.ndarray | pd.Index)
    names = list(given) if several else [] if given is None else [given]
    for name in names:
        if not isinstance(name, Hashable):
            raise ValueError(f"columns must be given by name, one or a list of names; got {given!r:.80}")
    return names


def _plain(several: Sequence[Any]) -> Any:
    """The columns, or values, themselves; a single one without its list."""
    return several[0] if len(several) == 1 else several


def _one_of(laws: Laws) -> ScalingLaw:
    """One of the laws; raises ValueError where there is none, or something else among them."""
    given = list(laws.values()) if isinstance(laws, Mapping) else [laws]
    if not given:
        raise ValueError("there is no law to draw: the mapping of laws is empty")
    for law in given:
        if not isinstance(law, ScalingLaw):
            raise ValueError(f"there is no law to draw: a fitted law, or a dict of such, is expected; got {law!r:.80}")
    return given[0]


def _law_for_each(points: pd.DataFrame, laws: Laws, names: list[str]) -> None:
    """Raise ValueError where no group of the table has a law in the mapping."""
    if not isinstance(laws, Mapping):
        return
    if not names:
        raise ValueError(
            f"laws are given for {', '.join(map(repr, laws))}: name the columns that they go by (hue, col)"
        )
    there = list(points.groupby(_plain(names), sort=False).groups)
    if not set(there) & set(laws):
        raise ValueError(
            f"no law belongs to a value of {' and '.join(names)}: laws for {', '.join(map(repr, laws))}; values "
            f"{', '.join(map(repr, there[:10]))}"
        )


def _without_targets(points: pd.DataFrame) -> pd.DataFrame:
    """The rows that laws are fitted to; raises ValueError for a role that means "target" and is written otherwise."""
    if "role" not in points:
        return points
    for role in points["role"].unique():
        word = re.sub("[^a-z]", "", str(role).lower())
        if role != "target" and (word in HELD_OUT or difflib.get_close_matches(word, ["target"], cutoff=0.8)):
            raise ValueError(f"unknown role {role!r}; did you mean 'target'? (its rows are in no fit)")
    return points[points["role"] != "target"]


def _labelled(points: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise ValueError for rows without a label, whose group would be left out, and for labels that look alike."""
    for name in names:
        blank = points[name].isna()
        if blank.any():
            raise ValueError(
                f"column {name!r} has {blank.sum()} row(s) without a value, the first at row {int(blank.argmax())}: "
                "give them one, or leave them out"
            )
        alike: dict[str, Hashable] = {}
        for label in points[name].unique():
            first = alike.setdefault(str(label).strip(), label)
            if type(first) is not type(label) or first != label:
                raise ValueError(f"column {name!r} has the labels {first!r} and {label!r}: are they one group?")


def _need(points: pd.DataFrame, names: Sequence[str]) -> None:
    if not isinstance(points, pd.DataFrame):
        raise ValueError(f"points must be a DataFrame with one row per run; got {type(points).__name__}")
    for name in names:
        check_name("column", name, points.columns)
        if isinstance(points[name], pd.DataFrame):
            raise ValueError(f"points have {points[name].shape[1]} columns of the name {name!r}")
