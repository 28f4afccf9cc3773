"""Checks of what a law is given; each error names the input, the entry and the value."""

from __future__ import annotations

from typing import Any

import numpy as np

from scalescope.errors import UnknownName


def numbers(values: Any, name: str) -> np.ndarray:
    """`values` as float64; raises ValueError that names the first entry that is not a finite number.

    Text is refused even where it looks like a number, and so are dates, booleans and masked entries: each of them can
    be read as a number, and then is a wrong one.
    """
    masked = np.flatnonzero(np.ma.getmaskarray(values).reshape(-1)) if np.ma.isMaskedArray(values) else ()
    if len(masked):
        raise ValueError(
            f"{name} has {len(masked)} masked value(s), the first at entry {masked[0]}; leave these rows out "
            f"(fit and score do so themselves)"
        )
    try:
        given = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"{name} must hold numbers; got {values!r:.80}") from error
    if given.dtype.kind in "US" and not isinstance(values, np.ndarray):
        given = np.asarray(values, dtype=object)  # NumPy makes text of all entries where one is text
    _no_other_kind(given, name)
    try:
        array = given.astype(float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers; got {values!r:.80}") from error
    bad = np.flatnonzero(~np.isfinite(array.reshape(-1)))
    if bad.size:
        value = array.reshape(-1)[bad[0]]
        raise ValueError(f"{name} has {bad.size} value(s) that are not finite; entry {bad[0]} is {value}")
    return array


def _no_other_kind(given: np.ndarray, name: str) -> None:
    if given.dtype.kind in "iuf":
        return
    for entry, value in enumerate(given.reshape(-1)):
        if isinstance(value, str | bytes):
            raise ValueError(
                f"{name} must hold numbers; entry {entry} is the text {str(value)!r}: convert the column first"
            )
        if isinstance(value, bool | np.bool_ | complex | np.complexfloating | np.datetime64 | np.timedelta64):
            raise ValueError(f"{name} must hold numbers; entry {entry} is {value!r}")


def without_masked(X: Any, y: Any, sample_weight: Any, groups: Any) -> tuple[Any, Any, Any, Any, int]:
    """The four without the rows that are masked in X, y or the weights, and the number of these rows."""
    parts = [part for part in (X, y, sample_weight) if np.ma.isMaskedArray(part)]
    masks = [np.ma.getmaskarray(part) for part in parts]
    if not any(mask.any() for mask in masks):
        return X, y, sample_weight, groups, 0
    rows = {len(mask) for mask in masks if mask.ndim}
    if len(rows) != 1:
        raise ValueError(f"X, y and sample_weight must have one length to leave masked rows out; got {sorted(rows)}")
    keep = ~np.any([mask.reshape(len(mask), -1).any(axis=1) for mask in masks], axis=0)

    def kept(part: Any) -> Any:
        if part is None or (not hasattr(part, "columns") and np.ndim(part) == 0) or len(part) != len(keep):
            return part  # its own check will say what is wrong with it
        if hasattr(part, "loc"):
            return part.loc[keep]
        return np.asarray(np.ma.getdata(part) if np.ma.isMaskedArray(part) else part)[keep]

    return kept(X), kept(y), kept(sample_weight), kept(groups), int((~keep).sum())


def labels(groups: Any, n: int) -> np.ndarray:
    """Groups [n], or groups and subgroups [n, 2], as numbers from 0 in each column.

    Raises ValueError for another shape or a missing label of any type.
    """
    if np.ndim(groups) == 2 and np.shape(groups) == (n, 2):
        columns = np.ma.asanyarray(groups) if np.ma.isMaskedArray(groups) else np.asarray(groups)
        return np.column_stack([labels(columns[:, place], n) for place in (0, 1)])
    if np.ma.isMaskedArray(groups) and np.ma.getmaskarray(groups).any():
        raise ValueError(f"groups has a missing label: entry {np.flatnonzero(np.ma.getmaskarray(groups))[0]} is masked")
    found = np.asarray(groups)
    if found.shape != (n,):
        raise ValueError(f"X has {n} point(s) but groups has the shape {list(found.shape)}")
    for entry, label in enumerate(found.tolist() if found.dtype.kind in "fMmO" else []):
        if _is_missing(label):
            raise ValueError(f"groups has a missing label (NaN or none): entry {entry} is {label!r}")
    try:
        return np.unique(found, return_inverse=True)[1].reshape(-1)
    except TypeError:  # labels of several types have no order
        known: dict[Any, int] = {}
        return np.array([known.setdefault(label, len(known)) for label in found.tolist()])


def _is_missing(label: Any) -> bool:
    if label is None:
        return True
    try:
        return bool(label != label)  # NaN, NaT
    except (TypeError, ValueError):  # pandas' NA is not even unequal to itself
        return True


def positive(array: np.ndarray, name: str) -> np.ndarray:
    """`array` itself; raises ValueError that names the first entry that is not above zero."""
    bad = np.flatnonzero(array.reshape(-1) <= 0)
    if bad.size:
        value = array.reshape(-1)[bad[0]]
        raise ValueError(f"{name} must be above zero to take its logarithm; entry {bad[0]} is {value:g}")
    return array


def column(X: Any, name: str) -> np.ndarray:
    """One named input as a vector [n]: from a DataFrame its column, else an array of shape [n] or [n, 1]."""
    if hasattr(X, "columns"):
        if name not in X.columns:
            raise UnknownName("column", name, X.columns)
        X = X[name].to_numpy()
    array = numbers(X, name)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"{name} must have the shape [n] or [n, 1]; got {list(array.shape)}")
    return array


