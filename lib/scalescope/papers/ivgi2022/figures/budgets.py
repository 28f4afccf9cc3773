"""Finetuning error of one model against the tokens it was pretrained on, one panel per task."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scalescope.experiment.points import OBJECTIVES, task_names
from scalescope.experiment.series import error_bar
from scalescope.papers.ivgi2022.figures.common import Y_LABEL
from scalescope.papers.ivgi2022.figures.transfer import LOOKS, SCRATCH_NAME, joined_points, task_panels
from scalescope.plotting import style
from scalescope.plotting.panels import DASHES, above, no_runs

X_LABEL = "Tokens seen in pretraining"
COLUMNS = ["panel", "kind", "series", "parameters", "tokens", "value", "err_low", "err_high", "n_seeds"]
MARGIN = 1.4  # of the axis of tokens, a factor


def budgets_data(
    budgets: pd.DataFrame, tasks: pd.DataFrame | None = None, transfer: pd.DataFrame | None = None
) -> pd.DataFrame:
    """What `draw_budgets` draws (COLUMNS), from the table "budgets": mean error over seeds per budget, with its bar.

    transfer (table "transfer") gives rows of the kind "scratch", the error of the same model without pretraining; tasks
    (table "tasks") rows of the kind "baseline", the error of the majority answer.
    """
    rows = []
    for (task, objective, parameters, _), part in budgets.groupby(
        ["task", "objective", "parameters", "budget_tokens"], sort=False
    ):
        mean, half = part["error"].mean(), error_bar(part["error"], part["value_se"])
        rows.append(
            {
                "panel": task,
                "kind": "point",
                "series": OBJECTIVES[objective],
                "parameters": parameters,
                "tokens": part["tokens"].mean(),
                "value": mean,
                "err_low": mean - half,
                "err_high": mean + half,
                "n_seeds": len(part),
            }
        )
    rows += _scratch_rows(budgets, transfer) if transfer is not None else []
    if tasks is not None:
        known = tasks[tasks["task"].isin(budgets["task"]) & (tasks["majority"] > 0)]
        rows += [{"panel": row.task, "kind": "baseline", "value": 1 - row.majority} for row in known.itertuples()]
    return pd.DataFrame(rows, columns=COLUMNS)


def draw_budgets(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Error against tokens, both axes logarithmic; dashed: the same model from scratch, and the majority baseline."""
    points = data[data["kind"] == "point"]
    span = (points["tokens"].min() / MARGIN, points["tokens"].max() * MARGIN)
    with style.paper_style(size):
        figure, panels = task_panels(task_names(data.rename(columns={"panel": "task"})))
        for name, ax in panels.items():
            _panel(ax, data[data["panel"] == name], span)
        figure.supxlabel(X_LABEL)
        figure.supylabel(Y_LABEL)
        above(figure, _handles(data))
    return figure


def _scratch_rows(budgets: pd.DataFrame, transfer: pd.DataFrame) -> list[dict]:
    """Error from scratch of the model of the budgets on each task, where it was compared."""
    key = ["role", "parameters", "task"]
    found = transfer.drop_duplicates(key).merge(budgets[key].drop_duplicates(), on=key)
    return [
        {
            "panel": row.task,
            "kind": "scratch",
            "series": SCRATCH_NAME,
            "parameters": row.parameters,
            "value": row.error_scratch,
            "err_low": row.error_scratch - row.bar_scratch,
            "err_high": row.error_scratch + row.bar_scratch,
            "n_seeds": row.n_seeds,
        }
        for row in found.itertuples()
    ]


def _panel(ax: Axes, rows: pd.DataFrame, span: tuple[float, float]) -> None:
    points = rows[rows["kind"] == "point"]
    if points.empty:
        no_runs(ax)
        return
    for series, part in points.groupby("series", sort=False):
        joined_points(ax, part, "tokens", LOOKS[str(series)])
    for kind, colour in (("scratch", LOOKS[SCRATCH_NAME][0]), ("baseline", style.GREY)):
        for value in rows.loc[rows["kind"] == kind, "value"]:
            ax.axhline(value, color=colour, linestyle=DASHES, linewidth=1.2 * style.unit(), zorder=1)
    reach = rows[["value", "err_low", "err_high"]].to_numpy(dtype=float)
    style.log_axes(ax, span, (np.nanmin(np.where(reach > 0, reach, np.nan)) / 1.06, np.nanmax(reach) * 1.06))


def _handles(data: pd.DataFrame) -> list[Line2D]:
    """Legend of what is drawn."""
    series = data.loc[data["kind"] == "point", "series"]
    look = {"markersize": 5 * style.unit(), "linewidth": 0.8 * style.unit()}
    handles = [
        Line2D([], [], color=LOOKS[name][0], marker=LOOKS[name][1], label=name, **look)
        for name in OBJECTIVES.values()
        if (series == name).any()
    ]
    for kind, name, colour in (
        ("scratch", SCRATCH_NAME, LOOKS[SCRATCH_NAME][0]),
        ("baseline", "majority baseline", style.GREY),
    ):
        if (data["kind"] == kind).any():
            handles.append(Line2D([], [], color=colour, linestyle=DASHES, label=name))
    return handles
