"""Running a whole profile: Snakemake decides what is missing and runs it, this module starts and watches it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from filelock import FileLock, Timeout

from scalescope import files, paths
from scalescope.data.encoded import Prepared
from scalescope.errors import NotFinished
from scalescope.experiment.cost import ENGINE, recorded
from scalescope.experiment.pipeline import PIPELINE, identity
from scalescope.experiment.profile import Profile, load_profile
from scalescope.experiment.record import is_recorded, write_profile
from scalescope.workflow import snakemake_report
from scalescope.workflow.cost_table import cost_table, report
from scalescope.workflow.jobs import PAPER, planned
from scalescope.workflow.products import forget_stale, set_strangers_aside, stale
from scalescope.workflow.snakemake import (
    forget_unreadable,
    of_executor,
    only_shows,
    report_asked,
    runs_elsewhere,
    shadow,
)
from scalescope.workflow.terminal import Watch
from scalescope.workflow.warm import warm_kernels

if TYPE_CHECKING:
    from scalescope.workflow.page import Section

HABITS = ("--nolock", "--rerun-incomplete", "--rerun-triggers=mtime", "--keep-going", "--scheduler=greedy", "--nocolor")
LOCK_SECONDS = 5.0  # the last processes of a pipeline that was just killed need a moment to end


class PipelineBusy(RuntimeError):
    """Another pipeline works on the same profile in the same folder."""


class PipelineFailed(RuntimeError):
    """Jobs failed; the message lists them with where to read why. What finished is kept."""


def reproduce(
    profile: str,
    data: str | None = None,
    workers: int = 1,
    snakemake_arguments: Sequence[str] = (),
    executor: str | None = None,
) -> Path | None:
    """Run every job of a profile that is missing; returns the folder of the profile's work.

    data: folder with corpus/ and tasks/ in place of the profile's source. executor: of Snakemake, such as "slurm"
    (settings in profiles/cluster/slurm); workers then counts jobs, otherwise threads. snakemake_arguments go to
    Snakemake as they are; where they only show something (a dry run: "-n" in any spelling), nothing changes on disk and
    None is returned. Raises PipelineBusy when the same profile is already being run here, UnknownName for an executor
    that is not installed, and PipelineFailed with the failed jobs after all others are done. Ends with what all of it
    has cost (see cost_table.py). With "--report" nothing runs: Snakemake's page of what is done is written, and
    NotFinished raised where something is not.
    """
    profile = str(Path(profile).resolve()) if Path(profile).suffix in (".yaml", ".yml") else profile
    settings = load_profile(profile, data=str(Path(data).expanduser().resolve()) if data else None)
    folder = paths.work(settings.name)
    arguments = [*(of_executor(executor, workers) if executor else []), *snakemake_arguments]
    if target := report_asked(snakemake_arguments):
        _report(settings, folder, workers, snakemake_arguments, target)
        return None
    if only_shows(snakemake_arguments):
        with shadow(settings, folder) as place:
            shown(snakemake(place, workers, snakemake_arguments), place, folder)
        return None
    files.check_folders(paths.outputs(settings.name, PAPER))
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        for place in (folder, paths.results(settings.name), paths.figures(settings.name, PAPER)):
            files.remove_abandoned(place)
        set_right(folder)
        write_profile(settings, Prepared(settings.data_settings(), paths.cache()), folder)
        with recorded(folder, ENGINE, 0 if runs_elsewhere(arguments) else workers):
            forget_stale(settings, folder)
            forget_unreadable(folder)
            _run(settings, folder, workers, arguments)
        set_strangers_aside(settings)
        try:
            report(folder)
        except OSError as error:
            files.say(f"no table of costs: {error}")
    return folder


def _report(settings: Profile, folder: Path, workers: int, extra: Sequence[str], target: Path) -> None:
    """Snakemake's report of a profile that is done; raises NotFinished."""
    from scalescope.workflow import page, profile_report

    gone = {job.name for job, _ in stale(settings, folder)}
    missing = [job.name for job in planned(settings) if job.name in gone or not (folder / job.stamp).is_file()]
    if not is_recorded(settings, Prepared(settings.data_settings(), paths.cache()), folder):
        missing = [job.name for job in planned(settings)]
    if missing:
        again = f"`scalescope reproduce --profile {settings.name}` does what is missing, then a report can be made"
        raise NotFinished(f"profile {settings.name!r} lacks {len(missing)} job(s), first {missing[0]}: {again}")
    costs = page.table_html(cost_table(folder))
    sections = [*profile_report.tables(settings.name), *profile_report.forecasts(settings.name)]
    sections.append(page.Section("Core-seconds by stage", tables=[("", costs)]))
    command = snakemake(folder, workers, [*extra, "--report", str(target)], targets=["all", snakemake_report.RULE])
    write_report(settings.name, folder, {PAPER: sections}, command, target)


