"""Figures of Gadre et al. (2024): `figN_data` makes a table of their runs and ours, `draw_figN` draws it.

Rows of the kind "point" are measurements, all others are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scalescope.papers.gadre2024 import fits as study
from scalescope.plotting import style
from scalescope.plotting.heat import heat
from scalescope.plotting.panels import LawGrid, above, line_handle, mark_handle

Tables = Mapping[str, pd.DataFrame]  # "fits", "predictions" and "dataset_pairs" of the study
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
SLUGS = dict(enumerate(CAPTIONS, start=1))
RUN = ["kind", "dataset", "model", "role", "token_multiplier", "flops"]  # columns
COLOURS = {"c4_original": style.BLUE, "rpj": style.ORANGE, "rw_original": style.PURPLE}
SIZES = dict(zip((*study.SMALL, *study.LARGE), ("11M", "79M", "154M", "412M", "1.4B", "6.9B"), strict=True))
C_LABEL = "Training compute 6ND (FLOP)"
MULTIPLIERS = LogNorm(4, 800)
CMAP = ListedColormap(sns.color_palette("plasma", as_cmap=True)(np.linspace(0, 0.6, 256)))  # lighter is lost on white
QUANTITIES = {"loss": "C4 loss (nats per token)", "error": "Mean error of 17 tasks"}


def fig1_data(table: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Loss and 17-task error of the large runs, predicted from small ones, for every training set."""
    predicted = tables["predictions"].query("task == 'avg_subset'")
    drawn = []
    for dataset in study.DATASETS:
        found = study.runs(table, dataset)
        large = predicted[predicted["dataset"] == dataset]
        lines = _lines(found, tables["fits"], dataset, (study.FITTED_AT, large["token_multiplier"].max()))
        drawn += [lines, large.assign(kind="prediction"), found.assign(kind="point", dataset=dataset)]
    return _columns(drawn, [*RUN, "loss", "error", "loss_predicted", "error_predicted", "loss_off", "error_off"])


