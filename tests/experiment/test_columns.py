"""Columns of tables: numbers, labels, sizes and shares, each refused by table, column, row and value."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from scalescope.experiment.columns import need, need_labels, need_shares, need_sizes, need_whole, with_numbers


def frame(**columns):
    return pd.DataFrame(columns)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["40000", "1200000"], r"row 0 holds str '40000' where a number is expected; turn the column into numbers"),
        ([1, "12K"], r"row 1 holds str '12K'"),
        ([1.0, True], r"row 1 holds bool True"),
        ([True, False], r"row 0 holds bool True"),
        ([1, [2]], r"row 1 holds list \[2\]"),
        ([1 + 2j, 1], r"row 0 holds complex"),
        (pd.to_datetime(["2022-02-13", "2022-02-14"]), r"row 0 holds Timestamp"),
        (pd.Categorical(["1", "2"]), r"row 0 holds str '1'"),
        (pd.array(["1", pd.NA], dtype="string"), r"row 0 holds str '1'"),
        (pd.array([True, pd.NA], dtype="boolean"), r"row 0 holds bool True"),
    ],
)
def test_what_is_no_number_is_named(values, message):
    with pytest.raises(ValueError, match=rf"table 'points', column 'parameters', {message}"):
        with_numbers(frame(parameters=values), "points")


@pytest.mark.parametrize(
    "values",
    [
        pd.array([1, pd.NA], dtype="Int64"),
        pd.array([1.0, pd.NA], dtype="Float64"),
        [1, None],
        [Decimal(1), pd.NaT],
        np.array([1, None], dtype=object),
        pd.Categorical([1.0, np.nan]),
        [np.float32(1), float("nan")],
    ],
)
def test_missing_numbers_of_any_kind_become_nan(values):
    read = with_numbers(frame(error=values), "points")["error"]
    assert read.dtype == float and read.tolist()[0] == 1 and np.isnan(read.tolist()[1])


def test_plain_numbers_and_texts_stay_as_they_are():
    table = frame(parameters=[1, 2], error=[0.5, np.nan], task=["a", "b"], note=["x", "y"])
    pd.testing.assert_frame_equal(with_numbers(table, "points"), table)
    assert with_numbers(frame(error=[]).astype(object), "points")["error"].dtype == float


@pytest.mark.parametrize("value", [None, np.nan, pd.NA, pd.NaT, "", "  "])
def test_missing_labels_of_any_kind(value):
    with pytest.raises(ValueError, match=r"table 'points', column 'task', row 1 holds .*: a label is missing"):
        need_labels(frame(task=pd.Series(["a", value], dtype=object)), "points", ["task"])


def test_a_label_that_cannot_be_written_is_refused():
    with pytest.raises(ValueError, match=r"column 'task', row 1 holds .*half of a surrogate pair, .ud83d, is no char"):
        need_labels(frame(task=pd.Series(["a", "b\ud83d"], dtype=object)), "points", ["task"])
    need_labels(frame(task=["a", "\U0001f600"]), "points", ["task"])


@pytest.mark.parametrize("value", [-1, 0.5, np.nan, np.inf])
def test_whole_numbers(value):
    with pytest.raises(ValueError, match=r"table 'points', column 'seed', row 1 holds .* a whole number from 0 on"):
        need_whole(frame(seed=[0.0, value]), "points", ["seed"])


def test_columns_sizes_and_shares():
    with pytest.raises(ValueError, match=r"table 'points' lacks the column\(s\) parameters; did you mean 'params'"):
        need(frame(params=[1]), "points", ["parameters"])
    with pytest.raises(ValueError, match="table 'points' has the column 'task' twice"):
        need(pd.DataFrame([[1, 2]], columns=["task", "task"]), "points", ["task"])
    with pytest.raises(ValueError, match="points, row 1: parameters must be above zero; got inf"):
        need_sizes(frame(parameters=[1, np.inf]), "points")
    with pytest.raises(ValueError, match=r"column 'majority', row 0 holds 67; a share between 0 and 1 .*in percent"):
        need_shares(frame(majority=[67.0, np.nan]), "tasks", ["majority"])
    need_shares(frame(value=[-1.0, 1.0, np.nan]), "points", ["value"], -1.0)
