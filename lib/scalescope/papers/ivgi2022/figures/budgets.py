"""Finetuning error of one model against the tokens it was pretrained on, one panel per task."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalescope.experiment.points import OBJECTIVES
from scalescope.experiment.series import error_bar
from scalescope.papers.ivgi2022.figures.common import Y_LABEL, with_baselines
from scalescope.papers.ivgi2022.figures.transfer import SCRATCH_NAME, error_axes, task_grid
from scalescope.plotting import style

X_LABEL = "Tokens seen in pretraining"
COLUMNS = ["panel", "kind", "series", "parameters", "tokens", "value", "err_low", "err_high", "n_seeds"]


def budgets_data(
    budgets: pd.DataFrame, tasks: pd.DataFrame | None = None, transfer: pd.DataFrame | None = None
) -> pd.DataFrame:
    """What `draw_budgets` draws (COLUMNS), from the table "budgets": mean error over seeds per budget, with its bar.

    transfer (table "transfer") gives rows of the kind "scratch", the error of the same model without pretraining; tasks
    (table "tasks") rows of the kind "baseline", the error of the majority answer.
    """
    rows = []
    keys = ["task", "objective", "parameters", "budget_tokens"]
    for (task, objective, parameters, _), part in budgets.groupby(keys, sort=False):
        mean = part["error"].mean()
        bar = error_bar(part["error"], part["value_se"])
        rows.append(
            {
                "panel": task,
                "kind": "point",
                "series": OBJECTIVES[objective],
                "parameters": parameters,
                "tokens": part["tokens"].mean(),
                "value": mean,
                "err_low": mean - bar,
                "err_high": mean + bar,
                "n_seeds": len(part),
            }
        )
    if transfer is not None:
        key = ["role", "parameters", "task"]
        for one in transfer.drop_duplicates(key).merge(budgets[key].drop_duplicates(), on=key).itertuples():
            rows.append(
                {
                    "panel": one.task,
                    "kind": "scratch",
                    "series": SCRATCH_NAME,
                    "parameters": one.parameters,
                    "tokens": np.nan,
                    "value": one.error_scratch,
                    "err_low": one.error_scratch - one.bar_scratch,
                    "err_high": one.error_scratch + one.bar_scratch,
                    "n_seeds": one.n_seeds,
                }
            )
    return with_baselines(pd.DataFrame(rows, columns=COLUMNS), tasks)


def draw_budgets(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Error against tokens, both axes logarithmic; dashed: the same model from scratch, and the majority baseline."""
    return task_grid(data, error_axes, size, y_label=Y_LABEL, x="tokens", x_label=X_LABEL, dodge=0.0)
