"""The tidy tables every study of Ivgi 2022 reads: names, checks, what cannot be used and what is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.errors import check_name
from scalescope.experiment.columns import need, need_labels, need_shares, need_sizes, need_whole, with_numbers
from scalescope.experiment.pretraining_seeds import SEED, count_replicates, named_seed
from scalescope.experiment.seeds import MEASURED, need_possible_deviations, one_row_per_seed

# the paper's order, and its names of the tasks and of their metrics (table 1)
PAPER_TASKS: dict[str, tuple[str, str]] = {
    "squad": ("SQuAD 1.1", "F1"),
    "mnli": ("MNLI", "Acc."),
    "qnli": ("QNLI", "Acc."),
    "sst2": ("SST-2", "Acc."),
    "race": ("RACE", "Acc."),
    "cola": ("CoLA", "MCC"),
    "squad_v2": ("SQuAD 2.0", "Best-F1"),
    "mrpc": ("MRPC", "Acc."),
    "boolq": ("BoolQ", "Acc."),
}
CLASSES = {"mnli": 3, "qnli": 2, "sst2": 2, "race": 4, "cola": 2, "mrpc": 2, "boolq": 2}  # of finetuning losses
OBJECTIVES = {"mlm": "MLM", "pmi": "PMI"}
TUNINGS = {"with": "with HPT", "without": "without HPT"}
ROLES = ("ladder", "second", "target")
CHOICES = {"objective": OBJECTIVES, "hpt": TUNINGS, "role": ROLES}
LARGEST_ERROR = 2.0  # of a metric that can be -1
BOUNDED = ("f1", "accuracy", "best_f1")  # metrics that lie between 0 and 1; Matthews can be negative

KEYS = ["objective", "hpt", "task", "role", "aspect_ratio", "layers", "parameters"]
MISSING = [*KEYS, "seed", "what", "reason"]


def title(task: str) -> str:
    """The paper's name of a task; a task that the paper does not have keeps its own name."""
    return PAPER_TASKS[task][0] if task in PAPER_TASKS else task


def task_names(*frames: pd.DataFrame) -> list[str]:
    """The paper's nine tasks in its order, then any other task of the tables in order of appearance."""
    others = [task for frame in frames for task in frame["task"].unique() if task not in PAPER_TASKS]
    return [*PAPER_TASKS, *dict.fromkeys(others)]


def _names_known(frame: pd.DataFrame, *columns: str) -> None:
    for column in columns:
        for value in frame[column].unique():
            check_name(column, value, CHOICES[column])


def check_points(points: pd.DataFrame, *, strict: bool = False) -> pd.DataFrame:
    """`points`, one row per seed and with a plain index, after checks of what can only be a mistake.

    Rows are numbered from 0 in messages, as they stand in the table that was given. Raises ValueError for a missing
    column, text where numbers are due, a missing label, an unknown objective, hpt or role, a size that is not a number
    above zero, an error below zero (a metric above one), an error above one of a metric that cannot be negative and
    above two of any other (percent), a deviation that no such seeds have, and for two rows of the same pretraining seed
    and seed. `strict`, for a table of one's own, also refuses what pipelines leave behind and `missing` lists: errors
    that are not finite, a ladder of a single size, and a series whose error never varies.
    """
    seed = "n_seeds" if "n_seeds" in points else "seed"
    need(points, "points", [*KEYS, seed, "error"])
    points = points.reset_index(drop=True)
    replicate = [name for name in (SEED, seed) if name in points]
    need_labels(points, "points", [name for name in [*KEYS, *replicate] if name not in ("parameters", "n_seeds")])
    measured = [f"{name}{end}" for name in MEASURED for end in ("", "_sd") if f"{name}{end}" in points]
    points = with_numbers(points, "points", ["aspect_ratio", "layers", "parameters", *replicate, *measured])
    if seed == "seed":
        need_whole(points, "points", ["aspect_ratio", "layers", *replicate])
    _names_known(points, *CHOICES)
    _values_possible(points)
    points = one_row_per_seed(points).reset_index(drop=True)
    run = [*KEYS, *(name for name in (SEED, "seed") if name in points)]
    twice = points[points.duplicated(run)]
    if len(twice):
        row = twice.iloc[0]
        where = ", ".join(f"{name} {row[name]}" for name in run)
        raise ValueError(f"points, row {row.name}: the same run is there twice ({where})")
    if strict:
        _nothing_left_out(points)
    return points


