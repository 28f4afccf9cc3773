"""Grids of panels, one a task, and what the figures of Ivgi 2022 share: looks, labels, sizes."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from scalescope.experiment.points import check_tasks, split_usable, title
from scalescope.experiment.series import baseline_row, law_series
from scalescope.plotting import style
from scalescope.plotting.panels import legend, panel

COLOURS = {
    "mlm": style.BLUE,
    "pmi": style.ORANGE,
    "with": style.BLUE,
    "without": style.GREEN,
    "paper": style.BLUE,
    "ours": style.ORANGE,
}
MARKERS = {"paper": "o", "ours": "s", "mlm": "o", "pmi": "s", "with": "o", "without": "D"}
X_LABEL = "Parameters without embeddings"
Y_LABEL = "1 − metric"


def one_ratio(points: pd.DataFrame) -> pd.DataFrame:
    """Usable points of the ladder and the target: the figures of finetuning have one aspect ratio."""
    usable, _ = split_usable(points)
    return usable[usable["role"] != "second"]


def span_of(frame: pd.DataFrame, otherwise: pd.DataFrame | None = None) -> tuple[float, float]:
    """Smallest and largest size of a figure; those of `otherwise` where its own table holds no point.

    Raises ValueError if there is no point at all: panels without points say so, a figure needs sizes.
    """
    if frame.empty and otherwise is not None:
        return span_of(otherwise)
    if frame.empty:
        raise ValueError("no usable points to draw: the table is empty, or every run failed")
    return float(frame["parameters"].min()), float(frame["parameters"].max())


def joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all series of a figure; a table without rows, with the columns of one, where no series has any."""
    found = [part for part in parts if len(part)]
    return pd.concat(found, ignore_index=True) if found else parts[0]


def grid(
    usable: pd.DataFrame,
    names: list[str],
    split: str,
    labels: dict[str, str],
    tasks: pd.DataFrame | None,
    n_boot: int,
    random_state: int,
    *,
    y: str = "error",
    y_label: str = Y_LABEL,
    own_span: bool = False,
    otherwise: pd.DataFrame | None = None,
) -> tuple[Figure, pd.DataFrame]:
    """Three columns of panels, one a task; the series of a panel are the values of the column `split`.

    `y`: the column whose law is drawn; `own_span`: each law over the sizes of its own points only. otherwise: points
    whose sizes the axes have where `usable` is empty (panels then say "no runs").
    """
    span = span_of(usable, otherwise)
    known = check_tasks(tasks) if tasks is not None else pd.DataFrame()
    majority = dict(zip(known["task"], known["majority"], strict=True)) if len(known) else {}
    parts = []
    for task in names:
        for value, name in labels.items():
            rows = usable[(usable["task"] == task) & (usable[split] == value)]
            reach = span_of(rows) if own_span and len(rows) else span
            parts.append(law_series(rows, y, reach, n_boot=n_boot, random_state=random_state,
                                    panel=task, task=task, **{split: value}, series=name))  # fmt: skip
        if majority.get(task, 0) > 0:  # false for NaN too; a baseline of 0 is no line but the top
            parts.append(baseline_row(1 - majority[task], panel=task, task=task))
    data = joined(parts)
    looks = {name: (COLOURS[value], MARKERS[value]) for value, name in labels.items()}
    n_rows = -(-len(names) // 3)
    with style.house():
        figure, axes = plt.subplots(n_rows, 3, figsize=(10, 0.7 + 2.9 * n_rows), layout="constrained", squeeze=False)
        for place, ax in enumerate(axes.flat):
            if place >= len(names):
                ax.set_axis_off()
                continue
            panel(ax, data[data["panel"] == names[place]], looks, span, title(names[place]))
        figure.supxlabel(X_LABEL, fontsize=11)
        figure.supylabel(y_label, fontsize=11)
        legend(figure, looks, data)
    return figure, data
