"""Figures of Besiroglu et al. (2024): the Figure and the numbers it draws ("point": measured)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from scalescope.experiment.isoflop import DIRECT, FIRST, SECOND
from scalescope.papers.besiroglu2024 import fits as study
from scalescope.plotting import style

SLUGS = dict(enumerate(("fig1_refit", "fig2_intervals", "fig3_tokens_per_parameter", "fig4_isoflop"), start=1))
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
LABELS = {"A": "A", "B": "B", "E": "E", "alpha": "α", "beta": "β", "a": "a"}
THEIRS, OURS = "Hoffmann et al.", "refit"
LOOKS = {THEIRS: (style.ORANGE, "s"), OURS: (style.BLUE, "o")}


def figure1(table: pd.DataFrame, fitted: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Residuals of both laws; `fitted`: `study.fits`."""
    points = study.used(table)
    laws = {THEIRS: study.HOFFMANN, OURS: study.params_of(fitted, study.FREE_SCALE)}
    drawn = []
    with style.house():
        figure, (left, right) = plt.subplots(
            1, 2, figsize=(10, 4.2), layout="constrained", width_ratios=(3, 2), sharey=True
        )
        edges = np.linspace(-0.03, 0.08, 45)
        for name, params in laws.items():
            colour, marker = LOOKS[name]
            residuals = study.log_residuals(params, points)
            left.scatter(points["parameters"], residuals, s=14, color=colour, marker=marker, alpha=0.7, linewidth=0)
            counts, _ = np.histogram(residuals.clip(edges[0], edges[-1]), edges)
            right.stairs(counts, edges, orientation="horizontal", color=colour, fill=True, alpha=0.45)
            right.axhline(np.median(residuals), color=colour, linewidth=1.2)
            drawn += [pd.DataFrame({"kind": "count", "law": name, "residual": edges[:-1], "count": counts}),
                      pd.DataFrame({"kind": "point", "law": name, "residual": residuals})]  # fmt: skip
        left.set(xscale="log", xlabel="Parameters", ylabel="ln L − ln of the law", ylim=(edges[0], edges[-1]))
        left.xaxis.set_major_locator(FixedLocator([1e8, 3e8, 1e9, 3e9, 1e10]))
        left.xaxis.set_major_formatter(FuncFormatter(lambda value, _: style.size_text(value)))
        left.xaxis.set_minor_locator(NullLocator())
        left.axhline(0, color=style.INK, linewidth=0.8)
        right.set(xlabel="Runs", title="Lines: medians")
        handles = [Line2D([], [], color=c, marker=m, linestyle="none", label=name) for name, (c, m) in LOOKS.items()]
        left.legend(handles=handles, loc="upper right")
    return figure, pd.concat(drawn, ignore_index=True)


