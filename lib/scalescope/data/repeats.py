"""Rows of a task that repeat, or that contradict each other."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from typing import Any

from scalescope.data.overlap import ROWS_TOLD, SHOWN, texts_of
from scalescope.data.tasks.rows import FEW, line_numbers
from scalescope.data.tasks.spec import Task
from scalescope.errors import BadInput

REFUSED = 0.5  # share of the rows


def check_repeats(task: Task, rows: Sequence[dict], where: str) -> tuple[float, float]:
    """Shares of rows that repeat an earlier one, and of rows whose texts stand with another answer too.

    where: names the data in messages. Warns from 2 % on, with lines and an example; SST-2 repeats 0.5 % of its rows,
    and 0.6 % of CoLA's contradict another. Raises BadInput where it is more than half of the rows, but for questions
    with several answers in a text (span tasks), each of which may be right.
    """
    first: dict[tuple, dict[Any, int]] = {}
    lines: dict[tuple, list[int]] = {}
    repeated = []
    for number, row in enumerate(rows, start=1):
        texts = texts_of(task, row)
        answers = first.setdefault(texts, {})
        answer = json.dumps(row["answers"], sort_keys=True) if task.family == "span" else row[task.target]
        if answer in answers:
            repeated.append((number, answers[answer]))
        answers.setdefault(answer, number)
        lines.setdefault(texts, []).append(number)
    against = sorted(number for texts, answers in first.items() if len(answers) > 1 for number in lines[texts])
    share, contradicted = len(repeated) / len(rows), len(against) / len(rows)
    if repeated:
        example = f"line {repeated[0][0]} is line {repeated[0][1]}"
        told = f"repeat an earlier row, such as {example}: each counts once more; leave them out"
        _tell(share, where, [number for number, _ in repeated], len(rows), told)
    if against:
        place = against[0] - 1
        text, answer = str(rows[place][task.fields[0]]), rows[place][task.target]
        told = f"stand with another {task.target!r} too, such as {text[:SHOWN]!r} with {str(answer)[:SHOWN]}: "
        told += "at most one of them can be learned"
        _tell(contradicted, where, against, len(rows), told, refused=task.family != "span")
    return share, contradicted


def _tell(share: float, where: str, numbers: list[int], count: int, told: str, refused: bool = True) -> None:
    if share < ROWS_TOLD:
        return
    told = f"{where}: {len(numbers)} of {count} rows ({line_numbers(numbers)}) {told}"
    if refused and share > REFUSED and count >= FEW:
        raise BadInput(told)
    warnings.warn(told, stacklevel=4)
