"""What a user hands on to Snakemake: whether it runs anything, and a look at the plan that changes nothing on disk."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from scalescope import files, paths
from scalescope.data.encoded import Prepared
from scalescope.errors import check_name, nearest
from scalescope.experiment import record
from scalescope.experiment.profile import Profile
from scalescope.workflow.jobs import planned
from scalescope.workflow.products import stale

LISTS = ("list_rules", "list_target_rules", "list_changes", "list_input_changes", "list_params_changes")
GRAPHS = ("dag", "rulegraph", "filegraph", "d3dag")
SHOWS = ("dryrun", *LISTS, "list_untracked", *GRAPHS, "summary", "detailed_summary", "lint", "print_compilation")
REPORTS = (".html", ".zip")
LOCAL = (None, "local", "dryrun", "touch")  # executors whose jobs run on this machine


def only_shows(arguments: Sequence[str]) -> bool:
    """Whether Snakemake, given these arguments, shows a plan and runs nothing, in whatever spelling.

    Raises ValueError for arguments that Snakemake does not take.
    """
    given = _understood(arguments)
    return given is not None and (given.executor == "dryrun" or any(getattr(given, name, None) for name in SHOWS))


def runs_elsewhere(arguments: Sequence[str]) -> bool:
    """Whether jobs run on other machines: an executor that is not local, or a profile of Snakemake that names one."""
    given = _understood(arguments)
    return given is not None and given.executor not in LOCAL


def report_asked(arguments: Sequence[str]) -> Path | None:
    """Where Snakemake is asked to write its report (`--report`), seen from this process; None where it is not asked.

    Raises ValueError for a place where no report can be, and for --report-after-run: a report is of what is done.
    """
    given = _understood(arguments)
    if given is None or not given.report:
        return None
    if given.report_after_run:
        raise ValueError("--report-after-run: run the jobs first, then ask for --report alone; it runs nothing")
    target = Path(given.report).absolute()
    if target.suffix not in REPORTS:
        raise ValueError(f"--report {given.report}: Snakemake writes {' and '.join(REPORTS)} only")
    paths.check_outputs({"--report": target})
    return target


def of_executor(executor: str, workers: int) -> list[str]:
    """Arguments of Snakemake for an executor: at most so many jobs at once, and the project's profile for it if any.

    Raises UnknownName for an executor that is not installed.
    """
    from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

    installed = [name for name in ExecutorPluginRegistry().plugins if name not in ("dryrun", "touch")]
    check_name("executor", executor, installed)
    if executor == "local":
        return []
    settings = paths.cluster(executor)
    chosen = ["--profile", str(settings)] if (settings / "config.yaml").is_file() else ["--executor", executor]
    return [*chosen, "--jobs", str(workers)]


def _understood(arguments: Sequence[str]) -> Namespace | None:
    """What Snakemake reads from arguments; None where there are none. Raises ValueError for what it does not take."""
    if not arguments:
        return None
    from snakemake.cli import get_argument_parser, get_profile_dir  # a second of imports

    def refuse(message: str) -> NoReturn:
        raise ValueError(f"Snakemake does not take {' '.join(arguments)!r}: {message}")

    def read(profiles: list[str] | None = None) -> Namespace:
        parser = get_argument_parser(profiles)
        parser.error = refuse
        given, unknown = parser.parse_known_args(["--cores", "1", *arguments])
        if any(word.startswith("-") for word in unknown):  # not so: names of files to make
            known = [option for action in parser._actions for option in action.option_strings]
            refuse(f"unknown option {' '.join(unknown)}; did you mean {nearest(unknown[0], known)}?")
        return given

    given = read()
    named = [name for name in given.profile or [] if name != "none"]
    for name in named:
        if get_profile_dir(name) is None:
            refuse(f"there is no config.yaml of Snakemake for the profile {name!r}")
    return read(named) if named else given


def forget_unreadable(folder: Path) -> None:
    """Remove what Snakemake has noted of earlier jobs in a folder and can no longer read: it would end with each.

    Nothing depends on these notes but its reports: stamps and their times say what is done.
    """
    for kind in ("metadata", "incomplete"):
        for path in (folder / ".snakemake" / kind).rglob("*"):
            if path.is_file():
                sound = False
                with suppress(ValueError):  # broken JSON or UTF-8
                    sound = isinstance(json.loads(path.read_bytes()), dict)
                if not sound:
                    files.say(f"damaged: {path}, a note of Snakemake; removed")
                    path.unlink()


@contextmanager
def shadow(profile: Profile, folder: Path, names: Iterable[str] | None = None) -> Iterator[Path]:
    """A temporary folder that looks to Snakemake as the profile's folder would when a run starts now.

    It holds empty files with the times of those of `names` that are there (by default the stamps and notebooks that are
    whole), and the profile in use.
    """
    prepared = Prepared(profile.data_settings(), paths.cache())
    names = _whole(profile, folder) if names is None else names
    with tempfile.TemporaryDirectory(prefix="plan-") as made:
        place = Path(made)
        if record.is_recorded(profile, prepared, folder):
            shutil.copy2(folder / paths.RECORD, place)
        else:
            files.write_record(place / paths.RECORD, record.content(profile, prepared))
        for name in names:
            if (folder / name).is_file():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                (place / name).touch()
                os.utime(place / name, ns=((folder / name).stat().st_atime_ns, (folder / name).stat().st_mtime_ns))
        yield place


def _whole(profile: Profile, folder: Path) -> list[str]:
    """Stamps and executed notebooks of the jobs whose products are whole."""
    gone = {job.name for job, _ in stale(profile, folder)}
    jobs = [job for job in planned(profile) if job.name not in gone]
    return [name for job in jobs for name in (job.executed, job.stamp) if name]
