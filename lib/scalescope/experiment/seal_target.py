"""Every profile writes down what it expects of its target before it trains it."""

from __future__ import annotations

import pandas as pd

from scalescope import files
from scalescope.forecast.forecast import Forecast, forecast
from scalescope.forecast.ledger import read, seal
from scalescope.forecast.sealing import entry_of, known_run, ledger_of
from scalescope.forecast.table import RunTable

FEWEST_SIZES = 3  # two leave nothing to judge a power law by
N_BOOT = 400


def seal_target(profile: str, parameters: int, run: str, ladder: pd.DataFrame) -> Forecast | None:
    """Seal the forecast of the target's pretraining loss in the profile's ledger, from its ladder's runs.

    parameters, run: of the target. ladder: rows of the table "pretrain" of finished runs of one objective. Returns the
    forecast; None, told in one line, where it cannot be sealed: the target is trained or sealed already (then nothing
    is told), or the ladder has fewer than three sizes by now. Laws in N only: tokens are those of the profile, up to
    where each run stops.
    """
    path = ledger_of(profile)
    if known_run(run) or run in set(read(path)["run"]):
        return None
    sizes = ladder["parameters"].nunique()
    if sizes < FEWEST_SIZES:
        files.say(
            f"no forecast of {run} is sealed: {sizes} sizes of the ladder are pretrained, a law needs {FEWEST_SIZES}"
        )
        return None
    try:
        found = forecast(points_of(ladder), target={"parameters": float(parameters)}, n_boot=N_BOOT)
    except ValueError as error:  # a ladder that no law can be fitted to is no reason not to train
        files.say(f"no forecast of {run} is sealed: {error}")
        return None
    seal(path, [entry_of(found, run)], known_run, set(ladder["run_id"]))
    return found


def points_of(ladder: pd.DataFrame) -> RunTable:
    """Rows of the table "pretrain" as a table of runs: parameters, loss, seed, run."""
    frame = ladder[["parameters", "loss", "pretrain_seed", "run_id"]].astype({"parameters": float, "loss": float})
    frame = frame.rename(columns={"pretrain_seed": "seed", "run_id": "run"}).sort_values("parameters", kind="stable")
    names = {"parameters": "parameters", "loss": "loss", "seed": "pretrain_seed", "run": "run_id"}
    return RunTable(frame.reset_index(drop=True), names, "loss")
