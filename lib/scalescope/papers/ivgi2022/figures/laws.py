"""Figures 1 to 4 of Ivgi 2022, and ours beside the paper's: the Figure and the numbers it draws."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from scalescope.experiment.points import OBJECTIVES, TUNINGS, aspect_ratios, task_names, title, usable_pretraining
from scalescope.experiment.series import law_series
from scalescope.plotting import style
from scalescope.plotting.grids import COLOURS, MARKERS, X_LABEL, Y_LABEL, grid, one_ratio, span_of
from scalescope.plotting.panels import legend, panel

SOURCES = {"paper": "paper", "ours": "ours"}


def figure1(
    points: pd.DataFrame,
    *,
    tasks: Sequence[str] = ("squad", "mrpc"),
    n_boot: int = 1000,
    random_state: int = 0,
) -> tuple[Figure, pd.DataFrame]:
    """Two tasks with tuning (top), the first of them with and without tuning (bottom); MLM.

    Without an untuned target the tuned one stands for it, as in the paper: at that size they are the same
    runs.
    """
    every = one_ratio(points)
    usable = every[every["objective"] == "mlm"]
    span = span_of(usable, every)
    tops = [usable[(usable["task"] == task) & (usable["hpt"] == "with")] for task in tasks]
    series = [
        law_series(part, "error", span, n_boot=n_boot, random_state=random_state,
                   panel="top", task=task, hpt="with", series=title(task))
        for task, part in zip(tasks, tops, strict=True)
    ]  # fmt: skip
    tuned = tops[0]
    for hpt in TUNINGS:
        part = usable[(usable["task"] == tasks[0]) & (usable["hpt"] == hpt)]
        if len(part) and not (part["role"] == "target").any():
            part = pd.concat([part, tuned[tuned["role"] == "target"]])
        series.append(law_series(part, "error", span, n_boot=n_boot, random_state=random_state,
                                 panel="bottom", task=tasks[0], hpt=hpt, series=TUNINGS[hpt]))  # fmt: skip
    data = pd.concat(series, ignore_index=True)
    looks = {
        title(tasks[0]): (style.BLUE, "o"),
        title(tasks[1]): (style.ORANGE, "s"),
        **{TUNINGS[hpt]: (COLOURS[hpt], MARKERS[hpt]) for hpt in TUNINGS},
    }
    heads = {
        "top": f"{title(tasks[0])} and {title(tasks[1])}, with HPT",
        "bottom": f"{title(tasks[0])}, with and without HPT",
    }
    with style.house():
        figure, axes = plt.subplots(2, 1, figsize=(6.4, 7.6), layout="constrained", sharex=True)
        for ax, (place, head) in zip(axes, heads.items(), strict=True):
            panel(ax, data[data["panel"] == place], looks, span, head)
            ax.set_ylabel(Y_LABEL)
        axes[-1].set_xlabel(X_LABEL)
        legend(figure, {}, data)
    return figure, data


def figure2(pretrain: pd.DataFrame, *, n_boot: int = 1000, random_state: int = 0) -> tuple[Figure, pd.DataFrame]:
    """Pretraining loss (nats) against N for each aspect ratio: MLM left, PMI right; target in no fit."""
    usable = pretrain[usable_pretraining(pretrain)]
    span = span_of(usable)
    ratios = aspect_ratios(usable)
    series = []
    for objective in OBJECTIVES:
        part = usable[usable["objective"] == objective]
        for ratio in ratios:
            rows = part[(part["role"] == "target") | (part["aspect_ratio"] == ratio)]
            own_span = (rows["parameters"].min(), span[1])
            series.append(law_series(rows, "loss", own_span, n_boot=n_boot, random_state=random_state,
                                     panel=objective, objective=objective, series=f"AR {ratio}"))  # fmt: skip
    data = pd.concat(series, ignore_index=True) if series else pd.DataFrame()
    colours = [style.BLUE, style.ORANGE, style.GREEN, style.PURPLE]
    looks = {f"AR {ratio}": (c, m) for ratio, c, m in zip(ratios, colours, "osD^", strict=False)}
    with style.house():
        figure, axes = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
        for ax, (objective, name) in zip(axes, OBJECTIVES.items(), strict=True):
            panel(ax, data[data["panel"] == objective], looks, span, name)
            ax.set_xlabel(X_LABEL)
        axes[0].set_ylabel("Evaluation loss (nats)")
        legend(figure, {}, data)
    return figure, data


def figure3(
    points: pd.DataFrame, tasks: pd.DataFrame | None = None, *, n_boot: int = 1000, random_state: int = 0
) -> tuple[Figure, pd.DataFrame]:
    """Nine tasks, MLM and PMI, tuned: mean and deviation over seeds, law, sleeve, majority baseline, target.

    `tasks` (table "tasks") gives the majority baselines; without it none are drawn.
    """
    usable = one_ratio(points)
    return grid(
        usable[usable["hpt"] == "with"],
        task_names(points),
        "objective",
        OBJECTIVES,
        tasks,
        n_boot,
        random_state,
        otherwise=usable,
    )


def figure4(
    points: pd.DataFrame, tasks: pd.DataFrame | None = None, *, n_boot: int = 1000, random_state: int = 0
) -> tuple[Figure, pd.DataFrame]:
    """Nine tasks, MLM, with tuning at every size and with the largest model's hyperparameters."""
    usable = one_ratio(points)
    part = usable[usable["objective"] == "mlm"]
    return grid(part, task_names(points), "hpt", TUNINGS, tasks, n_boot, random_state, otherwise=usable)


def figure_both(
    points: pd.DataFrame, published: pd.DataFrame, *, n_boot: int = 1000, random_state: int = 0
) -> tuple[Figure, pd.DataFrame]:
    """Nine tasks, MLM, tuned: the paper's points and ours on the same axes, each law over its own sizes."""
    both = []
    for source in SOURCES:
        usable = one_ratio(points if source == "ours" else published)
        both.append(usable[(usable["objective"] == "mlm") & (usable["hpt"] == "with")].assign(origin=source))
    return grid(pd.concat(both, ignore_index=True), task_names(points), "origin", SOURCES, None, n_boot, random_state,
                own_span=True)  # fmt: skip
