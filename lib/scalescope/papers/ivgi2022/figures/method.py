"""Figures 5 to 8 of Ivgi 2022: bootstraps, patience, the loss as a target, another metric for SQuAD 2.0."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from scalescope.experiment.columns import need
from scalescope.experiment.points import CLASSES, OBJECTIVES, title
from scalescope.experiment.series import law_series
from scalescope.papers.ivgi2022.stopping import stopping
from scalescope.plotting import style
from scalescope.plotting.grids import X_LABEL, Y_LABEL, grid, joined, one_ratio, span_of
from scalescope.plotting.panels import legend, panel

BOOTSTRAP_TASKS = ("mnli", "sst2", "race", "squad_v2")
LOSS_TASKS = ("mnli", "qnli", "sst2", "race", "mrpc", "boolq")
BOOTSTRAPS = {"hierarchical": (style.ORANGE, "o"), "naive": (style.BLUE, "s")}
SCORES = {
    "SQuAD 1.1, F1": ("squad", "error", (style.BLUE, "o")),
    "SQuAD 2.0, best F1": ("squad_v2", "error", (style.ORANGE, "s")),
    "SQuAD 2.0, F1 on answerable": ("squad_v2", "error_answerable", (style.GREEN, "D")),
}
LOSS_LABEL = "Evaluation loss / ln(classes)"


def figure5(
    points: pd.DataFrame, *, tasks: Sequence[str] = BOOTSTRAP_TASKS, n_boot: int = 1000, random_state: int = 0
) -> tuple[Figure, pd.DataFrame]:
    """Sleeves and slope intervals of the naive and the hierarchical bootstrap of four tasks (MLM, tuned)."""
    every = one_ratio(points)
    usable = every[(every["objective"] == "mlm") & (every["hpt"] == "with")]
    span = span_of(usable, every)
    parts = []
    for task in tasks:
        rows = usable[usable["task"] == task]
        for name in BOOTSTRAPS:
            part = law_series(rows, "error", span, n_boot=n_boot, random_state=random_state, naive=name == "naive",
                              panel=task, task=task, series=name)  # fmt: skip
            shared = part["kind"].isin(["point", "fit_line", "legend_r2"])  # the same under both bootstraps
            parts.append(part[~shared] if name == "naive" else part)
    data = pd.concat(parts, ignore_index=True)
    with style.house():
        figure, axes = plt.subplots(2, 2, figsize=(9, 7), layout="constrained")
        for ax, task in zip(axes.flat, tasks, strict=True):
            panel(ax, data[data["panel"] == task], BOOTSTRAPS, span, title(task))
        figure.supxlabel(X_LABEL, fontsize=11)
        figure.supylabel(Y_LABEL, fontsize=11)
        legend(figure, BOOTSTRAPS, data, sleeves=True)
    return figure, data


def figure6(curve: pd.DataFrame, patiences: Sequence[int] | None = None) -> tuple[Figure, pd.DataFrame]:
    """Best loss so far against step (a `heldout_curve`), and where each patience would have stopped the run.

    Without `patiences`: multiples of the steps between two evaluations (see `stopping`). Data: rows of kind
    "curve" and "stop".
    """
    stops = stopping(curve, patiences)
    best = curve.assign(kind="curve", value=curve["loss"].cummin())[["kind", "step", "value"]]
    data = pd.concat([best, stops.assign(kind="stop", value=stops["loss"])], ignore_index=True)
    data = data.drop(columns="loss")
    stops = stops[stops["stopped"]].drop_duplicates("step", keep="first")
    with style.house():
        figure, axes = plt.subplots(2, 1, figsize=(8.2, 7.4), layout="constrained")
        size = style.size_text(curve["parameters"].iloc[0])
        for ax, head in zip(axes, (f"The largest model ({size}): the whole run", "Zoomed"), strict=True):
            ax.set_title(head)
            ax.plot(best["step"], best["value"], color=style.BLUE, drawstyle="steps-post")
            ax.plot(stops["step"], stops["loss"], color=style.ORANGE, marker="o", linestyle="none", zorder=3)
            ax.set_ylabel("Best evaluation loss (nats)")
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
            ax.tick_params(length=0)
        axes[1].set_xlabel("Step")
        _zoom(axes[1], best, stops)
        _label_stops(axes[1], best, stops)
    return figure, data


def _zoom(ax: Axes, best: pd.DataFrame, stops: pd.DataFrame) -> None:
    """From a little before the first stop on, or the last half of the run."""
    last = best["step"].max()
    first = 0.93 * stops["step"].min() if len(stops) and stops["step"].min() < 0.9 * last else last / 2
    shown = best[best["step"] >= first]
    range_ = max(shown["value"].max() - shown["value"].min(), 1e-3)
    ax.set_xlim(first, last + 0.03 * (last - first))
    ax.set_ylim(shown["value"].min() - 0.12 * range_, shown["value"].max() + 0.15 * range_)


def _label_stops(ax: Axes, best: pd.DataFrame, stops: pd.DataFrame) -> None:
    if stops.empty:
        text = "The loss fell at every evaluation: no patience would have stopped this run"
        ax.text(0.98, 0.95, text, transform=ax.transAxes, ha="right", va="top", color=style.INK)
        return
    lines = [
        f"patience {row.patience:,}: stops at {row.step:,.0f}, loss {row.loss:.3f} (+{row.above_best:.1%})"
        for row in stops.itertuples()
    ]
    ax.text(0.98, 0.96, "\n".join(lines), transform=ax.transAxes, ha="right", va="top", fontsize=9.5,
            linespacing=1.5, color=style.INK)  # fmt: skip
    last, start = best["step"].max(), ax.get_xlim()[0]
    near = (stops["step"].diff() > 0.06 * (last - start)).cumsum()  # stops too close for a label each share one
    for _, group in stops.groupby(near):
        row = group.iloc[0]
        late = row["step"] > last - 0.1 * (last - start)
        text = ", ".join(f"{patience:,}" for patience in group["patience"])
        ax.annotate(text, (row["step"], row["loss"]), (-8 if late else 5, 10 if late else 6),
                    textcoords="offset points", ha="center" if late else "left", fontsize=9,
                    color=style.ORANGE)  # fmt: skip


def figure7(
    points: pd.DataFrame, *, tasks: Sequence[str] = LOSS_TASKS, n_boot: int = 1000, random_state: int = 0
) -> tuple[Figure, pd.DataFrame]:
    """Finetuning evaluation loss / ln(classes) against N on the six tasks of the paper, both objectives, tuned."""
    need(points, "points", ["loss"])
    usable = every = one_ratio(points)
    keep = (usable["hpt"] == "with") & usable["task"].isin(tasks) & (usable["loss"] > 0)
    usable = usable[keep & np.isfinite(usable["loss"].astype(float))]
    nats = np.log(usable["task"].map(CLASSES).astype(float))
    usable = usable.assign(normalised_loss=usable["loss"] / nats)
    return grid(usable, list(tasks), "objective", OBJECTIVES, None, n_boot, random_state,
                y="normalised_loss", y_label=LOSS_LABEL, otherwise=every)  # fmt: skip


def figure8(points: pd.DataFrame, *, n_boot: int = 1000, random_state: int = 0) -> tuple[Figure, pd.DataFrame]:
    """SQuAD 2.0 models under best F1 and under the F1 of SQuAD 1.1 on answerable questions; SQuAD 1.1 models.

    Tables without the column `value_answerable`, or with none measured, leave out that series and say so.
    """
    every = one_ratio(points)
    usable = every[(every["objective"] == "mlm") & (every["hpt"] == "with")]
    score = usable["value_answerable"] if "value_answerable" in usable else pd.Series(np.nan, index=usable.index)
    usable = usable.assign(error_answerable=1 - score)
    span = span_of(usable[usable["task"].isin(["squad", "squad_v2"])], every)
    parts, lacking = [], []
    for name, (task, y, _) in SCORES.items():
        rows = usable[(usable["task"] == task) & (usable[y] > 0)]
        if rows.empty:
            lacking.append(name)
        parts.append(law_series(rows, y, span, n_boot=n_boot, random_state=random_state,
                                panel="squad", task=task, series=name))  # fmt: skip
    data = joined(parts)
    looks = {name: look for name, (_, _, look) in SCORES.items()}
    with style.house():
        figure, ax = plt.subplots(figsize=(8.2, 6), layout="constrained")
        panel(ax, data, looks, span, "SQuAD, MLM" + "".join(f"; {name}: not measured" for name in lacking))
        ax.set_xlabel(X_LABEL)
        ax.set_ylabel(Y_LABEL)
        legend(figure, {}, data)
    return figure, data
