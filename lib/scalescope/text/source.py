"""What a source of text and task rows is, and how one is opened."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from scalescope.schema import UnknownName

KINDS = ("microworld", "files", "hub")
ARTICLE_SPLITS = ("train", "heldout")
ROW_SPLITS = ("train", "validation")


class BadInput(ValueError):
    """Data that cannot be used; the message names the file (or data set), the place in it, and the fault."""


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


def open_source(kind: str, **settings: Any) -> Source:
    """Open "microworld", "files" (setting `folder`) or "hub".

    Raises UnknownName for a kind or a setting, ValueError for a setting of another type than its default, and what the
    source raises.
    """
    if kind == "microworld":
        from scalescope.text.microworld import Microworld as chosen
    elif kind == "files":
        from scalescope.text.files import Files as chosen
    elif kind == "hub":
        from scalescope.text.hub import Hub as chosen
    else:
        raise UnknownName("source", kind, KINDS)
    known = inspect.signature(chosen).parameters
    for name, value in settings.items():
        if name not in known:
            raise UnknownName(f"setting of source {kind!r}", name, known)
        _check_type(kind, name, value, known[name].default)
    return chosen(**settings)


def _check_type(kind: str, name: str, value: Any, default: Any) -> None:
    """Raise ValueError for a setting that is no (whole, finite) number where its default is one."""
    if name == "load" and value is not None and not callable(value):
        raise ValueError(f"setting 'load' of source {kind!r} is {value!r}; a function is expected")
    if not isinstance(default, int | float) or isinstance(default, bool):
        return
    whole = isinstance(default, int)
    fits = isinstance(value, int) if whole else isinstance(value, int | float) and math.isfinite(value)
    if isinstance(value, bool) or not fits:
        wanted = "a whole number" if whole else "a number"
        raise ValueError(f"setting {name!r} of source {kind!r} is {value!r}; {wanted} is expected (such as {default})")


def check_split(split: str, choices: tuple[str, ...]) -> None:
    """Raise UnknownName unless `split` is one of `choices`."""
    if split not in choices:
        raise UnknownName("split", split, choices)
