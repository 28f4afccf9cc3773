"""Figures of Lin et al. (2024) from tidy tables, published or live: the Figure and the numbers it draws.

Rows of the kind "point" are measurements, all others are ours.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from scalescope.papers.lin2024 import fits as study
from scalescope.plotting import style
from scalescope.plotting.heat import heat

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
MODELS = ("cerebras/Cerebras-GPT-111M", "cerebras/Cerebras-GPT-256M", "cerebras/Cerebras-GPT-1.3B",
          "MBZUAI/LaMini-GPT-124M", "gpt2", "google/mt5-large")  # fmt: skip
PALETTE = (style.BLUE, style.ORANGE, style.GREEN, style.PURPLE, "#E69F00", style.INK)
COLOURS = dict(zip(study.TITLES, (style.BLUE, style.ORANGE, style.GREEN), strict=True))
MARKERS = dict(zip(study.TITLES, "osD", strict=True))
X_LABEL = "Finetuning examples"


def figure1(table: pd.DataFrame, fitted: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Curves of six models on every data set, with both laws; `fitted`: `study.fits`."""
    drawn = []
    with style.house():
        figure, axes = plt.subplots(1, 3, figsize=(10.5, 4.4), layout="constrained")
        for ax, (dataset, title) in zip(axes, study.TITLES.items(), strict=True):
            for model, colour in zip(MODELS, PALETTE, strict=True):
                chosen = (table["dataset"] == dataset) & (table["model"] == model) & (table["examples"] > 0)
                points = table[chosen].assign(kind="point")
                law = fitted[(fitted["dataset"] == dataset) & (fitted["model"] == model)].iloc[0]
                grid = np.geomspace(points["examples"].min(), points["examples"].max(), 80)
                lines = pd.DataFrame({
                    "kind": "law", "dataset": dataset, "model": model, "examples": grid,
                    "rectified": law["B"] / (law["D_l"] + grid ** law["beta"]) + law["E"],
                    "vanilla": law["vanilla_B"] / grid ** law["vanilla_beta"] + law["vanilla_E"],
                })  # fmt: skip
                ax.plot(grid, lines["rectified"], color=colour, linewidth=1.4)
                ax.plot(grid, lines["vanilla"], color=colour, linewidth=1, linestyle="--")
                ax.scatter(points["examples"], points["loss"], s=16, color=colour, zorder=3)
                drawn += [lines, points]
            _log_axes(ax)
            ax.set_title(title)
            ax.set_xlabel(X_LABEL)
        axes[0].set_ylabel("Test loss")
        handles = [Line2D([], [], color=c, marker="o", markersize=4, label=m.split("/")[-1])
                   for m, c in zip(MODELS, PALETTE, strict=True)]  # fmt: skip
        handles += [Line2D([], [], color=style.GREY, label="rectified"),
                    Line2D([], [], color=style.GREY, linestyle="--", label="vanilla")]  # fmt: skip
        figure.legend(handles=handles, loc="outside upper center", ncols=4)
    names = ["kind", "dataset", "model", "examples", "loss", "rectified", "vanilla"]
    return figure, pd.concat(drawn, ignore_index=True).reindex(columns=names)


