"""One line of JSON as one row: everything that Python's reader would mend or drop in silence is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from scalescope.errors import BadInput

LARGEST = 2**63 - 1  # whole numbers beyond it fit no table
SHOWN = 80  # characters of a value in a message
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89abAB]|\\u[dD][c-fC-F]")
SURROGATE = re.compile("[\ud800-\udfff]")


class _Refused(NamedTuple):
    """A number that cannot be used, as written, until its field is known."""

    written: str
    fault: str


def parse_row(path: Path, number: int, line: str) -> dict[str, Any]:
    """The object that a line of a JSON-lines file holds.

    Raises BadInput that names file, line and, where there is one, the field: for broken JSON, anything but an object,
    a key that is there twice, half of a surrogate pair, NaN and infinities, numbers beyond 64 bits, and JSON that
    is nested too deeply to be read.
    """
    place = f"{path}, line {number}"
    try:
        row = _DECODER.decode(line)
    except json.JSONDecodeError as fault:
        raise BadInput(f"{place} is broken JSON: {fault.msg} at column {fault.colno}") from fault
    except RecursionError:
        raise BadInput(f"{place} is nested too deeply: it begins with {shortened(line)!r}") from None
    except _BadField as fault:
        raise BadInput(f"{place}: {fault}") from None
    if not isinstance(row, dict):
        kind = "a number" if isinstance(row, _Refused) else type(row).__name__
        raise BadInput(f"{place} holds {kind} where an object is expected")
    if _SURROGATE_ESCAPE.search(line):
        _refuse_surrogates(row, place)
    return row


def shortened(text: str) -> str:
    """The first characters of a text, for messages."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


class _BadField(Exception):
    """A fault of one field of an object."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, value in pairs:
        if name in row:
            raise _BadField(f"field {name!r} is there twice, with {_told(row[name])} and with {_told(value)}")
        refused = _refused_in(value)
        if refused is not None:
            raise _BadField(f"field {name!r} holds {shortened(refused.written)}, {refused.fault}")
        row[name] = value
    return row


def _told(value: Any) -> str:
    return shortened(value.written if isinstance(value, _Refused) else repr(value))


def _refused_in(value: Any) -> _Refused | None:
    """A number in `value` or in lists in it that cannot be used; objects in it have been looked at before."""
    left = [value]
    while left:
        value = left.pop()
        if isinstance(value, _Refused):
            return value
        if isinstance(value, list):
            left += value
    return None


def _whole(written: str) -> int | _Refused:
    if len(written) > len(str(LARGEST)) + 1 or abs(int(written)) > LARGEST:
        return _Refused(written, f"a whole number of {len(written.lstrip('-'))} digits; the largest is {LARGEST}")
    return int(written)


def _number(written: str) -> float | _Refused:
    value = float(written)
    return value if abs(value) < float("inf") else _Refused(written, "a number out of range")


def _constant(written: str) -> _Refused:
    return _Refused(written, "which is no JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_whole, parse_float=_number, parse_constant=_constant)


def _refuse_surrogates(row: dict[str, Any], place: str) -> None:
    left: list[tuple[str, Any]] = list(row.items())
    while left:
        field, value = left.pop()
        if isinstance(value, dict):
            left += [(field, part) for pair in value.items() for part in pair]
        elif isinstance(value, list):
            left += [(field, part) for part in value]
        found = SURROGATE.search(value) if isinstance(value, str) else SURROGATE.search(field)
        if found:
            raise BadInput(
                f"{place}: field {field!r} holds half of a surrogate pair, \\u{ord(found[0]):04x}: no character; "
                "write the whole pair, or U+FFFD in its place"
            )
