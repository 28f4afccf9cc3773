"""Figures of the arena on 92 learning curves: the Figure and the numbers it draws ("point": measured)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scalescope.experiment.arena import ALL, BASELINE
from scalescope.papers.alabdulmohsin2022 import fits as study
from scalescope.papers.alabdulmohsin2022.data import CURVE, DOMAINS
from scalescope.plotting import style

SLUGS = dict(enumerate(("fig1_arena", "fig2_curves"), start=1))
CAPTIONS = {
    "fig1_arena": "Seven ways to extrapolate 92 learning curves of vision and language, each fitted to the points that "
    "the benchmark gives for fitting. Left: held-out root mean square of ln(prediction / loss), all curves (dots), "
    "median (bar). Middle: share of curves on which nothing else is better by more than 0.1 %. Right: share of "
    "held-out points inside the 95 % interval of one new run, mean over curves; dashed: nominal. Points of one curve "
    "are checkpoints of one training and not independent, as every interval here assumes.",
    "fig2_curves": "Six of the curves: points to fit (filled) and held out (open), and what each law makes of the "
    "former.",
}
LOOKS = {
    BASELINE: (style.GREY, ":"),
    "power law (M1)": (style.ORANGE, ":"),
    "shifted power law (M2)": (style.ORANGE, "-"),
    "rectified law": (style.GREEN, "-"),
    "M4": (style.PURPLE, "-"),
    "broken law, 1 break": (style.BLUE, "-"),
    "broken law, 2 breaks": (style.BLUE, "--"),
}


def figure1(scores: pd.DataFrame, summary: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Held-out error, wins and coverage by law; `scores` and `summary` of the study."""
    laws = list(LOOKS)
    rows = summary[summary["domain"] == ALL].set_index("law").loc[laws].reset_index()
    with style.house():
        figure, axes = plt.subplots(1, 3, figsize=(11, 4), layout="constrained", sharey=True, width_ratios=(5, 3, 3))
        _errors(axes[0], scores, rows)
        for ax, column, label in zip(axes[1:], ("wins", "coverage"), ("Share of curves won", "Coverage"), strict=True):
            ax.barh(range(len(laws)), rows[column], color=[LOOKS[law][0] for law in laws], height=0.6)
            for at, value in enumerate(rows[column]):
                ax.text(value + 0.015, at, f"{value:.2f}", va="center", fontsize=9)
            ax.set(xlabel=label, xlim=(0, 1.1))
        axes[2].axvline(0.95, color=style.INK, linestyle="--", linewidth=1)
        axes[0].set_yticks(range(len(laws)), laws)
        axes[0].invert_yaxis()
    names = [*CURVE, "law", "rmse", "coverage", "width", "won"]
    return figure, pd.concat([scores[names].assign(kind="score"), rows.assign(kind="summary")], ignore_index=True)


def _errors(ax: Axes, scores: pd.DataFrame, rows: pd.DataFrame) -> None:
    for at, law in enumerate(rows["law"]):
        values = scores.loc[scores["law"] == law, "rmse"].dropna()
        jitter = at + np.linspace(-0.28, 0.28, len(values))
        ax.scatter(values, jitter, s=9, color=LOOKS[law][0], alpha=0.45, linewidth=0)
        ax.plot([values.median()] * 2, [at - 0.38, at + 0.38], color=style.INK, linewidth=1.6)
    ax.set(xscale="log", xlabel="Held-out log-RMSE", xlim=(5e-4, 3))


def figure2(table: pd.DataFrame, examples: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Six curves with every contender's prediction; `examples` of the study."""
    drawn = [examples.assign(kind="law")]
    with style.house():
        figure, axes = plt.subplots(2, 3, figsize=(11, 6), layout="constrained")
        for ax, (domain, task, model) in zip(axes.flat, study.EXAMPLES, strict=True):
            points = table[(table["domain"] == domain) & (table["task"] == task) & (table["model"] == model)]
            for role, rows in points.groupby("role"):
                face = style.INK if role == "fit" else "none"
                ax.scatter(rows["examples"], rows["loss"], s=10, facecolor=face, edgecolor=style.INK, linewidth=0.6,
                           zorder=1)  # fmt: skip
            here = examples[(examples["domain"] == domain) & (examples["task"] == task) & (examples["model"] == model)]
            for law, line in here.groupby("law", sort=False):
                colour, dash = LOOKS[law]
                ax.plot(line["examples"], line["predicted"], color=colour, linestyle=dash, linewidth=1.3, zorder=2)
            low, high = points["loss"].min(), points["loss"].max()
            ax.set(
                xscale="log", yscale="log", ylim=(low * 0.85, high * 1.1), title=f"{DOMAINS[domain]}: {task}, {model}"
            )
            ax.title.set_fontsize(9)
            ax.tick_params(which="both", labelsize=8)
            drawn.append(points.assign(kind="point"))
        for ax in axes[1]:
            ax.set_xlabel("Seen examples")
        for ax in axes[:, 0]:
            ax.set_ylabel("Error or loss")
        handles = [Line2D([], [], color=colour, linestyle=dash, label=law) for law, (colour, dash) in LOOKS.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return figure, pd.concat(drawn, ignore_index=True)
