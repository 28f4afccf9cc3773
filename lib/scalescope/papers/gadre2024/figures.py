"""Figures of Gadre et al. (2024) from tidy tables, published or live: the Figure and the numbers it draws.

Rows of the kind "point" are measurements, all others are ours.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter

from scalescope.papers.gadre2024 import fits as study
from scalescope.plotting import style
from scalescope.plotting.heat import heat

SLUGS = dict(enumerate(("fig1_extrapolation", "fig2_reducible_loss", "fig3_error_against_loss",
                        "fig4_relative_errors", "fig5_dataset_pairs"), start=1))  # fmt: skip
CAPTIONS = {
    "fig1_extrapolation": "C4 loss (top) and mean error of 17 tasks (bottom) against training compute. Lines: "
    "the laws, fitted to the filled points only (error also to the small star), at 20 tokens per parameter and at "
    "the largest multiplier; stars: the 1.4B and 6.9B runs, with the relative error of what was predicted for them.",
    "fig2_reducible_loss": "Reducible loss L − E against compute: over-training moves the line up without "
    "turning it. Colour: tokens per parameter. All runs; the law knows five of each panel (squares).",
    "fig3_error_against_loss": "Mean error of 46 and of 17 tasks against C4 loss, all runs, and the law fitted "
    "to six of each training set (filled). Dotted: guessing at random.",
    "fig4_relative_errors": "Relative error of the predicted C4 loss in percent, by model size and tokens per "
    "parameter. Framed: the five runs of the fit.",
    "fig5_dataset_pairs": "Relative error of the predicted loss in percent, for every training set (rows) and "
    "evaluation set (columns).",
}
COLOURS = {"c4_original": style.BLUE, "rpj": style.ORANGE, "rw_original": style.PURPLE}
SIZES = {"d=96_l=8_h=4": "11M", "d=512_l=8_h=4": "79M", "d=576_l=24_h=8": "154M", "d=1024_l=24_h=8": "412M",
         "open_lm_1b": "1.4B", "open_lm_7b": "6.9B"}  # fmt: skip
C_LABEL = "Training compute 6ND (FLOP)"
MULTIPLIERS = LogNorm(4, 800)
CMAP = ListedColormap(plt.get_cmap("viridis")(np.linspace(0, 0.86, 256)))  # yellow is hard to read on white


def figure1(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Loss and 17-task error of the large runs, predicted from small ones, for every training set."""
    predicted = study.predictions(table, tasks=("avg_subset",))
    with style.house():
        figure, axes = plt.subplots(2, 3, figsize=(10.5, 6.6), layout="constrained", sharex=True, sharey="row")
        drawn = []
        for column, (dataset, title) in zip(axes.T, study.DATASETS.items(), strict=True):
            found = study.runs(table, dataset)
            large = predicted[predicted["dataset"] == dataset]
            lines = _lines(found, (study.FITTED_AT, large["token_multiplier"].max()))
            for ax, quantity in zip(column, ("loss", "error"), strict=True):
                _extrapolation(ax, found, large, lines, quantity)
            column[0].set_title(f"Trained on {title}")
            drawn += [lines.assign(kind="law", dataset=dataset), large.assign(kind="prediction"),
                      found.assign(kind="point", dataset=dataset)]  # fmt: skip
        axes[0, 0].set_ylabel("C4 loss (nats per token)")
        axes[1, 0].set_ylabel("Mean error of 17 tasks")
        figure.supxlabel(C_LABEL, fontsize=11)
        _extrapolation_legend(figure)
    return figure, _columns(drawn, ["kind", "dataset", "model", "role", "token_multiplier", "flops", "loss", "error",
                                    "loss_predicted", "error_predicted", "loss_off", "error_off"])  # fmt: skip


