"""What a source of text and task rows is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from scalescope.errors import check_name

ARTICLE_SPLITS = ("train", "heldout")
ROW_SPLITS = ("train", "validation")


@runtime_checkable
class Source(Protocol):
    """Articles for pretraining and rows for the nine tasks, with the Hugging Face field names.

    name: kind of source. The two fingerprints enter run ids.
    """

    name: str

    @property
    def corpus_fingerprint(self) -> str:
        """Short hash of what determines the text of all splits, and of nothing else."""

    def task_fingerprint(self, task: str) -> str:
        """Short hash of what determines the rows of one task, and of nothing else."""

    def articles(self, split: str) -> Iterator[list[str]]:
        """Articles of "train" or "heldout", each a list of paragraphs."""

    def rows(self, task: str, split: str) -> list[dict]:
        """Rows of a task's "train" or "validation" split."""


def check_split(split: str, choices: tuple[str, ...]) -> None:
    """Raise UnknownName unless `split` is one of `choices`."""
    check_name("split", split, choices)
