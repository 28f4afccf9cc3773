"""A user's table of runs, checked: which column is what, in which unit, and what was done to it."""

from __future__ import annotations

import csv
import hashlib
import re
import warnings
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from scalescope.forecast.columns import (
    AS_IS,
    RESPONSES,
    SIZES,
    SYMBOLS,
    BadTable,
    check_kinds,
    convert,
    missing,
    pairs,
    recognise,
)
from scalescope.forecast.units import below_parameters, check_given_unit, check_units

FEWEST_SIZES = 4  # three to fit, one to test on
SIX = 6.0  # FLOPs per parameter and token
SUFFIX = {"k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12}
# digits, or groups of three set apart by "," or "_"; decimals; a power of ten; a suffix
NUMBER = re.compile(
    r"^\s*(?=\.?[0-9])((?:[0-9]{1,3}(?:[,_][0-9]{3})+|[0-9]+)?(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)\s*([kKmMbBgGtT]?)\s*$"
)
DECIMAL_COMMA = re.compile(r"^\s*[0-9]+,[0-9]+\s*$")


@dataclass(frozen=True)
class RunTable:
    """Runs in the units of the laws.

    frame: parameters, tokens, flops (those there are), loss and/or error, run, seed (if there); one row per run, from
    small to large. names: quantity -> the user's column. response: what is predicted. notes: what was derived. units:
    quantity -> the unit its column was converted from.
    """

    frame: pd.DataFrame
    names: dict[str, str]
    response: str
    notes: tuple[str, ...] = field(default=())
    units: dict[str, str] = field(default_factory=dict)

    @property
    def sizes(self) -> list[str]:
        """The columns of sizes that are there, "parameters", "tokens", "flops"."""
        return [name for name in SIZES if name in self.frame]

    @property
    def at(self) -> np.ndarray:
        """What orders runs from small to large [n]: FLOPs, or the only size there is."""
        return scale_of(self.frame)

    @property
    def y(self) -> np.ndarray:
        """Loss in nats or error in [0, 1], [n]."""
        return self.frame[self.response].to_numpy(dtype=float)

    @property
    def digest(self) -> str:
        """The sha256 of the points that are fitted, 64 hex digits; the same for the same numbers in any order."""
        return digest_of(self.frame, self.response)


def scale_of(frame: pd.DataFrame) -> np.ndarray:
    """FLOPs of each row, or the only size there is [n]."""
    return frame[next(name for name in ("flops", "parameters", "tokens") if name in frame)].to_numpy(dtype=float)


def digest_of(frame: pd.DataFrame, response: str) -> str:
    """The sha256 of sizes and response of all rows, sorted, each number in full."""
    names = [name for name in (*SIZES, response) if name in frame]
    rows = sorted(",".join(float(value).hex() for value in row) for row in frame[names].to_numpy(dtype=float))
    return hashlib.sha256("\n".join([",".join(names), *rows]).encode()).hexdigest()


def read_runs(
    path: str | Path, *, columns: str = "", units: str = "", response: str = "", as_is: bool = False
) -> RunTable:
    """Read a CSV (or TSV) of runs; see `run_table`. Raises BadTable for a file that is no table."""
    path = Path(path)
    if not path.is_file():
        raise BadTable(f"no table at {path}")
    return run_table(_read(path), columns=columns, units=units, response=response, as_is=as_is)


def _read(path: Path) -> pd.DataFrame:
    """The cells of a file under its own header, a column that is there twice included."""
    sep = "\t" if path.suffix in (".tsv", ".tab") else ","
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            text = stream.read()
        if "\0" in text:
            raise BadTable(f"{path} holds NUL: it is no text, or text in UTF-16; save it as UTF-8")
        header = next(csv.reader(text.splitlines(), delimiter=sep, skipinitialspace=True), [])
        other = next((sign for sign in ";\t|," if len(header) == 1 and sign != sep and sign in header[0]), None)
        if other:
            how = "commas" if sep == "," else "tabs"
            raise BadTable(
                f"{path} is separated by {other!r}, not by {how}: save it with {how}, or name it .tsv for tabs"
            )
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows of more cells than the header has
            frame = pd.read_csv(StringIO(text), sep=sep, skipinitialspace=True, index_col=False)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, pd.errors.ParserWarning, csv.Error, UnicodeError) as error:
        kind = "tab-separated" if sep == "\t" else "comma-separated"
        raise BadTable(f"{path} is not a table of {kind} values: {' '.join(str(error).split())}") from error
    frame.columns = header  # pandas would call the second of two equal names by another
    return frame