def figure2(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Reducible loss against compute, one line for each number of tokens per parameter."""
    with style.house():
        figure, axes = plt.subplots(1, 3, figsize=(10.5, 4.2), layout="constrained", sharey=True)
        drawn = []
        for ax, (dataset, title) in zip(axes, study.DATASETS.items(), strict=True):
            found = study.runs(table, dataset)
            law = study.loss_law(found)
            multipliers = np.sort(found["token_multiplier"].unique())
            lines = _lines(found, multipliers).assign(kind="law", dataset=dataset)
            points = found.assign(kind="point", dataset=dataset)
            for frame in (lines, points):
                frame["reducible"] = frame["loss"] - law.params_["E"]
            for multiplier, line in lines.groupby("token_multiplier"):
                ax.plot(line["flops"], line["reducible"], color=CMAP(MULTIPLIERS(multiplier)), linewidth=1.1)
            for role, look in (("held_out", {"s": 26}), ("fit_error", {"s": 26}), ("fit", {"s": 60, "marker": "s"})):
                rows = points[points["role"] == role]
                edge = style.INK if role == "fit" else "white"
                ax.scatter(rows["flops"], rows["reducible"], c=rows["token_multiplier"], norm=MULTIPLIERS, cmap=CMAP,
                           edgecolor=edge, linewidth=0.7, zorder=3, **look)  # fmt: skip
            ax.set_xscale("log")
            ax.set_yscale("log")
            ax.yaxis.set_major_locator(FixedLocator([0.4, 0.6, 1, 2, 3, 4]))
            ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            ax.minorticks_off()
            ax.set_title(f"{title}: E = {law.params_['E']:.2f}, η = {law.params_['eta']:.3f}", fontsize=10)
            drawn += [lines, points]
        axes[0].set_ylabel("C4 loss − E (nats per token)")
        axes[1].set_xlabel(C_LABEL)
        bar = figure.colorbar(plt.cm.ScalarMappable(MULTIPLIERS, CMAP), ax=axes, pad=0.01, aspect=25)
        ticks = [5, 20, 80, 320, 640]
        bar.set_ticks(ticks, labels=[str(tick) for tick in ticks])
        bar.minorticks_off()
        bar.set_label("tokens per parameter (squares: the fit)")
        bar.outline.set_visible(False)
    return figure, _columns(drawn, ["kind", "dataset", "model", "role", "token_multiplier", "flops", "reducible"])


def figure3(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Mean error against C4 loss, both averages."""
    chance = table.drop_duplicates("evaluation").set_index("evaluation")["chance"]
    with style.house():
        figure, axes = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
        drawn = []
        for ax, (task, title) in zip(axes, study.AVERAGES.items(), strict=True):
            for dataset, colour in COLOURS.items():
                found = study.runs(table, dataset, task=task)
                grid = np.linspace(found["loss"].min() * 0.98, found["loss"].max(), 120)
                line = pd.DataFrame({"kind": "law", "dataset": dataset, "task": task, "loss": grid,
                                     "error": study.error_law(found).predict(grid)})  # fmt: skip
                ax.plot(line["loss"], line["error"], color=colour, label=study.DATASETS[dataset])
                for held, rows in found.groupby(found["role"] == "held_out"):
                    ax.scatter(rows["loss"], rows["error"], s=22, linewidth=1, edgecolor=colour, zorder=3,
                               facecolor="white" if held else colour)  # fmt: skip
                drawn += [line, found.assign(kind="point", dataset=dataset, task=task)]
            ax.axhline(chance[task], color=style.GREY, linestyle=":", linewidth=1.4)
            ax.set_title(title)
            ax.set_xlabel("C4 loss (nats per token)")
        axes[0].set_ylabel("Mean error")
        axes[0].legend(loc="lower right", title="trained on")
    return figure, _columns(drawn, ["kind", "dataset", "task", "model", "role", "loss", "error"])


def figure4(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Relative error of the loss of every run, by model and tokens per parameter."""
    cells = study.grid(table).assign(kind="cell")
    norm = Normalize(0, 5)
    with style.house():
        figure, axes = plt.subplots(1, 3, figsize=(12, 3.5), layout="constrained", sharey=True)
        for ax, (dataset, title) in zip(axes, study.DATASETS.items(), strict=True):
            rows = cells[cells["dataset"] == dataset]
            wide = rows.assign(used=rows["role"] == "fit").pivot(
                index="model", columns="token_multiplier", values=["loss_off", "used"]
            )
            order = [model for model in reversed(SIZES) if model in wide.index]
            values = wide["loss_off"].loc[order].astype(float)
            values.columns = [f"{multiplier:g}" for multiplier in values.columns]
            image = heat(ax, values, norm, outlined=wide["used"].loc[order].eq(True))
            ax.set_yticks(range(len(order)), [SIZES[model] for model in order])
            ax.set_title(title)
        axes[0].set_ylabel("Parameters")
        figure.supxlabel("Tokens per parameter", fontsize=11)
        bar = figure.colorbar(image, ax=axes, pad=0.01, aspect=20, extend="max")
        bar.set_label("relative error of loss (%)")
        bar.outline.set_visible(False)
    return figure, _columns(
        [cells], ["kind", "dataset", "model", "token_multiplier", "role", "loss_predicted", "loss_off"]
    )


def figure5(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Relative error of the loss of the large runs, for all pairs of training and evaluation set."""
    cells = study.dataset_pairs(table).assign(kind="cell")
    longest = cells.groupby(["dataset", "model"])["token_multiplier"].transform("max")
    at_20 = cells["token_multiplier"] == study.FITTED_AT
    names = {"1.4B, 20 tokens per parameter": (cells["model"] == study.LARGE[0]) & at_20,
             "1.4B, most tokens (80, 640 and 320 per parameter)": (cells["model"] == study.LARGE[0]) & (
                 cells["token_multiplier"] == longest),
             "6.9B, 20 tokens per parameter": cells["model"] == study.LARGE[1]}  # fmt: skip
    with style.house():
        figure, axes = plt.subplots(3, 1, figsize=(10, 5.6), layout="constrained", sharex=True)
        for ax, (title, chosen) in zip(axes, names.items(), strict=True):
            wide = cells[chosen].pivot(index="dataset", columns="evaluation", values="loss_off")
            wide = wide.loc[list(study.DATASETS), list(study.EVALUATIONS)]
            wide = wide.rename(index=study.DATASETS, columns=_wrapped)
            image = heat(ax, wide, Normalize(0, 20), fontsize=9.5)
            ax.set_title(title)
        axes[1].set_ylabel("Trained on")
        bar = figure.colorbar(image, ax=axes, pad=0.01, aspect=30)
        bar.set_label("relative error of loss (%)")
        bar.outline.set_visible(False)
    return figure, _columns([cells], ["kind", "dataset", "evaluation", "model", "token_multiplier", "loss_predicted",
                                      "loss_off"])  # fmt: skip


FIGURES = {1: figure1, 2: figure2, 3: figure3, 4: figure4, 5: figure5}


def _lines(found: pd.DataFrame, multipliers) -> pd.DataFrame:
    """Loss and error of the laws over all model sizes at each number of tokens per parameter."""
    sizes = np.geomspace(found["parameters"].min() * 0.8, found["parameters"].max() * 1.25, 60)
    law, second = study.loss_law(found), study.error_law(found)
    parts = []
    for multiplier in multipliers:
        line = pd.DataFrame({"parameters": sizes, "tokens": multiplier * sizes})
        loss = law.predict(line)
        parts.append(line.assign(token_multiplier=float(multiplier), flops=6 * multiplier * sizes**2, loss=loss,
                                 error=second.predict(loss)))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _extrapolation(ax: Axes, found: pd.DataFrame, large: pd.DataFrame, lines: pd.DataFrame, quantity: str) -> None:
    looks = {"fit": {"facecolor": style.INK, "s": 34}, "fit_error": {"facecolor": "white", "s": 30, "marker": "*"}}
    for multiplier, line in lines.groupby("token_multiplier"):
        ax.plot(line["flops"], line[quantity], color=CMAP(MULTIPLIERS(multiplier)), linewidth=1.6,
                label=f"M = {multiplier:g}")  # fmt: skip
    for role, look in looks.items():
        rows = found[found["role"] == role]
        ax.scatter(rows["flops"], rows[quantity], edgecolor=style.INK, linewidth=1, zorder=4, **look)
    for row in large[large["role"] == "held_out"].to_dict("records"):
        colour = CMAP(MULTIPLIERS(row["token_multiplier"]))
        ax.scatter(row["flops"], row[quantity], marker="*", s=150, facecolor="white", edgecolor=colour, linewidth=1.4,
                   zorder=5)  # fmt: skip
        small = row["model"] == study.LARGE[0]
        ax.annotate(f"{SIZES[row['model']]}, M = {row['token_multiplier']:g}: {row[f'{quantity}_off']:.2f} %",
                    (0.03, 0.15 if small else 0.05), xycoords="axes fraction", fontsize=9, color=colour)  # fmt: skip
    ax.set_xscale("log")
    ax.minorticks_off()


def _extrapolation_legend(figure: Figure) -> None:
    marks = [
        ("o", style.INK, 6, "in both fits"),
        ("*", "white", 7, "in the fit of the error"),
        ("*", "white", 13, "held out"),
    ]
    handles = [Line2D([], [], linestyle="none", marker=m, markerfacecolor=c, markeredgecolor=style.INK, markersize=s,
                      label=label) for m, c, s, label in marks]  # fmt: skip
    handles += [
        Line2D([], [], color=CMAP(MULTIPLIERS(m)), label=f"{m} tokens per parameter") for m in (20, 80, 320, 640)
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=4, columnspacing=1.4)


def _wrapped(evaluation: str) -> str:
    return (
        study.EVALUATIONS[evaluation]
        .replace(" (", "\n(")
        .replace("programming ", "programming\n")
        .replace("100 ", "100\n")
    )


def _columns(parts: list[pd.DataFrame], names: list[str]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True).reindex(columns=names)
