"""Figures of Barnett (2024) from our own runs: for each the numbers it draws, and a drawing of these numbers alone."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalescope.papers.barnett2024 import fits as study
from scalescope.papers.barnett2024.shared import predict
from scalescope.plotting import style
from scalescope.plotting.panels import above, line_handle, target_handle

CAPTIONS = {
    "loss_against_finetuning": "Held-out loss of each dialect against its finetuning tokens, one colour per number of "
    "pretraining tokens; lines: the transfer law of the dialect. Squares: without pretraining. Dotted: the pretrained "
    "model before finetuning. Stars: the held-out corner, forecast before it was trained.",
    "gap_against_distance": "The fitted transfer gap against the known distance of the dialect, with 95 % bootstrap "
    "intervals (exponents shared). Left: in nats at the middle of the finetuning tokens. Right: its share of what "
    "pretraining and gap leave together, at most pretraining.",
    "iso_loss": "Pairs of pretraining and finetuning tokens of equal loss under the law of each dialect (lines, nats), "
    "and the runs (points). Where the lines are steep, more pretraining saves little finetuning data.",
}
COLUMNS = ["panel", "kind", "pretrain_tokens", "finetune_tokens", "loss", "low", "high"]
P_LABEL, F_LABEL = "Pretraining tokens", "Finetuning tokens of the dialect"
LINE = 60  # points of a line
LEVELS = 6
NEAR = 0.05  # distances whose names would overlap


def loss_data(runs: pd.DataFrame, fits: pd.DataFrame) -> pd.DataFrame:
    """What `draw_loss` draws (COLUMNS), from the tables "runs" and "fits": means over seeds, lowest and highest.

    kind: "point", "held_out", "scratch", "before" (without finetuning) or "law".
    """
    found = study.points(runs)
    held = runs[(runs["kind"] == "adapt") & (runs["role"] == "held_out") & (runs["status"] == "finished")]
    parts = [
        _means(found, "point"),
        _means(held, "held_out"),
        _means(study.scratch(runs).assign(pretrain_tokens=0), "scratch"),
        _means(found.assign(loss=found["loss_before"]), "before"),
    ]
    for text, own in found.groupby("text", sort=False):
        params = study.params_of(fits, str(text))
        grid = np.geomspace(own["finetune_tokens"].min(), own["finetune_tokens"].max(), LINE)
        for p in own.groupby(own["pretrain_tokens"].round(-1))["pretrain_tokens"].mean():
            line = pd.DataFrame({"panel": text, "kind": "law", "pretrain_tokens": p, "finetune_tokens": grid})
            parts.append(line.assign(loss=predict(params, line)))
    return pd.concat([part for part in parts if len(part)], ignore_index=True).reindex(columns=COLUMNS)


def draw_loss(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel per dialect, in order of distance."""
    names, sizes = list(data["panel"].unique()), np.sort(data.loc[data["kind"] == "point", "pretrain_tokens"].unique())
    colours = dict(zip(sizes, colormaps["viridis"](np.linspace(0.1, 0.85, len(sizes))), strict=True))
    with style.paper_style(size):
        figure, axes = _panels(names, 0.8)
        for ax, name in zip(axes, names, strict=True):
            _loss_panel(ax, data[data["panel"] == name], colours)
        figure.supxlabel(F_LABEL)
        figure.supylabel("Held-out loss (nats)")
        look = {"marker": "o", "markersize": 5}
        handles = [line_handle(f"p = {style.size_text(p)}", color=c, **look) for p, c in colours.items()]
        handles += [
            line_handle("from scratch", marker="s", markersize=4),
            line_handle("before finetuning", linestyle=":"),
            target_handle("held out"),
        ]
        above(figure, handles, columns=min(len(handles), 5))
    return figure


def _panels(names: list[str], above_them: float) -> tuple[Figure, list[Axes]]:
    """A figure of one panel per name, three side by side at most, with so many inches above them for a legend."""
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    inches = style.inches(3.5 * columns, above_them + 3 * rows)
    figure, axes = plt.subplots(rows, columns, figsize=inches, layout="constrained", squeeze=False)
    for ax in axes.flat[len(names) :]:
        ax.set_axis_off()
    for ax, name in zip(axes.flat, names, strict=False):
        ax.set_title(name)
    return figure, list(axes.flat[: len(names)])


def _loss_panel(ax, rows: pd.DataFrame, colours: dict) -> None:
    for p, colour in colours.items():
        law = rows[(rows["kind"] == "law") & np.isclose(rows["pretrain_tokens"], p, rtol=1e-3)]
        own = rows[rows["pretrain_tokens"] == p]
        points, before = (own[own["kind"] == kind] for kind in ("point", "before"))
        ax.plot(law["finetune_tokens"], law["loss"], color=colour, linewidth=1.2)
        bars = np.vstack([points["loss"] - points["low"], points["high"] - points["loss"]])
        ax.errorbar(points["finetune_tokens"], points["loss"], yerr=bars, color=colour, fmt="o", markersize=4)
        ax.axhline(before["loss"].mean(), color=colour, linestyle=":", linewidth=0.9)
    scratch = rows[rows["kind"] == "scratch"]
    ax.plot(scratch["finetune_tokens"], scratch["loss"], color=style.GREY, marker="s", markersize=4, linewidth=1)
    held = rows[rows["kind"] == "held_out"]
    star = {"marker": "*", "markersize": 11, "markerfacecolor": "white", "linestyle": "none"}
    ax.plot(held["finetune_tokens"], held["loss"], color=style.INK, zorder=4, **star)
    sizes = rows.loc[rows["kind"] != "law", "finetune_tokens"]
    style.log_x(ax, (sizes.min() / 1.3, sizes.max() * 1.3))
    ax.set_yscale("log")
    style.label_log(ax.yaxis)


