"""Forecasts that are sealed before the run they are about is trained, and scored after."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from filelock import FileLock

from scalescope import files, paths
from scalescope.experiment import stages
from scalescope.experiment.record import read_csv
from scalescope.laws import ScalingLaw
from scalescope.tables import COLUMNS, check

NAME = "forecasts.csv"
KEY = ("law", "inputs", "run")


@dataclass(frozen=True)
class Forecast:
    """What a law says about one run: mean and 95 % interval of the loss of one new run, in nats (or its error).

    inputs: what the law was asked, by name. points: sha256 of the fitted points (see `points_digest`).
    """

    study: str
    law: str
    inputs: Mapping[str, float]
    run: str
    mean: float
    low: float
    high: float
    points: str

    @property
    def asked(self) -> str:
        """The inputs as text, "name=value, ..."."""
        return ", ".join(f"{name}={value:.6g}" for name, value in self.inputs.items())

    @property
    def key(self) -> tuple[str, str, str]:
        """What identifies a forecast in the ledger: KEY."""
        return self.law, self.asked, self.run


@dataclass(frozen=True)
class HeldOut:
    """What a study forecasts, the stages of runs that are trained after that, and tables that go with them."""

    forecasts: list[Forecast]
    stages: list[list]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)


def forecast(study: str, name: str, law: ScalingLaw, inputs: Mapping[str, float], run: str, points: str) -> Forecast:
    """The forecast of a fitted law (called `name`) for one run."""
    asked = np.array([[inputs[each] for each in law.inputs]], dtype=float)
    low, high = law.predict_interval(asked, kind="run")
    mean = law.predict_many({key: np.array([value]) for key, value in law.params_.items()}, asked)[0, 0]
    return Forecast(study, name, dict(inputs), run, float(mean), float(low[0]), float(high[0]), points)


def points_digest(points: pd.DataFrame) -> str:
    """sha256 of a table of points as CSV with every digit."""
    return hashlib.sha256(points.to_csv(index=False, lineterminator="\n").encode()).hexdigest()


def seal(profile: str, forecasts: Sequence[Forecast]) -> pd.DataFrame:
    """Add forecasts to data/results/<profile>/forecasts.csv; returns the rows of these runs and laws.

    A forecast that is there for the same law, inputs and run stays as it is: it was made first. A run that has been
    trained already cannot be forecast: it is refused, told in one line, and has no row.
    """
    folder = paths.results(profile)
    lock = paths.work(profile) / ".forecasts.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        table = sealed(profile)
        known = set(zip(*(table[name] for name in KEY), strict=True))
        new = [each for each in forecasts if each.key not in known]
        late = {each.run for each in new if stages.store().find(each.run) is not None}
        for run in sorted(late):
            files.say(f"not forecast: {run} has been trained already, so that it is no held-out run any more")
        rows = [_row(each) for each in new if each.run not in late]
        if rows:
            table = pd.concat([table, pd.DataFrame(rows)], ignore_index=True) if len(table) else pd.DataFrame(rows)
            files.write_table(folder / NAME, check(table, "forecasts"), float_format="%.8g")
            files.seal(folder, [NAME])
    asked = {each.key for each in forecasts}
    keep = [key in asked for key in zip(*(table[name] for name in KEY), strict=True)]
    return table[keep].reset_index(drop=True)


def sealed(profile: str) -> pd.DataFrame:
    """The forecasts of a profile; empty where there are none. Raises Damaged for a file that was changed since."""
    path = paths.results(profile) / NAME
    if not path.is_file():
        return pd.DataFrame(columns=COLUMNS["forecasts"])
    return read_csv(path, "a forecast cannot be made again after its run; restore the file")


def final_losses(forecasts: pd.DataFrame, runs: pd.DataFrame) -> pd.Series:
    """The loss of the run of each forecast, from the table "runs"; NaN for one that is not trained yet."""
    return forecasts["run"].map(runs.drop_duplicates("run_id").set_index("run_id")["loss"]).astype(float)


def scored(forecasts: pd.DataFrame, actual: pd.Series) -> pd.DataFrame:
    """Forecasts beside what came: `actual`, `off` (predicted over actual, minus one), whether the interval held."""
    inside = actual.between(forecasts["low"], forecasts["high"]).where(actual.notna())
    return forecasts.assign(actual=actual, off=forecasts["mean"] / actual - 1, inside=inside)


def _row(each: Forecast) -> dict:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return {"study": each.study, "law": each.law, "inputs": each.asked, "run": each.run, "mean": each.mean,
            "low": each.low, "high": each.high, "points": each.points, "date": now}  # fmt: skip
