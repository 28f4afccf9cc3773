"""Every profile writes down what it expects of a model before it trains it: of its target, and of its larger ladder."""

from __future__ import annotations

import pandas as pd

from scalescope.experiment.bar import remark
from scalescope.forecast.forecast import Forecast, forecast
from scalescope.forecast.ledger import read, seal
from scalescope.forecast.sealing import entries_of, known_run, ledger_of
from scalescope.forecast.table import RunTable

FEWEST_SIZES = 3  # two leave nothing to judge a power law by
N_BOOT = 400


def seal_target(profile: str, parameters: int, run: str, ladder: pd.DataFrame) -> Forecast | None:
    """Seal the forecasts of the target's pretraining loss in the profile's ledger, from its ladder's runs.

    parameters, run: of the target. ladder: rows of the table "pretrain" of finished runs of one objective. One row per
    law, the chosen one first. Returns the forecast; None, told in one line, where it cannot be sealed: the target is
    trained or sealed already (then nothing is told), or the ladder has fewer than three sizes by now. Laws in N only:
    tokens are those of the profile, up to where each run stops.
    """
    sizes = ladder["parameters"].nunique()
    if sizes < FEWEST_SIZES and not _settled(profile, run):
        remark(
            f"no forecast of {run} is sealed: {sizes} sizes of the ladder are pretrained, a law needs {FEWEST_SIZES}"
        )
    return _seal(profile, parameters, run, ladder)


def seal_larger(profile: str, parameters: int, run: str, ladder: pd.DataFrame) -> Forecast | None:
    """Seal the forecasts of a model of the ladder as `seal_target` does, from its smaller sizes that are finished.

    None, of which nothing is told, where these are fewer than three: the smallest models, and those that another worker
    trains at the same time, are waited for by nobody.
    """
    return _seal(profile, parameters, run, ladder[ladder["parameters"] < parameters])


def _seal(profile: str, parameters: int, run: str, smaller: pd.DataFrame) -> Forecast | None:
    if smaller["parameters"].nunique() < FEWEST_SIZES or _settled(profile, run):
        return None
    try:
        found = forecast(points_of(smaller), target={"parameters": float(parameters)}, n_boot=N_BOOT)
    except ValueError as error:  # a ladder that no law can be fitted to is no reason not to train
        remark(f"no forecast of {run} is sealed: {error}")
        return None
    seal(ledger_of(profile), entries_of(found, run), known_run, set(smaller["run_id"]))
    return found


def _settled(profile: str, run: str) -> bool:
    """Whether a run is trained already, or sealed."""
    return known_run(run) or run in set(read(ledger_of(profile))["run"])


def points_of(ladder: pd.DataFrame) -> RunTable:
    """Rows of the table "pretrain" as a table of runs: parameters, loss, seed, run."""
    frame = ladder[["parameters", "loss", "pretrain_seed", "run_id"]].astype({"parameters": float, "loss": float})
    frame = frame.rename(columns={"pretrain_seed": "seed", "run_id": "run"}).sort_values("parameters", kind="stable")
    names = {"parameters": "parameters", "loss": "loss", "seed": "pretrain_seed", "run": "run_id"}
    return RunTable(frame.reset_index(drop=True), names, "loss")
