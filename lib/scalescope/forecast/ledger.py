"""The ledger: forecasts that were written down before their run, and what became of them.

A row holds the predictive distribution of one run, the sha256 of the points it was fitted to, and a seal: the sha256 of
the row and of the seal before it. A row that is changed, added in between or removed breaks the chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock

from scalescope import files
from scalescope.errors import check_name
from scalescope.forecast.entry import KEY, Entry
from scalescope.forecast.ledger_checks import DATE, check_dates, check_values
from scalescope.forecast.quantiles import COLUMNS as QUANTILES
from scalescope.forecast.quantiles import crps

NUMBERS = ("points", "distance", "mean", "low", "high", *QUANTILES)
SEALED = ["study", *KEY, *NUMBERS, "sha256", "date"]
HEADER = [*SEALED, "seal"]
START = "0" * 64


class CannotSeal(ValueError):
    """A forecast that would not be one: its run is known already, or it was sealed before."""


class BrokenLedger(files.Damaged):
    """A ledger whose rows are not those that were sealed."""


def seal(
    path: Path,
    entries: Collection[Entry] | Entry,
    trained: Callable[[str], bool],
    fitted_runs: Collection[str] = (),
    lenient: bool = False,
) -> pd.DataFrame:
    """Append forecasts to the ledger at `path`; returns the new rows.

    trained: whether a run is known already (to the store, to a table). fitted_runs: names of the runs in the fit.
    Raises CannotSeal for a run that is trained or among the fitted ones, and for a run, quantity, law and target that
    are sealed already; nothing is written then. lenient: what was sealed first stays as it is, and what is trained is
    told in one line and left out. Raises BrokenLedger for a ledger that was changed, ValueError for what are no
    entries. Two processes may seal at once.
    """
    path, entries = Path(path), [entries] if isinstance(entries, Entry) else list(entries)
    wrong = next((entry for entry in entries if not isinstance(entry, Entry)), None)
    if wrong is not None:
        raise ValueError(f"what is sealed are entries, as `sealing.entries_of` gives them; got {wrong!r:.80}")
    if path.is_dir():
        raise ValueError(f"{path} is a folder; a ledger is a file, such as {path / 'forecasts.csv'}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        known = read(path)
        before = known["seal"].iloc[-1] if len(known) else START
        there, rows = set(keys(known)), []
        for entry in entries:
            reason = _refusal(entry, path, trained, fitted_runs, there)
            if reason and not lenient:
                raise CannotSeal(reason)
            if reason:
                if entry.key not in there:
                    files.say(f"not forecast: {reason}")
                continue
            row = entry.row(datetime.now(UTC).strftime(DATE))
            before = _seal(row, before)
            rows.append({**row, "seal": before})
            there.add(entry.key)
        added = pd.DataFrame(rows, columns=HEADER, dtype=str)
        if len(added):
            files.write_table(path, pd.concat([known, added], ignore_index=True))
    return added


def keys(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """What identifies each row of a ledger: KEY."""
    return list(zip(*(table[name] for name in KEY), strict=True))


def _refusal(entry: Entry, path: Path, trained, fitted_runs: Collection[str], there: set) -> str:
    """Why a forecast cannot be sealed, empty if it can."""
    if entry.key in there:
        return f"{entry.quantity} of run {entry.run!r} under {entry.law} is sealed already in {path}"
    if entry.run in fitted_runs:
        return f"run {entry.run!r} is among the runs of the fit: it is no forecast"
    if trained(entry.run):
        return f"run {entry.run!r} is trained already: a forecast of it cannot be sealed as held out"
    return ""


def read(path: Path) -> pd.DataFrame:
    """The rows of a ledger as text, empty if there is none; raises BrokenLedger naming the first bad row.

    A seal of a day that has not come yet is told: either this clock is wrong or that one was. Rows cut off at the end
    leave a whole chain: `papers.ledger.scored_ledger` holds it against what was scored.
    """
    if not isinstance(path, str | Path):
        raise BrokenLedger(f"a ledger is read from a path; got {path!r:.80}")
    path = Path(path)
    if path.exists() and not path.is_file():
        raise BrokenLedger(f"{path} is no file, and a ledger is one")
    if not path.is_file():
        return pd.DataFrame(columns=HEADER, dtype=str)
    try:
        table = pd.read_csv(StringIO(path.read_text(encoding="utf-8")), dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeError) as error:
        raise BrokenLedger(f"{path} is cut or changed: {error}") from error
    if list(table.columns) != HEADER:
        raise BrokenLedger(f"{path} has other columns than a ledger: {', '.join(table.columns)}")
    before = START
    for place, row in enumerate(table.to_dict("records"), start=1):
        found = _seal({name: row[name] for name in SEALED}, before)
        if found != row["seal"]:
            raise BrokenLedger(f"{path}, row {place} (run {row['run']!r}) is not as it was sealed")
        before = found
    check_dates(table, datetime.now(UTC), path)
    return table


def _seal(row: dict[str, str], before: str) -> str:
    return hashlib.sha256("\n".join([before, *(row[name] for name in SEALED)]).encode()).hexdigest()


def numbers(table: pd.DataFrame) -> pd.DataFrame:
    """A ledger with its numbers as numbers."""
    return table.assign(**{name: pd.to_numeric(table[name]) for name in NUMBERS})


def scored(table: pd.DataFrame, actual: Mapping[tuple[str, str], float]) -> pd.DataFrame:
    """`judged` with the values of runs by (run, quantity); table: a ledger as `read` gives it.

    Raises ValueError for values by other keys: none of them would be found.
    """
    wrong = next((key for key in actual if not isinstance(key, tuple) or len(key) != 2), None)
    if wrong is not None:
        raise ValueError(f"values of runs are given by (run, quantity), such as ('big-1', 'loss'); got {wrong!r:.80}")
    return judged(table, [actual.get(pair, np.nan) for pair in zip(table["run"], table["quantity"], strict=True)])


def judged(table: pd.DataFrame, values: Sequence[float]) -> pd.DataFrame:
    """The sealed forecasts whose run is known by now, with actual, covered (95 %), log_error and crps (of ln y).

    table: a ledger as `read` gives it. values: what came of each row; rows of which nothing is known (NaN)
    are left out. Raises ValueError for one below zero, which no loss or error is; warns of what is doubtful, see
    `ledger_checks.check_values`.
    """
    values = check_values(table, values)
    table, values = numbers(table[np.isfinite(values)]), values[np.isfinite(values)]
    if not len(table):
        return table.assign(actual=[], covered=[], log_error=[], crps=[])
    with np.errstate(divide="ignore"):
        return table.assign(
            actual=values,
            covered=(table["low"] <= values) & (values <= table["high"]),
            log_error=np.log(values / table["mean"]),
            crps=crps(table[list(QUANTILES)].to_numpy(), values),
        )


def summary(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Forecasts, share in the 95 % interval, log-RMSE and mean crps of scored forecasts, per group of `by`.

    Raises UnknownName for a column that is not there.
    """
    for name in by:
        check_name("column of scored forecasts", name, table.columns)
    table = table.assign(squares=table["log_error"].astype(float) ** 2, coverage=table["covered"].astype(float))
    groups = table.groupby(by, sort=True, observed=True)
    means = groups[["coverage", "squares", "crps"]].mean()
    found = means.assign(forecasts=groups.size(), log_rmse=np.sqrt(means["squares"]))
    return found.reset_index()[[*by, "forecasts", "coverage", "log_rmse", "crps"]]


DISTANCES = [0.0, 2.0, 4.0, 10.0, 100.0, np.inf]
DISTANCE_NAMES = ["up to 2x", "2x to 4x", "4x to 10x", "10x to 100x", "beyond 100x"]


def with_distance(table: pd.DataFrame) -> pd.DataFrame:
    """Scored forecasts with `beyond`: the class of the factor beyond the largest fitted run."""
    return table.assign(beyond=pd.cut(table["distance"], DISTANCES, labels=DISTANCE_NAMES))
