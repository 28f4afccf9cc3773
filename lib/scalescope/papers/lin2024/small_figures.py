"""Figures of our own zoo beside the published values: for each the numbers it draws, and a drawing of them alone."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure

from scalescope.papers.lin2024.figures import RMSD_LABELS, draw_curve, law_lines, published_rmsd
from scalescope.papers.lin2024.small import MEAN
from scalescope.papers.reference import reference
from scalescope.plotting import style
from scalescope.plotting.panels import line_handle, mark_handle

OURS, THEIRS = "ours", "published"
LOOKS = {THEIRS: {"color": style.GREY, "marker": "o"}, OURS: {"color": style.BLUE, "marker": "D"}}
CAPTIONS = {
    "live_curves": "Held-out loss of each model of our zoo against the number of rows of the task, with the rectified "
    "(solid) and the vanilla law (dashed) of the whole curve. Dotted: the loss without finetuning.",
    "live_rmsd": "Root mean squared residual of ln L of both laws: our curves, and the 90 published ones as the paper "
    "reports them. Below the diagonal the rectified law is better.",
    "live_selection": "How good the model is that each method chooses from a part of the data: relative accuracy (1: "
    "the best one). Ours with 95 % intervals over drawn zoos; grey: the paper's, mean over its three data sets.",
}
METHODS = ("AtS", "ZeroShot", "SubTuning", "ModelSize", "VanillaFit", "RectifiedFit")
THEIR_NAMES = {"OurFit": "RectifiedFit"}  # the paper's name of selection by its own law


def curves_data(curves: pd.DataFrame, fits: pd.DataFrame) -> pd.DataFrame:
    """What `draw_curves` draws: points of every model (kind "point") and both laws at LINE sizes (kind "law")."""
    parts = [curves[["model", "family", "parameters", "examples", "loss"]].assign(kind="point")]
    for row in fits.to_dict("records"):
        parts.append(law_lines(row, row["smallest"], row["largest"]).assign(kind="law", model=row["model"]))
    names = ["kind", "model", "family", "parameters", "examples", "loss", "rectified", "vanilla"]
    return pd.concat(parts, ignore_index=True).reindex(columns=names)


def draw_curves(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel per family of models (objective and text of pretraining), both axes logarithmic."""
    points = data[data["kind"] == "point"]
    families = list(points["family"].unique())
    models = list(points["model"].unique())
    shades = dict(zip(models, colormaps["viridis"](np.linspace(0.05, 0.9, len(models))), strict=True))
    columns = min(2, len(families))
    rows = -(-len(families) // columns)
    with style.paper_style(size):
        inches = style.inches(1.6 + 4.4 * columns, 0.4 + 3.6 * rows)
        figure, axes = plt.subplots(rows, columns, figsize=inches, layout="constrained", squeeze=False, sharey=True)
        for ax in axes.flat[len(families) :]:
            ax.set_axis_off()
        for ax, family in zip(axes.flat, families, strict=False):
            own = points[points["family"] == family]
            for model, rows_of in own.groupby("model", sort=False):
                law = data[(data["kind"] == "law") & (data["model"] == model)]
                draw_curve(ax, rows_of[rows_of["examples"] > 0], law, shades[model])
                for before in rows_of.loc[rows_of["examples"] == 0, "loss"]:
                    ax.axhline(before, color=shades[model], linewidth=0.7 * style.unit(), linestyle=":")
            ax.set(xscale="log", yscale="log", title=family)
            style.label_log(ax.yaxis)
        figure.supxlabel("Rows of the task")
        figure.supylabel("Held-out loss (nats)")
        handles = [mark_handle(name, marker="o", markersize=4, color=colour) for name, colour in shades.items()]
        lines = {"rectified law": "-", "vanilla law": "--", "before finetuning": ":"}
        handles += [line_handle(name, linestyle=line) for name, line in lines.items()]
        figure.legend(handles=handles, loc="outside right center", fontsize=9 * style.unit())
    return figure


def rmsd_data(fits: pd.DataFrame) -> pd.DataFrame:
    """What `draw_rmsd` draws: RMSD of both laws, of our curves and of the published ones as the paper reports them."""
    theirs = pd.DataFrame({"rmsd": published_rmsd("rectified"), "vanilla_rmsd": published_rmsd("vanilla")})
    theirs = theirs.rename_axis("model").reset_index()
    both = [fits[["model", "rmsd", "vanilla_rmsd"]].assign(source=OURS), theirs.assign(source=THEIRS)]
    return pd.concat(both, ignore_index=True).assign(kind="fit")[["kind", "source", "model", "rmsd", "vanilla_rmsd"]]


def draw_rmsd(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel: RMSD of the rectified law against that of the vanilla law."""
    with style.paper_style(size):
        figure, ax = plt.subplots(figsize=style.inches(5.4, 4.6), layout="constrained")
        unit = style.unit()
        for source, look in LOOKS.items():
            rows = data[data["source"] == source]
            look = {**look, "label": f"{source} ({len(rows)} curves)", "s": 26 * unit**2, "linewidth": 0}
            ax.scatter(rows["vanilla_rmsd"], rows["rmsd"], **look)
        values = data[["rmsd", "vanilla_rmsd"]].to_numpy()
        span = (values.min() / 1.3, values.max() * 1.3)
        ax.plot(span, span, color=style.INK, linewidth=0.8 * unit, linestyle="--")
        ax.set(xscale="log", yscale="log", xlim=span, ylim=span, **RMSD_LABELS)
        ax.legend(loc="upper left")
    return figure


def selection_data(scores: pd.DataFrame) -> pd.DataFrame:
    """What `draw_selection` draws: relative accuracy by method and budget, ours and the paper's mean."""
    ours = scores[(scores["measure"] == "relative_accuracy") & (scores["ratio"] != MEAN)]
    parts = [ours[["method", "ratio", "value", "low", "high"]].assign(source=OURS), _printed().assign(source=THEIRS)]
    names = ["kind", "source", "method", "ratio", "value", "low", "high"]
    return pd.concat(parts, ignore_index=True).assign(kind="cell").reindex(columns=names)


def _printed() -> pd.DataFrame:
    """Relative accuracy (a share) as the paper prints it, mean over its data sets: method, ratio, value."""
    reported = reference("lin2024")
    rows = reported[reported["quantity"] == "RelAcc (%)"]
    cells = rows["setting"].str.extract(r"budget 1/(?P<ratio>\d+); (?P<method>.+)$")
    table = cells.assign(ratio=cells["ratio"].astype(int), value=rows["reported"].astype(float) / 100)
    table["method"] = table["method"].replace(THEIR_NAMES)
    return table.groupby(["method", "ratio"], as_index=False)["value"].mean()


def draw_selection(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel per method: relative accuracy against the budget."""
    methods = [name for name in METHODS if name in set(data["method"])]
    with style.paper_style(size):
        wide, shared = -(-len(methods) // 2), {"sharex": True, "sharey": True, "squeeze": False}
        figure, axes = plt.subplots(2, wide, figsize=style.inches(10, 5.6), layout="constrained", **shared)
        for ax, method in zip(axes.flat, methods, strict=False):
            for source, look in LOOKS.items():
                rows = data[(data["method"] == method) & (data["source"] == source)].sort_values("ratio")
                spread = None if source == THEIRS else [rows["value"] - rows["low"], rows["high"] - rows["value"]]
                ax.errorbar(rows["ratio"], rows["value"], yerr=spread, markersize=4, capsize=2, **look)
            ax.set_xscale("log", base=2)
            ax.set(title=method, ylim=(-0.05, 1.05))
            style.ticks(ax.xaxis, sorted(data["ratio"].unique()), "1/{:g}".format)
            ax.tick_params(axis="x", rotation=45)
        figure.supxlabel("Share of the data that the budget pays for")
        figure.supylabel("Relative accuracy")
        handles = [line_handle(source, markersize=4, **LOOKS[source]) for source in (OURS, THEIRS)]
        axes.flat[0].legend(handles=handles, loc="lower left")
    return figure
