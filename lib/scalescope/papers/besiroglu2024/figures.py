"""Figures of Besiroglu et al. (2024): `figN_data` makes a table of the runs and ours, `draw_figN` draws it.

Rows of the kind "point" are measurements, all others are ours.
"""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from scalescope.experiment.isoflop import DIRECT, FIRST, SECOND
from scalescope.papers.besiroglu2024 import fits as study
from scalescope.plotting import style
from scalescope.plotting.panels import LawGrid, line_handle

Tables = Mapping[str, pd.DataFrame]  # "fits", "intervals", "policy" and "comparison" of the study
CAPTIONS = {
    "fig1_refit": "Residuals of ln L under the law of Hoffmann et al. (unrounded) and under the refit, 240 runs. "
    "Left: against the model size; right: how they are distributed. Theirs lie above zero: the law underestimates "
    "the loss.",
    "fig2_intervals": "The five parameters and the exponent a = beta / (alpha + beta) under each loss. Bars: 95 "
    "% of 4,000 bootstrap refits of the Huber loss; dashed: Hoffmann et al., unrounded.",
    "fig3_tokens_per_parameter": "Compute-optimal tokens per parameter: refit with 80 and 95 % of the bootstrap, "
    "and the law of Hoffmann et al. Cross: the number the authors' notebook gives for Chinchilla's compute, which it "
    "read at 1e18 FLOP.",
    "fig4_isoflop": "Bias of approaches 1 and 2 of Hoffmann et al. on simulated studies of three known laws: "
    "compute-optimal parameters at 1e25 FLOP over the true ones. Filled: without noise, the bias of the approach "
    "itself; bars: 10th to 90th percentile of studies with 0.3 % of noise in the loss. Budgets 6e18 to 3e21; the "
    "direct fit sees the same runs as approach 2.",
}
SLUGS = dict(enumerate(CAPTIONS, start=1))
LABELS = {"A": "A", "B": "B", "E": "E", "alpha": "α", "beta": "β", "a": "a"}
THEIRS, OURS = "Hoffmann et al.", "refit"
PALETTE = {THEIRS: style.ORANGE, OURS: style.BLUE}
MARKERS = {THEIRS: "s", OURS: "o"}
CHINCHILLA, MISREAD = "Chinchilla (70B, 1.4T tokens)", "the notebook's {:.2f}"
EDGES = np.linspace(-0.03, 0.08, 45)
APPROACHES = {FIRST: (style.PURPLE, "D"), SECOND: (style.ORANGE, "s"), DIRECT: (style.BLUE, "o")}
POLICIES = {
    "ours": ("refit, with 80 and 95 % intervals", style.BLUE, "-"),
    "hoffmann": ("Hoffmann et al., unrounded", style.ORANGE, "-"),
    "hoffmann_rounded": ("Hoffmann et al., as printed", style.ORANGE, "--"),
}