def draw_fig1(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Both quantities against compute, one column per training set."""
    names = [name for name in data if name not in QUANTITIES]
    tall = data.melt(names, list(QUANTITIES), var_name="quantity", value_name="y")
    with style.paper_style(size):
        wide = style.width(2) / 3
        panels = {"row": "quantity", "col": "dataset", "col_order": list(study.DATASETS)}
        grid = LawGrid(tall, height=0.92 * wide, aspect=1 / 0.92, sharex=True, sharey="row", **panels)
        for draw in (_law_lines, _fitted_runs, _large_runs):
            grid.map_dataframe(draw)
        for (quantity, dataset), ax in grid.axes_dict.items():
            ax.set_xscale("log")
            ax.minorticks_off()
            ax.set_ylabel(QUANTITIES[quantity] if dataset == next(iter(study.DATASETS)) else "")
            ax.set_title(f"Trained on {study.DATASETS[dataset]}" if quantity == "loss" else "")
        grid.figure.supxlabel(C_LABEL)
        above(grid.figure, _extrapolation_handles(data), columns=4)
    return grid.figure


def fig2_data(table: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Reducible loss against compute, one line for each number of tokens per parameter."""
    drawn = []
    for dataset in study.DATASETS:
        found = study.runs(table, dataset)
        params = study.params_of(tables["fits"], dataset, "loss")
        lines = _lines(found, tables["fits"], dataset, np.sort(found["token_multiplier"].unique()))
        for frame in (lines.assign(E=params["E"], eta=params["eta"]), found.assign(kind="point", dataset=dataset)):
            drawn.append(frame.assign(reducible=frame["loss"] - params["E"]))
    return _columns(drawn, [*RUN, "reducible", "E", "eta"])


def draw_fig2(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel per training set; colour: tokens per parameter, squares: the fit."""
    with style.paper_style(size):
        wide, unit = style.width(2) / 3, style.unit()
        grid = LawGrid(data, col="dataset", col_order=list(study.DATASETS), height=1.2 * wide, aspect=1 / 1.2)
        grid.map_dataframe(_law_lines, y="reducible", linewidth=1.1 * unit)
        for dataset, ax in grid.axes_dict.items():
            rows = data[(data["dataset"] == dataset) & (data["kind"] == "point")]
            for role, look in (("held_out", {"s": 26}), ("fit_error", {"s": 26}), ("fit", {"s": 60, "marker": "s"})):
                own = rows[rows["role"] == role]
                look["s"] *= unit**2
                look |= {"edgecolor": style.INK if role == "fit" else "white", "linewidth": 0.7 * unit, "zorder": 3}
                colours = {"c": own["token_multiplier"], "norm": MULTIPLIERS, "cmap": CMAP}
                ax.scatter(own["flops"], own["reducible"], **colours, **look)
            ax.set(xscale="log", yscale="log")
            ax.minorticks_off()
            style.ticks(ax.yaxis, [0.4, 0.6, 1, 2, 3, 4])
            law = data[(data["dataset"] == dataset) & (data["kind"] == "law")].iloc[0]
            ax.set_title(f"{study.DATASETS[dataset]}: E = {law['E']:.2f}, η = {law['eta']:.3f}", fontsize=10 * unit)
        grid.axes.flat[0].set_ylabel("C4 loss − E (nats per token)")
        grid.figure.supxlabel(C_LABEL)
        colours, label = ScalarMappable(MULTIPLIERS, CMAP), "tokens per parameter (squares: the fit)"
        bar = _bar(grid.figure, colours, list(grid.axes.flat), label, aspect=25)
        style.ticks(bar.ax.yaxis, [5, 20, 80, 320, 640])
    return grid.figure


def fig3_data(table: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Mean error against C4 loss, both averages, and the error of guessing at random ("chance")."""
    chance = table.drop_duplicates("evaluation").set_index("evaluation")["chance"]
    drawn = []
    for task in study.AVERAGES:
        for dataset in COLOURS:
            found = study.runs(table, dataset, task=task)
            grid = np.linspace(found["loss"].min() * 0.98, found["loss"].max(), 120)
            error = study.error_at(study.params_of(tables["fits"], dataset, "error", task), grid)
            line = pd.DataFrame({"kind": "law", "dataset": dataset, "task": task, "loss": grid, "error": error})
            drawn += [line, found.assign(kind="point", dataset=dataset, task=task)]
        drawn.append(pd.DataFrame([{"kind": "chance", "task": task, "error": chance[task]}]))
    return _columns(drawn, ["kind", "dataset", "task", "model", "role", "loss", "error"])


def draw_fig3(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel per average; filled: in the fit, dotted: guessing at random."""
    with style.paper_style(size):
        wide, unit = style.width(2) / 2, style.unit()
        hue = {"hue": "dataset", "hue_order": list(COLOURS), "palette": COLOURS}
        panels = {"col": "task", "col_order": list(study.AVERAGES), "sharex": False, "sharey": False}
        grid = LawGrid(data, height=0.92 * wide, aspect=1 / 0.92, **panels, **hue)
        grid.map_dataframe(_errors)
        for task, ax in grid.axes_dict.items():
            for value in data.loc[(data["task"] == task) & (data["kind"] == "chance"), "error"]:
                ax.axhline(value, color=style.GREY, linestyle=":", linewidth=1.4 * unit)
            ax.set(title=study.AVERAGES[task], xlabel="C4 loss (nats per token)")
        grid.axes.flat[0].set_ylabel("Mean error")
        handles = [line_handle(study.DATASETS[name], color=colour) for name, colour in COLOURS.items()]
        grid.axes.flat[0].legend(handles=handles, loc="lower right", title="trained on")
    return grid.figure


def fig4_data(table: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Relative error of the loss of every run, by model and tokens per parameter."""
    names = ["kind", "dataset", "model", "token_multiplier", "role", "loss_predicted", "loss_off"]
    return study.grid(table, tables["fits"]).assign(kind="cell")[names]


def draw_fig4(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One heat map per training set; framed: the fit."""
    with style.paper_style(size):
        figure, axes = style.subplots(3, 1, high=0.9)
        for ax, (dataset, title) in zip(axes, study.DATASETS.items(), strict=True):
            rows = data[data["dataset"] == dataset].assign(used=data["role"] == "fit")
            wider = rows.pivot(index="model", columns="token_multiplier", values=["loss_off", "used"])
            order = [model for model in reversed(SIZES) if model in wider.index]
            values = wider["loss_off"].loc[order].astype(float).rename(index=SIZES, columns="{:g}".format)
            image = heat(ax, values, Normalize(0, 5), outlined=wider["used"].loc[order].eq(True))
            ax.set_title(title)
        figure.supylabel("Parameters")
        figure.supxlabel("Tokens per parameter")
        _bar(figure, image, axes, "relative error of loss (%)", extend="max")
    return figure


def fig5_data(table: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Relative error of the loss of the large runs, for all pairs of training and evaluation set."""
    names = ["kind", "dataset", "evaluation", "model", "token_multiplier", "loss_predicted", "loss_off"]
    return tables["dataset_pairs"].assign(kind="cell")[names]


def draw_fig5(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One heat map per large run."""
    longest = data.groupby(["dataset", "model"])["token_multiplier"].transform("max")
    at_20 = data["token_multiplier"] == study.FITTED_AT
    first = data["model"] == study.LARGE[0]
    panels = {
        "1.4B, 20 tokens per parameter": first & at_20,
        "1.4B, most tokens (80, 640 and 320 per parameter)": first & (data["token_multiplier"] == longest),
        "6.9B, 20 tokens per parameter": data["model"] == study.LARGE[1],
    }
    with style.paper_style(size):
        figure, axes = style.subplots(3, 1, high=0.56, sharex=True)
        for ax, (title, chosen) in zip(axes, panels.items(), strict=True):
            cells = data[chosen].pivot(index="dataset", columns="evaluation", values="loss_off")
            cells = cells.loc[list(study.DATASETS), list(study.EVALUATIONS)]
            image = heat(ax, cells.rename(index=study.DATASETS, columns=_wrapped), Normalize(0, 20))
            ax.set_title(title)
        axes[1].set_ylabel("Trained on")
        _bar(figure, image, axes, "relative error of loss (%)")
    return figure


DATA = {1: fig1_data, 2: fig2_data, 3: fig3_data, 4: fig4_data, 5: fig5_data}
DRAW = dict(zip(SLUGS.values(), (draw_fig1, draw_fig2, draw_fig3, draw_fig4, draw_fig5), strict=True))


def _lines(found: pd.DataFrame, fitted: pd.DataFrame, dataset: str, multipliers) -> pd.DataFrame:
    """Loss and error of the laws over all model sizes at each number of tokens per parameter."""
    sizes = np.geomspace(found["parameters"].min() * 0.8, found["parameters"].max() * 1.25, 60)
    first, second = (study.params_of(fitted, dataset, *of) for of in (("loss",), ("error", "avg_subset")))
    parts = []
    for multiplier in multipliers:
        line = pd.DataFrame({"parameters": sizes, "tokens": multiplier * sizes})
        line = line.assign(token_multiplier=float(multiplier), flops=6 * multiplier * sizes**2)
        loss = study.loss_at(first, line)
        parts.append(line.assign(loss=loss, error=study.error_at(second, loss)))
    return pd.concat(parts, ignore_index=True).assign(kind="law", dataset=dataset)


def _law_lines(data: pd.DataFrame, y: str = "y", linewidth: float | None = None, **_: object) -> None:
    for multiplier, line in data[data["kind"] == "law"].groupby("token_multiplier"):
        plt.gca().plot(line["flops"], line[y], color=CMAP(MULTIPLIERS(multiplier)), linewidth=linewidth)


def _fitted_runs(data: pd.DataFrame, **_: object) -> None:
    looks = {"fit": {"facecolor": style.INK, "s": 34}, "fit_error": {"facecolor": "white", "s": 30, "marker": "*"}}
    points, unit = data[data["kind"] == "point"], style.unit()
    for role, look in looks.items():
        rows = points[points["role"] == role]
        look["s"] *= unit**2
        plt.gca().scatter(rows["flops"], rows["y"], edgecolor=style.INK, linewidth=unit, zorder=4, **look)


def _large_runs(data: pd.DataFrame, **_: object) -> None:
    ax, unit = plt.gca(), style.unit()
    for row in data[(data["kind"] == "prediction") & (data["role"] == "held_out")].to_dict("records"):
        colour = CMAP(MULTIPLIERS(row["token_multiplier"]))
        look = {"s": 150 * unit**2, "facecolor": "white", "edgecolor": colour, "linewidth": 1.4 * unit}
        ax.scatter(row["flops"], row["y"], marker="*", zorder=5, **look)
        place = (0.03, 0.15 if row["model"] == study.LARGE[0] else 0.05)
        text = f"{SIZES[row['model']]}, M = {row['token_multiplier']:g}: {row[row['quantity'] + '_off']:.2f} %"
        look = {"fontsize": 9 * unit, "color": style.text_colour(colour)}
        ax.annotate(text, place, xycoords="axes fraction", **look)


def _errors(data: pd.DataFrame, color: str, **_: object) -> None:
    ax, unit = plt.gca(), style.unit()
    line, points = data[data["kind"] == "law"], data[data["kind"] == "point"]
    ax.plot(line["loss"], line["error"], color=color)
    look = {"s": 22 * unit**2, "linewidth": unit, "edgecolor": color, "zorder": 3}
    for held, rows in points.groupby(points["role"] == "held_out"):
        ax.scatter(rows["loss"], rows["error"], facecolor="white" if held else color, **look)


def _extrapolation_handles(data: pd.DataFrame) -> list[Line2D]:
    unit, star = style.unit(), {"marker": "*", "markerfacecolor": "white"}
    drawn = np.sort(data.loc[data["kind"] == "law", "token_multiplier"].unique())
    return [
        mark_handle("in both fits", marker="o", markersize=6 * unit),
        mark_handle("in the fit of the error", markersize=7 * unit, **star),
        mark_handle("held out", markersize=13 * unit, **star),
        *(line_handle(f"{m:g} tokens per parameter", color=CMAP(MULTIPLIERS(m))) for m in drawn),
    ]


def _bar(figure: Figure, image: ScalarMappable, axes: list[Axes], label: str, **settings: Any) -> Colorbar:
    bar = figure.colorbar(image, ax=axes, pad=0.01, label=label, **{"aspect": 30} | settings)
    bar.outline.set_visible(False)
    return bar


def _wrapped(evaluation: str) -> str:
    name = study.EVALUATIONS[evaluation]
    return name.replace(" (", "\n(").replace("programming ", "programming\n").replace("100 ", "100\n")


def _columns(parts: list[pd.DataFrame], names: list[str]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True).reindex(columns=names)
