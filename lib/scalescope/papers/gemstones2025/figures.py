"""Figures of the Gemstones: the Figure and the numbers it draws ("point": measured)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from scalescope.papers.gemstones2025 import fits as study
from scalescope.plotting import style

SLUGS = dict(enumerate(("fig1_shape", "fig2_frontier"), start=1))
CAPTIONS = {
    "fig1_shape": "Mean residual of ln L of each Gemstone (its checkpoints up to 350 billion tokens) under the law in "
    "parameters and tokens and under the law that also knows width and depth, against width over depth. One "
    "point per model and law.",
    "fig2_frontier": "Compute-optimal parameters against compute, by approach 1 (lower hull: points and line) and by "
    "the direct fit of the law in N and D, for two selections of the same models.",
}
COLOURS = {study.SIZE: style.ORANGE, study.SHAPE: style.BLUE}
MARKERS = {study.SIZE: "s", study.SHAPE: "o"}
SHOWN = {"hot_100b+": (style.BLUE, "o"), "cool_end": (style.PURPLE, "s")}
DIRECT = "direct fit, delta 0.001"


def figure1(residuals: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Residuals of both laws against the aspect ratio; `residuals`: `fits.residuals`."""
    with style.house():
        figure, ax = plt.subplots(figsize=(8, 4.4), layout="constrained")
        ax.axhline(0, color=style.INK, linewidth=0.8)
        for law, rows in residuals.groupby("law", sort=False):
            spread = float(np.sqrt(np.mean(rows["residual"] ** 2)))
            ax.scatter(rows["width"] / rows["depth"], 100 * rows["residual"], color=COLOURS[law], marker=MARKERS[law],
                       s=34, label=f"law in {law}: root mean square {100 * spread:.2f} %")  # fmt: skip
        ax.set(xscale="log", xlabel="Width / depth", ylabel="ln L − ln of the law (%)")
        ax.xaxis.set_major_locator(FixedLocator([10, 20, 50, 100, 200, 500, 1000]))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.legend(loc="best")
    return figure, residuals.assign(kind="residual")


def figure2(table: pd.DataFrame, frontiers: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Compute-optimal parameters by approach 1 and by the direct fit; `frontiers`: `fits.frontiers`."""
    flops = np.geomspace(3e18, 1e24, 60)
    lines = frontiers[frontiers["way"].isin(["approach 1, 6 N D", DIRECT]) & frontiers["selection"].isin(SHOWN)]
    drawn = []
    with style.house():
        figure, ax = plt.subplots(figsize=(8, 4.8), layout="constrained")
        for row in lines.itertuples():
            colour, marker = SHOWN[row.selection]
            parameters = np.exp(row.log_n + row.a * np.log(flops))
            dashed = row.way == DIRECT
            ax.plot(flops, parameters, color=colour, linestyle="--" if dashed else "-",
                    label=f"{row.selection}, {'direct fit' if dashed else 'approach 1'}: a = {row.a:.2f}")  # fmt: skip
            drawn.append(pd.DataFrame({"kind": "law", "selection": row.selection, "way": row.way, "flops": flops,
                                       "parameters": parameters}))  # fmt: skip
            if not dashed:
                points = study.selected(table, row.selection)
                best = study.lower_hull(points["flops"], points["parameters"], points["tokens"], points["loss"])
                ax.scatter(best.flops, best.parameters, color=colour, marker=marker, s=26, zorder=3)
                drawn.append(pd.DataFrame({"kind": "point", "selection": row.selection, "flops": best.flops,
                                           "parameters": best.parameters}))  # fmt: skip
        ax.set(xscale="log", yscale="log", xlabel="Training compute 6ND (FLOP)", ylabel="Compute-optimal parameters")
        ax.yaxis.set_major_locator(FixedLocator([1e7, 1e8, 1e9, 1e10, 1e11, 1e12]))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: style.size_text(value)))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.legend(loc="upper left")
    return figure, pd.concat(drawn, ignore_index=True)
