"""The stamp of a job: a small file that says that the job is done, and what it made (checked in products.py)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from scalescope import files


def write_stamp(stamp: Path, executed: Path | None = None, runs: Iterable[str] = ()) -> None:
    """Say that a job is done: the digest of its executed notebook, and the ids of the runs that it asked for."""
    content = {"notebook": files.digest(executed) if executed else None, "runs": sorted(runs)}
    files.write_record(stamp, content)
