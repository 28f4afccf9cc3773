"""The file of a profile: where it is, what it may be called, and what is said about its faults."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from scalescope import paths
from scalescope.errors import UnknownName, nearest
from scalescope.experiment.yaml_text import BadYaml, Where, read_yaml

NAME = r"[a-z0-9][a-z0-9_-]*"
LONGEST_NAME = 60
RESERVED = ("published",)  # folders of results and figures that no profile may write into
DATA_ENDING = "-files"  # of a profile whose source is replaced by a folder
RUN_ENDING = re.compile(r"-[0-9a-f]{10}$")  # of the folders of runs, beside which a profile's folder lies
ENDINGS = (".yaml", ".yml")
KIND_OF_VALUE = re.compile(r"constrained-|dict\[|function-")  # in the place of a fault whose value has two kinds


def find_profile(name: str, known: list[str]) -> Path:
    """File of a profile given by name, or by a path that ends in .yaml or .yml.

    Raises UnknownName for one that does not exist, and ValueError for a path whose profile would write over the results
    of another one of the same name in profiles/.
    """
    if not name.endswith(ENDINGS):
        path = paths.profile_file(name)
        if re.fullmatch(NAME, name) is None or len(name) > LONGEST_NAME or not path.exists():
            raise UnknownName("profile", name, known)
        return path
    path = paths.given(name)
    if not path.exists():
        raise UnknownName("profile", name, known)
    own = paths.profile_file(path.stem)
    if own.is_file() and path.is_file() and not own.samefile(path):
        raise ValueError(
            f"profile {path} is called {path.stem!r} like another one, {own}, and would write over its results; "
            "give the file another name"
        )
    return path


def read_profile(path: Path, known: list[str], below: tuple[Path, ...] = ()) -> tuple[dict[str, Any], dict[Where, int]]:
    """Sections of a profile's file with its name, and the line of each value.

    `extends: <name or path>` takes everything that the file does not give from another profile, key by key; `below`
    are the profiles that extend this one. Raises ValueError naming the file, and the line where there is one, and
    UnknownName for a profile to extend that is not among `known`.
    """
    _check_name(path)
    try:
        read = read_yaml(path)
    except BadYaml as error:
        raise ValueError(f"profile {path} {error}") from error
    content = read.content
    if not isinstance(content, dict):
        raise ValueError(f"profile {path} must be a mapping of sections, got {type(content).__name__}")
    given = read.written.get(("name",), content.get("name", path.stem))
    if given != path.stem:
        renamed = f", or call the file {given}.yaml" if isinstance(given, str) and re.fullmatch(NAME, given) else ""
        raise ValueError(
            f"profile {path}, line {read.lines['name',]}: name is {given!r}, but results go by the file's name: leave "
            f"the line out or write `name: {path.stem}`{renamed}"
        )
    texts = {key: read.written[key,] for key in ("title",) if content.get(key) is not None and (key,) in read.written}
    own = {**content, **texts, "name": path.stem}
    if "extends" not in own:
        return own, read.lines
    named = read.written.get(("extends",))
    if not named or own.pop("extends") is None:
        raise ValueError(
            f"profile {path}, line {read.lines['extends',]}: extends must be the name of one profile, such as "
            f"{known[0] if known else 'quick'}"
        )
    try:
        base = find_profile(named, known)
    except UnknownName as error:
        raise UnknownName(f"profile to extend in {path}", named, known) from error
    if base in (path, *below):
        raise ValueError(f"profile {path}, line {read.lines['extends',]}: extends itself through {base.stem!r}")
    return _merged(read_profile(base, known, (path, *below))[0], own), read.lines


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`own` over `base`, mappings key by key; whatever else `own` gives replaces what `base` has."""
    both = {
        key: _merged(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value
        for key, value in own.items()
    }
    return {**base, **both}


def _check_name(path: Path) -> None:
    name = path.stem
    rule = None
    if re.fullmatch(NAME, name) is None or len(name) > LONGEST_NAME:
        rule = f"small letters, digits, _ and - are allowed, up to {LONGEST_NAME}, the first a letter or digit"
    elif name in RESERVED:
        rule = f"{name!r} is reserved for the results of papers"
    elif name.endswith(DATA_ENDING):
        rule = f"names that end in {DATA_ENDING!r} are reserved for profiles that are given a data folder"
    elif RUN_ENDING.search(name):
        rule = "names that end like the id of a run are reserved"
    if rule:
        near = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:LONGEST_NAME] or "mine"
        near = near if near not in RESERVED else f"my-{near}"
        near = RUN_ENDING.sub("", near.removesuffix(DATA_ENDING)) or "mine"
        raise ValueError(f"profile {path} cannot be called {name!r}: {rule}; such as {near}.yaml")


