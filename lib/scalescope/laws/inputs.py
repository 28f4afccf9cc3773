"""Checks of what a law is given; each error names the input, the entry and the value."""

from __future__ import annotations

from typing import Any

import numpy as np

from scalescope.schema import UnknownName


def numbers(values: Any, name: str) -> np.ndarray:
    """`values` as float64; raises ValueError that names the entry if it is not a finite number."""
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers; got {values!r:.80}") from error
    bad = np.flatnonzero(~np.isfinite(array.reshape(-1)))
    if bad.size:
        value = array.reshape(-1)[bad[0]]
        raise ValueError(f"{name} has {bad.size} value(s) that are not finite; entry {bad[0]} is {value}")
    return array


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
    array = numbers(X, ", ".join(names)) if len(names) == 1 else _plain(X, names)
    if len(names) == 1 and array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] != len(names):
        wanted = "[n] or [n, 1]" if len(names) == 1 else f"[n, {len(names)}]"
        raise ValueError(f"X must have the shape {wanted}, columns {', '.join(names)}; got {list(array.shape)}")
    return np.stack([positive(numbers(part, name), name) for part, name in zip(array.T, names, strict=True)], axis=1)


def _plain(X: Any, names: tuple[str, ...]) -> np.ndarray:
    try:
        return np.asarray(X, dtype=float)
    except (TypeError, ValueError) as error:
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
