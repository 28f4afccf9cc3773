"""Figures 5 to 8 of Ivgi 2022: bootstraps, patience, the loss as a target, another metric for SQuAD 2.0."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from scalescope.experiment.columns import need
from scalescope.experiment.points import OBJECTIVES, title
from scalescope.experiment.series import law_series
from scalescope.papers.ivgi2022.figures.common import draw_panels, draw_tasks, grid_data, joined, one_ratio, span_of
from scalescope.papers.ivgi2022.fits import LOSS_TASKS, Laws, nats, with_answerable
from scalescope.papers.ivgi2022.stopping import stopping
from scalescope.plotting import style

BOOTSTRAP_TASKS = ("mnli", "sst2", "race", "squad_v2")
BOOTSTRAPS = {"hierarchical": (style.ORANGE, "o"), "naive": (style.BLUE, "s")}
SCORES = {
    "SQuAD 1.1, F1": ("squad", "error", (style.BLUE, "o")),
    "SQuAD 2.0, best F1": ("squad_v2", "error", (style.ORANGE, "s")),
    "SQuAD 2.0, HasAns F1": ("squad_v2", "error_answerable", (style.GREEN, "D")),
}
LOSS_LABEL = "Evaluation loss / ln(classes)"


def fig5_data(points: pd.DataFrame, laws: Laws) -> pd.DataFrame:
    """Bands and slope intervals of the naive and the hierarchical bootstrap of four tasks (MLM, tuned)."""
    every = one_ratio(points)
    usable = every[(every["objective"] == "mlm") & (every["hpt"] == "with")]
    span = span_of(usable, every)
    parts = []
    for task in BOOTSTRAP_TASKS:
        rows = usable[usable["task"] == task]
        for name in BOOTSTRAPS:
            law = laws.of(task=task, draw=name)
            part = law_series(rows, "error", span, law, panel=task, task=task, series=name)
            shared = part["kind"].isin(["point", "fit_line", "legend_r2"])  # the same under both bootstraps
            parts.append(part[~shared] if name == "naive" else part)
    return pd.concat(parts, ignore_index=True)


def draw_fig5(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Points, law and both bands, one panel per task."""
    names = list(dict.fromkeys(data["panel"])) or list(BOOTSTRAP_TASKS)
    panels = {task: title(task) for task in names}
    return draw_panels(data, BOOTSTRAPS, panels, size=size, by_band=True, wrap=2, height=0.75)


def fig6_data(curve: pd.DataFrame, patiences: Sequence[int] | None = None) -> pd.DataFrame:
    """Best loss so far against step (a `heldout_curve`; kind "curve") and where each patience stops the run ("stop").

    Without `patiences`: multiples of the steps between two evaluations (see `stopping`). Only where some patience acts
    is there anything to draw: see `patience_acts`.
    """
    stops = stopping(curve, patiences)
    best = curve.assign(kind="curve", value=curve["loss"].cummin())[["kind", "step", "value"]]
    best.insert(1, "parameters", curve["parameters"].iloc[0])
    return pd.concat([best, stops.assign(kind="stop", value=stops["loss"]).drop(columns="loss")], ignore_index=True)


def patience_acts(data: pd.DataFrame) -> bool:
    """Whether some patience of `fig6_data` would have stopped the run before its end."""
    return bool(data.loc[data["kind"] == "stop", "stopped"].eq(True).any())


