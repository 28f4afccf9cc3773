"""What the figures of Ivgi 2022 share: looks, labels, sizes, and grids of nine tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from scalescope.experiment.points import OBJECTIVES, TUNINGS, check_tasks, split_usable, task_names, title
from scalescope.experiment.series import FittedCurve, baseline_row, law_series
from scalescope.plotting import style
from scalescope.plotting.panels import Looks, law_grid, legend

X_LABEL = "Parameters without embeddings"
Y_LABEL = "1 − metric"
SOURCES = {"paper": "paper", "ours": "ours"}
LOOKS = {
    OBJECTIVES["mlm"]: (style.BLUE, "o"),
    OBJECTIVES["pmi"]: (style.ORANGE, "s"),
    TUNINGS["with"]: (style.BLUE, "o"),
    TUNINGS["without"]: (style.GREEN, "D"),
    SOURCES["paper"]: (style.BLUE, "o"),
    SOURCES["ours"]: (style.ORANGE, "s"),
}


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


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all series of a figure; a table without rows, with the columns of one, where no series has any."""
    found = [part for part in parts if len(part)]
    return pd.concat(found, ignore_index=True) if found else parts[0]


def grid_data(
    usable: pd.DataFrame,
    names: Sequence[str],
    split: str,
    labels: dict[str, str],
    law_of: Callable[[str, str], FittedCurve | None],
    *,
    y: str = "error",
    own_span: bool = False,
    otherwise: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Rows of one panel per task; its series are the values of the column `split`, called as in `labels`.

    law_of: the law of a task and a value. `own_span`: each law over the sizes of its own points only. otherwise: points
    whose sizes the axes have where `usable` is empty (panels then say "no runs").
    """
    span = span_of(usable, otherwise)
    parts = []
    for task in names:
        for value, name in labels.items():
            rows = usable[(usable["task"] == task) & (usable[split] == value)]
            reach = span_of(rows) if own_span and len(rows) else span
            law = law_of(task, value) if len(rows) else None
            labelled = {"panel": task, "task": task, split: value, "series": name}
            parts.append(law_series(rows, y, reach, law, **labelled))
    return joined(parts)


def with_baselines(data: pd.DataFrame, tasks: pd.DataFrame | None) -> pd.DataFrame:
    """`data` and the error of the majority answer of each of its panels, where `tasks` (table "tasks") knows it."""
    if tasks is None:
        return data
    known = check_tasks(tasks)
    known = known[known["task"].isin(data["panel"]) & (known["majority"] > 0)]  # false for NaN too
    rows = [baseline_row(1 - row.majority, panel=row.task, task=row.task) for row in known.itertuples()]
    return pd.concat([data, *rows], ignore_index=True)[list(data.columns)] if rows else data


def draw_tasks(
    data: pd.DataFrame,
    names: Sequence[str] | None = None,
    *,
    y_label: str = Y_LABEL,
    size: str = style.SCREEN,
    titles: Mapping[str, str] | None = None,
) -> Figure:
    """A grid of three columns, one panel per task (the paper's nine, and others of `data`).

    titles: of panels that are called otherwise than their tasks.
    """
    names = task_names(data[["panel"]].dropna().rename(columns={"panel": "task"})) if names is None else names
    looks = {name: look for name, look in LOOKS.items() if name in set(data["series"])}
    panels = {name: (titles or {}).get(name, title(name)) for name in names}
    return draw_panels(data, looks, panels, y_label=y_label, size=size)


def draw_panels(
    data: pd.DataFrame,
    looks: Looks,
    panels: dict[str, str],
    *,
    y_label: str = Y_LABEL,
    size: str = style.SCREEN,
    named: bool = True,
    by_band: bool = False,
    **settings: float,
) -> Figure:
    """Panels of laws with their legend; `named`: the series are in it."""
    with style.paper_style(size):
        figure = law_grid(data, looks, panels, x_label=X_LABEL, y_label=y_label, **settings)
        legend(figure, looks if named else {}, data, by_band=by_band)
    return figure