def run_table(
    given: pd.DataFrame, *, columns: str = "", units: str = "", response: str = "", as_is: bool = False
) -> RunTable:
    """Check a table of runs, one row per run, and bring it into the units of the laws.

    columns: what names do not tell, "N=n_params,D=tokens". units: "D=billions,error=percent,L=perplexity", or a number
    to multiply by. response: "loss" or "error" where both are there (loss by default). as_is: no doubt about units is
    raised. FLOPs are 6 N D where they are not given. Raises BadTable (column, value, remedy) and UnknownName.
    """
    names = recognise(given.columns, pairs(columns, "--columns"))
    missing(given.columns, names)
    if len(given) == 0:
        raise BadTable("the table has no rows")
    frame, notes = pd.DataFrame(index=range(len(given))), []
    conversions = pairs(units, "--units")
    if not as_is:
        check_kinds(names, conversions)
    for quantity in conversions:
        if quantity not in (*SIZES, *RESPONSES):
            raise BadTable(f"--units names {quantity}, which has no unit; {', '.join((*SIZES, *RESPONSES))} have")
        if quantity not in names:
            raise BadTable(f"--units names {quantity}, but no column is it; columns: {', '.join(map(str, given))}")
    for quantity, column in names.items():
        values = given[column].reset_index(drop=True)
        if quantity in (*SIZES, *RESPONSES):
            numbers = _numbers(values, column, quantity)
            unit = conversions.get(quantity)
            if unit is not None and not as_is:
                check_given_unit(numbers, unit, column, quantity, _suffixed(values))
            frame[quantity] = numbers if unit is None else convert(numbers, unit, column, quantity)
        else:
            frame[quantity] = values.astype(str) if quantity == "run" else values
    frame, dropped = _complete(frame, names)
    notes += dropped
    chosen = _response(frame, response)
    _positive(frame, names)
    if not as_is:
        _copied(given.reset_index(drop=True).loc[frame.index])
        check_units(frame, names)
        notes += below_parameters(frame)
    notes += _derive(frame)
    _enough(frame)
    if "run" not in frame:
        frame["run"] = [f"row {place + 1}" for place in frame.index]
    order = np.lexsort([frame[name] for name in reversed(SIZES) if name in frame] + [scale_of(frame)])
    return RunTable(frame.iloc[order].reset_index(drop=True), names, chosen, tuple(notes), conversions)


def _numbers(values: pd.Series, column: str, quantity: str) -> pd.Series:
    """Numbers of a column; "70M", "1.4B" and "82,944" are understood, anything else is named with its row."""
    if values.dtype.kind in "iuf":
        return values.astype(float)
    found = []
    for row, value in enumerate(values, start=1):
        if value is None or (isinstance(value, float) and np.isnan(value)):
            found.append(np.nan)
            continue
        match = None if isinstance(value, bool) else match_number(str(value))
        if match is None or (quantity not in SIZES and (match[2] or "," in match[1] or "_" in match[1])):
            remedy = "write it as 1.4e9, or a size as 1.4B; leave a missing value empty"
            if DECIMAL_COMMA.match(str(value)):
                remedy = f"with a decimal comma? write it as {str(value).strip().replace(',', '.')}"
            raise BadTable(f"column {column!r} ({quantity}) holds {value!r} in row {row}, which is no number: {remedy}")
        found.append(float(re.sub("[,_]", "", match[1])) * SUFFIX.get(match[2].lower(), 1.0))
    return pd.Series(found)


