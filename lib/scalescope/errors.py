"""Errors that users see: a name that is not known, data that cannot be used, a run that is not there yet."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from typing import TypeVar

Name = TypeVar("Name")


def nearest(value: object, choices: Iterable[object]) -> str | None:
    """The choice that looks most like `value`, whatever the case, or None if there are no choices."""
    names: dict[str, str] = {}
    for choice in choices:
        names.setdefault(str(choice).lower(), str(choice))
    close = difflib.get_close_matches(str(value).lower(), names, n=1, cutoff=0.0)
    return names[close[0]] if close else None


class UnknownName(ValueError):
    """A name that is not one of the valid choices; the message tells the nearest one."""

    def __init__(self, kind: str, value: object, choices: Iterable[object]):
        names = [str(choice) for choice in choices]
        hint = f"did you mean {nearest(value, names)!r}? (valid: {', '.join(names)})" if names else "there are none"
        super().__init__(f"unknown {kind} {value!r}; {hint}")


def check_name(kind: str, name: Name, choices: Collection[object]) -> Name:
    """`name`, which must be one of the choices; raises UnknownName."""
    if name not in choices:
        raise UnknownName(kind, name, choices)
    return name


class BadInput(ValueError):
    """Data that cannot be used; the message names the file (or data set), the place in it, and the fault."""


class NotFinished(RuntimeError):
    """A run that a later station needs does not exist yet."""
