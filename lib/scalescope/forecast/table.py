"""A user's table of runs, checked: which column is what, in which unit, and what was done to it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from scalescope.forecast.cells import numbers_of, refuse_lost_suffix, suffixed
from scalescope.forecast.columns import (
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
from scalescope.forecast.given_units import check_given_unit, notes_of_units
from scalescope.forecast.reading import read_cells
from scalescope.forecast.rows import notes_of, refuse_copies, refuse_summaries
from scalescope.forecast.size_names import check_size_names, refuse_seeds
from scalescope.forecast.units import check_units, notes_of_ratios

FEWEST_SIZES = 4  # three to fit, one to test on
SIX = 6.0  # FLOPs per parameter and token


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
        names = [*self.sizes, self.response]
        rows = sorted(",".join(float(value).hex() for value in row) for row in self.frame[names].to_numpy(dtype=float))
        return hashlib.sha256("\n".join([",".join(names), *rows]).encode()).hexdigest()


def scale_of(frame: pd.DataFrame) -> np.ndarray:
    """FLOPs of each row, or the only size there is [n]."""
    return frame[next(name for name in ("flops", "parameters", "tokens") if name in frame)].to_numpy(dtype=float)


def read_runs(
    path: str | Path, *, columns: str = "", units: str = "", response: str = "", as_is: bool = False
) -> RunTable:
    """Read a CSV (or TSV) of runs; see `run_table`. Raises BadTable for a file that is no table."""
    if not isinstance(path, str | Path):
        raise BadTable(f"read_runs takes the path of a file; got {path!r:.80} (a DataFrame is given to run_table)")
    return run_table(read_cells(Path(path)), columns=columns, units=units, response=response, as_is=as_is)


def run_table(
    given: pd.DataFrame, *, columns: str = "", units: str = "", response: str = "", as_is: bool = False
) -> RunTable:
    """Check a table of runs, one row per run, and bring it into the units of the laws.

    columns: what names do not tell, "N=n_params,D=tokens". units: "D=billions,error=percent,L=perplexity", or a number
    to multiply by. response: "loss" or "error" where both are there (loss by default). as_is: no doubt about units is
    raised. FLOPs are 6 N D where they are not given. Raises BadTable (column, value, remedy) and UnknownName.
    """
    if not isinstance(as_is, bool):
        raise BadTable(f"as_is must be True or False; got {as_is!r:.80}")
    given = _flat(given)
    names = recognise(given.columns, pairs(columns, "--columns"))
    missing(given.columns, names)
    if len(given) == 0:
        raise BadTable("the table has no rows")
    conversions = pairs(units, "--units")
    if not as_is:
        check_kinds(names, conversions)
        refuse_seeds(given, names)
    for quantity in conversions:
        if quantity not in (*SIZES, *RESPONSES):
            raise BadTable(f"--units names {quantity}, which has no unit; {', '.join((*SIZES, *RESPONSES))} have")
        if quantity not in names:
            raise BadTable(f"--units names {quantity}, but no column is it; columns: {', '.join(map(str, given))}")
    frame = pd.DataFrame(
        {q: _values(given[column], q, column, conversions.get(q), as_is) for q, column in names.items()}
    )
    frame, notes = _complete(frame, names)
    chosen = _response(frame, response)
    _positive(frame, names)
    if not as_is:
        refuse_summaries(frame)
        refuse_copies(given.loc[frame.index])
        check_size_names(frame, names, conversions)
        check_units(frame, names)
        notes += notes_of_ratios(frame)
    plain = {q: numbers_of(given[names[q]], names[q], q) for q in RESPONSES if q in names}
    notes += notes_of_units(pd.DataFrame(plain).loc[frame.index], names, conversions)
    notes += [*notes_of(frame, given.loc[frame.index], names, chosen), *_derive(frame)]
    _enough(frame)
    if "run" not in frame:
        frame["run"] = [f"row {place + 1}" for place in frame.index]
    order = np.lexsort([frame[name] for name in reversed(SIZES) if name in frame] + [scale_of(frame)])
    return RunTable(frame.iloc[order].reset_index(drop=True), names, chosen, tuple(notes), conversions)


def _flat(given: pd.DataFrame) -> pd.DataFrame:
    """A DataFrame with rows numbered from 0 and columns called by text, what its index is called among them."""
    if not isinstance(given, pd.DataFrame):
        raise BadTable(f"a table of runs must be a DataFrame; got the {type(given).__name__} {given!r:.80}")
    if given.columns.nlevels > 1:
        raise BadTable(f"the columns have {given.columns.nlevels} levels, such as {given.columns[0]!r}: give them one")
    named = [name for name in given.index.names if name is not None and name not in given]
    given = given.reset_index(level=named) if named else given
    return given.set_axis([str(name) for name in given], axis=1).reset_index(drop=True)


def _values(values: pd.Series, quantity: str, column: str, unit: str | None, as_is: bool) -> pd.Series:
    """One column in the unit of the laws: numbers of sizes and responses, names of runs as text."""
    if quantity not in (*SIZES, *RESPONSES):
        row = pd.Series([f"row {place + 1}" for place in values.index], index=values.index)
        return values.astype(object).where(values.notna(), row).astype(str) if quantity == "run" else values
    numbers = numbers_of(values, column, quantity)
    if not as_is:
        refuse_lost_suffix(values, numbers, column, quantity)
        if unit is not None:
            check_given_unit(numbers, unit, column, quantity, bool(suffixed(values).any()))
    return numbers if unit is None else convert(numbers, unit, column, quantity)


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
    for third, other in (("tokens", "parameters"), ("parameters", "tokens")):
        if {other, "flops"} <= there and third not in there:
            frame[third] = frame["flops"] / (SIX * frame[other])
            return [f"{third} are C / 6 {SYMBOLS[other]} (no column of {third})"]
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
