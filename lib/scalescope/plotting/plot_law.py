"""Laws of any table of one's own, drawn in the paper style."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from scalescope.experiment.law_groups import Laws, law_rows
from scalescope.laws.inputs import whole
from scalescope.plotting import style
from scalescope.plotting.drawable import MOST_PANELS
from scalescope.plotting.panels import law_grid, legend


def plot_law(
    points: pd.DataFrame,
    law: Laws,
    *,
    y: str,
    hue: str | None = None,
    col: str | None = None,
    wrap: int = 3,
    size: str = style.SCREEN,
) -> Figure:
    """Points of a table and the laws fitted to them, both axes logarithmic; nothing is fitted here.

    points: one row per run, with the law's input and `y` (above zero) as columns; rows of one size are averaged, with a
    bar of one standard deviation. Rows whose "role" is "target" are stars. law: fitted, of one input; with `hue`
    (series of a panel) or `col` (panels) one for each value, as `experiment.law_groups.fit_each` gives them for
    by=[col, hue]. Bands hold 95 % of the bootstrapped laws. size: "screen", or "paper" (3.3 or 6.9 inches wide). Raises
    UnknownName for a column that is not there, and ValueError for a law of several inputs and over 100 panels.
    """
    wrap = whole(wrap, "wrap")
    data = law_rows(points, law, y=y, hue=hue, col=col)
    data = data.assign(**{name: data[name].map(style.verbatim) for name in ("series", "panel")})
    names, panels = data["series"].unique(), data["panel"].unique()
    if len(panels) > MOST_PANELS:
        raise ValueError(f"column {col!r} has {len(panels)} values, and at most {MOST_PANELS} panels are drawn")
    colours, markers = len(style.PALETTE), len(style.MARKERS)
    looks = {  # a colour that comes again does so with another marker
        name: (style.PALETTE[k % colours], style.MARKERS[(k + k // colours) % markers]) for k, name in enumerate(names)
    }
    some = next(iter(law.values())) if isinstance(law, dict) else law
    labels = {"x_label": style.verbatim(some.input_names[0]), "y_label": style.verbatim(y)}
    narrow = {"columns": 1, "height": 0.75} if min(wrap, len(panels)) == 1 else {}
    with style.paper_style(size):
        figure = law_grid(data, looks, {name: name for name in panels}, wrap=wrap, **labels, **narrow)
        legend(figure, looks if hue else {}, data)
    return figure