def match_number(text: str) -> re.Match | None:
    """A number as NUMBER has it (groups: digits, suffix); None for one with a power of ten and a suffix, "1e9B"."""
    match = NUMBER.match(text)
    return None if match is None or (match[2] and "e" in match[1].lower()) else match


def _suffixed(values: pd.Series) -> bool:
    """Whether any value has a suffix, such as "70M"."""
    if values.dtype.kind in "iuf":
        return False
    matches = (match_number(str(value)) for value in values if not isinstance(value, bool))
    return any(match is not None and match[2] for match in matches)


def _copied(given: pd.DataFrame) -> None:
    """Raise BadTable for a row that repeats another in every column: it would count as another run."""
    twice = given.index[given.duplicated()]
    if len(twice):
        first = given.index[(given == given.loc[twice[0]]).all(axis=1)][0]
        raise BadTable(
            f"row {twice[0] + 1} repeats row {first + 1} in every column ({len(twice)} of {len(given)} rows do so): a "
            f"copy counts as another run. Leave copies out; give seeds a column of their own. {AS_IS}"
        )


def _complete(frame: pd.DataFrame, names: dict[str, str]) -> tuple[pd.DataFrame, list[str]]:
    """Rows without gaps in sizes, and with something to predict."""
    needed = [name for name in (*SIZES, *RESPONSES) if name in frame]
    empty = [name for name in needed if frame[name].isna().all()]
    if empty:
        raise BadTable(f"column {names[empty[0]]!r} ({empty[0]}) is empty: leave it out or map another column")
    gaps = frame[needed].isna().any(axis=1)
    note = f"{gaps.sum()} of {len(frame)} rows have gaps and are left out (the first is row {gaps.idxmax() + 1})"
    return frame[~gaps], [note] if gaps.any() else []


def _response(frame: pd.DataFrame, asked: str) -> str:
    there = [name for name in RESPONSES if name in frame]
    if asked and asked not in there:
        raise BadTable(f"asked to predict {asked!r}, but the table has {' and '.join(there)} only")
    return asked or there[0]


def _positive(frame: pd.DataFrame, names: dict[str, str]) -> None:
    for quantity in (name for name in (*SIZES, *RESPONSES) if name in frame):
        bad = frame[quantity][~(np.isfinite(frame[quantity]) & (frame[quantity] > 0))]
        if len(bad):
            raise BadTable(
                f"column {names[quantity]!r} ({quantity}) is {bad.iloc[0]:g} in row {bad.index[0] + 1}; power laws "
                f"need numbers above zero: correct the value or leave the row out"
            )


def _derive(frame: pd.DataFrame) -> list[str]:
    """Add the third of parameters, tokens and FLOPs where two are there; returns what was done."""
    there = set(frame.columns)
    if {"parameters", "tokens"} <= there and "flops" not in there:
        frame["flops"] = SIX * frame["parameters"] * frame["tokens"]
        return ["FLOPs are 6 N D (no column of FLOPs)"]
    if {"parameters", "flops"} <= there and "tokens" not in there:
        frame["tokens"] = frame["flops"] / (SIX * frame["parameters"])
        return ["tokens are C / 6 N (no column of tokens)"]
    if {"tokens", "flops"} <= there and "parameters" not in there:
        frame["parameters"] = frame["flops"] / (SIX * frame["tokens"])
        return ["parameters are C / 6 D (no column of parameters)"]
    return []


def _enough(frame: pd.DataFrame) -> None:
    sizes = [name for name in SIZES if name in frame]
    distinct = len(frame[sizes].drop_duplicates())
    if distinct < FEWEST_SIZES:
        varied = ", ".join(f"{SYMBOLS[name]} {frame[name].min():g} to {frame[name].max():g}" for name in sizes)
        raise BadTable(
            f"{len(frame)} runs of {distinct} distinct size{'s' if distinct != 1 else ''} ({varied}): a law of two "
            f"parameters would leave nothing to test it on. Add runs of at least {FEWEST_SIZES - distinct} other "
            f"size(s); from eight on, laws in N and D can be told apart"
        )
