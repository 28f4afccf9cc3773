"""Our models beside the paper's of the same size: errors, and which parts of the setting are the same.

Only sizes that both have are compared. Metric and architecture are then the same; train and validation sets are where
their numbers of rows are (table 1 of Ivgi 2022). Text, tokens, batch and vocabulary of pretraining differ everywhere.
"""

from __future__ import annotations

import pandas as pd

from scalescope.errors import UnknownName
from scalescope.experiment.points import OBJECTIVES, split_usable, task_names, title
from scalescope.experiment.series import error_bar
from scalescope.number_text import NONE
from scalescope.papers.ivgi2022.data import published_points, published_tasks

KEY = ["objective", "task", "aspect_ratio", "layers", "parameters"]
ROWS = ["train", "eval"]
MICROWORLD = "microworld"  # in the column "source"
COLUMNS = [
    *KEY, "metric", "error", "bar", "n_seeds", "error_paper", "bar_paper", "n_seeds_paper", "difference",
    "error_scratch", "train", "train_paper", "same_train", "eval", "eval_paper", "same_eval",
]  # fmt: skip


def beside_paper(points: pd.DataFrame, tasks: pd.DataFrame, transfer: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row per objective, task and tuned model that the paper has too; none where no size is the same.

    points, tasks, transfer: those tables of a source. Columns: error (mean over seeds) and bar (see
    `series.error_bar`) of ours and of the paper, difference (ours minus the paper's), error_scratch (ours without
    pretraining), train and eval (rows of ours and of the paper), same_train and same_eval (whether these numbers are
    equal: the whole train or validation set of the paper). Tasks of the microworld are twins, not the paper's: no rows.
    """
    if of_microworld(points):
        return pd.DataFrame(columns=COLUMNS)
    theirs = _means(published_points()).rename(columns={name: f"{name}_paper" for name in ("error", "bar", "n_seeds")})
    both = _means(points).merge(theirs, on=KEY)
    both = both.merge(_rows(tasks), on="task").assign(difference=lambda table: table["error"] - table["error_paper"])
    for name in ROWS:
        both[f"same_{name}"] = both[name] == both[f"{name}_paper"]
    both = both.merge(_scratch(transfer), how="left", on=["objective", "task", "parameters"])
    places = {name: place for place, name in enumerate([*OBJECTIVES, *task_names(points)])}
    order = both[["objective", "task"]].replace(places).infer_objects().assign(size=both["parameters"])
    return both.loc[order.sort_values(list(order)).index, COLUMNS].reset_index(drop=True)


def by_task(found: pd.DataFrame, objective: str = "mlm") -> pd.DataFrame:
    """The table `beside_paper` of one objective as people read it: a row per task, a column per size.

    Each cell has our error and in parentheses the paper's; columns "train rows" and "validation rows" say "same", or
    the share of the paper's; "no pretraining": our error at the largest size without it. Raises UnknownName for an
    objective that the table does not have.
    """
    if objective not in set(found["objective"]):
        raise UnknownName("objective of the table beside_paper", objective, found["objective"].unique())
    own = found[found["objective"] == objective]
    rows = []
    for task, part in own.groupby("task", sort=False):
        last = part.loc[part["parameters"].idxmax()]
        row = {"task": title(task)}
        for name, heading in zip(ROWS, ("train rows", "validation rows"), strict=True):
            row[heading] = "same" if last[f"same_{name}"] else f"{100 * last[name] / last[f'{name}_paper']:.2g} %"
        for one in part.sort_values("parameters").itertuples():
            row[f"{one.parameters:,}"] = f"{one.error:.3f} ({one.error_paper:.3f})"
        row["no pretraining"] = NONE if pd.isna(last["error_scratch"]) else f"{last['error_scratch']:.3f}"
        rows.append(row)
    return pd.DataFrame(rows).fillna(NONE)


def train_shares(tasks: pd.DataFrame) -> dict[str, float]:
    """Train rows of each task (table "tasks") over those of the paper; 1: the paper's whole train set."""
    both = _rows(tasks)
    return dict(zip(both["task"], both["train"] / both["train_paper"], strict=True))


def of_microworld(points: pd.DataFrame) -> bool:
    """Whether points are of the embedded text and its twins of the tasks."""
    return "source" in points and bool((points["source"] == MICROWORLD).any())


def _rows(tasks: pd.DataFrame) -> pd.DataFrame:
    """Metric and rows of each task, those of the paper beside ours."""
    theirs = published_tasks()[["task", *ROWS]]
    return tasks[["task", "metric", *ROWS]].merge(theirs, on="task", suffixes=("", "_paper"))


def _means(points: pd.DataFrame) -> pd.DataFrame:
    """Mean error over seeds, its bar and the number of seeds of every tuned model."""
    usable, _ = split_usable(points)
    tuned = usable[usable["hpt"] == "with"]
    rows = [
        (*key, part["error"].mean(), error_bar(part["error"], part.get("value_se")), len(part))
        for key, part in tuned.groupby(KEY, sort=False)
    ]
    return pd.DataFrame(rows, columns=[*KEY, "error", "bar", "n_seeds"])


def _scratch(transfer: pd.DataFrame | None) -> pd.DataFrame:
    """Error without pretraining by objective, task and size; no rows without the control."""
    names = ["objective", "task", "parameters", "error_scratch"]
    return pd.DataFrame(columns=names) if transfer is None else transfer[names]
