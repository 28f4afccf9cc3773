"""The runs that a profile has asked for, as a list in its folder: so they can be counted and removed by profile."""

from __future__ import annotations

import re
from collections.abc import Iterable

from scalescope import paths

NOTES = "runs.txt"
ID = re.compile(r"^[a-z]+-[\w.-]+-[0-9a-f]{10}$")


def note(profile: str, runs: Iterable[str]) -> None:
    """Add run ids to the list of a profile."""
    new = sorted(set(runs) - noted(profile))
    if new:
        path = paths.work(profile) / NOTES
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as stream:  # one short write: processes side by side do not mix
            stream.write("".join(f"{run}\n" for run in new))


def noted(profile: str) -> set[str]:
    """Ids of all runs that a profile has ever asked for here; lines that are no ids (cut ones) do not count."""
    path = paths.work(profile) / NOTES
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    return {line for line in lines if ID.match(line)}
