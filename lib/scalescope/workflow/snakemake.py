"""What a user hands on to Snakemake: whether it runs anything, and a look at the plan that changes nothing on disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from scalescope import files, paths
from scalescope.experiment import record, stages
from scalescope.experiment.profile import Profile
from scalescope.workflow.jobs import planned
from scalescope.workflow.products import stale

SHOWS = (
    "dryrun", "list_rules", "list_target_rules", "dag", "rulegraph", "filegraph", "d3dag", "summary",
    "detailed_summary", "lint", "list_changes", "list_input_changes", "list_params_changes", "list_untracked",
    "print_compilation",
)  # fmt: skip


def only_shows(arguments: Sequence[str]) -> bool:
    """Whether Snakemake, given these arguments, shows a plan and runs nothing, in whatever spelling.

    Raises ValueError for arguments that Snakemake does not take.
    """
    if not arguments:
        return False
    from snakemake.cli import get_argument_parser  # a second of imports

    def refuse(message: str) -> NoReturn:
        raise ValueError(f"Snakemake does not take {' '.join(arguments)!r}: {message}")

    parser = get_argument_parser()
    parser.error = refuse
    given, _ = parser.parse_known_args(["--cores", "1", *arguments])
    return given.executor == "dryrun" or any(getattr(given, name, None) for name in SHOWS)


@contextmanager
def shadow(profile: Profile, folder: Path) -> Iterator[Path]:
    """A temporary folder that looks to Snakemake as the profile's folder would when a run starts now.

    It holds empty files with the times of the executed notebooks that are whole, and the profile in use.
    """
    prepared = stages.prepare(profile)
    gone = {job.name for job, _ in stale(profile, folder)}
    with tempfile.TemporaryDirectory(prefix="plan-") as made:
        place = Path(made)
        if record.is_recorded(profile, prepared, folder):
            shutil.copy2(folder / paths.RECORD, place)
        else:
            files.write_record(place / paths.RECORD, record.content(profile, prepared))
        for job in planned(profile):
            out = folder / job.out
            if job.name not in gone and out.is_file():
                (place / job.out).parent.mkdir(exist_ok=True)
                (place / job.out).touch()
                os.utime(place / job.out, ns=(out.stat().st_atime_ns, out.stat().st_mtime_ns))
        yield place