def figure2(fitted: pd.DataFrame, reported: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """RMSD of both laws on every curve, and the published rectified fits against ours.

    `reported`: `studies.reference.reference("lin2024")`.
    """
    published = reported[reported["quantity"] == "RMSD of log loss, rectified law (published)"]
    by_curve = published.set_index("setting")["reported"].astype(float)
    names = fitted["dataset"].str.upper() + "; " + fitted["model"]
    cells = fitted[["dataset", "model", "rmsd", "vanilla_rmsd"]].assign(
        kind="fit", published_over_ours=by_curve.reindex(names).to_numpy() / fitted["rmsd"].to_numpy()
    )
    cells = cells.sort_values("published_over_ours", kind="stable", ignore_index=True)
    with style.house():
        figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
        for dataset, rows in cells.groupby("dataset", sort=False):
            look = {"color": COLOURS[dataset], "marker": MARKERS[dataset], "s": 26, "label": study.TITLES[dataset]}
            left.scatter(rows["vanilla_rmsd"], rows["rmsd"], **look)
            right.scatter(rows.index + 1, rows["published_over_ours"], **look)
        span = (cells["rmsd"].min() * 0.8, cells["vanilla_rmsd"].max() * 1.2)
        left.plot(span, span, color=style.GREY, linewidth=1, linestyle="--")
        left.set(xscale="log", yscale="log", xlim=span, ylim=span, xlabel="RMSD of ln L, vanilla law",
                 ylabel="RMSD of ln L, rectified law", title="Both laws at their optimum")  # fmt: skip
        right.axhline(1, color=style.GREY, linewidth=1, linestyle="--")
        right.set(xlabel="Curve, in order", ylabel="RMSD, published over ours", yscale="log",
                  title="Rectified law: published fits against the optimum")  # fmt: skip
        ticks = [1, 1.1, 1.25, 1.5, 2, 2.5]
        right.yaxis.set_major_locator(FixedLocator(ticks))
        right.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        right.yaxis.set_minor_locator(NullLocator())
        left.legend(loc="upper left")
    return figure, cells[["kind", "dataset", "model", "rmsd", "vanilla_rmsd", "published_over_ours"]]


def figure3(table: pd.DataFrame, fitted: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Where the pre-power phase of every curve ends, against model size."""
    sizes = table.drop_duplicates("model").set_index("model")["parameters"]
    cells = fitted[["dataset", "model", "phase_transition", "E_at_bound"]].assign(
        kind="fit", parameters=fitted["model"].map(sizes)
    )
    measured = table.loc[table["examples"] > 0, "examples"]
    low, high = measured.min(), measured.max()
    with style.house():
        figure, axes = plt.subplots(1, 3, figsize=(10.5, 4), layout="constrained", sharey=True)
        for ax, (dataset, title) in zip(axes, study.TITLES.items(), strict=True):
            rows = cells[cells["dataset"] == dataset]
            for bound, part in rows.groupby("E_at_bound"):
                ax.scatter(part["parameters"], part["phase_transition"].clip(lower=1), s=30, zorder=3, linewidth=1.2,
                           edgecolor=COLOURS[dataset], facecolor="white" if bound else COLOURS[dataset])  # fmt: skip
            ax.set(xscale="log", yscale="log", title=title, ylim=(0.6, 1e9))
            ax.axhspan(0.6, low, color=style.GREY, alpha=0.12, linewidth=0)
            ax.axhspan(high, 1e9, color=style.GREY, alpha=0.12, linewidth=0)
            ticks = [3e7, 1e8, 3e8, 1e9, 3e9]
            ax.xaxis.set_major_locator(FixedLocator(ticks))
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: style.size_text(value)))
            ax.xaxis.set_minor_locator(NullLocator())
            ax.yaxis.set_minor_locator(NullLocator())
        axes[0].set_ylabel("End of the pre-power phase (examples)")
        axes[1].set_xlabel("Parameters")
    return figure, cells[["kind", "dataset", "model", "parameters", "phase_transition", "E_at_bound"]]


def figure4(selected: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Table of selection as heat maps; `selected`: `study.selection`, any methods."""
    measures = {"pearson": ("Pearson correlation", Normalize(-60, 100)),
                "relative_accuracy": ("Relative accuracy", Normalize(0, 100))}  # fmt: skip
    datasets, methods = selected["dataset"].unique(), selected["method"].unique()
    with style.house():
        figure, axes = plt.subplots(2, len(datasets), figsize=(4 * len(datasets), 0.9 + 0.62 * len(methods)),
                                    layout="constrained", sharex=True, sharey=True, squeeze=False)  # fmt: skip
        for row, (measure, (name, norm)) in zip(axes, measures.items(), strict=True):
            for ax, dataset in zip(row, datasets, strict=True):
                part = selected[selected["dataset"] == dataset]
                shares = part.assign(share=part[measure].map(study.percent))
                wide = shares.pivot(index="method", columns="ratio", values="share").loc[methods]
                wide.columns = [f"1/{ratio}" for ratio in wide.columns]
                image = heat(ax, wide, norm, cmap="cividis")
                ax.set_title(f"{study.TITLES.get(dataset, dataset)}: {name}", fontsize=10)
            bar = figure.colorbar(image, ax=row, pad=0.01, aspect=14)
            bar.outline.set_visible(False)
        figure.supxlabel("Share of the finetuning data that the budget pays for", fontsize=11)
    names = ["kind", "dataset", "ratio", "method", "pearson", "relative_accuracy"]
    return figure, selected.assign(kind="cell")[names]


def _log_axes(ax: plt.Axes) -> None:
    low, high = ax.get_ylim()
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(FixedLocator(style.log_ticks(low, high)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_locator(NullLocator())
