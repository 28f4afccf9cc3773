"""Figures 1 to 4 of Ivgi 2022, and ours beside the paper's: what each draws as a table, and its drawing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalescope.experiment.points import OBJECTIVES, TUNINGS, aspect_ratios, task_names, title, usable_pretraining
from scalescope.experiment.series import law_series
from scalescope.papers.ivgi2022.figures.common import (
    LOOKS,
    SOURCES,
    draw_panels,
    draw_tasks,
    grid_data,
    one_ratio,
    span_of,
    with_baselines,
)
from scalescope.papers.ivgi2022.fits import Laws
from scalescope.plotting import style

RATIO = "AR {}"


def fig1_data(points: pd.DataFrame, laws: Laws) -> pd.DataFrame:
    """SQuAD 1.1 and MRPC with tuning (top), the first with and without it (bottom, if it was run both ways); MLM.

    Without an untuned target the tuned one stands for it, as in the paper: at that size they are the same
    runs.
    """
    every = one_ratio(points)
    usable = every[every["objective"] == "mlm"]
    span, series = span_of(usable, every), []
    for task in ("squad", "mrpc"):
        tuned = usable[(usable["task"] == task) & (usable["hpt"] == "with")]
        labels = {"panel": "top", "task": task, "hpt": "with", "series": title(task)}
        series.append(law_series(tuned, "error", span, laws.of(task=task), **labels))
    squad = usable[usable["task"] == "squad"]
    for hpt, name in TUNINGS.items() if tuned_both_ways(squad) else ():
        part = squad[squad["hpt"] == hpt]
        if not (part["role"] == "target").any():
            part = pd.concat([part, squad[(squad["hpt"] == "with") & (squad["role"] == "target")]])
        labels = {"panel": "bottom", "task": "squad", "hpt": hpt, "series": name}
        series.append(law_series(part, "error", span, laws.of(task="squad", hpt=hpt), **labels))
    return pd.concat(series, ignore_index=True)


def draw_fig1(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Error against size, one panel above the other."""
    top = list(dict.fromkeys(data.loc[data["panel"] == "top", "series"]))
    looks = dict(zip(top, ((style.BLUE, "o"), (style.ORANGE, "s")), strict=False))
    looks |= {name: LOOKS[name] for name in TUNINGS.values()}
    panels = {"top": f"{' and '.join(top)}, with HPT" if top else "with HPT"}
    for task in data.loc[data["panel"] == "bottom", "task"].unique():
        panels["bottom"] = f"{title(task)}, with and without HPT"
    return draw_panels(data, looks, panels, size=size, named=False, wrap=1, columns=1, height=0.55)


def tuned_both_ways(points: pd.DataFrame) -> bool:
    """Whether there are MLM points with tuning and without: else figure 4 would be figure 3 again."""
    return set(points.loc[points["objective"] == "mlm", "hpt"]) >= set(TUNINGS)


def fig2_data(pretrain: pd.DataFrame, laws: Laws) -> pd.DataFrame:
    """Pretraining loss (nats) against N for each aspect ratio: MLM left, PMI right; target in no fit."""
    usable = pretrain[usable_pretraining(pretrain)]
    span = span_of(usable)
    series = []
    for objective in OBJECTIVES:
        part = usable[usable["objective"] == objective]
        for ratio in aspect_ratios(usable):
            rows = part[(part["role"] == "target") | (part["aspect_ratio"] == ratio)]
            law = laws.of(of="pretrain", objective=objective, hpt="", aspect_ratio=ratio, y="loss")
            labels = {"panel": objective, "objective": objective, "series": RATIO.format(ratio)}
            own_span = (rows["parameters"].min(), span[1]) if len(rows) else span
            series.append(law_series(rows, "loss", own_span, law, **labels))
    return pd.concat(series, ignore_index=True) if series else pd.DataFrame()


def draw_fig2(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Loss against size, one panel per objective, one series per aspect ratio."""
    looks = dict(zip(data["series"].unique(), zip(style.PALETTE, style.MARKERS, strict=True), strict=False))
    return draw_panels(
        data, looks, dict(OBJECTIVES), y_label="Evaluation loss (nats)", size=size, named=False, wrap=2, height=0.8
    )


def fig3_data(points: pd.DataFrame, laws: Laws, tasks: pd.DataFrame | None = None) -> pd.DataFrame:
    """Nine tasks, MLM and PMI, tuned: mean and deviation over seeds, law, band, majority baseline, target.

    points: of the comparison between objectives. `tasks` (table "tasks") gives the majority baselines; without it none
    are drawn.
    """
    usable = one_ratio(points)
    data = grid_data(
        usable[usable["hpt"] == "with"],
        task_names(points),
        "objective",
        OBJECTIVES,
        lambda task, objective: laws.of(of="pair", task=task, objective=objective),
        otherwise=usable,
    )
    return with_baselines(data, tasks)


def fig4_data(points: pd.DataFrame, laws: Laws, tasks: pd.DataFrame | None = None) -> pd.DataFrame:
    """Nine tasks, MLM, with tuning at every size and with the largest model's hyperparameters."""
    usable = one_ratio(points)
    part = usable[usable["objective"] == "mlm"]
    data = grid_data(
        part, task_names(points), "hpt", TUNINGS, lambda task, hpt: laws.of(task=task, hpt=hpt), otherwise=usable
    )
    return with_baselines(data, tasks)


def fig_both_data(
    points: pd.DataFrame,
    laws: Laws,
    published: pd.DataFrame,
    published_laws: Laws,
    train_shares: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Nine tasks, MLM, tuned: the paper's points and ours on the same axes, each law over its own sizes.

    train_shares: our train rows of each task over the paper's, where they are rows of the same data sets: the column
    "train_share", which titles tell. None: the tasks are others.
    """
    both = {"ours": (points, laws), "paper": (published, published_laws)}
    usable = [one_ratio(table).assign(origin=source) for source, (table, _) in both.items()]
    found = pd.concat(usable, ignore_index=True)
    found = found[(found["objective"] == "mlm") & (found["hpt"] == "with")]
    data = grid_data(
        found, task_names(points), "origin", SOURCES, lambda task, source: both[source][1].of(task=task), own_span=True
    )
    return data if train_shares is None else data.assign(train_share=data["task"].map(train_shares))


def draw_fig_both(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Error against size, one panel per task, whose title tells how many of the paper's train rows ours had."""
    shares = data.groupby("task")["train_share"].first() if "train_share" in data else pd.Series(dtype=float)
    told = {task: f"{title(task)}, {_of_rows(share)}" for task, share in shares.items() if np.isfinite(share)}
    return draw_tasks(data, size=size, titles=told)


def _of_rows(share: float) -> str:
    return "same rows" if share == 1 else f"{100 * share:.2g} % of rows"


def draw_fig3(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Error against size, one panel per task."""
    return draw_tasks(data, size=size)


draw_fig4 = draw_fig3
