"""Fit cards of the laws of Ivgi 2022: what a reader must know to judge or repeat each fit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.errors import UnknownName
from scalescope.experiment.points import OBJECTIVES, TUNINGS, split_usable, title
from scalescope.laws import FitCard, fit_card
from scalescope.papers.ivgi2022.fits import Laws
from scalescope.papers.ivgi2022.study_facts import study_facts

COUNTED = "N = 12 L H^2: trainable parameters without embeddings"
TUNED = {
    "with": "learning rate and number of epochs tuned for every model, by the metric itself",
    "without": "learning rate of the largest model at every size; the best epoch by the metric itself",
}
NO_TOKENS = "not published"


def card(
    laws: Laws,
    points: pd.DataFrame,
    task: str,
    *,
    objective: str = "mlm",
    hpt: str = "with",
    pretrain: pd.DataFrame | None = None,
    source: str | None = None,
) -> FitCard:
    """The card of one finetuning law: as text, Markdown or dict.

    laws: of these `points`, which say what was left out. `pretrain` (table "pretrain") tells the tokens every model was
    pretrained on, `source` (a profile, or "published") how the runs came about. Raises UnknownName for a series without
    points or an unknown source, and ValueError for a series with fewer than two sizes.
    """
    usable, left_out = split_usable(points)
    series = _series(usable, task, objective, hpt)
    law = laws.of(task=task, objective=objective, hpt=hpt)
    if law is None:
        sizes = series.loc[series["role"] == "ladder", "parameters"].nunique()
        raise ValueError(f"{task}, {objective}, {hpt}: a law needs at least two sizes; got {sizes}")
    target = series.loc[series["role"] == "target", "parameters"].unique()
    lost = _series(left_out, task, objective, hpt, empty=True)
    return fit_card(
        law,
        title=f"{title(task)}, {OBJECTIVES[objective]}, {TUNINGS[hpt]}: 1 - metric against N",
        parameters_counted=COUNTED,
        tokens=_tokens(pretrain, objective),
        tuning=TUNED[hpt],
        left_out=f"{len(lost)} of the ladder" + (f" ({'; '.join(lost['reason'].unique())})" if len(lost) else ""),
        held_out={
            "mean relative error of the metric at the two largest sizes": _rounded(law.mre[0]),
            "relative error at the target": _rounded(law.re[0]),
        },
        target=target if len(target) else None,
        study=study_facts(source, task) if source else None,
    )


def cards(
    laws: Laws, points: pd.DataFrame, pretrain: pd.DataFrame | None = None, source: str | None = None
) -> list[FitCard]:
    """The cards of every series with two or more sizes, in the order of the tables."""
    return [
        card(laws, points, row.task, objective=row.objective, hpt=row.hpt, pretrain=pretrain, source=source)
        for row in laws.fits().query("n_sizes >= 2").itertuples()
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
