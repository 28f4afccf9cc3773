"""Figures 1 to 4 of Ivgi 2022 from live or published tables: the Figure and the numbers it draws."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from scalescope.figures import style
from scalescope.figures.panels import legend, panel
from scalescope.studies.points import (
    OBJECTIVES,
    TUNINGS,
    aspect_ratios,
    need,
    split_usable,
    task_names,
    title,
    usable_pretraining,
)
from scalescope.studies.series import baseline_row, law_series

SLUGS = {
    1: "fig1_squad_against_mrpc",
    2: "fig2_pretraining_loss",
    3: "fig3_finetuning_laws",
    4: "fig4_tuning",
}
CAPTIONS = {
    "fig1_squad_against_mrpc": "Top: a task whose error follows a power law in the paper (SQuAD 1.1) and one "
    "where it does less so (MRPC), both tuned. Bottom: SQuAD 1.1 with and without tuning.",
    "fig2_pretraining_loss": "Pretraining loss against model size, both objectives, each aspect ratio. "
    "Shaded: 95 % of the bootstrapped laws; stars: the held-out target, in no fit.",
    "fig3_finetuning_laws": "Finetuning error against model size on nine tasks, MLM and PMI. Points: mean "
    "and standard deviation over seeds; shaded: 95 % of the bootstrapped laws; dashed: majority baseline; "
    "stars: the held-out target, in no fit.",
    "fig4_tuning": "The same nine tasks, tuned at every size and with the largest model's hyperparameters.",
}
COLOURS = {"mlm": style.BLUE, "pmi": style.ORANGE, "with": style.BLUE, "without": style.GREEN}
MARKERS = {"mlm": "o", "pmi": "s", "with": "o", "without": "D"}
X_LABEL = "Parameters without embeddings"
Y_LABEL = "1 − metric"


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
    usable = _one_ratio(points)
    usable = usable[usable["objective"] == "mlm"]
    span = _span(usable)
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
    span = _span(usable)
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
    usable = _one_ratio(points)
    return _grid(
        usable[usable["hpt"] == "with"],
        task_names(points),
        "objective",
        OBJECTIVES,
        tasks,
        n_boot,
        random_state,
    )


def figure4(
    points: pd.DataFrame, tasks: pd.DataFrame | None = None, *, n_boot: int = 1000, random_state: int = 0
) -> tuple[Figure, pd.DataFrame]:
    """Nine tasks, MLM, with tuning at every size and with the largest model's hyperparameters."""
    usable = _one_ratio(points)
    return _grid(usable[usable["objective"] == "mlm"], task_names(points), "hpt", TUNINGS, tasks, n_boot, random_state)


def _one_ratio(points: pd.DataFrame) -> pd.DataFrame:
    """Usable points of the ladder and the target: the figures of finetuning have one aspect ratio."""
    usable, _ = split_usable(points)
    return usable[usable["role"] != "second"]


def _span(frame: pd.DataFrame) -> tuple[float, float]:
    """Smallest and largest size of a figure."""
    if frame.empty:
        raise ValueError("no usable points to draw: the table is empty, or every run failed")
    return float(frame["parameters"].min()), float(frame["parameters"].max())


def _grid(
    usable: pd.DataFrame,
    names: list[str],
    split: str,
    labels: dict[str, str],
    tasks: pd.DataFrame | None,
    n_boot: int,
    random_state: int,
) -> tuple[Figure, pd.DataFrame]:
    """Three columns of panels, one a task; the series of a panel are the values of the column `split`."""
    span = _span(usable)
    known = need(tasks, "tasks", ["task", "majority"]) if tasks is not None else pd.DataFrame()
    majority = dict(zip(known["task"], known["majority"], strict=True)) if len(known) else {}
    parts = []
    for task in names:
        for value, name in labels.items():
            rows = usable[(usable["task"] == task) & (usable[split] == value)]
            parts.append(law_series(rows, "error", span, n_boot=n_boot, random_state=random_state,
                                    panel=task, task=task, **{split: value}, series=name))  # fmt: skip
        if majority.get(task, 0) > 0:  # false for NaN too; a baseline of 0 is no line but the top
            parts.append(baseline_row(1 - majority[task], panel=task, task=task))
    data = pd.concat([part for part in parts if len(part)], ignore_index=True)
    looks = {name: (COLOURS[value], MARKERS[value]) for value, name in labels.items()}
    n_rows = -(-len(names) // 3)
    with style.house():
        figure, axes = plt.subplots(n_rows, 3, figsize=(10, 0.7 + 2.9 * n_rows), layout="constrained", squeeze=False)
        for place, ax in enumerate(axes.flat):
            if place >= len(names):
                ax.set_axis_off()
                continue
            panel(ax, data[data["panel"] == names[place]], looks, span, title(names[place]))
        figure.supxlabel(X_LABEL, fontsize=11)
        figure.supylabel(Y_LABEL, fontsize=11)
        legend(figure, looks, data)
    return figure, data