def _values_possible(points: pd.DataFrame) -> None:
    need_sizes(points, "points")
    low = points[points["error"] < 0]
    if len(low):
        row = low.iloc[0]
        text = f"the error of {row['task']} is {row['error']:g}; below zero means a metric above 1 (in percent?)"
        raise ValueError(f"points, row {row.name}: {text}")
    bounded = points["task"].isin(list(PAPER_TASKS)) & (points["task"] != "cola")
    if "metric" in points:
        bounded = points["metric"].isin(BOUNDED)
    most = np.where(bounded, 1.0, LARGEST_ERROR)
    high = points[points["error"] > most]
    if len(high):
        row = high.iloc[0]
        limit = "one means a metric below 0" if bounded[row.name] else "two means a metric below -1"
        text = f"the error of {row['task']} is {row['error']:g}; above {limit}"
        raise ValueError(f"points, row {row.name}: {text} (are the errors in percent?)")
    for name, least in (("value", -1.0), ("value_answerable", 0.0)):
        if name in points:
            need_shares(points, "points", [name], least)
    need_possible_deviations(points, most)


def _nothing_left_out(points: pd.DataFrame) -> None:
    lost = points[~np.isfinite(points["error"].astype(float))]
    if len(lost):
        row = lost.iloc[0]
        raise ValueError(f"points, row {row.name}: the error of {row['task']} is {row['error']}; a law needs numbers")
    ladder = points[points["role"] == "ladder"]
    for key, part in ladder.groupby(["objective", "hpt", "task"], sort=False):
        if part["parameters"].nunique() < 2:
            size = part["parameters"].iloc[0]
            raise ValueError(f"points of {' '.join(key)} have a single size, {size:g}; a law needs at least two")
        if part["error"].nunique() == 1:
            raise ValueError(f"the error of {' '.join(key)} is {part['error'].iloc[0]:g} at every size: no law, no R2")


