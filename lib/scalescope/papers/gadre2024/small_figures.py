"""Figures of our own over-training runs: for each the numbers it draws, and a drawing of these numbers alone."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scalescope.papers.gadre2024.claims import MAIN
from scalescope.plotting import style
from scalescope.plotting.panels import line_handle, mark_handle, target_handle

CAPTIONS = {
    "overtraining": "Held-out loss against compute, one colour per model size, more tokens per parameter to the right. "
    "Filled: runs that the law was fitted to (dashes: the law at each run). Stars: held-out runs, forecast before they "
    "were trained.",
    "error_from_loss": "Mean error over skills, filled in without finetuning, against held-out loss. Line: the "
    "exponential law of the filled points. Stars: held-out runs.",
}
LINE = 60
STAR = {"marker": "*", "s": 130}  # of a held-out run
COMPUTE, LOSS = "Compute 6 N D (FLOPs)", "Held-out loss (nats)"


def overtraining_data(predictions: pd.DataFrame) -> pd.DataFrame:
    """What `draw_overtraining` draws, from the table "predictions": runs with measured and predicted loss."""
    rows = predictions[(predictions["law"] == MAIN) & (predictions["average"] == predictions["average"].iloc[0])]
    columns = ["role", "parameters", "tokens", "token_multiplier", "flops", "loss", "loss_predicted"]
    return rows[columns].assign(kind="point").reset_index(drop=True)


def draw_overtraining(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel: loss against compute."""
    colours = size_colours(data)
    with style.paper_style(size):
        figure, ax = plt.subplots(figsize=style.inches(6.4, 4.2), layout="constrained")
        draw_runs(ax, data, colours, "loss")
        ax.set(xscale="log", yscale="log", xlabel=COMPUTE, ylabel=LOSS)
        style.label_log(ax.yaxis)
        ax.legend(handles=size_handles(colours))
    return figure


def size_colours(data: pd.DataFrame) -> dict:
    """A colour per model size of `data`, darker for smaller ones."""
    sizes = np.sort(data["parameters"].unique())
    return dict(zip(sizes, colormaps["viridis"](np.linspace(0.1, 0.85, len(sizes))), strict=True))


def draw_runs(ax: Axes, data: pd.DataFrame, colours: dict, quantity: str) -> None:
    """Runs of one panel against compute, `quantity` as measured and (`<quantity>_predicted`) as the law has it."""
    for n, colour in colours.items():
        rows = data[data["parameters"] == n].sort_values("flops")
        ax.plot(rows["flops"], rows[f"{quantity}_predicted"], color=colour, linewidth=1.3, marker="_", markersize=9)
        for role, face, look in (("fit", [colour], {"marker": "o", "s": 28}), ("held_out", "white", STAR)):
            part = rows[rows["role"] == role]
            ax.scatter(part["flops"], part[quantity], facecolors=face, edgecolors=[colour], zorder=3, **look)


def size_handles(colours: dict) -> list[Line2D]:
    """Entries of the legend of `draw_runs`."""
    handles = [line_handle(style.size_text(n), color=c, marker="o", markersize=5) for n, c in colours.items()]
    return [*handles, line_handle("law, at each run", marker="_", markersize=9), target_handle("held out")]


def error_data(predictions: pd.DataFrame, fits: pd.DataFrame) -> pd.DataFrame:
    """What `draw_error` draws: per average the runs (kind "point") and the law (kind "law"); no rows without skills."""
    points = predictions[(predictions["law"] == MAIN) & predictions["error"].notna()]
    parts = [points[["average", "role", "parameters", "loss", "error"]].assign(kind="point")]
    for average, own in points.groupby("average", sort=False):
        rows = fits[(fits["law"] == "DownstreamErrorLaw") & (fits["of"] == average)]
        if rows.empty:  # a fitted run makes no error: there is no law
            continue
        params = dict(zip(rows["symbol"], rows["value"], strict=True))
        loss = np.linspace(own["loss"].min(), own["loss"].max(), LINE)
        error = params["epsilon"] - params["k"] * np.exp(-params["gamma"] * loss)
        parts.append(pd.DataFrame({"average": average, "loss": loss, "error": error, "kind": "law"}))
    return pd.concat(parts, ignore_index=True)


def draw_error(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel per average: error against loss; one that says so where no skill was measured."""
    averages = list(data["average"].unique())
    if not averages:
        return _without_skills(size)
    with style.paper_style(size):
        inches = style.inches(4.4 * len(averages), 3.8)
        figure, axes = plt.subplots(1, len(averages), figsize=inches, layout="constrained", squeeze=False)
        for ax, average in zip(axes[0], averages, strict=True):
            rows = data[data["average"] == average]
            law = rows[rows["kind"] == "law"]
            ax.plot(law["loss"], law["error"], color=style.BLUE)
            for role, face, look in (("fit", style.BLUE, {"marker": "o", "s": 30}), ("held_out", "white", STAR)):
                part = rows[(rows["kind"] == "point") & (rows["role"] == role)]
                ax.scatter(part["loss"], part["error"], facecolors=face, edgecolors=style.BLUE, zorder=3, **look)
            ax.set(xlabel=LOSS, ylabel="Mean error", title=average)
        handles = [
            mark_handle("in the fit", marker="o", markersize=5, color=style.BLUE),
            line_handle("law", color=style.BLUE),
            target_handle("held out"),
        ]
        axes[0, -1].legend(handles=handles, loc="lower right")
    return figure


def _without_skills(size: str) -> Figure:
    with style.paper_style(size):
        figure, ax = plt.subplots(figsize=style.inches(4.4, 3.8), layout="constrained")
        ax.text(0.5, 0.5, "no skills: the source of the text asks nothing", ha="center", transform=ax.transAxes)
        ax.set(xlabel=LOSS, ylabel="Mean error", xticks=[], yticks=[])
    return figure