def figure2(fitted: pd.DataFrame, intervals: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Parameters under each loss, with bootstrap intervals; `intervals`: `study.intervals` of Huber replicates."""
    bounds = intervals.set_index("symbol")
    cells = fitted.melt("fit", list(LABELS), var_name="symbol", value_name="value").assign(kind="fit")
    order = list(fitted["fit"])
    with style.house():
        figure, axes = plt.subplots(2, 3, figsize=(10.5, 5.4), layout="constrained", sharey=True)
        for ax, (symbol, label) in zip(axes.flat, LABELS.items(), strict=True):
            rows = cells[cells["symbol"] == symbol].set_index("fit").loc[order]
            ax.scatter(rows["value"], range(len(order)), color=style.BLUE, s=30, zorder=3)
            at = order.index("huber")
            low, high = bounds.loc[symbol, ["low", "high"]]
            ax.plot([low, high], [at, at], color=style.BLUE, linewidth=2)
            hoffmann = study.exponent(study.HOFFMANN) if symbol == "a" else study.HOFFMANN[symbol]
            ax.axvline(hoffmann, color=style.ORANGE, linestyle="--", linewidth=1.3)
            ax.set_title(label)
            ax.set_yticks(range(len(order)), order)
            if symbol == "B":
                ax.set_xscale("log")
                ax.xaxis.set_major_locator(FixedLocator([500, 1000, 2000, 5000, 10000]))
                ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
                ax.xaxis.set_minor_locator(NullLocator())
        axes[0, 0].invert_yaxis()
    names = ["kind", "fit", "symbol", "value", "low", "high"]
    drawn = pd.concat([cells, intervals.assign(kind="interval", fit="huber")], ignore_index=True)
    return figure, drawn.reindex(columns=names)


def figure3(policy: pd.DataFrame, misread: float | None = None) -> tuple[Figure, pd.DataFrame]:
    """Compute-optimal tokens per parameter; `policy`: `study.optimal_policy`, `misread`: the authors' number."""
    with style.house():
        figure, ax = plt.subplots(figsize=(7.6, 4.6), layout="constrained")
        ax.fill_between(policy["flops"], policy["low"], policy["high"], color=style.BLUE, alpha=0.13, linewidth=0)
        ax.fill_between(policy["flops"], policy["low_80"], policy["high_80"], color=style.BLUE, alpha=0.22, linewidth=0)
        ax.plot(policy["flops"], policy["ours"], color=style.BLUE, label="refit, with 80 and 95 % intervals")
        ax.plot(policy["flops"], policy["hoffmann"], color=style.ORANGE, label="Hoffmann et al., unrounded")
        ax.plot(policy["flops"], policy["hoffmann_rounded"], color=style.ORANGE, linestyle="--",
                label="Hoffmann et al., as printed")  # fmt: skip
        ax.axhline(20, color=style.GREY, linestyle=":", linewidth=1.2)
        ax.scatter(
            [study.CHINCHILLA_FLOPS], [20], color=style.INK, zorder=4, s=36, label="Chinchilla (70B, 1.4T tokens)"
        )
        if misread is not None:
            ax.scatter([policy["flops"].min()], [misread], marker="x", color=style.PURPLE, s=60, zorder=5, linewidth=2,
                       label=f"the notebook's {misread:.2f}", clip_on=False)  # fmt: skip
        ax.set(xscale="log", yscale="log", xlabel="Training compute 6ND (FLOP)", ylabel="Tokens per parameter",
               xlim=(policy["flops"].min(), policy["flops"].max()))  # fmt: skip
        ax.yaxis.set_major_locator(FixedLocator([5, 10, 20, 50, 100, 200, 500]))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.legend(loc="upper left")
    return figure, policy.assign(kind="law")


def figure4(simulated: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """What each approach makes of known laws, by design of the runs; `simulated`: `isoflop.simulated`."""
    looks = {FIRST: (style.PURPLE, "D"), SECOND: (style.ORANGE, "s"), DIRECT: (style.BLUE, "o")}
    truths = simulated.drop_duplicates("truth")[["truth", "exact"]].itertuples(index=False, name=None)
    order = list(dict.fromkeys(zip(simulated["design"], simulated["approach"], strict=True)))
    with style.house():
        figure, axes = plt.subplots(1, 3, figsize=(11, 4.6), layout="constrained", sharey=True)
        for ax, (truth, exact) in zip(axes, truths, strict=True):
            ax.axvline(1, color=style.INK, linewidth=0.8)
            rows = simulated[simulated["truth"] == truth].set_index(["design", "approach", "noise"]).sort_index()
            for at, (design, approach) in enumerate(order):
                colour, marker = looks[approach]
                exact_rows, noisy = (rows.loc[(design, approach)].iloc[i] for i in (0, -1))
                ax.plot([noisy["far_low"], noisy["far_high"]], [at, at], color=colour, linewidth=2)
                ax.scatter([exact_rows["far_ratio"]], [at], color=colour, marker=marker, s=34, zorder=3)
            ax.set(xscale="log", xlim=(0.6, 1.65), title=f"{truth}: a = {exact:.2f}")
            ax.set_xlabel("N at 1e25 FLOP, fitted / true")
            ax.xaxis.set_major_locator(FixedLocator([0.7, 1, 1.4]))
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            ax.xaxis.set_minor_locator(NullLocator())
        axes[0].set_yticks(range(len(order)), [design for design, _ in order], fontsize=8)
        axes[0].invert_yaxis()
        handles = [Line2D([], [], color=c, marker=m, label=name) for name, (c, m) in looks.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure, simulated.assign(kind="simulated")
