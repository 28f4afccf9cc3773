"""Forecasts of live studies: sealed in the ledger of their profile before the run is trained, and scored after."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from scalescope import paths
from scalescope.experiment.record import read_csv
from scalescope.files import Damaged, say
from scalescope.forecast import ledger
from scalescope.forecast.entry import Entry
from scalescope.forecast.sealing import actual_of_profile, entry_of_law, known_run, ledger_of
from scalescope.laws import ScalingLaw
from scalescope.tables import COLUMNS, check

EARLIER = "earlier_forecasts"
WHICH = ["law", "inputs", "run"]  # one forecast of a study


@dataclass(frozen=True)
class HeldOut:
    """What a study forecasts, the stages of runs that are trained after that, and tables that go with them."""

    forecasts: list[Entry]
    stages: list[list]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)


def forecast(study: str, name: str, law: ScalingLaw, inputs: Mapping[str, float], run: str, points: str) -> Entry:
    """The forecast of a fitted law (called `name`) for the loss of one run; points: sha256 of the fitted ones."""
    return entry_of_law(law, name, inputs, run, points, study)


def points_digest(points: pd.DataFrame) -> str:
    """sha256 of a table of points as CSV with every digit."""
    return hashlib.sha256(points.to_csv(index=False, lineterminator="\n").encode()).hexdigest()


def seal(profile: str, forecasts: Sequence[Entry]) -> pd.DataFrame:
    """Add forecasts to the profile's ledger; returns the rows of these (table "forecasts").

    A forecast that is there for the same run, quantity, law and inputs stays as it is: it was made first. A run that
    has been trained already cannot be forecast: it is refused, told in one line, and has no row.
    """
    ledger.seal(ledger_of(profile), forecasts, known_run, lenient=True)
    rows, asked = ledger.read(ledger_of(profile)), {each.key for each in forecasts}
    return as_table(rows[[key in asked for key in ledger.keys(rows)]])


def sealed(profile: str) -> pd.DataFrame:
    """All forecasts of a profile (table "forecasts"). Raises Damaged for a ledger that was changed since."""
    return as_table(ledger.read(ledger_of(profile)))


def as_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of a ledger as the table "forecasts": numbers as numbers, the inputs as "name=value, ..."."""
    if rows.empty:
        return pd.DataFrame(columns=COLUMNS["forecasts"])
    table = ledger.numbers(rows).reset_index(drop=True)
    inputs = [
        ", ".join(f"{name}={float(value):.6g}" for name, value in zip(names.split(), values.split(), strict=True))
        for names, values in zip(table["sizes"], table["target"], strict=True)
    ]
    return check(table.assign(inputs=inputs, points=table["sha256"])[COLUMNS["forecasts"]], "forecasts")


def scored_ledger(profile: str) -> tuple[int, pd.DataFrame]:
    """How many forecasts of a profile are sealed, and those whose run is known by now (see `forecast.ledger.judged`).

    The profile's own are scored by its collected tables, those of a study by what the study measured (its tables
    "forecasts" and EARLIER). Raises BrokenLedger, also for a ledger that lacks what a study has scored (rows cut off at
    its end leave a whole chain of seals), and FileNotFoundError where nothing is collected.
    """
    rows = ledger.read(ledger_of(profile))
    known = _known(profile, rows)
    own = rows[rows["study"] == ""]
    parts = [ledger.scored(own, actual_of_profile(profile))] if len(own) else []
    for study, part in rows[rows["study"] != ""].groupby("study"):
        if study in known:
            asked, actual = as_table(part).set_index(WHICH).index, known[study].set_index(WHICH)["actual"]
            parts.append(ledger.judged(part, actual.reindex(asked).to_numpy(dtype=float)))
    return len(rows), pd.concat(parts, ignore_index=True) if parts else ledger.judged(rows.head(0), [])


def _known(profile: str, rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The scored forecasts of each study of a profile that has any.

    Raises BrokenLedger where a study has scored a forecast that the ledger, whose `rows` these are, does not have.
    """
    there = set(as_table(rows)[WHICH].itertuples(index=False, name=None))
    known = {}
    for folder in sorted({path.parent for path in paths.results(profile).glob("*/*forecasts.csv")}):
        known[folder.name] = measured = _measured(folder)
        gone = [row for row in measured[WHICH].itertuples(index=False, name=None) if row not in there]
        if gone:
            raise ledger.BrokenLedger(
                f"{ledger_of(profile)} lacks {len(gone)} forecast(s) that {folder} has scored, such as that of "
                f"run {gone[0][-1]!r}: rows were removed; restore it from version control"
            )
    return {study: measured for study, measured in known.items() if len(measured)}


def earlier(folder: Path, forecasts: pd.DataFrame) -> pd.DataFrame:
    """Forecasts of a study's folder whose runs are known and that the new table "forecasts" does not have any more.

    A profile that trains its runs in another way asks about other runs: what was sealed before stays on the record, as
    the table EARLIER. A damaged table "forecasts" is told and made again; raises Damaged for EARLIER, which cannot be.
    """
    try:
        known = _measured(folder)
    except Damaged as error:
        say(str(error))
        known = _measured(folder, [EARLIER])
    if known.empty:
        return known
    now = set(forecasts[WHICH].itertuples(index=False, name=None))
    return known[[row not in now for row in known[WHICH].itertuples(index=False, name=None)]]


def _measured(folder: Path, names: Sequence[str] = ("forecasts", EARLIER)) -> pd.DataFrame:
    """The scored forecasts of a study, of its last reading and of earlier ones."""
    found = [path for name in names if (path := folder / f"{name}.csv").is_file()]
    remedy = {"forecasts": f"run `scalescope studies {folder.name}` again", EARLIER: "restore it from version control"}
    tables = [read_csv(path, remedy[path.stem]) for path in found]
    for path, table in zip(found, tables, strict=True):
        lacks = [name for name in [*WHICH, "actual"] if name not in table]
        if lacks:
            raise Damaged(f"{path} lacks the column(s) {', '.join(lacks)}: {remedy[path.stem]}")
    if not tables:
        return pd.DataFrame(columns=[*WHICH, "actual"])
    known = pd.concat([table[table["actual"].notna()] for table in tables], ignore_index=True)
    return known.drop_duplicates(WHICH)


def final_losses(forecasts: pd.DataFrame, runs: pd.DataFrame) -> pd.Series:
    """The loss of the run of each forecast, from the table "runs"; NaN for one that is not trained yet."""
    return forecasts["run"].map(runs.drop_duplicates("run_id").set_index("run_id")["loss"]).astype(float)


def scored(forecasts: pd.DataFrame, actual: pd.Series) -> pd.DataFrame:
    """Forecasts beside what came: `actual`, `off` (predicted over actual, minus one), whether the interval held.

    Numbers are numbers even without a row, as where the held-out runs were trained before a forecast was sealed.
    """
    forecasts = forecasts.astype(dict.fromkeys(["mean", "low", "high"], float))
    inside = actual.between(forecasts["low"], forecasts["high"]).where(actual.notna())
    return forecasts.assign(actual=actual, off=forecasts["mean"] / actual - 1, inside=inside)
