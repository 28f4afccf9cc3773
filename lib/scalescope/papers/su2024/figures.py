"""Figures of Su et al. (2024) from our own runs: the numbers each draws, and a drawing of these numbers alone."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure

from scalescope.laws import TrajectoryLaw
from scalescope.papers.su2024.fits import AFTER_WARMUP, INPUTS, STANDARD
from scalescope.plotting import style
from scalescope.plotting.panels import line_handle

CAPTIONS = {
    "curves": "Held-out loss against steps, one panel per model, one colour per batch size (sequences): runs (points) "
    "and the trajectory law (lines). Last panel: a larger model at a batch size never used; the band is the forecast "
    "sealed before it was trained.",
    "contours": "Steps and sequences that reach one loss, by batch size (points), and the hyperbola of Kaplan (2020) "
    "through them (lines), one panel per model.",
    "critical_batch": "Critical batch size against loss: read off the contours of each model (points), and of the law "
    "fitted to all curves (line).",
}
LINE = 50


def curves_data(curves: pd.DataFrame, fits: pd.DataFrame, forecasts: pd.DataFrame) -> pd.DataFrame:
    """What `draw_curves` draws: kind "point" (runs), "law", "forecast" (with low and high); panel: parameters."""
    rows = curves[(curves["variant"] == STANDARD) & (curves["step"] >= AFTER_WARMUP * curves["warmup_steps"])]
    points = rows.rename(columns={"step": "steps"})[["role", *INPUTS, "loss"]].assign(kind="point")
    law, parts = _law(fits), [points]
    for (n, batch), own in points.groupby(["parameters", "batch_size"], sort=False):
        steps = np.geomspace(own["steps"].min(), own["steps"].max(), LINE)
        line = pd.DataFrame({"parameters": n, "steps": steps, "batch_size": batch})
        parts.append(line.assign(kind="law", role=own["role"].iloc[0], loss=law(line)))
    said = forecasts.assign(steps=forecasts["inputs"].str.extract(r"steps=([\d.e+]+)")[0].astype(float))
    held = points[points["role"] == "held_out"]
    if len(held):
        said = said.rename(columns={"mean": "loss"})[["steps", "loss", "low", "high"]]
        parts.append(said.assign(kind="forecast", **held[["role", "parameters", "batch_size"]].iloc[0]))
    return pd.concat(parts, ignore_index=True).reindex(columns=["kind", "role", *INPUTS, "loss", "low", "high"])


def draw_curves(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel per model, the held-out one last."""
    panels = list(data[["role", "parameters"]].drop_duplicates().itertuples(index=False, name=None))
    panels = sorted(panels, key=lambda panel: (panel[0] != "fit", panel[1]))
    batches = np.sort(data["batch_size"].unique())
    colours = dict(zip(batches, colormaps["viridis"](np.linspace(0.05, 0.9, len(batches))), strict=True))
    with style.paper_style(size):
        inches = style.inches(3.3 * len(panels), 3.6)
        figure, axes = plt.subplots(1, len(panels), figsize=inches, layout="constrained", squeeze=False)
        for ax, (role, n) in zip(axes[0], panels, strict=True):
            rows = data[(data["role"] == role) & (data["parameters"] == n)]
            for batch, colour in colours.items():
                own = rows[rows["batch_size"] == batch]
                points, law = (own[own["kind"] == kind] for kind in ("point", "law"))
                ax.plot(law["steps"], law["loss"], color=colour, linewidth=1.2)
                ax.scatter(points["steps"], points["loss"], color=[colour], s=12, zorder=3)
            said = rows[rows["kind"] == "forecast"].sort_values("steps")
            ax.fill_between(said["steps"], said["low"], said["high"], color=style.GREY, alpha=0.3, linewidth=0)
            ax.set(xscale="log", title=style.size_text(n) + (", held out" if role == "held_out" else ""))
            style.log_x(ax, (rows["steps"].min() / 1.2, rows["steps"].max() * 1.2))
        axes[0, 0].set_ylabel("Held-out loss (nats)")
        figure.supxlabel("Steps")
        handles = [line_handle(f"B = {b:g}", color=c, marker="o", markersize=4) for b, c in colours.items()]
        figure.legend(handles=handles, loc="outside upper center", ncols=min(len(handles), 8))
    return figure


