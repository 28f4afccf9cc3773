"""Rows of a task, checked once where they come in, whatever the source."""

from __future__ import annotations

from typing import Any

from scalescope.schema import nearest
from scalescope.tasks.spec import Task
from scalescope.text.source import BadInput, Source


def load_rows(source: Source, task: Task, split: str) -> list[dict]:
    """Checked rows of a task's "train" or "validation" split of any source; raises BadInput."""
    rows = source.rows(task.name, split)
    where = source.where(task.name, split) if hasattr(source, "where") else f"{source.name}, {task.name} {split}"
    return check_rows(task, rows, where)


def check_rows(task: Task, rows: list[dict], where: str) -> list[dict]:
    """Return the rows with the task's own fields (and an id, where they have one), all of the right kind.

    where: file or data set, for messages; row i is called line i + 1. Answers given as a list of objects are
    turned into an object of lists, as some versions of `datasets` load them.
    Raises BadInput for no rows, a missing field (naming the nearest one there), a field of the wrong type, an
    unknown label, or an answer that is not in its context.
    """
    if not rows:
        raise BadInput(f"{where}: no rows for the task {task.name!r}")
    return [_check(task, row, f"{where}, line {number}") for number, row in enumerate(rows, start=1)]


def _check(task: Task, row: dict, place: str) -> dict:
    for name in task.required:
        if name not in row:
            spare = [field for field in row if field not in task.required]
            near = nearest(name, spare or row)
            hint = f"; nearest field there: {near!r}" if near else ""
            raise BadInput(f"{place}: field {name!r} of the task {task.name!r} is missing{hint}")
    for name in task.fields:
        if name != "options" and not isinstance(row[name], str):
            raise BadInput(f"{place}: field {name!r} holds {_kind(row[name])} where text is expected")
    kept = {name: row[name] for name in ("id", *task.required) if name in row}
    if task.family == "span":
        kept["answers"] = _answers(task, row, place)
    else:
        _check_label(task, row[task.target], place)
    if task.family == "choice":
        kept["options"] = _options(task, row["options"], place)
    return kept


def _check_label(task: Task, label: Any, place: str) -> None:
    if type(label) is not type(task.labels[0]) or label not in task.labels:
        valid = ", ".join(map(repr, task.labels))
        raise BadInput(
            f"{place}: unknown label {label!r} in field {task.target!r}; nearest valid "
            f"{nearest(label, task.labels)} (valid for the task {task.name!r}: {valid})"
        )


def _options(task: Task, options: Any, place: str) -> list[str]:
    if not isinstance(options, list) or len(options) != task.group or not all(isinstance(o, str) for o in options):
        raise BadInput(f"{place}: field 'options' should be a list of {task.group} texts, got {options!r}")
    return options


def _answers(task: Task, row: dict, place: str) -> dict[str, list]:
    answers = row["answers"]
    if isinstance(answers, list) and all(isinstance(answer, dict) for answer in answers):
        answers = {name: [answer.get(name) for answer in answers] for name in ("text", "answer_start")}
    if not isinstance(answers, dict) or not all(
        isinstance(answers.get(name), list) for name in ("text", "answer_start")
    ):
        raise BadInput(f"{place}: field 'answers' should hold the lists 'text' and 'answer_start', got {answers!r}")
    texts, starts = answers["text"], answers["answer_start"]
    if len(texts) != len(starts):
        raise BadInput(f"{place}: 'answers' has {len(texts)} text(s) but {len(starts)} answer_start")
    if not texts and not task.has_no_answer:
        raise BadInput(f"{place}: no answer, but every question of the task {task.name!r} has one")
    for text, start in zip(texts, starts, strict=True):
        if not isinstance(text, str) or type(start) is not int:
            raise BadInput(f"{place}: answer {text!r} at {start!r} should be a text and an integer")
        found = row["context"][max(0, start) : max(0, start) + len(text)]
        if not text.strip() or start < 0 or found != text:
            raise BadInput(f"{place}: answer {text!r} is not in the context at {start}, which reads {found!r}")
    return {"text": texts, "answer_start": starts}


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"{type(value).__name__} {value!r}"
