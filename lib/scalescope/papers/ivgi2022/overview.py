"""What one source says about each task in one line: errors, gain from pretraining, slope, fit, verdict."""

from __future__ import annotations

import pandas as pd

from scalescope.experiment.points import OBJECTIVES, split_usable, title
from scalescope.experiment.readable import with_interval
from scalescope.number_text import NONE
from scalescope.papers.ivgi2022.tables import CLEAR


def overview(
    points: pd.DataFrame,
    fits: pd.DataFrame,
    tasks: pd.DataFrame,
    transfer: pd.DataFrame | None = None,
    objective: str = "mlm",
) -> pd.DataFrame:
    """One row per task, as people read it: columns task, majority, smallest, largest, target, gain, slope, R2, verdict.

    points, fits, tasks, transfer: the tables of those names of one source; tuned models of one objective. Errors are
    means over seeds: of the smallest and largest model of the ladder and of the held-out target, beside the error of
    the majority answer. gain: error from scratch minus error after pretraining at the largest model, with its paired
    95 % interval. slope: of ln error against ln N, with its bootstrap interval. verdict: "law" where the whole interval
    of the slope lies below zero and R2 reaches 0.95, "falls" where the interval does, "flat" otherwise.
    """
    usable, _ = split_usable(points)
    own = usable[(usable["objective"] == objective) & (usable["hpt"] == "with")]
    laws = fits[(fits["objective"] == objective) & (fits["hpt"] == "with")].set_index("task")
    majority = tasks.set_index("task")["majority"]
    rows = []
    for task in [name for name in tasks["task"] if name in laws.index]:
        means = own[own["task"] == task].groupby(["role", "parameters"])["error"].mean()
        ladder = means.get("ladder", pd.Series(dtype=float)).sort_index()
        law = laws.loc[task]
        rows.append(
            {
                "task": title(task),
                "majority": _text(1 - majority[task]),
                "smallest": _text(ladder.iloc[0]),
                "largest": _text(ladder.iloc[-1]),
                "target": _text(means["target"].iloc[0]) if "target" in means else NONE,
                "gain": _gain(transfer, task, objective),
                "slope": with_interval(law["slope"], law["slope_low"], law["slope_high"]),
                "R2": _text(law["r2"]),
                "verdict": verdict(law),
            }
        )
    return pd.DataFrame(rows)


def verdict(law: pd.Series) -> str:
    """ "law", "falls" or "flat" for a row of the table "fits"; see `overview`."""
    if not law["slope_high"] < 0:
        return "flat"
    return "law" if law["r2"] >= CLEAR else "falls"


def markdown(table: pd.DataFrame, sizes: tuple[int, int, int], objective: str = "mlm") -> str:
    """The overview as a Markdown table; sizes: parameters of the smallest, largest and held-out model."""
    names = {name: f"{name} ({size:,})" for name, size in zip(("smallest", "largest", "target"), sizes, strict=True)}
    names |= {"gain": f"gain of {OBJECTIVES[objective]}", "majority": "majority answer"}
    shown = table.rename(columns=names)
    lines = ["| " + " | ".join(shown.columns) + " |", "|" + "---|" * len(shown.columns)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in shown.astype(str).itertuples(index=False)])


def _text(value: float) -> str:
    return NONE if pd.isna(value) else f"{value:.2f}"


def _gain(transfer: pd.DataFrame | None, task: str, objective: str) -> str:
    if transfer is None or transfer.empty:
        return NONE
    own = transfer[(transfer["task"] == task) & (transfer["objective"] == objective)]
    if own.empty:
        return NONE
    one = own.loc[own["parameters"].idxmax()]
    return with_interval(one["gain"], one["low"], one["high"])