def split_usable(points: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The checked points a law can read, and the rest with the columns of MISSING.

    An error that is not finite (a failed run) cannot be used; an error of 0 has no logarithm, so that it is left out
    too, except of the target, which is in no fit (`missing` lists one whose mean is 0: no figure with a logarithmic
    axis shows it). A Matthews correlation below zero is an error above one, and fine.
    """
    points = check_points(points)
    error = points["error"].to_numpy(dtype=float)
    usable = np.isfinite(error) & ((error > 0) | (points["role"] == "target"))
    left_out = points[~usable].copy()
    left_out["what"] = "point"
    reason = np.where(left_out["error"] == 0, "error 0 has no logarithm; left out of fits", "no finite result")
    left_out["reason"] = pd.Series(reason, left_out.index, dtype=object) + named_seed(points)[~usable]
    return points[usable].reset_index(drop=True), left_out[MISSING].reset_index(drop=True)


def missing(points: pd.DataFrame, pretrain: pd.DataFrame | None = None) -> pd.DataFrame:
    """What the tables lack, one row each, with a reason: the report that goes with every blank cell.

    Lists points left out of fits, targets with an error of 0 (which no logarithmic axis shows), seeds that other models
    of the same kind have and one lacks, models without any point of a task, tasks without any point, and (given
    `pretrain`) models whose pretraining failed. Expected are, per objective and hpt, the nine tasks times all ladder
    sizes of the tables, and the target where any task has it. Empty if nothing is missing.
    """
    usable, left_out = split_usable(points)
    models = usable[["role", "aspect_ratio", "layers", "parameters"]]
    rows = _perfect_targets(usable)
    if pretrain is not None:
        rows += _failed_pretraining(pretrain)
        models = pd.concat([models, pretrain[models.columns]])
    ladder = models[models["role"] == "ladder"].drop_duplicates().sort_values("parameters")
    for (objective, hpt), part in usable.groupby(["objective", "hpt"], sort=False):
        others = part.loc[part["role"] != "ladder", models.columns].drop_duplicates()
        expected = pd.concat([ladder, others.sort_values("parameters")])
        most = count_replicates(part, "role")
        for task in task_names(points):
            names = {"objective": objective, "hpt": hpt, "task": task}
            known = left_out[(left_out[list(names)] == list(names.values())).all(axis=1)]
            rows += _missing_of(part[part["task"] == task], known, expected, most, names)
    report = pd.concat([frame for frame in (left_out, pd.DataFrame(rows, columns=MISSING)) if len(frame)] or [left_out])
    whole = dict.fromkeys(["aspect_ratio", "layers", "parameters", "seed"], "Int64")
    return report.reset_index(drop=True).astype(whole)


def _perfect_targets(usable: pd.DataFrame) -> list[dict]:
    """Targets whose every seed has the error 0."""
    targets = usable[usable["role"] == "target"].groupby(KEYS, sort=False)["error"].max()
    reason = "error 0 has no place on a logarithmic axis; in tables, not in figures"
    return [
        {**dict(zip(KEYS, key, strict=True)), "what": "drawing", "reason": reason}
        for key, worst in targets.items()
        if worst == 0
    ]


def _missing_of(
    part: pd.DataFrame, known: pd.DataFrame, expected: pd.DataFrame, most: pd.Series, names: dict
) -> list[dict]:
    """Rows of one task: `part` its usable points, `known` those already listed as left out."""
    if part.empty:
        return [{**names, "what": "task", "reason": "no usable point"}]
    rows = []
    seeds, listed = count_replicates(part, "parameters"), known.groupby("parameters").size()
    for model in expected.to_dict("records"):
        have, want = int(seeds.get(model["parameters"], 0)), int(most.get(model["role"], 0))
        if have == 0:
            rows.append({**names, **model, "what": "model", "reason": "no usable point of this task"})
        elif have + int(listed.get(model["parameters"], 0)) < want:
            rows.append({**names, **model, "what": "seeds", "reason": f"{have} of {want} seeds"})
    return rows


def _failed_pretraining(pretrain: pd.DataFrame) -> list[dict]:
    which = "failed or without a finite loss" + named_seed(pretrain)
    failed = pretrain.assign(what="pretraining", reason=which)[~usable_pretraining(pretrain)]
    return failed[["objective", "role", "aspect_ratio", "layers", "parameters", "what", "reason"]].to_dict("records")


def usable_pretraining(pretrain: pd.DataFrame) -> pd.Series:
    """True [n] where a pretraining row has a finite loss above zero and did not fail.

    Raises ValueError for a missing column, a missing label, text where numbers are due, a size that is not above zero,
    and UnknownName for an objective or role.
    """
    names = ["objective", "role", "aspect_ratio", "layers", "parameters"]
    need(pretrain, "pretrain", [*names, "loss"])
    need_labels(pretrain, "pretrain", names[:-1])
    read = with_numbers(pretrain, "pretrain", [*names[2:], "loss"])
    need_sizes(read, "pretrain")
    _names_known(read, "objective", "role")
    fine = np.isfinite(read["loss"]) & (read["loss"] > 0)
    return fine & (pretrain["status"] != "failed") if "status" in pretrain else fine


def check_tasks(tasks: pd.DataFrame) -> pd.DataFrame:
    """The table "tasks" with numbers in its columns; raises ValueError for text, and for a majority in percent."""
    need(tasks, "tasks", ["task", "majority"])
    need_labels(tasks, "tasks", ["task"])
    read = with_numbers(tasks, "tasks")
    need_shares(read, "tasks", ["majority"])
    return read


def aspect_ratios(pretrain: pd.DataFrame) -> list[int]:
    """Aspect ratios that have a law of their own: the ladder's first, then the others; not the target's."""
    rows = [pretrain.loc[pretrain["role"] == role, "aspect_ratio"] for role in ROLES if role != "target"]
    return list(dict.fromkeys(int(ratio) for part in rows for ratio in sorted(part.unique())))
