"""Figures of five laws are drawn from their numbers, every law in its own colour in both."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from scalescope.plotting import five_laws


@pytest.fixture
def predictions() -> pd.DataFrame:
    rows = [
        ("gadre2024", "OvertrainingLaw", 2.02, 2.0),
        ("gadre2024", "TrajectoryLaw", 2.2, 2.0),
        ("lin2024", "RectifiedLaw", 3.0, 3.0),
        ("lin2024", "PowerLaw", np.nan, 3.0),
    ]
    table = pd.DataFrame(rows, columns=["study", "law", "mean", "actual"])
    return table.assign(
        target="t",
        paper="p",
        low=0.9 * table["mean"],
        high=1.05 * table["mean"],
        distance=[1, 3, 1, np.nan],
        log_error=np.log(table["actual"] / table["mean"]),
        inside=[1.0, 0.0, 1.0, np.nan],
    )


@pytest.mark.parametrize("name", five_laws.DRAW)
def test_a_figure_is_drawn_again_from_its_csv(predictions, name):
    data = five_laws.DATA[name](predictions)
    again = pd.read_csv(io.StringIO(data.to_csv(index=False)))
    one, two = five_laws.DRAW[name](data), five_laws.DRAW[name](again)
    assert len(one.axes) == len(two.axes) and all(ax.has_data() for ax in two.axes)


def test_errors_are_ratios_and_a_law_that_was_not_asked_has_no_mark(predictions):
    data = five_laws.errors_data(predictions)
    assert data["mean"].tolist()[:3] == pytest.approx([1.01, 1.1, 1.0]) and np.isnan(data["mean"].iloc[3])
    figure = five_laws.draw_errors(data)
    assert (
        sum(
            len(each.get_offsets())
            for ax in figure.axes
            for each in ax.collections
            if hasattr(each, "_sizes") and len(each.get_sizes())
        )
        == 3
    )


def test_an_interval_that_missed_is_open_and_tiny_errors_stay_on_the_axis(predictions):
    data = five_laws.distance_data(predictions)
    assert data["error"].min() == five_laws.LEAST and len(data) == 3
    figure = five_laws.draw_distance(data)
    faces = {to_hex(each.get_facecolor()[0]) for each in figure.axes[0].collections if len(each.get_offsets())}
    assert "#ffffff" in faces and to_hex(five_laws.COLOURS["OvertrainingLaw"]) in faces


@pytest.mark.parametrize("make", [*five_laws.DATA.values(), *five_laws.DRAW.values()])
def test_what_is_no_table_of_predictions_is_named(make):
    with pytest.raises(ValueError, match="gives it is drawn; got the NoneType"):
        make(None)
    with pytest.raises(ValueError, match=r"unknown column of the table that .* gives: '"):
        make(pd.DataFrame({"a": [1.0]}))
