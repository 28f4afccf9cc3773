"""Figures of the over-training runs on several texts are drawn from their numbers."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from scalescope.papers.gadre2024 import text_figures
from scalescope.papers.gadre2024.claims import MAIN

SIZES, MULTIPLIERS = (14e3, 47e3, 111e3), (20, 40, 80)


@pytest.fixture
def predictions() -> pd.DataFrame:
    rows = [
        {
            "text": text,
            "law": law,
            "average": average,
            "role": "held_out" if m == MULTIPLIERS[-1] else "fit",
            "parameters": n,
            "tokens": n * m,
            "token_multiplier": m,
            "flops": 6 * n * n * m,
            "loss": 3 - 0.1 * np.log(n * m),
            "loss_predicted": 3.01 - 0.1 * np.log(n * m),
            "error": 0.5 if text == "standard" else np.nan,
            "error_predicted": 0.51 if text == "standard" else np.nan,
        }
        for text in ("standard", "far")
        for law in (MAIN, "ChinchillaLaw")
        for average in ("all skills", "skills above chance")
        for n in SIZES
        for m in MULTIPLIERS
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def pairs(predictions) -> pd.DataFrame:
    own = predictions[predictions["average"] == "all skills"].rename(columns={"token_multiplier": "multiplier"})
    parts = [
        own.assign(evaluated_on=where, loss_off=np.where(own["text"] == where, 1.5, 12.5))
        for where in ("standard", "far")
    ]
    return pd.concat(parts, ignore_index=True)


def again(data: pd.DataFrame) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(data.to_csv(index=False)))


def test_each_text_has_a_column_with_the_loss_and_where_skills_are_the_error(predictions):
    data = text_figures.texts_data(predictions)
    assert len(data) == 2 * len(SIZES) * len(MULTIPLIERS), "one law, one average"
    axes = text_figures.draw_texts(again(data)).axes
    assert [ax.get_title(loc="left") for ax in axes] == ["trained on standard", "trained on far", "", ""]
    assert all(len(ax.lines) == len(SIZES) for ax in axes)
    drawn = axes[0].lines[0].get_xydata()
    own = data[(data["text"] == "standard") & (data["parameters"] == SIZES[0])]
    assert np.allclose(drawn, own[["flops", "loss_predicted"]])
    without = text_figures.texts_data(predictions.assign(error=np.nan))
    assert len(text_figures.draw_texts(again(without)).axes) == 2


def test_each_pair_of_texts_has_a_panel_with_every_run_and_a_frame_around_the_fit(pairs):
    data = text_figures.pairs_data(pairs)
    assert len(data) == 4 * len(SIZES) * len(MULTIPLIERS)
    *axes, bar = text_figures.draw_pairs(again(data)).axes
    assert [ax.get_title(loc="left") for ax in axes] == [
        f"trained on {one}, evaluated on {other}" for one in ("standard", "far") for other in ("standard", "far")
    ]
    assert bar.get_ylabel() == "relative error of loss (%)"
    for ax, value in zip(axes, (1.5, 12.5, 12.5, 1.5), strict=True):
        assert {text.get_text() for text in ax.texts} == {f"{value:.1f}"}
        assert len(ax.patches) == len(SIZES) * 2, "two multipliers are in the fit"
        assert [label.get_text() for label in ax.get_yticklabels()] == ["111K", "47K", "14K"]


def test_a_run_that_is_not_there_leaves_its_cell_blank(pairs):
    data = text_figures.pairs_data(pairs)
    data = data[~((data["parameters"] == SIZES[0]) & (data["multiplier"] == MULTIPLIERS[0]))]
    assert all(len(ax.texts) == 8 for ax in text_figures.draw_pairs(data).axes[:-1])
