"""Numbers as people write them in the cells of a table: 1.4e9, 1.4B, 82,944; anything else is named with its row."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from scalescope.forecast.columns import AS_IS, SIZES, BadTable

SUFFIX = {"k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12}
# digits, or groups of three set apart by "," or "_"; decimals; a power of ten; a suffix
NUMBER = re.compile(
    r"^\s*(?=\.?[0-9])((?:[0-9]{1,3}(?:[,_][0-9]{3})+|[0-9]+)?(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)\s*([kKmMbBgGtT]?)\s*$"
)
DECIMAL_COMMA = re.compile(r"^\s*[0-9]+,[0-9]+\s*$")
FAR_BELOW = 100.0  # times below every number with a suffix: a bare number there has lost its own


def match_number(text: str) -> re.Match | None:
    """A number as NUMBER has it (groups: digits, suffix); None for one with a power of ten and a suffix, "1e9B"."""
    match = NUMBER.match(text)
    return None if match is None or (match[2] and "e" in match[1].lower()) else match


def value_of(match: re.Match) -> float:
    """The number of a match of NUMBER."""
    return float(re.sub("[,_]", "", match[1])) * SUFFIX.get(match[2].lower(), 1.0)


def numbers_of(values: pd.Series, column: str, quantity: str) -> pd.Series:
    """Numbers of a column; "70M", "1.4B" and "82,944" are understood; raises BadTable naming any other cell."""
    if values.dtype.kind in "iuf":
        return values.astype(float)
    found = []
    for row, value in enumerate(values, start=1):
        if pd.api.types.is_scalar(value) and pd.isna(value):
            found.append(np.nan)
            continue
        match = match_number(str(value))
        if match is None or (quantity not in SIZES and (match[2] or "," in match[1] or "_" in match[1])):
            remedy = "write it as 1.4e9, or a size as 1.4B; leave a missing value empty"
            if DECIMAL_COMMA.match(str(value)):
                remedy = f"with a decimal comma? write it as {str(value).strip().replace(',', '.')}"
            raise BadTable(f"column {column!r} ({quantity}) holds {value!r} in row {row}, which is no number: {remedy}")
        found.append(value_of(match))
    return pd.Series(found)


def suffixed(values: pd.Series) -> np.ndarray:
    """Which values [n] have a suffix, such as "70M"."""
    if values.dtype.kind in "iuf":
        return np.zeros(len(values), dtype=bool)
    matches = [match_number(str(value)) for value in values]
    return np.array([match is not None and bool(match[2]) for match in matches])


def refuse_lost_suffix(values: pd.Series, numbers: pd.Series, column: str, quantity: str) -> None:
    """Raise BadTable for a bare number far below those of its column that have a suffix: "160" beside "70M"."""
    has = suffixed(values)
    bare = ~has & numbers.notna().to_numpy()
    if not has.any() or not bare.any():
        return
    lost = bare & (numbers.to_numpy() < numbers[has].min() / FAR_BELOW)
    if lost.any():
        row, other = int(np.flatnonzero(lost)[0]), int(np.flatnonzero(has)[0])
        raise BadTable(
            f"column {column!r} ({quantity}) holds {values.iloc[row]!r} in row {row + 1} and {values.iloc[other]!r} in "
            f"row {other + 1}: is its suffix (K, M, B, T) missing? {AS_IS}"
        )
