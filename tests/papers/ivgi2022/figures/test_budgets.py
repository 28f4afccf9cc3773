import numpy as np
import pandas as pd
import pytest

from scalescope.papers.ivgi2022 import figures as ivgi2022
from scalescope.papers.ivgi2022.figures.budgets import draw_budgets
from scalescope.tables import COLUMNS


@pytest.fixture
def budgets():
    """Two tasks of one model at three budgets, two seeds each 0.02 apart."""
    rows = [
        {
            "objective": "mlm",
            "role": "ladder",
            "parameters": 1e4,
            "budget_tokens": tokens,
            "tokens": 0.9 * tokens,
            "task": task,
            "seed": seed,
            "error": 0.6 / place + 0.02 * seed,
            "value_se": 0.03,
        }
        for task in ("sst2", "mnli")
        for place, tokens in enumerate((1e4, 1e5, 1e6), 1)
        for seed in (0, 1)
    ]
    return pd.DataFrame(rows).reindex(columns=COLUMNS["budgets"])


def test_means_and_bars_over_seeds_with_scratch_and_majority(budgets):
    scratch = {
        "objective": ["mlm", "pmi", "mlm"],
        "role": "ladder",
        "parameters": [1e4, 1e4, 9e4],
        "task": "sst2",
        "error_scratch": [0.7, 0.7, 0.1],
        "bar_scratch": 0.01,
        "n_seeds": 2,
    }
    transfer = pd.DataFrame(scratch).reindex(columns=COLUMNS["transfer"])
    tasks = pd.DataFrame({"task": ["sst2", "race"], "majority": [0.5, 0.25]})
    data = ivgi2022.budgets_data(budgets, tasks, transfer)
    figure = draw_budgets(data)
    points = data[(data["kind"] == "point") & (data["panel"] == "sst2")]
    assert points["value"].tolist() == pytest.approx([0.61, 0.31, 0.21]) and (points["n_seeds"] == 2).all()
    assert points["tokens"].tolist() == pytest.approx([9e3, 9e4, 9e5]), "seen, not asked for"
    bar = np.sqrt(np.var([0, 0.02], ddof=1) + 0.03**2)
    assert (points["err_high"] - points["value"]).tolist() == pytest.approx([bar] * 3)
    assert data.loc[data["kind"] == "scratch", "value"].tolist() == [0.7], "of this model only, and once"
    assert data.loc[data["kind"] == "baseline", "panel"].tolist() == ["sst2"]
    shown = {ax.get_title(loc="left"): ax for ax in figure.axes}
    dashed = [line.get_ydata()[0] for line in shown["SST-2"].lines if line.get_linestyle() == "--"]
    assert dashed == [0.7, 0.5] and not shown["RACE"].lines


def test_the_figure_is_drawn_again_from_its_numbers(budgets, tmp_path):
    data = ivgi2022.budgets_data(budgets)
    first = draw_budgets(data)
    data.to_csv(tmp_path / "budgets.csv", index=False)
    again = draw_budgets(pd.read_csv(tmp_path / "budgets.csv"))
    assert [len(ax.lines) for ax in again.axes] == [len(ax.lines) for ax in first.axes]
    assert sum(len(ax.lines) > 0 for ax in again.axes) == 2


def test_a_task_whose_runs_are_not_there_says_so_beside_the_others_and_alone(budgets):
    tasks = pd.DataFrame({"task": ["sst2", "mnli"], "majority": [0.5, 0.35]})
    data = ivgi2022.budgets_data(budgets, tasks)
    lacking = data[(data["kind"] != "point") | (data["panel"] == "sst2")]
    for shown, with_runs in ((data, 2), (lacking, 1), (data[data["kind"] != "point"], 0)):
        figure = draw_budgets(shown)
        empty = sum(text.get_text() == "no runs" for ax in figure.axes for text in ax.texts)
        assert len(figure.axes) - empty == with_runs
