"""Rows that repeat or contradict each other: told from 2 % on, refused from half on, quiet for a few of many."""

import warnings

import pytest

from scalescope.data.repeats import check_repeats
from scalescope.data.tasks.spec import TASKS
from scalescope.errors import BadInput


def rows(count: int, label=lambda at: at % 2) -> list[dict]:
    return [{"sentence": f"sentence {at}", "label": label(at)} for at in range(count)]


def test_a_few_rows_are_quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check_repeats(TASKS["sst2"], rows(100), "mine") == (0, 0)
        many = rows(1000)
        assert check_repeats(TASKS["sst2"], [*many, *many[:10]], "mine") == (10 / 1010, 0)


def test_repeated_rows_are_told_and_refused():
    many = rows(100)
    with pytest.warns(UserWarning, match=r"mine: 3 of 103 rows \(lines 101, 102, 103\) repeat .* line 101 is line 1:"):
        assert check_repeats(TASKS["sst2"], [*many, *many[:3]], "mine") == (3 / 103, 0)
    with pytest.raises(BadInput, match=r"mine: 200 of 300 rows \(lines 101, .* repeat an earlier row"):
        check_repeats(TASKS["sst2"], many * 3, "mine")
    with pytest.warns(UserWarning, match="4 of 6 rows"):  # too few to be sure
        check_repeats(TASKS["sst2"], rows(2) * 3, "mine")


def test_contradicting_rows_are_told_and_refused():
    many, others = rows(100), rows(100, lambda at: 1 - at % 2)
    with pytest.warns(
        UserWarning, match=r"mine: 6 of 103 rows \(lines 1, 2, 3, 101, .*'label' too, such as 'sentence 0'"
    ):
        assert check_repeats(TASKS["sst2"], [*many, *others[:3]], "mine") == (0, 6 / 103)
    with pytest.raises(BadInput, match=r"200 of 200 rows .* with 0: at most one of them can be learned"):
        check_repeats(TASKS["sst2"], [*many, *others], "mine")


def test_a_question_may_have_several_answers():
    found = [
        {"question": "which", "context": f"{at} or {at + 1}", "answers": {"text": [str(n)], "answer_start": [n - at]}}
        for at in range(10)
        for n in (at, at)
    ]
    other = [row | {"answers": {"text": [" or "], "answer_start": [1]}} for row in found[::2]]
    with pytest.warns(UserWarning, match=r"20 of 20 rows .* stand with another 'answers' too"):
        check_repeats(TASKS["squad"], [*found[::2], *other], "mine")


def test_what_the_encoder_reads_counts_and_no_id():
    task, row = TASKS["mnli"], {"premise": "a", "hypothesis": "b", "label": 0}
    found = [row | {"id": str(at)} for at in range(10)]
    with pytest.raises(BadInput, match="9 of 10 rows"):
        check_repeats(task, found, "mine")