def explain(path: Path, error: ValidationError, lines: dict[Where, int], profile: type[BaseModel]) -> str:
    """What is wrong with a profile, a line per fault: place, value, line in the file, nearest valid key."""
    told = [f"profile {path} is not valid:"]
    for fault in _of_one_kind(error.errors()):
        where = ".".join(str(part) for part in fault["loc"]) or "profile"
        message = fault["msg"].removeprefix("Value error, ")
        text = f"{message}, got {_short(fault['input'])}" if fault["loc"] and not _is_section(fault) else message
        if fault["type"] == "missing":
            text = "is missing, and has no default"
        elif fault["type"] in ("model_type", "dict_type"):
            text = f"must be a section with keys of its own, got {_short(fault['input'])}"
        if fault["type"] == "extra_forbidden":
            text = f"unknown key; did you mean {nearest(fault['loc'][-1], _valid_keys(fault['loc'][:-1], profile))!r}?"
        line = _line(fault["loc"], lines)
        told.append(f"  {where}: {text}" + (f" (line {line})" if line else ""))
    return "\n".join(told)


def _of_one_kind(faults: list[Any]) -> list[Any]:
    """The faults without the names that pydantic gives the kinds of a value (a number, or a number per task).

    Where one value is of neither kind, the fault of the kind that it looks like is told.
    """
    found: dict[tuple, Any] = {}
    for fault in faults:
        kinds = [part for part in fault["loc"] if KIND_OF_VALUE.match(str(part))]
        where = tuple(part for part in fault["loc"] if part not in kinds)
        plain = {**fault, "loc": where}
        if kinds and isinstance(fault["input"], dict | list) and not str(kinds[0]).startswith("dict"):
            plain["msg"] = "Input should be a whole number, or one per task"
            found.setdefault(where, plain)
            continue
        if kinds and str(kinds[0]).startswith("dict"):
            if fault["loc"][-1] == kinds[0] and not isinstance(fault["input"], dict):
                continue  # the other kind says it
            for above in [place for place in found if place != where and place == where[: len(place)]]:
                del found[above]
        found[where] = plain
    return list(found.values())


def _is_section(fault: dict) -> bool:
    """Whether the fault lies between the keys of a section, whose message names them."""
    return fault["type"] == "value_error" and not isinstance(fault["input"], list | str | int | float)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}..."


def _line(location: tuple, lines: dict[Where, int]) -> int | None:
    """Line of the value, or of the nearest section around it: parts of a location may name kinds, not keys."""
    while location and location not in lines:
        location = location[:-1]
    return lines[location] if location else None


def _valid_keys(location: tuple, profile: type[BaseModel]) -> list[str]:
    section: Any = profile
    item = False  # whether the next part names one of several sections: a key of a mapping, a place in a list
    for part in location:
        if item:
            item = False
            continue
        kind = section.model_fields[str(part)].annotation
        item = get_origin(kind) in (dict, list)
        section = next((inner for inner in get_args(kind) if hasattr(inner, "model_fields")), kind)
    return list(section.model_fields)
