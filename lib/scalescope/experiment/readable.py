"""Tables as people read them: the columns that matter, numbers with their intervals, and a reason for each dash."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from numbers import Integral, Real

import pandas as pd

from scalescope.errors import UnknownName
from scalescope.experiment.points import title
from scalescope.number_text import NONE, power_of_ten, shown

WITHOUT_DECIMALS = 1e3  # from here a number has none
LARGE, LARGEST_COUNT = 1e7, 1e8  # from here a number, a whole number, is written with a power of ten
COUNTS = ("parameters", "target_parameters", "tokens", "n_sizes", "layers", "too_long")


def readable(
    table: pd.DataFrame, columns: Mapping[str, str], *, digits: int = 2, why: pd.Series | str = ""
) -> pd.DataFrame:
    """A table as text, for a notebook: {column: heading} in this order, the first one naming the rows.

    A column `x` with `x_low` and `x_high` beside it is shown as "0.84 [0.75, 0.90]", with `x_pm` as "0.84 ± 0.07", and
    `x_low` and `x_high` without `x` as "[0.75, 0.90]". Whole numbers have thousands separators, others `digits`
    decimals, rates what they need; tasks have their titles; a missing value is a dash.
    why: the reason of the dashes, one for all rows or one per row, shown in a last column where any row has one.
    Raises UnknownName for a column that the table does not have.
    """
    for name in columns:
        if name not in table and f"{name}_low" not in table:
            raise UnknownName("column", name, table.columns)
    rows = table.to_dict("records")  # each value in the type of its column
    found = pd.DataFrame({heading: [_cell(row, name, digits) for row in rows] for name, heading in columns.items()})
    dashes = (found == NONE).any(axis=1)
    if dashes.any() and len(why):
        reasons = why.reset_index(drop=True) if isinstance(why, pd.Series) else pd.Series(why, found.index)
        found[f"{NONE} because"] = reasons.where(dashes, "").fillna("")
    first = found.columns[0]
    return found.set_index(first).rename_axis(index=None, columns=first)


def numbers(table: pd.DataFrame, digits: int = 2) -> pd.DataFrame:
    """Every cell of a table as text (see `number`), names and sizes of rows and columns too; for pivoted tables."""
    labels = {"index": _labels(table.index), "columns": _labels(table.columns)}
    return pd.DataFrame(table.map(partial(number, digits=digits)).to_numpy(), **labels)


def short(table: pd.DataFrame) -> pd.DataFrame:
    """Every cell of a table as text in at most four significant digits, for numbers of any size; labels stay."""
    return table.map(shown)


def number(value: object, digits: int = 2) -> str:
    """One value as text: 82,944; −0.21; 5.6 × 10⁸; yes; a dash for what is missing."""
    if isinstance(value, bool) or not isinstance(value, Real) or math.isnan(value):
        return shown(value)
    if isinstance(value, Integral):
        return (power_of_ten(value, 2) if abs(value) >= LARGEST_COUNT else f"{int(value):,}").replace("-", "−")
    return _real(float(value), digits).replace("-", "−")


def with_interval(value: float, low: float, high: float, digits: int = 2) -> str:
    """A number with its interval, 0.31 [0.28, 0.33]; without brackets where there is none."""
    middle = number(value, digits)
    ends = [number(end, digits) for end in (low, high)]
    return middle if NONE in (middle, *ends) else f"{middle} [{', '.join(ends)}]"


def _cell(row: dict, name: str, digits: int) -> str:
    if name not in row:
        low, high = (number(row[f"{name}_{end}"], digits) for end in ("low", "high"))
        return NONE if NONE in (low, high) else f"[{low}, {high}]"
    value = row[name]
    if name == "task":
        return title(value)
    if f"{name}_low" in row:
        return with_interval(value, row[f"{name}_low"], row[f"{name}_high"], digits)
    if f"{name}_pm" in row and number(value) != NONE:
        return f"{number(value, digits)} ± {number(row[f'{name}_pm'], digits)}"
    if name.endswith("rate"):
        return f"{value:g}"
    if name in COUNTS and isinstance(value, float) and math.isfinite(value):
        return number(int(value))  # a count beside blanks is a float
    return number(value, digits)


def _real(value: float, digits: int) -> str:
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if abs(value) >= LARGE:
        return power_of_ten(value, 2)
    text = f"{value:,.{digits if abs(value) < WITHOUT_DECIMALS else 0}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text


def _labels(index: pd.Index) -> pd.Index:
    if isinstance(index, pd.MultiIndex):
        levels = [[_label(value, name) for value in index.get_level_values(name)] for name in index.names]
        return pd.MultiIndex.from_arrays(levels, names=index.names)
    return pd.Index([_label(value, index.name) for value in index], name=index.name)


def _label(value: object, name: object) -> str:
    if name == "task":
        return title(str(value))
    return f"{value:g}" if str(name).endswith("rate") else number(value)
