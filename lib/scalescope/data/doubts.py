"""All that a user's own text and rows are checked for, beyond what makes them unreadable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scalescope.data.damage import check_row_texts, check_text
from scalescope.data.overlap import check_overlap, check_rows_overlap
from scalescope.data.repeats import check_repeats
from scalescope.data.sources.files import Files
from scalescope.data.tasks.spec import Task


def check_files_text(source: Files) -> float:
    """Check a folder's text; returns the share of held-out words that is train text. Raises and warns as each does."""
    check_text(source)
    return check_overlap(source)


def check_files_rows(source: Files, task: Task, rows: Mapping[str, Sequence[dict]]) -> None:
    """Check a folder's rows of a task, "train" and "validation"; raises and warns as each of the checks does."""
    for split, found in rows.items():
        where = source.where(task.name, split)
        check_repeats(task, found, where)
        check_row_texts(task, found, where)
    check_rows_overlap(task, rows["train"], rows["validation"], source.folder)
