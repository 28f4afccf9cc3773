"""Forecasts of live studies: sealed in the profile's ledger before the run they are about is trained, scored after.

The ledger itself (a chain of seals, data/results/<profile>/forecasts.csv) is that of `forecast.ledger`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from filelock import FileLock

from scalescope import files, paths
from scalescope.experiment import stages
from scalescope.forecast import ledger
from scalescope.forecast.ledger import Entry
from scalescope.forecast.sealing import entry_of_law, known_run, ledger_of
from scalescope.laws import ScalingLaw

KEY = ("run", "quantity", "law")
SHOWN = ["law", "quantity", "inputs", "run", "mean", "low", "high", "distance", "sha256", "date"]


@dataclass(frozen=True)
class HeldOut:
    """What a study forecasts, the stages of runs that are trained after that, and tables that go with them."""

    forecasts: list[Entry]
    stages: list[list]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)


def forecast(
    name: str, law: ScalingLaw, inputs: Mapping[str, float], run: str, points: str, quantity: str = "loss"
) -> Entry:
    """The forecast of a fitted law (called `name`) for one run; points: sha256 of what it was fitted to."""
    asked = {each: float(inputs[each]) for each in law.input_names}
    return replace(entry_of_law(law, name, asked, run, points), quantity=quantity)


def through(said: Entry, name: str, law: ScalingLaw, quantity: str) -> Entry:
    """What a law of the loss that rises with it says where the loss is that of `said`, quantile by quantile."""
    values = law.predict(np.array(list(said.quantiles.values()))[:, None])
    found = dict(zip(said.quantiles, map(float, values), strict=True))
    return replace(said, law=f"{name} after {said.law}", quantity=quantity, quantiles=found)


def points_digest(points: pd.DataFrame) -> str:
    """sha256 of a table of points as CSV with every digit."""
    return hashlib.sha256(points.to_csv(index=False, lineterminator="\n").encode()).hexdigest()


def seal(profile: str, forecasts: Sequence[Entry]) -> pd.DataFrame:
    """Add forecasts to the profile's ledger; returns the rows of these runs, quantities and laws (columns SHOWN).

    A forecast that is there already stays as it is: it was made first. A run that has been trained already cannot be
    forecast: it is refused, told in one line, and has no row. Raises BrokenLedger for a ledger that was changed.
    """
    path = ledger_of(profile)
    lock = paths.work(profile) / ".forecasts.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):  # parts of a stage plan the same forecasts side by side
        known = ledger.read(path)
        there = set(zip(*(known[name] for name in KEY), strict=True))
        asked = {(each.run, each.quantity, each.law): each for each in forecasts}
        new = [each for key, each in asked.items() if key not in there]
        late = {each.run for each in new if known_run(each.run)}
        for run in sorted(late):
            files.say(f"not forecast: {run} has been trained already, so that it is no held-out run any more")
        ledger.seal(path, [each for each in new if each.run not in late], known_run)
        table = ledger.numbers(ledger.read(path))
    keep = np.array([key in asked for key in zip(*(table[name] for name in KEY), strict=True)], dtype=bool)
    table = table[keep].reset_index(drop=True)
    inputs = [_inputs(row.sizes, row.target) for row in table.itertuples()]
    return table.assign(inputs=pd.Series(inputs, index=table.index, dtype=object))[SHOWN]


def _inputs(sizes: str, target: str) -> str:
    """What a law was asked, as text: "parameters=216000, tokens=1e+06"."""
    return ", ".join(f"{name}={float(text):.6g}" for name, text in zip(sizes.split(), target.split(), strict=True))


def final_losses(forecasts: pd.DataFrame, runs: pd.DataFrame) -> pd.Series:
    """The loss of the run of each forecast, from the table "runs"; NaN for one that is not trained yet."""
    return forecasts["run"].map(runs.drop_duplicates("run_id").set_index("run_id")["loss"]).astype(float)


def losses_at(forecasts: pd.DataFrame, steps: Sequence[int]) -> pd.Series:
    """The held-out loss of the run of each forecast at the step it is about; NaN where it is not trained."""
    values = []
    for name, step in zip(forecasts["run"], steps, strict=True):
        run = stages.store().find(name)
        losses = run.curve[run.curve["split"] == "heldout"].set_index("step")["loss"] if run else {}
        values.append(float(losses.get(step, np.nan)))
    return pd.Series(values, index=forecasts.index, dtype=float)


def scored(forecasts: pd.DataFrame, actual: pd.Series) -> pd.DataFrame:
    """Forecasts beside what came: `actual`, `off` (predicted over actual, minus one), whether the interval held."""
    inside = actual.between(forecasts["low"], forecasts["high"]).where(actual.notna())
    return forecasts.assign(actual=actual, off=forecasts["mean"] / actual - 1, inside=inside)