def gap_data(gaps: pd.DataFrame) -> pd.DataFrame:
    """What `draw_gap` draws, from the table "gaps": one row per dialect and measure, with its interval."""
    parts = []
    for name in ("nats", "share"):
        numbers = {"value": gaps[name], "low": gaps[f"{name}_low"], "high": gaps[f"{name}_high"]}
        parts.append(gaps[["text", "distance"]].assign(kind="fit", measure=name, **numbers))
    return pd.concat(parts, ignore_index=True)[["kind", "measure", "text", "distance", "value", "low", "high"]]


def draw_gap(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Two panels: the gap in nats, and as a share."""
    with style.paper_style(size):
        figure, axes = plt.subplots(1, 2, figsize=style.inches(8.5, 3.6), layout="constrained")
        labels = {"nats": "Transfer gap (nats)", "share": "Share of the gap"}
        for ax, (name, label) in zip(axes, labels.items(), strict=True):
            rows = data[data["measure"] == name]
            bars = np.vstack([rows["value"] - rows["low"], rows["high"] - rows["value"]])
            ax.errorbar(rows["distance"], rows["value"], yerr=bars, fmt="o", color=style.BLUE, capsize=3)
            _name_points(ax, rows)
            ax.set(xlabel="Known distance from the text of pretraining", ylabel=label, xlim=(-0.09, 1.22))
            ax.set_ylim(bottom=0)
    return figure


def _name_points(ax, rows: pd.DataFrame) -> None:
    """The name of each dialect beside its point, of two at one distance the lower one's below it."""
    for row in rows.itertuples():
        near = rows[(rows["distance"] - row.distance).abs() < NEAR]
        below = len(near) > 1 and row.value == near["value"].min()
        first = row.distance == rows["distance"].min()  # its error bar's neighbour lies to the right
        aside = (0, 7) if first else (6, -11 if below else 3)
        look = {"ha": "center" if first else "left", "fontsize": 9 * style.unit()}
        ax.annotate(row.text, (row.distance, row.value), aside, textcoords="offset points", **look)


def iso_loss_data(fits: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """What `draw_iso_loss` draws (COLUMNS): runs, and lines of equal loss at LEVELS losses within those measured."""
    found, parts = study.points(runs), []
    for text, own in found.groupby("text", sort=False):
        params = study.params_of(fits, str(text))
        parts.append(_means(own, "point"))
        p = np.geomspace(own["pretrain_tokens"].min(), own["pretrain_tokens"].max(), LINE)
        bracket = params["A"] * p ** -params["alpha"] + params["G"]
        for loss in np.linspace(own["loss"].min(), own["loss"].max(), LEVELS + 2)[1:-1]:
            if loss > params["E"]:
                f = (bracket / (loss - params["E"])) ** (1 / params["beta"])
                line = pd.DataFrame({"panel": text, "kind": "law", "pretrain_tokens": p, "finetune_tokens": f})
                parts.append(line.assign(loss=loss))
    return pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS)


def draw_iso_loss(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel per dialect: finetuning tokens against pretraining tokens."""
    names = list(data["panel"].unique())
    points = data[data["kind"] == "point"]
    limits = [(points[c].min() / 1.3, points[c].max() * 1.3) for c in ("pretrain_tokens", "finetune_tokens")]
    shades = plt.Normalize(points["loss"].min(), points["loss"].max())
    dots = {"cmap": "viridis", "s": 26, "zorder": 3, "edgecolor": "white", "linewidth": 0.6}
    with style.paper_style(size):
        figure, axes = _panels(names, 0.6)
        for ax, name in zip(axes, names, strict=True):
            own = data[data["panel"] == name]
            for loss, line in own[own["kind"] == "law"].groupby("loss"):
                ax.plot(line["pretrain_tokens"], line["finetune_tokens"], color=colormaps["viridis"](shades(loss)))
            runs = own[own["kind"] == "point"]
            ax.scatter(runs["pretrain_tokens"], runs["finetune_tokens"], c=runs["loss"], norm=shades, **dots)
            style.log_axes(ax, *limits)
            style.label_log(ax.yaxis, style.size_text)
        figure.supxlabel(P_LABEL)
        figure.supylabel(F_LABEL)
        bar = figure.colorbar(plt.cm.ScalarMappable(shades, "viridis"), ax=figure.axes, label="Held-out loss (nats)")
        bar.outline.set_visible(False)
    return figure


def _means(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Mean, lowest and highest loss over seeds of each cell, in the order of the dialects."""
    if rows.empty:
        return pd.DataFrame(columns=COLUMNS)
    cell = [rows["text"].rename("panel"), rows["pretrain_tokens"].round(-1).rename("p"), rows["rows"]]
    grouped = rows.groupby(cell, sort=False)
    means = grouped[["pretrain_tokens", "finetune_tokens", "loss"]].mean()
    bounds = grouped["loss"].agg(low="min", high="max")
    return means.join(bounds).reset_index().assign(kind=kind)[COLUMNS]
