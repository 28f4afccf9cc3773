"""The runs that a profile has asked for, as a list in its folder: so they can be counted and removed by profile.

A job of the pipeline also keeps a list of its own runs, for its stamp (see products.py).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scalescope import paths

NOTES = "runs.txt"
JOB_NOTES = "SCALESCOPE_RUNS"  # file for the ids that a notebook asks for; set for the kernel by the pipeline
ID = re.compile(r"^[a-z]+-[\w.-]+-[0-9a-f]{10}$")


def note(profile: str, runs: Iterable[str]) -> None:
    """Add run ids to the list of a profile, and to that of the job that this process belongs to."""
    asked = sorted(set(runs))
    _append(paths.work(profile) / NOTES, [run for run in asked if run not in noted(profile)])
    own = os.environ.get(JOB_NOTES)
    if own:
        _append(Path(own), asked)


def noted(profile: str) -> set[str]:
    """Ids of all runs that a profile has ever asked for here; lines that are no ids (cut ones) do not count."""
    return _ids(paths.work(profile) / NOTES)


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
            stream.write("".join(f"{run}\n" for run in runs))


def _ids(path: Path) -> set[str]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    return {line for line in lines if ID.match(line)}
