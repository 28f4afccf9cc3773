"""Pretraining runs side by side: what differs in their settings, and what that does to the loss."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from scalescope.experiment import stages
from scalescope.experiment.rows import curve_rows
from scalescope.training.store import Run

FACTS = ["run", "parameters", "learning_rate", "steps", "tokens", "loss", "difference", "comparable"]


def compare_runs(runs: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per run, in the order given (columns FACTS); the first one is what the others are compared with.

    runs: by what they are called, each as a row of the table "pretrain". difference: held-out loss minus that of the
    first, nats per masked token; missing where a run diverged, or was trained on another text (`comparable` is then
    false: another tokenizer, other held-out text). Raises ValueError without runs, FileNotFoundError for one that is
    gone.
    """
    found = _found(runs)
    first = next(iter(found.values())).manifest
    rows = []
    for name, run in found.items():
        config, summary = run.manifest["config"], run.manifest["summary"]
        same = config["data"] == first["config"]["data"]
        known = same and None not in (summary["loss"], first["summary"]["loss"])
        rows.append(
            {
                "run": name,
                "parameters": int(runs[name]["parameters"].iloc[0]),
                "tokens": summary["tokens"],
                "learning_rate": config["learning_rate"],
                "steps": config["steps"],
                "loss": summary["loss"],
                "difference": summary["loss"] - first["summary"]["loss"] if known else None,
                "comparable": same,
            }
        )
    return pd.DataFrame(rows)[FACTS].astype({"loss": float, "difference": float})


def curves(runs: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The loss curves of runs (table "curves") with their names in the column "run"."""
    return pd.concat([curve_rows(run).assign(run=name) for name, run in _found(runs).items()], ignore_index=True)


def _found(runs: Mapping[str, pd.DataFrame]) -> dict[str, Run]:
    if not runs:
        raise ValueError("there are no runs to compare; give at least one, such as {'as it is': stages.pretrain(...)}")
    found = {}
    for name, row in runs.items():
        run = stages.store().find(row["run_id"].iloc[0])
        if run is None:
            raise FileNotFoundError(f"run {row['run_id'].iloc[0]} ({name}) is no longer in {stages.store().folder}")
        found[name] = run
    return found
