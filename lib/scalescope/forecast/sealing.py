"""What is sealed and scored of a forecast, a table and a profile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from scalescope import paths
from scalescope.forecast.columns import BadTable
from scalescope.forecast.entry import Entry
from scalescope.forecast.forecast import Forecast
from scalescope.forecast.quantiles import COLUMNS as QUANTILES
from scalescope.forecast.quantiles import quantiles
from scalescope.forecast.table import read_runs, scale_of
from scalescope.forecast.target import frame_of
from scalescope.laws import ScalingLaw

LEDGER = "forecasts.csv"
TABLES = ("pretrain", "runs")
NEAR = 0.05  # of ln size: a run does not end at the token that was planned


def ledger_of(profile: str) -> Path:
    """The ledger of a profile, beside its tables."""
    return paths.results(profile) / LEDGER


def known_run(run: str) -> bool:
    """Whether a finished run of this id lies in the store."""
    return bool(run) and "/" not in run and (paths.runs() / run / "manifest.json").is_file()


def entry_of(found: Forecast, run: str) -> Entry:
    """What is sealed of a forecast of the run called `run`: the chosen law."""
    return entries_of(found, run)[0]


def entries_of(found: Forecast, run: str) -> list[Entry]:
    """What is sealed of every law of a forecast of the run called `run`, the chosen one first."""
    table, asked = found.table, frame_of(found.target)
    laws, distances = found.predictions["law"], found.predictions["extrapolation"].tolist()
    if set(table.sizes) <= set(asked):
        distances = [float(scale_of(asked)[0]) / float(scale_of(table.frame).max())] * len(laws)
    return [
        Entry(run, table.response, law, found.target, len(table.frame), distance, found.quantiles_of(law), table.digest)
        for law, distance in zip(laws, distances, strict=True)
    ]


def entry_of_law(
    law: ScalingLaw, name: str, target: Mapping[str, float], run: str, sha256: str, study: str = ""
) -> Entry:
    """What is sealed of the loss of a run under a law fitted elsewhere; `sha256` is that of its points.

    target: value of each input of the law, perhaps of more sizes. distance is the law's own factor of extrapolation.
    """
    X = np.array([[target[size] for size in law.input_names]], dtype=float)
    found = dict(zip(QUANTILES, map(float, quantiles(law, X)[0]), strict=True))
    distance = float(law.extrapolation(X)[0])
    return Entry(run, "loss", name, dict(target), law.n_points_, distance, found, sha256, study)


def actual_of_table(
    sealed: pd.DataFrame, path: Path, columns: str = "", units: str = "", as_is: bool = False
) -> list[float]:
    """What a table of runs says of each row of a ledger (as `ledger.read` gives it): the mean of its run, or NaN.

    Rows of a run count where they have the sizes of the forecast, to 5 %. Raises BadTable where a run is there at other
    sizes only: it is not the run that was forecast.
    """
    runs = read_runs(path, columns=columns, units=units, as_is=as_is)
    if "run" not in runs.names:
        raise BadTable(f"{path} has no column of names of runs: map one with --columns run=<column>")
    return [_actual(row, runs.frame, path) for row in sealed.to_dict("records")]


def _actual(row: dict[str, str], frame: pd.DataFrame, path: Path) -> float:
    """The mean of the run that a row of a ledger is about; NaN where it is not in the table yet."""
    of_run = frame[frame["run"] == row["run"]]
    if of_run.empty or row["quantity"] not in frame:
        return float("nan")
    asked = dict(zip(row["sizes"].split(), map(float, row["target"].split()), strict=True))
    shared = [name for name in asked if name in frame and (name != "flops" or len(asked) == 1)]
    off = np.log(of_run[shared] / [asked[name] for name in shared]).abs().max(axis=1)
    if not (off <= NEAR).any():
        here, there = (", ".join(f"{name} {of[name]:g}" for name in shared) for of in (asked, of_run.iloc[0]))
        raise BadTable(f"run {row['run']!r} was forecast at {here}, and {path} has it at {there}: is it another run?")
    return float(of_run.loc[off <= NEAR, row["quantity"]].mean())


def actual_of_profile(profile: str) -> dict[tuple[str, str], float]:
    """(run id, "loss") -> loss of every finished run in the collected tables of a profile ("pretrain", "runs")."""
    found, folder = {}, paths.results(profile)
    tables = [folder / f"{name}.csv" for name in TABLES if (folder / f"{name}.csv").is_file()]
    if not tables:
        raise FileNotFoundError(f"no {folder / 'pretrain.csv'}: run `make reproduce PROFILE={profile}` first")
    for table in map(pd.read_csv, tables):
        done = np.isfinite(table["loss"]) & (table.get("status", pd.Series("", table.index)) != "failed")
        rows = table[done]
        found |= {(run, "loss"): float(loss) for run, loss in zip(rows["run_id"], rows["loss"], strict=True)}
    return found
