"""Rows of every task: good ones pass, each fault names file, line, field and the nearest valid choice."""

import copy
import os
from pathlib import Path

import pytest

from scalescope.data.tasks.rows import check_rows, load_rows
from scalescope.data.tasks.spec import TASKS, task
from scalescope.errors import BadInput, UnknownName

GOOD = {
    "squad": {
        "id": "q1",
        "title": "Sky",
        "context": "The sky is blue.",
        "question": "Which colour?",
        "answers": {"text": ["blue", "is blue"], "answer_start": [11, 8]},
    },
    "mnli": {"premise": "a", "hypothesis": "b", "label": 2},
    "boolq": {"question": "a", "passage": "b", "answer": False},
    "race": {"example_id": "1", "article": "a", "question": "b", "options": list("wxyz"), "answer": "D"},
}


def broken(name, **changes):
    row = copy.deepcopy(GOOD[name])
    for field, value in changes.items():
        if value is None:
            del row[field]
        else:
            row[field] = value
    return [copy.deepcopy(GOOD[name]), row]


@pytest.mark.parametrize("name", GOOD)
def test_good_rows_keep_their_fields(name):
    (row,) = check_rows(task(name), [GOOD[name]], "here")
    for field in task(name).required:
        assert row[field] == GOOD[name][field]
    assert set(row) <= {"id", *task(name).required}


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        (
            "mnli",
            {"hypothesis": None, "hypotesis": "b"},
            "field 'hypothesis' .*missing; nearest field there: 'hypotesis'",
        ),
        ("mnli", {"label": None}, "line 2: field 'label'"),
        ("mnli", {"label": 3}, r"unknown label 3 in field 'label'.*valid for the task 'mnli': 0, 1, 2"),
        ("mnli", {"label": "entailment"}, "unknown label 'entailment'"),
        ("mnli", {"label": True}, "unknown label True"),
        ("mnli", {"premise": 7}, "field 'premise' holds int 7 where text is expected"),
        ("boolq", {"answer": 1}, "unknown label 1"),
        ("race", {"answer": "E"}, "unknown label 'E'"),
        ("race", {"options": ["w", "x"]}, "a list of 4 texts"),
        ("squad", {"answers": {"text": ["blue"], "answer_start": [10]}}, "'blue' is not in the context at 10"),
        ("squad", {"answers": {"text": ["blue"], "answer_start": [-5]}}, "is not in the context at -5"),
        ("squad", {"answers": {"text": ["blue"], "answer_start": []}}, r"1 text\(s\) but 0 answer_start"),
        ("squad", {"answers": {"text": [], "answer_start": []}}, "no answer, but every question"),
        ("squad", {"answers": "blue"}, "should hold the lists"),
        ("mnli", {"premise": " \n"}, r"field 'premise' holds ' \\n': no text"),
        ("mnli", {"hypothesis": "a \udc00"}, r"field 'hypothesis' holds half of a surrogate pair, \\udc00"),
        ("race", {"options": ["w", "x", "y", "\ud83d"]}, r"field 'options' holds half of a surrogate pair"),
        ("squad", {"question": ""}, "field 'question' holds '': no text"),
        ("squad", {"answers": {"text": ["blue"], "answer_start": ["11"]}}, "a text and an integer"),
    ],
)
def test_faults_are_named(name, changes, message):
    with pytest.raises(BadInput, match=f"some/file, line 2: .*{message}|some/file, {message}"):
        check_rows(task(name), broken(name, **changes), "some/file")


@pytest.mark.parametrize(
    ("options", "fault"), [(["w", "x", "x ", "z"], "identical options"), (["w", "x", " ", "z"], "a blank option")]
)
def test_odd_options_are_counted_by_name(options, fault):
    rows = [*broken("race", options=options), *broken("race", options=options)]
    with pytest.warns(UserWarning, match=rf"here: 2 of 4 rows have {fault} \(lines 2, 4\)"):
        assert len(check_rows(task("race"), rows, "here")) == 4


def test_no_rows():
    with pytest.raises(BadInput, match="here: no rows for the task 'mnli'"):
        check_rows(task("mnli"), [], "here")


def test_no_answer_is_fine_in_squad_v2():
    rows = broken("squad", answers={"text": [], "answer_start": []})
    assert check_rows(task("squad_v2"), rows, "here")[1]["answers"] == {"text": [], "answer_start": []}


def test_answers_as_a_list_of_objects():
    listed = [{"text": "blue", "answer_start": 11}, {"text": "is blue", "answer_start": 8}]
    rows = check_rows(task("squad"), broken("squad", answers=listed), "here")
    assert rows[0]["answers"] == rows[1]["answers"]


def test_tasks_in_the_papers_order():
    assert list(TASKS) == ["squad", "mnli", "qnli", "sst2", "race", "cola", "squad_v2", "mrpc", "boolq"]
    assert [made.metric for made in TASKS.values()].count("accuracy") == 6
    with pytest.raises(UnknownName, match="did you mean 'squad_v2'"):
        task("squadv2")


@pytest.mark.skipif(not os.environ.get("DATA"), reason="set DATA to the folder of real data")
@pytest.mark.parametrize("name", list(TASKS))
def test_real_rows(name):
    from scalescope.data.sources.files import Files

    source = Files(Path(os.environ["DATA"]))
    assert len(load_rows(source, task(name), "validation")) >= 408


def test_what_is_no_row_and_no_task_is_named():
    for row, told in ((None, "mine, line 1 holds nothing"), ("fine", "mine, line 1 holds str 'fine'")):
        with pytest.raises(BadInput, match=f"{told} where a dict of fields is expected"):
            check_rows(task("sst2"), [row], "mine")
    with pytest.raises(BadInput, match=r"mine: the task must be one of spec\.TASKS.*got 'sst2'"):
        check_rows("sst2", [{"sentence": "fine", "label": 1}], "mine")
    for name in (None, ["sst2"]):
        with pytest.raises(UnknownName, match="unknown task"):
            task(name)
