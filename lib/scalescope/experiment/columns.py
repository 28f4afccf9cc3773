"""Columns of tables that people bring: numbers that are numbers, labels that are there, shares that are no percent."""

from __future__ import annotations

import re
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from scalescope.errors import nearest
from scalescope.tables import COLUMNS

SURROGATE = re.compile("[\ud800-\udfff]")
# columns of these tables (see tables.py) that are calculated with
READ = ("pretrain", "budgets", "finetune", "summaries", "tasks", "shortcuts")
LABELS = {"profile", "source", "objective", "role", "hpt", "task", "title", "metric", "stopped", "status", "run_id"}
NUMBERS = frozenset(name for table in READ for name in COLUMNS[table]) - LABELS - {"pretrain_seed"}


def need(frame: pd.DataFrame, table: str, columns: list[str]) -> pd.DataFrame:
    """`frame` itself; raises ValueError that names each of `columns` it lacks and the nearest it has."""
    lacking = [name for name in columns if name not in frame.columns]
    if lacking:
        known = [name for name in frame.columns if name not in COLUMNS[table]]
        hint = f"; did you mean {nearest(lacking[0], known)!r}?" if known else ""
        raise ValueError(f"table {table!r} lacks the column(s) {', '.join(lacking)}{hint}")
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise ValueError(f"table {table!r} has the column {twice[0]!r} twice")
    return frame


def with_numbers(frame: pd.DataFrame, table: str, columns: list[str] | None = None) -> pd.DataFrame:
    """`frame` with numbers in `columns` (all that should hold some); missing ones become NaN.

    Raises ValueError that names table, column, row and value for text, a truth value or anything else that is no
    number: "40000" is larger than "1200000".
    """
    if columns is None:
        columns = [name for name in frame.columns if name in NUMBERS]
    return frame.assign(**{name: _numbers(frame[name], table) for name in columns})


def _numbers(column: pd.Series, table: str) -> pd.Series:
    if column.dtype.kind in "iuf" and isinstance(column.dtype, np.dtype):
        return column
    for row, value in enumerate(column.tolist()):
        if not _is_missing(value) and (isinstance(value, bool | np.bool_) or not isinstance(value, Real | Decimal)):
            hint = "; turn the column into numbers first (pandas.to_numeric)" if isinstance(value, str) else ""
            raise ValueError(
                f"table {table!r}, column {column.name!r}, row {row} holds {type(value).__name__} {value!r} where a "
                f"number is expected{hint}"
            )
    values = [np.nan if _is_missing(value) else float(value) for value in column.tolist()]
    return pd.Series(values, index=column.index, name=column.name, dtype=float)


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value))


def need_labels(frame: pd.DataFrame, table: str, columns: list[str]) -> None:
    """Raise ValueError that names table, column and row of a label that is missing, has spaces at its ends, or cannot
    be written: half of a surrogate pair is no character.
    """
    for name in columns:
        for row, value in enumerate(frame[name].tolist()):
            fault = ""
            if _is_missing(value) or (isinstance(value, str) and not value.strip()):
                fault = "a label is missing"
            elif isinstance(value, str) and value != value.strip():
                fault = "spaces at the end of a label"
            elif isinstance(value, str) and (half := SURROGATE.search(value)):
                fault = f"half of a surrogate pair, \\u{ord(half[0]):04x}, is no character"
            if fault:
                raise ValueError(f"table {table!r}, column {name!r}, row {row} holds {value!r}: {fault}")


def need_whole(frame: pd.DataFrame, table: str, columns: list[str]) -> None:
    """Raise ValueError that names table, column, row and value of what is no whole number above or equal to zero."""
    for name in columns:
        values = frame[name].to_numpy(dtype=float)
        whole = np.isfinite(values) & (values >= 0) & (values == np.floor(values))
        _refuse_first(table, name, values, ~whole, " where a whole number from 0 on is expected")


def need_sizes(frame: pd.DataFrame, table: str) -> None:
    """Raise ValueError that names the row of a number of parameters that is not finite and above zero."""
    sizes = frame["parameters"].to_numpy(dtype=float)
    bad = np.flatnonzero(~(np.isfinite(sizes) & (sizes > 0)))
    if bad.size:
        raise ValueError(f"{table}, row {bad[0]}: parameters must be above zero; got {sizes[bad[0]]:g}")


def need_shares(frame: pd.DataFrame, table: str, columns: list[str], least: float = 0.0) -> None:
    """Raise ValueError that names table, column, row and value of what does not lie between `least` and one."""
    for name in columns:
        values = frame[name].to_numpy(dtype=float)
        why = f"; a share between {least:g} and 1 is expected (is it in percent?)"
        _refuse_first(table, name, values, (values > 1) | (values < least), why)


def _refuse_first(table: str, column: str, values: np.ndarray, bad: np.ndarray, why: str) -> None:
    for row in np.flatnonzero(bad):
        raise ValueError(f"table {table!r}, column {column!r}, row {row} holds {values[row]:g}{why}")
