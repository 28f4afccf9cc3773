"""The numbers that the figures of the transfer study draw, and drawings of these numbers alone."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from papers.barnett2024.test_fits import GAPS, ROWS, P, table

from scalescope.papers.barnett2024 import figures, fits
from scalescope.papers.barnett2024.shared import predict


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return table(seeds=2)


@pytest.fixture(scope="module")
def fitted(runs) -> pd.DataFrame:
    return fits.fits(fits.points(runs), n_boot=0)


def again(data: pd.DataFrame) -> pd.DataFrame:
    """The numbers as they come back from the CSV beside the figure."""
    return pd.read_csv(io.StringIO(data.to_csv(index=False)))


def test_loss_is_drawn_as_means_over_seeds_with_the_law_through_them(runs, fitted):
    data = figures.loss_data(runs, fitted)
    assert list(data["panel"].unique()) == list(GAPS)
    points = data[data["kind"] == "point"]
    assert len(points) == len(GAPS) * (len(P) * len(ROWS) - 1) and (points["low"] <= points["high"]).all()
    cell = runs.query("text == 'near' and rows == 32 and pretrain_tokens == 40000")
    mine = points.query("panel == 'near' and pretrain_tokens == 40000 and finetune_tokens == 1920")
    assert mine["loss"].item() == pytest.approx(cell["loss"].mean())
    held = data[data["kind"] == "held_out"]
    assert len(held) == len(GAPS) and (held["finetune_tokens"] == 60 * ROWS[-1]).all()
    line = data.query("panel == 'far' and kind == 'law'")
    own = fitted.query("text == 'far' and exponents == 'separate'")
    params = dict(zip(own["symbol"], own["value"], strict=True))
    assert np.allclose(line["loss"], predict(params, line))
    figure = figures.draw_loss(again(data))
    shown = [ax for ax in figure.axes if ax.axison]
    assert [ax.get_title(loc="left") for ax in shown] == list(GAPS)


def test_gaps_are_drawn_with_their_intervals(runs):
    gaps = fits.gaps(fits.points(runs), n_boot=20)
    data = figures.gap_data(gaps)
    assert len(data) == 2 * len(GAPS) and ((data["low"] <= data["value"]) & (data["value"] <= data["high"])).all()
    assert data.loc[data["measure"] == "share", "value"].tolist() == gaps["share"].tolist()
    labels = [text.get_text() for text in figures.draw_gap(again(data)).axes[0].texts]
    assert labels == list(GAPS)


def test_lines_of_equal_loss_have_that_loss_under_the_law(runs, fitted):
    data = figures.iso_loss_data(fitted, runs)
    line = data.query("panel == 'same' and kind == 'law'")
    own = fitted.query("text == 'same' and exponents == 'separate'")
    params = dict(zip(own["symbol"], own["value"], strict=True))
    assert len(line) and np.allclose(predict(params, line), line["loss"])
    assert len(figures.draw_iso_loss(again(data)).axes) >= len(GAPS) + 1
