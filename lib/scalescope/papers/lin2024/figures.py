"""Figures of Lin et al. (2024): `figN_data` makes a table of their losses and ours, `draw_figN` draws it.

Rows of the kind "point" are measurements, all others are ours.
"""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from scalescope.papers.lin2024 import fits as study
from scalescope.papers.reference import reference
from scalescope.plotting import style
from scalescope.plotting.heat import heat
from scalescope.plotting.panels import LawGrid, above, line_handle

Tables = Mapping[str, pd.DataFrame]  # "fits" and "selection" of the study
SLUGS = dict(enumerate(("fig1_curves", "fig2_rmsd", "fig3_phase_transition", "fig4_selection"), start=1))
CAPTIONS = {
    "fig1_curves": "Test loss against the number of finetuning examples, six of the 30 models: rectified law "
    "(solid) and vanilla law (dashed).",
    "fig2_rmsd": "Left: root mean squared residual of ln L of both laws on all 90 curves, each at its optimum. "
    "Right: that of the published rectified fits over ours; above 1 their optimiser stopped short.",
    "fig3_phase_transition": "Where the pre-power phase ends, D_l^(1/beta) examples, against the size of the "
    "model. Open: E went to zero, the curve does not determine its asymptote. Grey: outside the measured sizes; on "
    "the lowest line: 1 or less.",
    "fig4_selection": "Choosing a model from 1/8 to 1/512 of the data: Pearson correlation of what a method "
    "predicts with the loss at the full size (for ModelSize, good is negative), and relative accuracy of its choice, "
    "in percent. The first four rows are the paper's table 1.",
}
MODELS = (
    "cerebras/Cerebras-GPT-111M",
    "cerebras/Cerebras-GPT-256M",
    "cerebras/Cerebras-GPT-1.3B",
    "MBZUAI/LaMini-GPT-124M",
    "gpt2",
    "google/mt5-large",
)
PALETTE = dict(zip(MODELS, (style.BLUE, style.ORANGE, style.GREEN, style.PURPLE, "#E69F00", style.INK), strict=True))
COLOURS = dict(zip(study.TITLES, (style.BLUE, style.ORANGE, style.GREEN), strict=True))
MARKERS = dict(zip(study.TITLES, "osD", strict=True))
RMSD_LABELS = {"xlabel": "RMSD of ln L, vanilla law", "ylabel": "RMSD of ln L, rectified law"}
RATIO = "published_over_ours"
LINE = 80


