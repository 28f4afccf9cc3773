"""Figures of the Gemstones: `figN_data` says what is drawn ("point": measured), `draw_figN` draws it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalescope.papers.gemstones2025 import fits as study
from scalescope.plotting import style

Tables = Mapping[str, pd.DataFrame]  # "residuals" and "frontiers" of the study
CAPTIONS = {
    "fig1_shape": "Mean residual of ln L of each Gemstone (its checkpoints up to 350 billion tokens) under the law in "
    "parameters and tokens and under the law that also knows width and depth, against width over depth. One "
    "point per model and law.",
    "fig2_frontier": "Compute-optimal parameters against compute, by approach 1 (lower hull: points and line) and by "
    "the direct fit of the law in N and D, for two selections of the same models.",
}
SLUGS = dict(enumerate(CAPTIONS, start=1))
COLOURS = {study.SIZE: style.ORANGE, study.SHAPE: style.BLUE}
MARKERS = {study.SIZE: "s", study.SHAPE: "o"}
SHOWN = {"hot_100b+": (style.BLUE, "o"), "cool_end": (style.PURPLE, "s")}
WAYS = {"approach 1, 6 N D": ("approach 1", "-"), "direct fit, delta 0.001": ("direct fit", "--")}


def fig1_data(table: pd.DataFrame | None, tables: Tables) -> pd.DataFrame:
    """Mean residual of every model under both laws, and their root mean squares."""
    residuals = tables["residuals"]
    spread = residuals.groupby("law", sort=False)["residual"].agg(lambda r: float(np.sqrt(np.mean(r**2))))
    sums = spread.rename("rms").reset_index().assign(kind="spread")
    return pd.concat([residuals.assign(kind="residual"), sums], ignore_index=True)


def draw_fig1(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Residuals against the aspect ratio."""
    rms = data[data["kind"] == "spread"].set_index("law")["rms"]
    with style.paper_style(size):
        unit = style.unit()
        figure, ax = style.subplots(wide=1, high=0.7)
        ax.axhline(0, color=style.INK, linewidth=0.8 * unit)
        for law, rows in data[data["kind"] == "residual"].groupby("law", sort=False):
            look = {"color": COLOURS[law], "marker": MARKERS[law], "s": 34 * unit**2}
            name = f"law in {law}: root mean square {100 * rms[law]:.2f} %"
            ax.scatter(rows["width"] / rows["depth"], 100 * rows["residual"], label=name, **look)
        ax.set(xscale="log", xlabel="Width / depth", ylabel="ln L − ln of the law (%)")
        style.ticks(ax.xaxis, [5, 10, 20, 50, 100, 200])
        ax.legend(loc="upper left", fontsize=9 * unit)
    return figure


def fig2_data(table: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Compute-optimal parameters along both ways' power laws, and the runs on the hull ("point")."""
    flops = np.geomspace(3e18, 1e24, 60)
    drawn = []
    frontiers = tables["frontiers"]
    for row in frontiers[frontiers["selection"].isin(SHOWN) & frontiers["way"].isin(WAYS)].itertuples():
        line = pd.DataFrame({"kind": "law", "selection": row.selection, "way": row.way, "a": row.a, "flops": flops})
        drawn.append(line.assign(parameters=np.exp(row.log_n + row.a * np.log(flops))))
    for selection in SHOWN:
        best = study.hull(table, selection, plain=True)
        points = pd.DataFrame({"flops": best.flops, "parameters": best.parameters})
        drawn.append(points.assign(kind="point", selection=selection))
    return pd.concat(drawn, ignore_index=True)


def draw_fig2(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Both ways for both selections, on logarithmic axes."""
    with style.paper_style(size):
        unit = style.unit()
        figure, ax = style.subplots(wide=1, high=0.75)
        for (selection, way), line in data[data["kind"] == "law"].groupby(["selection", "way"], sort=False):
            name, dash = WAYS[way]
            label = f"{selection}, {name}: a = {line['a'].iloc[0]:.2f}"
            ax.plot(line["flops"], line["parameters"], color=SHOWN[selection][0], linestyle=dash, label=label)
        for selection, rows in data[data["kind"] == "point"].groupby("selection", sort=False):
            colour, marker = SHOWN[selection]
            ax.scatter(rows["flops"], rows["parameters"], color=colour, marker=marker, s=26 * unit**2, zorder=3)
        ax.set(xscale="log", yscale="log", xlabel="Training compute 6ND (FLOP)", ylabel="Compute-optimal parameters")
        style.ticks(ax.yaxis, [1e8, 1e9, 1e10, 1e11], style.size_text)
        ax.legend(loc="upper left", fontsize=9 * unit)
    return figure


DATA = {1: fig1_data, 2: fig2_data}
DRAW = dict(zip(SLUGS.values(), (draw_fig1, draw_fig2), strict=True))
