"""Runs as rows of the tables."""

from __future__ import annotations

import math

import pandas as pd

from scalescope.data.encoded import Prepared
from scalescope.experiment.profile import ModelSpec, Profile
from scalescope.tables import COLUMNS, check
from scalescope.training.store import Run


def pretrain_row(profile: Profile, spec: ModelSpec, run: Run) -> pd.DataFrame:
    """A finished pretraining run as one row of the table "pretrain"."""
    named = {**model_columns(profile, spec, run.manifest["config"]["objective"]), **run.manifest["summary"]}
    named |= {"status": run.manifest["status"], "run_id": run.id, "pretrain_seed": run.manifest["config"]["seed"]}
    return check(pd.DataFrame([named]), "pretrain")


def model_columns(profile: Profile, spec: ModelSpec, objective: str) -> dict:
    """What a model puts into the columns MODEL of the tables."""
    config = spec.config
    shape = {key: getattr(config, key) for key in ("aspect_ratio", "layers", "heads", "hidden", "parameters")}
    return {"profile": profile.name, "source": profile.source.kind, "objective": objective, "role": spec.role, **shape}


def curve_rows(run: Run) -> pd.DataFrame:
    """The curve of a pretraining run as rows of the table "curves"."""
    config = run.manifest["config"]
    ratio, layers = (config["encoder"][key] for key in ("aspect_ratio", "layers"))
    named = {
        "run_id": run.id,
        "objective": config["objective"],
        "aspect_ratio": ratio,
        "layers": layers,
        "parameters": 12 * layers * (layers * ratio) ** 2,
        "pretrain_seed": config["seed"],
    }
    return check(run.curve.assign(**named), "curves")


def skill_rows(prepared: Prepared, spec: ModelSpec, run: Run) -> pd.DataFrame:
    """Accuracy on probes of a pretraining run as rows of the table "skills"; none where the source has no probes."""
    probes = prepared.probes
    if probes is None:
        return pd.DataFrame(columns=COLUMNS["skills"])
    named = {key: getattr(spec.config, key) for key in ("aspect_ratio", "layers", "parameters")}
    named |= {"run_id": run.id, "objective": run.manifest["config"]["objective"], "role": spec.role}
    named["pretrain_seed"] = run.manifest["config"]["seed"]
    chance = {skill: probes.chance(skill) for skill in probes.skills}
    return check(run.metrics.assign(**named, chance=run.metrics["skill"].map(chance)), "skills")


def finetune_rows(
    profile, spec: ModelSpec, objective: str, metric: str, name: str, runs: list[Run], place: int
) -> pd.DataFrame:
    """Finetuning runs of one model and task as rows of the table "finetune"."""
    rows, pretrain_seed = [], profile.pretraining_seed(spec, place)
    for run in runs:
        config, summary = run.manifest["config"], run.manifest["summary"]
        answerable = summary.get("value_answerable")  # runs of before it was recorded do not have it
        rows.append(
            {
                **model_columns(profile, spec, objective),
                "task": name,
                "metric": metric,
                **summary,
                "learning_rate": config["learning_rate"],
                "pretrain_seed": pretrain_seed,
                "seed": config["seed"],
                "error": None if summary["value"] is None else 1 - summary["value"],
                "value_answerable": math.nan if answerable is None else answerable,
                "status": run.manifest["status"],
                "run_id": run.id,
            }
        )
    return check(pd.DataFrame(rows, columns=None if rows else COLUMNS["finetune"]), "finetune")


def concat(frames: list[pd.DataFrame], name: str) -> pd.DataFrame:
    """The rows of one table; an empty one with its columns where there are none."""
    frames = [frame for frame in frames if len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS[name])
