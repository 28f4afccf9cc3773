"""Rows of a task, checked once where they come in, whatever the source."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Sequence
from typing import Any

from scalescope.data.sources.base import Source
from scalescope.data.sources.json_rows import SURROGATE, shortened
from scalescope.data.tasks.spec import Task
from scalescope.errors import BadInput, nearest

LINES_TOLD = 8  # line numbers in a warning
FEW = 8  # rows that may have one label by chance


def load_rows(source: Source, task: Task, split: str) -> list[dict]:
    """Checked rows of a task's "train" or "validation" split of any source; raises BadInput."""
    rows = source.rows(task.name, split)
    where = source.where(task.name, split) if hasattr(source, "where") else f"{source.name}, {task.name} {split}"
    return check_rows(task, rows, where)


def check_rows(task: Task, rows: list[dict], where: str) -> list[dict]:
    """Return the rows with the task's own fields (and an id, where they have one), all of the right kind.

    where: file or data set, for messages; row i is called line i + 1. Answers given as a list of objects are
    turned into an object of lists, as some versions of `datasets` load them.
    Raises BadInput for no rows, a missing field (naming the nearest one there), a field of the wrong type or without
    text, an unknown label, half of a surrogate pair, an answer that is not in its context, or `is_impossible` (SQuAD
    2.0) that contradicts the answers. Warns of options that are blank or there twice (real tests have a few), with
    their lines, and of one label for all rows.
    """
    if not isinstance(task, Task):
        raise BadInput(f"{where}: the task must be one of spec.TASKS, such as spec.task('sst2'); got {task!r:.80}")
    if not isinstance(rows, list):
        raise BadInput(f"{where}: rows must be a list of dicts; got a {type(rows).__name__}")
    if not rows:
        raise BadInput(f"{where}: no rows for the task {task.name!r}")
    checked = [_check(task, row, f"{where}, line {number}") for number, row in enumerate(rows, start=1)]
    if task.family == "choice":
        _warn_of_options(checked, where)
    if task.family == "classification" and len(checked) >= FEW and len({row[task.target] for row in checked}) == 1:
        label = checked[0][task.target]
        warnings.warn(
            f"{where}: all {len(checked)} rows have the label {label!r}: nothing can be learned", stacklevel=3
        )
    return checked


def _warn_of_options(rows: list[dict], where: str) -> None:
    shown = [[" ".join(option.split()) for option in row["options"]] for row in rows]
    twice = [len(set(options)) < len(options) for options in shown]
    blank = [not all(options) for options in shown]
    for fault, bad in {"identical options": twice, "a blank option": blank}.items():
        lines = [number for number, is_bad in enumerate(bad, start=1) if is_bad]
        if lines:
            told = f"{where}: {len(lines)} of {len(rows)} rows have {fault} ({line_numbers(lines)})"
            warnings.warn(told, stacklevel=4)


def line_numbers(lines: Sequence[int]) -> str:
    """Lines for a message, the first of many: "line 3", "lines 1, 4, ..."."""
    told = ", ".join(map(str, lines[:LINES_TOLD])) + (", ..." if len(lines) > LINES_TOLD else "")
    return f"line{'s' if len(lines) > 1 else ''} {told}"


def _check(task: Task, row: dict, place: str) -> dict:
    if not isinstance(row, dict):
        raise BadInput(f"{place} holds {_kind(row)} where a dict of fields is expected")
    for name in task.required:
        if name not in row:
            spare = [field for field in row if field not in task.required]
            near = nearest(name, spare or row)
            hint = f"; nearest field there: {near!r}" if near else ""
            raise BadInput(f"{place}: field {name!r} of the task {task.name!r} is missing{hint}")
    for name in task.fields:
        if name != "options":
            _check_text(row[name], name, place)
    kept = {name: row[name] for name in ("id", *task.required) if name in row}
    if task.family == "span":
        kept["answers"] = _answers(task, row, place)
    else:
        _check_label(task, row[task.target], place)
    if task.family == "choice":
        kept["options"] = _options(task, row["options"], place)
    return kept


def _check_text(text: Any, name: str, place: str) -> None:
    if not isinstance(text, str):
        raise BadInput(f"{place}: field {name!r} holds {_kind(text)} where text is expected")
    _check_characters(text, name, place)
    if not _visible(text):
        raise BadInput(f"{place}: field {name!r} holds {text!r}: no text")


def _check_characters(text: str, name: str, place: str) -> None:
    found = SURROGATE.search(text)
    if found:
        raise BadInput(f"{place}: field {name!r} holds half of a surrogate pair, \\u{ord(found[0]):04x}: no character")


def _check_label(task: Task, label: Any, place: str) -> None:
    if type(label) is not type(task.labels[0]) or label not in task.labels:
        valid = ", ".join(map(repr, task.labels))
        raise BadInput(
            f"{place}: unknown label {shortened(repr(label))} in field {task.target!r}; nearest valid "
            f"{nearest(label, task.labels)} (valid for the task {task.name!r}: {valid})"
        )


def _options(task: Task, options: Any, place: str) -> list[str]:
    if not isinstance(options, list) or len(options) != task.group or not all(isinstance(o, str) for o in options):
        raise BadInput(
            f"{place}: field 'options' should be a list of {task.group} texts, got {shortened(repr(options))}"
        )
    for option in options:
        _check_characters(option, "options", place)
    return options


def _answers(task: Task, row: dict, place: str) -> dict[str, list]:
    answers = row["answers"]
    if isinstance(answers, list) and all(isinstance(answer, dict) for answer in answers):
        answers = {name: [answer.get(name) for answer in answers] for name in ("text", "answer_start")}
    if not isinstance(answers, dict) or not all(
        isinstance(answers.get(name), list) for name in ("text", "answer_start")
    ):
        raise BadInput(
            f"{place}: field 'answers' should hold the lists 'text' and 'answer_start', got {shortened(repr(answers))}"
        )
    texts, starts = answers["text"], answers["answer_start"]
    impossible = row.get("is_impossible")
    if isinstance(impossible, bool) and impossible == bool(texts):
        raise BadInput(f"{place}: 'is_impossible' is {impossible}, but there are {len(texts)} answer(s)")
    if len(texts) != len(starts):
        raise BadInput(f"{place}: 'answers' has {len(texts)} text(s) but {len(starts)} answer_start")
    if not texts and not task.has_no_answer:
        raise BadInput(f"{place}: no answer, but every question of the task {task.name!r} has one")
    for text, start in zip(texts, starts, strict=True):
        if not isinstance(text, str) or type(start) is not int:
            raise BadInput(f"{place}: answer {text!r} at {start!r} should be a text and an integer")
        found = row["context"][max(0, start) : max(0, start) + len(text)]
        if text.strip() and not _visible(text):
            raise BadInput(f"{place}: answer {text!r} at {start} has no visible character")
        if not text.strip() or start < 0 or found != text:
            raise BadInput(f"{place}: answer {text!r} is not in the context at {start}, which reads {found!r}")
    return {"text": texts, "answer_start": starts}


def _visible(text: str) -> bool:
    """Whether a text has more than space, controls, invisible signs and marks, which the tokenizer drops."""
    return any(unicodedata.category(character)[0] not in "CZM" for character in text)


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"{type(value).__name__} {shortened(repr(value))}"
