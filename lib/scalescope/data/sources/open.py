"""Opening a source by its kind and settings."""

from __future__ import annotations

import inspect
import math
from typing import Any

from scalescope.data.sources.base import Source
from scalescope.errors import UnknownName, check_name

KINDS = ("microworld", "files", "hub")


def open_source(kind: str, **settings: Any) -> Source:
    """Open "microworld", "files" (setting `folder`) or "hub".

    Raises UnknownName for a kind or a setting, ValueError for a setting of another type than its default, and what the
    source raises.
    """
    if kind == "microworld":
        from scalescope.microworld import Microworld as chosen
    elif kind == "files":
        from scalescope.data.sources.files import Files as chosen
    elif kind == "hub":
        from scalescope.data.sources.hub import Hub as chosen
    else:
        raise UnknownName("source", kind, KINDS)
    known = inspect.signature(chosen).parameters
    for name, value in settings.items():
        check_name(f"setting of source {kind!r}", name, known)
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
