"""Fit cards of the laws of Ivgi 2022: what a reader must know to judge or repeat each fit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.errors import UnknownName
from scalescope.experiment.points import OBJECTIVES, TUNINGS, split_usable, title
from scalescope.experiment.pretraining_seeds import drawn_together
from scalescope.laws import FitCard, PowerLaw, fit_card
from scalescope.papers.ivgi2022.fits import fits

COUNTED = "N = 12 L H^2: trainable parameters without embeddings"
TUNED = {
    "with": "learning rate and number of epochs tuned for every model, by the metric itself",
    "without": "learning rate of the largest model at every size; the best epoch by the metric itself",
}
NO_TOKENS = "not published"


def card(
    points: pd.DataFrame,
    task: str,
    *,
    objective: str = "mlm",
    hpt: str = "with",
    pretrain: pd.DataFrame | None = None,
    n_boot: int = 1000,
    random_state: int = 0,
) -> FitCard:
    """The card of one finetuning law: as text, Markdown or dict.

    `pretrain` (table "pretrain") tells the tokens every model was pretrained on. Raises UnknownName for a
    series without points, and ValueError for one with fewer than two sizes.
    """
    usable, left_out = split_usable(points)
    series = _series(usable, task, objective, hpt)
    ladder, target = (series[series["role"] == role] for role in ("ladder", "target"))
    law = PowerLaw(n_boot=n_boot, random_state=random_state)
    law.fit(ladder, ladder["error"], groups=drawn_together(ladder))
    row = fits(series, n_boot=1, random_state=random_state).set_index("task").loc[task]
    lost = _series(left_out, task, objective, hpt, empty=True)
    return fit_card(
        law,
        title=f"{title(task)}, {OBJECTIVES[objective]}, {TUNINGS[hpt]}: 1 - metric against N",
        parameters_counted=COUNTED,
        tokens=_tokens(pretrain, objective),
        tuning=TUNED[hpt],
        left_out=f"{len(lost)} of the ladder" + (f" ({'; '.join(lost['reason'].unique())})" if len(lost) else ""),
        held_out={
            "mean relative error of the metric at the two largest sizes": _rounded(row["mre"]),
            "relative error at the target": _rounded(row["re"]),
        },
        target=target["parameters"].unique() if len(target) else None,
    )


def cards(points: pd.DataFrame, pretrain: pd.DataFrame | None = None, n_boot: int = 1000) -> list[FitCard]:
    """The cards of every series with two or more sizes, in the order of the tables."""
    rows = fits(points, n_boot=1).query("n_sizes >= 2")
    return [
        card(points, row.task, objective=row.objective, hpt=row.hpt, pretrain=pretrain, n_boot=n_boot)
        for row in rows.itertuples()
    ]


def _series(points: pd.DataFrame, task: str, objective: str, hpt: str, empty: bool = False) -> pd.DataFrame:
    for column, wanted in {"objective": objective, "hpt": hpt, "task": task}.items():
        if not empty and wanted not in set(points[column]):
            raise UnknownName(column, wanted, points[column].unique())
        points = points[points[column] == wanted]
    return points[points["role"] != "second"]


def _tokens(pretrain: pd.DataFrame | None, objective: str) -> str:
    if pretrain is None or "tokens" not in pretrain or pretrain["tokens"].isna().all():
        return NO_TOKENS
    part = pretrain[(pretrain["objective"] == objective) & (pretrain["role"] == "ladder")]
    low, high = part["tokens"].min(), part["tokens"].max()
    return f"{low:,.0f} for every model" if low == high else f"{low:,.0f} to {high:,.0f} a model"


def _rounded(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