def draw_fig6(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """The whole run and its end; raises ValueError where no patience stops it."""
    if not patience_acts(data):
        raise ValueError("the loss fell at every evaluation: no patience would have stopped this run")
    best, stops = data[data["kind"] == "curve"], data[data["kind"] == "stop"]
    stops = stops[stops["stopped"].eq(True)].drop_duplicates("step", keep="first")
    with style.paper_style(size):
        figure, axes = style.subplots(2, 1, wide=1, high=1.05)
        model = f"The largest model ({style.size_text(best['parameters'].iloc[0])}): the whole run"
        for ax, head in zip(axes, (model, "Zoomed: patience, loss above the best"), strict=True):
            ax.set_title(head)
            ax.plot(best["step"], best["value"], color=style.BLUE, drawstyle="steps-post")
            ax.plot(stops["step"], stops["value"], color=style.ORANGE, marker="o", linestyle="none", zorder=3)
            ax.xaxis.set_major_locator(MaxNLocator(5))
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
            ax.tick_params(length=0)
        axes[1].set_xlabel("Step")
        figure.supylabel("Best evaluation loss (nats)")
        _zoom(axes[1], best, stops)
        _label_stops(axes[1], best, stops)
    return figure


def _zoom(ax: Axes, best: pd.DataFrame, stops: pd.DataFrame) -> None:
    """From a little before the first stop on, or the last half of the run."""
    last = best["step"].max()
    first = 0.93 * stops["step"].min() if stops["step"].min() < 0.9 * last else last / 2
    shown = best[best["step"] >= first]
    range_ = max(shown["value"].max() - shown["value"].min(), 1e-3)
    ax.set_xlim(first, last + 0.03 * (last - first))
    ax.set_ylim(shown["value"].min() - 0.18 * range_, shown["value"].max() + 0.15 * range_)


def _label_stops(ax: Axes, best: pd.DataFrame, stops: pd.DataFrame) -> None:
    """Each patience and how far the loss it keeps is above the best; those that stop close together share a label."""
    last, start = best["step"].max(), ax.get_xlim()[0]
    near = (stops["step"].diff() > 0.06 * (last - start)).cumsum()
    colour, unit = style.text_colour(style.ORANGE), style.unit()
    for _, group in stops.groupby(near):
        step, value = group.iloc[0][["step", "value"]]
        text = ", ".join(f"{row.patience:,.0f}: +{row.above_best:.1%}" for row in group.itertuples())
        late = step > last - 0.2 * (last - start)  # then to the left, below the curve
        place = {"ha": "right", "xytext": (5 * unit, -16 * unit)} if late else {"xytext": (5 * unit, 7 * unit)}
        ax.annotate(text, (step, value), fontsize=9 * unit, color=colour, textcoords="offset points", **place)


def fig7_data(points: pd.DataFrame, laws: Laws) -> pd.DataFrame:
    """Finetuning evaluation loss / ln(classes) against N on the six tasks of the paper, both objectives, tuned."""
    need(points, "points", ["loss"])
    every = one_ratio(points)
    usable = every[(every["hpt"] == "with") & every["task"].isin(LOSS_TASKS)]
    uniform = usable["task"].map({task: nats(task) for task in LOSS_TASKS}).astype(float)
    usable = usable.assign(normalised_loss=usable["loss"].astype(float) / uniform)
    usable = usable[(usable["normalised_loss"] > 0) & (usable["normalised_loss"] < float("inf"))]

    def law(task: str, objective: str):
        found = laws.of(task=task, objective=objective, y="loss")
        return None if found is None else found.divided_by(nats(task))

    return grid_data(usable, LOSS_TASKS, "objective", OBJECTIVES, law, y="normalised_loss", otherwise=every)


def draw_fig7(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Loss against size, one panel per task."""
    return draw_tasks(data, LOSS_TASKS, y_label=LOSS_LABEL, size=size)


def fig8_data(points: pd.DataFrame, laws: Laws) -> pd.DataFrame:
    """SQuAD 2.0 models under best F1 and under the F1 of SQuAD 1.1 on answerable questions; SQuAD 1.1 models.

    A score that was not measured has no rows.
    """
    every = one_ratio(points)
    usable = with_answerable(every[(every["objective"] == "mlm") & (every["hpt"] == "with")])
    span = span_of(usable[usable["task"].isin(["squad", "squad_v2"])], every)
    parts = []
    for name, (task, y, _) in SCORES.items():
        rows = usable[(usable["task"] == task) & (usable[y] > 0)]
        law = laws.of(task=task, y=y) if len(rows) else None
        parts.append(law_series(rows, y, span, law, panel="squad", task=task, series=name))
    return joined(parts)


def draw_fig8(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Error against size under each score; the title says which was not measured."""
    looks = {name: look for name, (_, _, look) in SCORES.items()}
    lacking = "".join(f"; {name}: not measured" for name in looks if name not in set(data["series"]))
    panels = {"squad": f"SQuAD, MLM{lacking}"}
    return draw_panels(data, looks, panels, size=size, named=False, wrap=1, columns=1, height=0.75)