def fig1_data(table: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Residuals of both laws, how many lie in each interval, and their medians."""
    points = study.used(table)
    params = {THEIRS: study.HOFFMANN, OURS: study.params_of(tables["fits"], study.FREE_SCALE)}
    drawn = []
    for name, values in params.items():
        residuals = study.log_residuals(values, points)
        counts, _ = np.histogram(residuals.clip(EDGES[0], EDGES[-1]), EDGES)
        drawn += [
            pd.DataFrame({"kind": "count", "law": name, "residual": EDGES[:-1], "count": counts}),
            pd.DataFrame([{"kind": "median", "law": name, "residual": np.median(residuals)}]),
            pd.DataFrame({"kind": "point", "law": name, "residual": residuals, "parameters": points["parameters"]}),
        ]
    return pd.concat(drawn, ignore_index=True)


def draw_fig1(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Left: residuals against the model size; right: how they are distributed."""
    with style.paper_style(size):
        unit = style.unit()
        figure, (left, right) = style.subplots(1, 2, high=0.42, width_ratios=(3, 2), sharey=True)
        points = data[data["kind"] == "point"]
        if len(points):
            laws = {"hue": "law", "style": "law", "palette": PALETTE, "markers": MARKERS}
            look = {"s": 14 * unit**2, "alpha": 0.7, "linewidth": 0}
            sns.scatterplot(points, x="parameters", y="residual", ax=left, **laws, **look)
            left.legend(loc="upper right")
        for name, colour in PALETTE.items():
            own = data[data["law"] == name]
            counts = own.loc[own["kind"] == "count", "count"]
            right.stairs(counts, EDGES, orientation="horizontal", color=colour, fill=True, alpha=0.45)
            right.axhline(own.loc[own["kind"] == "median", "residual"].item(), color=colour, linewidth=1.2 * unit)
        left.set(xscale="log", xlabel="Parameters", ylabel="ln L − ln of the law", ylim=(EDGES[0], EDGES[-1]))
        style.ticks(left.xaxis, [1e8, 3e8, 1e9, 3e9, 1e10], style.size_text)
        left.axhline(0, color=style.INK, linewidth=0.8 * unit)
        right.set(xlabel="Runs", title="Lines: medians")
    return figure


def fig2_data(table: pd.DataFrame | None, tables: Tables) -> pd.DataFrame:
    """Parameters under each loss ("fit"), the bootstrap intervals of the Huber loss, and those of Hoffmann et al."""
    cells = tables["fits"].melt("fit", list(LABELS), var_name="symbol", value_name="value").assign(kind="fit")
    theirs = study.HOFFMANN | {"a": study.exponent(study.HOFFMANN)}
    hoffmann = pd.DataFrame({"kind": "hoffmann", "symbol": list(theirs), "value": list(theirs.values())})
    intervals = tables["intervals"].assign(kind="interval", fit="huber")
    names = ["kind", "fit", "symbol", "value", "low", "high"]
    return pd.concat([cells, intervals, hoffmann], ignore_index=True).reindex(columns=names)


def draw_fig2(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel per parameter; dashed: Hoffmann et al."""
    order = list(dict.fromkeys(data.loc[data["kind"] == "fit", "fit"]))
    with style.paper_style(size):
        wide, unit = style.width(2) / 3, style.unit()
        panels = {"col": "symbol", "col_order": list(LABELS), "col_wrap": 3, "sharex": False}
        grid = LawGrid(data, height=0.8 * wide, aspect=1 / 0.8, **panels)
        grid.map_dataframe(_parameter, order=order)
        for symbol, ax in grid.axes_dict.items():
            ax.set_title(LABELS[symbol])
            ax.set_yticks(range(len(order)), order)
            if symbol == "B":
                ax.set_xscale("log")
                style.ticks(ax.xaxis, [500, 1000, 2000, 5000, 10000])
            ax.tick_params(length=0)
        grid.axes.flat[0].invert_yaxis()
        grid.figure.get_layout_engine().set(w_pad=0.08 * unit)
    return grid.figure


def fig3_data(table: pd.DataFrame | None, tables: Tables) -> pd.DataFrame:
    """Compute-optimal tokens per parameter under both laws, Chinchilla, and the number that the authors misread."""
    policy, compared = tables["policy"], tables["comparison"]
    chosen = compared["quantity"].str.startswith("optimal tokens") & compared["setting"].str.startswith("refit")
    misread = float(compared.loc[chosen, "reported"].item())
    marks = [
        {"kind": "chinchilla", "flops": study.CHINCHILLA_FLOPS, "value": 20.0},
        {"kind": "misread", "flops": policy["flops"].min(), "value": misread},
    ]
    return pd.concat([policy.assign(kind="law"), pd.DataFrame(marks)], ignore_index=True)


def draw_fig3(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Tokens per parameter against compute, both axes logarithmic."""
    policy, marks = data[data["kind"] == "law"], data.set_index("kind")
    with style.paper_style(size):
        unit = style.unit()
        figure, ax = style.subplots(wide=1, high=0.62 if unit == 1 else 0.85)
        for low, high, alpha in (("low", "high", 0.13), ("low_80", "high_80", 0.22)):
            ax.fill_between(policy["flops"], policy[low], policy[high], color=style.BLUE, alpha=alpha, linewidth=0)
        for name, (label, colour, line) in POLICIES.items():
            ax.plot(policy["flops"], policy[name], color=colour, linestyle=line, label=label)
        one, other = marks.loc["chinchilla"], marks.loc["misread"]
        ax.axhline(one["value"], color=style.GREY, linestyle=":", linewidth=1.2 * unit)
        ax.scatter([one["flops"]], [one["value"]], color=style.INK, zorder=4, s=36 * unit**2, label=CHINCHILLA)
        cross = {"marker": "x", "color": style.PURPLE, "s": 60 * unit**2, "linewidth": 2 * unit, "clip_on": False}
        ax.scatter([other["flops"]], [other["value"]], zorder=5, label=MISREAD.format(other["value"]), **cross)
        ax.set(xscale="log", yscale="log", xlim=(policy["flops"].min(), policy["flops"].max()))
        ax.set(xlabel="Training compute 6ND (FLOP)", ylabel="Tokens per parameter")
        style.ticks(ax.yaxis, [5, 10, 20, 50, 100, 200, 500])
        ax.legend(loc="upper left", fontsize=9 * unit)
    return figure


def fig4_data(table: pd.DataFrame | None, tables: Tables) -> pd.DataFrame:
    """What each approach makes of known laws, by design of the runs: the table "isoflop_simulated"."""
    return tables["isoflop_simulated"].assign(kind="simulated")


def draw_fig4(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel per law: N at 1e25 FLOP over the true one, without noise (marks) and with (bars)."""
    truths = data.drop_duplicates("truth")[["truth", "exact"]].itertuples(index=False, name=None)
    order = list(dict.fromkeys(zip(data["design"], data["approach"], strict=True)))
    with style.paper_style(size):
        unit = style.unit()
        figure, axes = style.subplots(1, 3, high=0.46, sharey=True)
        for ax, (truth, exact) in zip(axes, truths, strict=True):
            rows = data[data["truth"] == truth].set_index(["design", "approach", "noise"]).sort_index()
            ax.axvline(1, color=style.INK, linewidth=0.8 * unit)
            for at, key in enumerate(order):
                colour, marker = APPROACHES[key[1]]
                plain, noisy = (rows.loc[key].iloc[i] for i in (0, -1))
                ax.plot([noisy["far_low"], noisy["far_high"]], [at, at], color=colour, linewidth=2 * unit)
                ax.scatter([plain["far_ratio"]], [at], color=colour, marker=marker, s=34 * unit**2, zorder=3)
            ax.set(xscale="log", xlim=(0.6, 1.65), xlabel="fitted / true N at 1e25 FLOP")
            ax.set_title(f"{truth}: a = {exact:.2f}", fontsize=9 * unit)
            style.ticks(ax.xaxis, [0.7, 1, 1.4])
        axes[0].set_yticks(range(len(order)), [design for design, _ in order], fontsize=9 * unit)
        axes[0].invert_yaxis()
        handles = [line_handle(name, color=c, marker=m) for name, (c, m) in APPROACHES.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=9 * unit)
    return figure


DATA = {1: fig1_data, 2: fig2_data, 3: fig3_data, 4: fig4_data}
DRAW = dict(zip(SLUGS.values(), (draw_fig1, draw_fig2, draw_fig3, draw_fig4), strict=True))


def _parameter(data: pd.DataFrame, order: list[str], **_: object) -> None:
    ax, unit = plt.gca(), style.unit()
    values = data[data["kind"] == "fit"].set_index("fit").loc[order, "value"]
    ax.scatter(values, range(len(order)), color=style.BLUE, s=30 * unit**2, zorder=3)
    for row in data[data["kind"] == "interval"].itertuples():
        ax.plot([row.low, row.high], [order.index(row.fit)] * 2, color=style.BLUE, linewidth=2 * unit)
    for value in data.loc[data["kind"] == "hoffmann", "value"]:
        ax.axvline(value, color=style.ORANGE, linestyle="--", linewidth=1.3 * unit)
