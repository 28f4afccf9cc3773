"""Figures of the arena on 92 learning curves: `figN_data` says what is drawn, `draw_figN` draws it ("point": data)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalescope.experiment.arena import ALL, BASELINE
from scalescope.papers.alabdulmohsin2022 import fits as study
from scalescope.papers.alabdulmohsin2022.data import CURVE
from scalescope.plotting import style
from scalescope.plotting.panels import line_handle

Tables = Mapping[str, pd.DataFrame]  # "scores", "summary" and "examples" of the study
CAPTIONS = {
    "fig1_arena": "Seven ways to extrapolate 92 learning curves of vision and language, each fitted to the points that "
    "the benchmark gives for fitting. Left: held-out root mean square of ln(prediction / loss), all curves (dots), "
    "median (bar). Middle: share of curves on which nothing else is better by more than 0.1 %. Right: share of "
    "held-out points inside the 95 % interval of one new run, mean over curves; dashed: nominal. Points of one curve "
    "are checkpoints of one training and not independent, as every interval here assumes.",
    "fig2_curves": "Six of the curves (IC image classification, NMT translation, LM language modelling, BB BIG-Bench): "
    "points to fit (filled) and held out (open), and what each law makes of the former.",
}
SLUGS = dict(enumerate(CAPTIONS, start=1))
LOOKS = {
    BASELINE: (style.GREY, ":"),
    "power law (M1)": (style.ORANGE, ":"),
    "shifted power law (M2)": (style.ORANGE, "-"),
    "rectified law": (style.GREEN, "-"),
    "M4": (style.PURPLE, "-"),
    "broken law, 1 break": (style.BLUE, "-"),
    "broken law, 2 breaks": (style.BLUE, "--"),
}


def fig1_data(table: pd.DataFrame | None, tables: Tables) -> pd.DataFrame:
    """Scores of every curve, and their summary over all."""
    names = [*CURVE, "law", "rmse", "coverage", "width", "won"]
    whole = tables["summary"][tables["summary"]["domain"] == ALL]
    scores = tables["scores"][names].assign(kind="score")
    return pd.concat([scores, whole.assign(kind="summary")], ignore_index=True)


def draw_fig1(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Held-out error, wins and coverage by law."""
    laws = list(LOOKS)
    rows = data[data["kind"] == "summary"].set_index("law").loc[laws].reset_index()
    with style.paper_style(size):
        unit = style.unit()
        figure, axes = style.subplots(1, 3, high=0.38, sharey=True, width_ratios=(5, 3, 3))
        _errors(axes[0], data[data["kind"] == "score"], laws)
        for ax, column, label in zip(axes[1:], ("wins", "coverage"), ("Share of curves won", "Coverage"), strict=True):
            ax.barh(range(len(laws)), rows[column], color=[LOOKS[law][0] for law in laws], height=0.6)
            for at, value in enumerate(rows[column]):
                ax.text(value + 0.015, at, f"{value:.2f}", va="center", fontsize=9 * unit)
            ax.set(xlabel=label, xlim=(0, 1.15))
        axes[2].axvline(0.95, color=style.INK, linestyle="--", linewidth=unit)
        axes[0].set_yticks(range(len(laws)), laws)
        axes[0].invert_yaxis()
    return figure


def _errors(ax: Axes, scores: pd.DataFrame, laws: list[str]) -> None:
    unit = style.unit()
    for at, law in enumerate(laws):
        values = scores.loc[scores["law"] == law, "rmse"].dropna()
        places = at + np.linspace(-0.28, 0.28, len(values))
        ax.scatter(values, places, s=9 * unit**2, color=LOOKS[law][0], alpha=0.45, linewidth=0)
        ax.plot([values.median()] * 2, [at - 0.38, at + 0.38], color=style.INK, linewidth=1.6 * unit)
    ax.set(xscale="log", xlabel="Held-out log-RMSE", xlim=(5e-4, 3))


def fig2_data(table: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Six curves ("point") and every contender's prediction along them ("law")."""
    points = [study.curve(table, example).assign(kind="point") for example in study.EXAMPLES]
    return pd.concat([tables["examples"].assign(kind="law"), *points], ignore_index=True)


def draw_fig2(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel per curve, on logarithmic axes."""
    with style.paper_style(size):
        unit = style.unit()
        figure, axes = style.subplots(2, 3, high=0.6)
        for ax, example in zip(axes.flat, study.EXAMPLES, strict=True):
            _panel(ax, study.curve(data, example))
            ax.set_title("{} {}, {}".format(*example), fontsize=9 * unit)
        for ax in axes[1]:
            ax.set_xlabel("Seen examples")
        for ax in axes[:, 0]:
            ax.set_ylabel("Error or loss")
        handles = [line_handle(law, color=colour, linestyle=dash) for law, (colour, dash) in LOOKS.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=9 * unit)
    return figure


def _panel(ax: Axes, here: pd.DataFrame) -> None:
    unit = style.unit()
    look = {"s": 10 * unit**2, "edgecolor": style.INK, "linewidth": 0.6 * unit, "zorder": 1}
    for role, rows in here[here["kind"] == "point"].groupby("role"):
        ax.scatter(rows["examples"], rows["loss"], facecolor=style.INK if role == "fit" else "none", **look)
    lines = here[here["kind"] == "law"]
    for law, line in lines.groupby("law", sort=False):
        colour, dash = LOOKS[law]
        ax.plot(line["examples"], line["predicted"], color=colour, linestyle=dash, linewidth=1.3 * unit, zorder=2)
    low, high = lines["predicted"].quantile([0.05, 1.0])
    ax.set(xscale="log", yscale="log", ylim=(low * 0.8, high * 1.1))


DATA = {1: fig1_data, 2: fig2_data}
DRAW = dict(zip(SLUGS.values(), (draw_fig1, draw_fig2), strict=True))
