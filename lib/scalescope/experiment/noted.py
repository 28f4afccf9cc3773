"""The runs that a profile has asked for, as a list in its folder: so they can be counted and removed by profile.

A job of the pipeline also keeps a list of its own runs, for its stamp (see products.py). A line is an id and the first
hex digits of its sha256: a line that is cut or changed is not taken for the id of another run.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scalescope import files, paths

NOTES = "runs.txt"
JOB_NOTES = "SCALESCOPE_RUNS"  # file for the ids that a notebook asks for; set for the kernel by the pipeline
ID = re.compile(r"^[a-z]+-[\w.-]+-[0-9a-f]{10}$")


def note(profile: str, runs: Iterable[str], trunks: Iterable[str] = ()) -> None:
    """Add run ids to the list of a profile, and to that of the job that this process belongs to.

    trunks: ids of what runs share and what is no run itself, but kept among the unfinished ones (the stable part of
    branches): the profile owns them, no job is to be done again because there is no such run.
    """
    asked, own = sorted(set(runs)), os.environ.get(JOB_NOTES)
    known = _ids(paths.work(profile) / NOTES)
    _append(paths.work(profile) / NOTES, sorted({*asked, *trunks} - known))
    if own:
        _append(Path(own), asked)


def noted(profile: str) -> set[str]:
    """Ids of all runs that a profile has ever asked for here: those in its list, and those in the stamps of its jobs.

    Lines that are cut or changed do not count, which is told, nor do stamps.
    """
    found = _ids(paths.work(profile) / NOTES, tell=True)
    for stamp in (paths.work(profile) / "products").glob("*.json"):
        with suppress(OSError, files.Damaged):
            found |= set(files.read_record(stamp).get("runs", ()))
    return found


@contextmanager
def noted_within(file: Path) -> Iterator[set[str]]:
    """The ids that notebooks ask for during the block, in a set that is filled at its end; `file` is used meanwhile."""
    found: set[str] = set()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    os.environ[JOB_NOTES] = str(file.resolve())
    try:
        yield found
        found |= _ids(file)
    finally:
        del os.environ[JOB_NOTES]
        file.unlink(missing_ok=True)


def _append(path: Path, runs: list[str]) -> None:
    if runs:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as stream:  # one short write: processes side by side do not mix
            stream.write("".join(f"{run} {_check(run)}\n" for run in runs))


def _ids(path: Path, tell: bool = False) -> set[str]:
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    words = [line.split() for line in text.splitlines() if line.strip()]
    found = [run for run, *check in words if ID.match(run) and check in ([], [_check(run)])]  # earlier lists have none
    if tell and len(found) < len(words):
        files.say(f"damaged: {path}: {len(words) - len(found)} of {len(words)} lines are no run ids and are left out")
    return set(found)


def _check(run: str) -> str:
    return hashlib.sha256(run.encode()).hexdigest()[:8]