def write_report(
    name: str, folder: Path, parts: Mapping[str, Iterable[Section]], command: Sequence[str], target: Path
) -> None:
    """Let Snakemake write its report with the figures of a profile and tables, which are sections by paper.

    Raises PipelineFailed where Snakemake ends with another exit code than 0.
    """
    with alone(folder):
        forget_unreadable(folder)
        snakemake_report.prepare(folder, paths.figures(name, "x").parent, parts)
        shown(command, folder, folder)
    files.say(f"report  {target}")


def set_right(folder: Path) -> None:
    """Date files of a profile's folder that lie in the future to now, and say so (see `files.not_in_future`)."""
    late = files.not_in_future(folder)
    if late:
        files.say(f"the clock was set back: {late} files of {folder} are dated in the future, and are dated now")


def shown(command: Sequence[str], place: Path, folder: Path) -> None:
    """Run a Snakemake that only shows something in a temporary folder, which is called `folder` in what it prints.

    Raises PipelineFailed where it ends with another exit code than 0.
    """
    done = subprocess.run(command, env=environment_of_jobs(), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    shadows = sorted({str(place.resolve()), str(place)}, key=len, reverse=True)
    for text, stream in ((done.stderr, sys.stderr), (done.stdout, sys.stdout)):
        for name in shadows:
            text = text.replace(name, str(folder))
        print(text, end="", file=stream, flush=True)
    if done.returncode:
        raise PipelineFailed(f"Snakemake ended with exit code {done.returncode}; what it said stands above")


def snakemake(
    folder: Path,
    workers: int,
    extra: Sequence[str],
    elsewhere: bool = False,
    snakefile: str = "Snakefile",
    targets: Sequence[str] = (),
) -> list[str]:
    """Snakemake over the profile.json of a folder; elsewhere: the executor says how many jobs there are at once."""
    places = ["--snakefile", str(paths.root() / snakefile), "--directory", str(folder)]
    cores = [] if elsewhere else ["--cores", str(workers)]
    return [sys.executable, "-m", "snakemake", *targets, *places, *cores, *HABITS, *extra]


def _run(settings: Profile, folder: Path, workers: int, extra: Sequence[str]) -> None:
    log, elsewhere = folder / "logs" / "snakemake.log", runs_elsewhere(extra)
    log.parent.mkdir(exist_ok=True)
    # kernels are forked on this machine: jobs that run elsewhere have their own, within the limits of their node
    environment = environment_of_jobs(elsewhere)
    kernels = nullcontext(environment) if elsewhere else warm_kernels(environment, die_with_parent)
    with kernels as given, log.open("w") as stream:
        process = started(snakemake(folder, workers, extra, elsewhere), stream, given)
        watch = Watch(settings, folder, log, workers)
        try:
            code = watch.follow(process)
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.wait()
            raise
    failed = watch.failed() if code else []
    if code and not failed and all((folder / job.stamp).is_file() for job in planned(settings)):
        files.say(f"Snakemake ended with exit code {code} after all jobs were done; its log: {log}")
    elif code:
        lines = [f"  {name}: {reason}\n    log: {folder / 'logs' / (name + '.log')}" for name, reason in failed]
        ended = f"Snakemake ended with exit code {code}: {log}"
        what = f"{len(failed)} job(s) failed:\n" + "\n".join(lines) if failed else ended
        raise PipelineFailed(f"{what}\nWhat finished is kept; the same command goes on from here.")


def started(command: Sequence[str], output: IO[str] | int, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start a Snakemake that ends with this process; what it says goes to `output`."""
    told = {"stdout": output, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, env=environment, preexec_fn=die_with_parent, **told)


def environment_of_jobs(elsewhere: bool = False) -> dict[str, str]:
    """No bars in logs, one thread a library, and the pipeline that the jobs of this machine must not outlive."""
    single = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    # oneDNN keeps a kernel for every shape it has met: batches of all lengths made that 1 GB a worker
    single["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] = "64"
    place = {"SCALESCOPE_ROOT": str(paths.root()), PIPELINE: "" if elsewhere else identity()}
    return {**os.environ, **single, **place, "TQDM_DISABLE": "1"}


def die_with_parent() -> None:
    """On Linux: kill -9 of the pipeline ends its Snakemake too (option 1 of prctl is the death signal)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the profile's folder for this process; the lock ends with the process, however it ends.

    Raises PipelineBusy if another process holds it.
    """
    holder = folder / ".pipeline.pid"
    lock = FileLock(folder / ".pipeline.lock")
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout:
        pid = (holder.read_text(errors="replace").strip() if holder.is_file() else "") or "unknown"
        raise PipelineBusy(
            f"another pipeline (process {pid}) is running this profile in {folder}; wait for it or stop it"
        ) from None
    try:
        holder.write_text(str(os.getpid()))
        yield
    finally:
        lock.release()