def fig1_data(table: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Curves of six models on every data set, with both laws."""
    fitted, drawn = tables["fits"].set_index(["dataset", "model"]), []
    for dataset in study.TITLES:
        for model in MODELS:
            chosen = (table["dataset"] == dataset) & (table["model"] == model) & (table["examples"] > 0)
            points, law = table[chosen].assign(kind="point"), fitted.loc[(dataset, model)]
            lines = law_lines(law, points["examples"].min(), points["examples"].max())
            drawn += [lines.assign(kind="law", dataset=dataset, model=model), points]
    names = ["kind", "dataset", "model", "examples", "loss", "rectified", "vanilla"]
    return pd.concat(drawn, ignore_index=True).reindex(columns=names)


def law_lines(law: Mapping[str, float], smallest: float, largest: float) -> pd.DataFrame:
    """Both laws of one curve (a row of "fits") at LINE sizes between two numbers of examples."""
    grid = np.geomspace(smallest, largest, LINE)
    rectified = law["B"] / (law["D_l"] + grid ** law["beta"]) + law["E"]
    vanilla = law["vanilla_B"] / grid ** law["vanilla_beta"] + law["vanilla_E"]
    return pd.DataFrame({"examples": grid, "rectified": rectified, "vanilla": vanilla})


def draw_fig1(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel per data set, both axes logarithmic; dashed: the vanilla law."""
    with style.paper_style(size):
        wide, unit = style.width(2) / 3, style.unit()
        look = {"hue": "model", "hue_order": list(MODELS), "palette": PALETTE, "sharey": False}
        panels = {"col": "dataset", "col_order": list(study.TITLES), "height": 1.26 * wide, "aspect": 1 / 1.26}
        grid = LawGrid(data, **panels, **look)
        grid.map_dataframe(_curve)
        for dataset, ax in grid.axes_dict.items():
            low, high = ax.get_ylim()
            ax.set(xscale="log", yscale="log", title=study.TITLES[dataset])
            style.ticks(ax.yaxis, style.log_ticks(low, high))
        grid.axes.flat[0].set_ylabel("Test loss")
        grid.figure.supxlabel("Finetuning examples")
        dots = {"marker": "o", "markersize": 4 * unit}
        handles = [line_handle(model.split("/")[-1], color=colour, **dots) for model, colour in PALETTE.items()]
        handles += [line_handle("rectified", linestyle="-"), line_handle("vanilla", linestyle="--")]
        above(grid.figure, handles, columns=4)
    return grid.figure


def fig2_data(table: pd.DataFrame | None, tables: Tables) -> pd.DataFrame:
    """RMSD of both laws on every curve, and that of the published rectified fits over ours, in its order."""
    fitted = tables["fits"]
    names = fitted["dataset"].str.upper() + "; " + fitted["model"]
    over = published_rmsd("rectified").reindex(names).to_numpy() / fitted["rmsd"].to_numpy()
    cells = fitted[["dataset", "model", "rmsd", "vanilla_rmsd"]].assign(kind="fit", **{RATIO: over})
    cells = cells.sort_values(RATIO, kind="stable", ignore_index=True)
    return cells[["kind", "dataset", "model", "rmsd", "vanilla_rmsd", RATIO]]


def published_rmsd(law: str) -> pd.Series:
    """RMSD of ln L of every curve as the paper reports it: law "rectified" or "vanilla"."""
    reported = reference("lin2024")
    rows = reported[reported["quantity"] == f"RMSD of log loss, {law} law (published)"]
    return rows.set_index("setting")["reported"].astype(float)


def draw_fig2(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Left: one law against the other; right: the published fits against the optimum."""
    with style.paper_style(size):
        unit = style.unit()
        figure, (left, right) = style.subplots(1, 2, high=0.44)
        look = {"hue": "dataset", "style": "dataset", "palette": COLOURS, "markers": MARKERS, "s": 26 * unit**2}
        look |= {"hue_order": list(COLOURS), "style_order": list(COLOURS), "linewidth": 0}
        sns.scatterplot(data, x="vanilla_rmsd", y="rmsd", ax=left, **look)
        sns.scatterplot(data.assign(order=data.index + 1), x="order", y=RATIO, ax=right, legend=False, **look)
        span = (data["rmsd"].min() * 0.8, data["vanilla_rmsd"].max() * 1.2)
        dashed = {"color": style.GREY, "linewidth": unit, "linestyle": "--"}
        left.plot(span, span, **dashed)
        left.set(xscale="log", yscale="log", xlim=span, ylim=span, title="Both laws at their optimum", **RMSD_LABELS)
        right.axhline(1, **dashed)
        right.set(xlabel="Curve, in order", ylabel="RMSD, published over ours", yscale="log")
        right.set_title("Published rectified fits against the optimum")
        style.ticks(right.yaxis, [1, 1.1, 1.25, 1.5, 2, 2.5])
        handles, names = left.get_legend_handles_labels()
        left.legend(handles, [study.TITLES[name] for name in names], loc="upper left")
    return figure


def fig3_data(table: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Where the pre-power phase of every curve ends, against model size; and the measured sizes ("measured")."""
    sizes = table.drop_duplicates("model").set_index("model")["parameters"]
    fitted, names = tables["fits"], ["kind", "dataset", "model", "parameters", "phase_transition", "E_at_bound"]
    cells = fitted.assign(kind="fit", parameters=fitted["model"].map(sizes))[names]
    measured = table.loc[table["examples"] > 0, "examples"]
    ends = pd.DataFrame({"kind": "measured", "phase_transition": [measured.min(), measured.max()]})
    return pd.concat([cells, ends], ignore_index=True)


def draw_fig3(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel per data set; open: E went to zero, grey: outside the measured sizes."""
    low, high = data.loc[data["kind"] == "measured", "phase_transition"]
    with style.paper_style(size):
        wide = style.width(2) / 3
        cells = data[data["kind"] == "fit"]
        look = {"hue": "dataset", "hue_order": list(COLOURS), "palette": COLOURS}
        panels = {"col": "dataset", "col_order": list(study.TITLES), "height": 1.14 * wide, "aspect": 1 / 1.14}
        grid = LawGrid(cells, **panels, **look)
        grid.map_dataframe(_ends_of_phase)
        for dataset, ax in grid.axes_dict.items():
            ax.set(xscale="log", yscale="log", title=study.TITLES[dataset], ylim=(0.6, 1e9))
            for outside in ((0.6, low), (high, 1e9)):
                ax.axhspan(*outside, color=style.GREY, alpha=0.12, linewidth=0)
            style.ticks(ax.xaxis, [3e7, 1e8, 3e8, 1e9, 3e9], style.size_text)
            ax.minorticks_off()
        grid.axes.flat[0].set_ylabel("End of the pre-power phase (examples)")
        grid.figure.supxlabel("Parameters")
    return grid.figure


def fig4_data(table: pd.DataFrame | None, tables: Tables) -> pd.DataFrame:
    """Selection by every method: Pearson correlation and relative accuracy."""
    names = ["kind", "dataset", "ratio", "method", "pearson", "relative_accuracy"]
    return tables["selection"].assign(kind="cell")[names]


def draw_fig4(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Both measures of every data set as heat maps, in percent."""
    measures = {
        "pearson": ("Pearson correlation", Normalize(-60, 100)),
        "relative_accuracy": ("Relative accuracy", Normalize(0, 100)),
    }
    datasets, methods = data["dataset"].unique(), data["method"].unique()
    with style.paper_style(size):
        wide, unit = style.width(2), style.unit()
        high = (0.9 + 0.36 * len(methods) * len(datasets)) * unit
        shared = {"sharex": True, "sharey": True, "squeeze": False}
        figure, axes = plt.subplots(len(datasets), 2, figsize=(wide, high), layout="constrained", **shared)
        for column, (measure, (name, norm)) in zip(axes.T, measures.items(), strict=True):
            for ax, dataset in zip(column, datasets, strict=True):
                part = data[data["dataset"] == dataset]
                shares = part.assign(share=part[measure].map(study.percent))
                cells = shares.pivot(index="method", columns="ratio", values="share").loc[methods]
                image = heat(ax, cells.rename(columns="1/{}".format), norm, cmap="cividis")
                ax.set_title(f"{study.TITLES.get(dataset, dataset)}: {name}", fontsize=10 * unit)
            bar = figure.colorbar(image, ax=column, location="bottom", pad=0.01, aspect=40)
            bar.outline.set_visible(False)
        figure.supxlabel("Share of the finetuning data that the budget pays for; colour: percent")
    return figure


DATA = {1: fig1_data, 2: fig2_data, 3: fig3_data, 4: fig4_data}
DRAW = dict(zip(SLUGS.values(), (draw_fig1, draw_fig2, draw_fig3, draw_fig4), strict=True))


def _curve(data: pd.DataFrame, color: str, **_: object) -> None:
    draw_curve(plt.gca(), data[data["kind"] == "point"], data[data["kind"] == "law"], color)


def draw_curve(ax: Axes, points: pd.DataFrame, lines: pd.DataFrame, colour: object) -> None:
    """The points of one model and both its laws."""
    unit = style.unit()
    ax.plot(lines["examples"], lines["rectified"], color=colour, linewidth=1.4 * unit)
    ax.plot(lines["examples"], lines["vanilla"], color=colour, linewidth=unit, linestyle="--")
    ax.scatter(points["examples"], points["loss"], s=16 * unit**2, color=[colour], zorder=3)


def _ends_of_phase(data: pd.DataFrame, color: str, **_: object) -> None:
    look = {"s": 30 * style.unit() ** 2, "zorder": 3, "linewidth": 1.2 * style.unit(), "edgecolor": color}
    for bound, part in data.groupby("E_at_bound"):
        at = part["phase_transition"].clip(lower=1)
        plt.gca().scatter(part["parameters"], at, facecolor="white" if bound else color, **look)
