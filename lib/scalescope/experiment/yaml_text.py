"""YAML as it is written: what YAML 1.1 would read as something else stays text, what it would drop is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

LONGEST = 200_000  # bytes of a file; profiles have about 1,500
DEEPEST = 20  # levels of lists and sections
MOST_DIGITS = 18  # of a whole number

_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_WORDS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", "")),
}
Where = tuple[str | int, ...]


class BadYaml(ValueError):
    """A YAML file that cannot be read as it is written; the message names the line."""


@dataclass(frozen=True)
class Yaml:
    """content: sections as dicts, lists, text, numbers, true, false and null.

    lines, written: line of each value, and what stands there for each single one, by its path in `content`.
    """

    content: Any
    lines: dict[Where, int] = field(default_factory=dict)
    written: dict[Where, str] = field(default_factory=dict)


def read_yaml(path: Path) -> Yaml:
    """The one document of a YAML file, every value as it is written.

    Numbers are decimal, as in YAML 1.2 and JSON: 0100, 0x1F, 1_000, 1:30 and 2022-02-13 are text, as are yes, no, on
    and off, so that whatever needs a number or a truth value refuses them.
    Raises BadYaml with the line for broken YAML, a key that is there twice or is no text, anchors, aliases, merge keys
    and tags, a number that is not finite or too long, and a second document; with the byte for text that is not UTF-8;
    and for a file of over 200,000 bytes or one that is no plain file.
    """
    if not path.is_file():
        raise BadYaml("is no plain file")
    if path.stat().st_size > LONGEST:
        raise BadYaml(f"has {path.stat().st_size:,} bytes; a profile has at most {LONGEST:,}")
    raw = path.read_bytes()
    try:
        return _read(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise BadYaml(f"line {line}: byte 0x{raw[fault.start]:02x} is not UTF-8 text") from fault
    except yaml.MarkedYAMLError as fault:
        line = f"line {fault.problem_mark.line + 1}: " if fault.problem_mark else ""
        raise BadYaml(f"{line}not valid YAML: {fault.problem or fault.context}") from fault
    except yaml.reader.ReaderError as fault:
        line = raw.decode("utf-8-sig").count("\n", 0, fault.position) + 1
        raise BadYaml(f"line {line}: character {fault.character:#x} is not allowed in YAML") from fault


def _read(text: str) -> Yaml:
    _refuse_events(text)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    found = Yaml(None)
    return found if root is None else Yaml(_value(root, (), found), found.lines, found.written)


def _refuse_events(text: str) -> None:
    """Raise BadYaml for what a profile has no use for, before anything is built from it: aliases may multiply."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise BadYaml(f"line {line}: a second document begins; a profile is one")
        if isinstance(event, yaml.AliasEvent):
            raise BadYaml(f"line {line}: *{event.anchor} is an alias; write the value out")
        if getattr(event, "anchor", None):
            raise BadYaml(f"line {line}: &{event.anchor} is an anchor; write the value out where it is used")
        if getattr(event, "tag", None):
            raise BadYaml(f"line {line}: the tag {event.tag} is not read; leave it out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise BadYaml(f"line {line}: nested more than {DEEPEST} levels deep")
        depth -= isinstance(event, yaml.CollectionEndEvent)


def _value(node: yaml.Node, where: Where, found: Yaml) -> Any:
    found.lines[where] = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        found.written[where] = node.value
        return node.value if node.style else _plain(node.value, found.lines[where])
    if isinstance(node, yaml.SequenceNode):
        return [_value(part, (*where, place), found) for place, part in enumerate(node.value)]
    section: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise BadYaml(f"line {line}: a list or section stands where a key is expected")
        if key.value == "<<":
            raise BadYaml(f"line {line}: merge keys (<<) are not read; write the values out")
        if key.value in section:
            first = found.lines[*where, key.value]
            raise BadYaml(f"line {line}: key {key.value!r} is there twice (first in line {first})")
        section[key.value] = _value(value, (*where, key.value), found)
    return section


def _plain(written: str, line: int) -> Any:
    """A value without quotes."""
    if written in _WORDS:
        return _WORDS[written]
    if _WHOLE.fullmatch(written):
        if len(written.lstrip("+-")) > MOST_DIGITS:
            raise BadYaml(f"line {line}: {written[:40]}... is a whole number of {len(written)} digits")
        return int(written)
    if _NUMBER.fullmatch(written):
        value = float(written)
        if value in (float("inf"), float("-inf")):
            raise BadYaml(f"line {line}: {written[:40]} is a number out of range")
        return value
    return written