def table(X: Any, names: tuple[str, ...]) -> np.ndarray:
    """Named inputs, all above zero, as [n, k]: from a DataFrame by name, from an array by the order of `names`.

    One input may also be a vector [n]. Raises UnknownName for a column that is missing and ValueError for another
    shape or a value that is not a finite number above zero, naming column and entry.
    """
    if hasattr(X, "columns"):
        return np.stack([positive(column(X, name), name) for name in names], axis=1)
    array = numbers(X, names[0]) if len(names) == 1 else _plain(X, names)
    if len(names) == 1 and array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] != len(names):
        wanted = "[n] or [n, 1]" if len(names) == 1 else f"[n, {len(names)}]"
        raise ValueError(f"X must have the shape {wanted}, columns {', '.join(names)}; got {list(array.shape)}")
    return np.stack([positive(numbers(part, name), name) for part, name in zip(array.T, names, strict=True)], axis=1)


def _plain(X: Any, names: tuple[str, ...]) -> np.ndarray:
    """An array or list of rows as an array of any type, whose columns are checked one by one."""
    if np.ma.isMaskedArray(X):
        return numbers(X, ", ".join(names))
    try:
        return np.asarray(X)
    except ValueError as error:
        raise ValueError(f"X must hold numbers in the columns {', '.join(names)}; got {X!r:.80}") from error


def amount(value: Any, name: str) -> float:
    """One finite number above zero, such as a budget or a price; raises ValueError that names it."""
    array = numbers(value, name)
    if array.ndim:
        raise ValueError(f"{name} must be one number; got the shape {list(array.shape)}")
    if array <= 0:
        raise ValueError(f"{name} must be above zero; got {float(array):g}")
    return float(array)


def target(y: Any, n: int) -> np.ndarray:
    """The target as a vector [n] of numbers above zero; raises ValueError on another length."""
    array = numbers(y, "y")
    if array.shape != (n,):
        raise ValueError(f"X has {n} point(s) but y has the shape {list(array.shape)}")
    return positive(array, "y")


def point_weights(sample_weight: Any, n: int) -> np.ndarray:
    """Weights [n] of the points (ones if None); raises ValueError if one is negative or all are zero."""
    if sample_weight is None:
        return np.ones(n)
    weights = numbers(sample_weight, "sample_weight")
    if weights.shape != (n,):
        raise ValueError(f"X has {n} point(s) but sample_weight has the shape {list(weights.shape)}")
    if (weights < 0).any() or not weights.any():
        raise ValueError("sample_weight must not be negative, and at least one weight must be above zero")
    return weights