def contours_data(contours: pd.DataFrame) -> pd.DataFrame:
    """What `draw_contours` draws: standard contours, kind "point" and "law" (the hyperbola at more batch sizes)."""
    rows = contours[contours["variant"] == STANDARD]
    keep = ["parameters", "loss", "batch_size", "steps", "examples"]
    parts = [rows[keep].assign(kind="point")]
    for (n, loss), own in rows.groupby(["parameters", "loss"], sort=False):
        batch = np.geomspace(own["batch_size"].min(), own["batch_size"].max(), LINE)
        steps = own["S_min"].iloc[0] + own["E_min"].iloc[0] / batch
        law = {"parameters": n, "loss": loss, "batch_size": batch, "steps": steps, "examples": steps * batch}
        parts.append(pd.DataFrame({"kind": "law", **law}))
    return pd.concat(parts, ignore_index=True)[["kind", *keep]]


def draw_contours(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel per model: sequences against steps, both logarithmic."""
    sizes = sorted(data["parameters"].unique())
    shades = plt.Normalize(data["loss"].min(), data["loss"].max())
    panels, shared = max(len(sizes), 1), {"squeeze": False, "sharex": True, "sharey": True}
    with style.paper_style(size):
        inches = style.inches(3.3 * panels, 3.4)
        figure, axes = plt.subplots(1, panels, figsize=inches, layout="constrained", **shared)
        for ax, n in zip(axes[0], sizes, strict=False):
            rows = data[data["parameters"] == n]
            for loss, own in rows.groupby("loss"):
                colour = colormaps["viridis"](shades(loss))
                points, law = (own[own["kind"] == kind] for kind in ("point", "law"))
                ax.plot(law["steps"], law["examples"], color=colour, linewidth=1)
                ax.scatter(points["steps"], points["examples"], color=[colour], s=14, zorder=3)
            ax.set(xscale="log", yscale="log", title=style.size_text(n))
        axes[0, 0].set_ylabel("Sequences")
        figure.supxlabel("Steps")
        if len(sizes):
            for axis in (axes[0, 0].xaxis, axes[0, 0].yaxis):
                style.label_log(axis, style.size_text)
            bar = figure.colorbar(plt.cm.ScalarMappable(shades, "viridis"), ax=axes, label="Held-out loss (nats)")
            bar.outline.set_visible(False)
    return figure


def critical_data(critical: pd.DataFrame, fits: pd.DataFrame) -> pd.DataFrame:
    """What `draw_critical` draws: kind "point" (contours of each model) and "law"."""
    rows = critical[(critical["variant"] == STANDARD) & critical["B_crit"].notna()]
    params = dict(zip(fits["symbol"], fits["value"], strict=True))
    parts = [rows[["parameters", "loss", "B_crit"]].assign(kind="point")]
    if len(rows):
        loss = np.geomspace(rows["loss"].min(), rows["loss"].max(), LINE)
        values = params["B_star"] * loss ** (-1 / params["alpha_B"])
        parts.append(pd.DataFrame({"kind": "law", "loss": loss, "B_crit": values}))
    return pd.concat(parts, ignore_index=True)[["kind", "parameters", "loss", "B_crit"]]


def draw_critical(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel: critical batch size against loss."""
    points, law = (data[data["kind"] == kind] for kind in ("point", "law"))
    sizes = np.sort(points["parameters"].unique())
    with style.paper_style(size):
        figure, ax = plt.subplots(figsize=style.inches(5.4, 3.8), layout="constrained")
        for n, colour in zip(sizes, colormaps["viridis"](np.linspace(0.1, 0.85, len(sizes))), strict=True):
            own = points[points["parameters"] == n]
            ax.scatter(own["loss"], own["B_crit"], color=[colour], s=26, label=style.size_text(n), zorder=3)
        ax.plot(law["loss"], law["B_crit"], color=style.INK, label="law of all curves")
        ax.set(xscale="log", yscale="log", xlabel="Held-out loss (nats)", ylabel="Critical batch size (sequences)")
        for axis in (ax.xaxis, ax.yaxis):
            style.label_log(axis)
        ax.legend()
    return figure


def _law(fits: pd.DataFrame):
    """The law as a function of a table with the columns INPUTS."""
    params = {symbol: np.array([value]) for symbol, value in zip(fits["symbol"], fits["value"], strict=True)}
    return lambda rows: TrajectoryLaw(n_boot=0).predict_many(params, rows[INPUTS].to_numpy(dtype=float))[0]
