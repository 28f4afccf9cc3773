"""Tables as people read them."""

import numpy as np
import pandas as pd
import pytest

from scalescope.errors import UnknownName
from scalescope.experiment.readable import number, numbers, readable, with_interval


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (82944, "82,944"),
        (np.int64(-1728), "−1,728"),
        (0.84, "0.84"),
        (-0.214, "−0.21"),
        (-0.001, "0.00"),
        (True, "yes"),
        (np.bool_(False), "no"),
        (None, "–"),
        (float("nan"), "–"),
        (pd.NA, "–"),
        ("budget", "budget"),
        ("", ""),
        (5.557e8, "5.6 × 10⁸"),
        (60018278400, "6.0 × 10¹⁰"),
        (123456.7, "123,457"),
        (999.4, "999.40"),
        (float("inf"), "∞"),
    ],
)
def test_one_value(value, text):
    assert number(value) == text


def test_an_interval_is_shown_where_there_is_one():
    assert with_interval(-0.004, -0.0301, 0.2) == "0.00 [−0.03, 0.20]"
    assert with_interval(0.5, float("nan"), float("nan")) == "0.50"
    assert with_interval(float("nan"), 0.1, 0.2) == "–"


TABLE = pd.DataFrame({
    "task": ["squad", "mine"], "slope": [-0.21, np.nan], "slope_low": [-0.3, np.nan], "slope_high": [-0.1, np.nan],
    "mean": [0.5, 0.6], "mean_pm": [0.07, 0.1], "re_low": [0.1, np.nan], "re_high": [0.2, np.nan],
    "learning_rate": [3e-4, 0.01], "parameters": [82944.0, np.nan], "seeds": [3, 1],
}, index=[7, 9])  # fmt: skip


def test_columns_are_chosen_joined_and_named():
    columns = {
        "task": "task",
        "slope": "slope",
        "mean": "error",
        "re": "re",
        "learning_rate": "rate",
        "parameters": "N",
        "seeds": "seeds",
    }
    shown = readable(TABLE, columns)
    assert list(shown.columns) == ["slope", "error", "re", "rate", "N", "seeds"]
    assert shown.loc["SQuAD 1.1"].tolist() == [
        "−0.21 [−0.30, −0.10]",
        "0.50 ± 0.07",
        "[0.10, 0.20]",
        "0.0003",
        "82,944",
        "3",
    ]
    assert shown.loc["mine"].tolist() == ["–", "0.60 ± 0.10", "–", "0.01", "–", "1"]


def test_a_dash_has_its_reason_beside_it_and_only_a_dash():
    reasons = pd.Series(["not this", "one size"])
    shown = readable(TABLE, {"task": "task", "slope": "slope"}, why=reasons)
    assert shown["– because"].tolist() == ["", "one size"]
    assert readable(TABLE, {"task": "task", "slope": "slope"}, why="few").iloc[1].tolist() == ["–", "few"]
    assert "– because" not in readable(TABLE, {"task": "task", "mean": "mean"}, why=reasons)


def test_a_column_that_is_not_there_is_named_with_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'slope'"):
        readable(TABLE, {"task": "task", "slop": "slope"})


def test_a_pivoted_table_has_its_sizes_and_tasks_by_name():
    wide = pd.DataFrame([[0.5, np.nan]], pd.Index(["cola"], name="task"), pd.Index([768, 82944], name="parameters"))
    shown = numbers(wide)
    assert shown.columns.tolist() == ["768", "82,944"] and shown.loc["CoLA"].tolist() == ["0.50", "–"]
    columns = pd.MultiIndex.from_tuples([("mlm", 1e-3), ("mlm", 3e-3)], names=["objective", "learning_rate"])
    shown = numbers(pd.DataFrame([[1.0, 2.0]], ["a"], columns), 1)
    assert shown.columns.tolist() == [("mlm", "0.001"), ("mlm", "0.003")] and shown.iloc[0].tolist() == ["1.0", "2.0"]
