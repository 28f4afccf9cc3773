"""Running the live studies of a profile: Snakemake decides what is missing (Studies.smk), this module starts it."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from scalescope import files, paths
from scalescope.experiment import stages
from scalescope.experiment.profile import load_profile
from scalescope.experiment.record import write_profile
from scalescope.workflow import reproduce as pipeline
from scalescope.workflow.snakemake import forget_unreadable, only_shows, report_asked, shadow
from scalescope.workflow.snakemake_report import RULE
from scalescope.workflow.studies import live
from scalescope.workflow.studies.five_laws import FOLDER

TABLES = {
    "claims": "Claims of the study",
    "fits": "Laws as fitted",
    "forecasts": "Sealed forecasts",
    "scores": "Scores of the laws",
    "by_distance": "Errors by distance",
}
_snakemake = partial(pipeline.snakemake, snakefile="Studies.smk")
STEPS = re.compile(r"^(\d+) of (\d+) steps")


def reproduce(
    profile: str, papers: Sequence[str] = (), data: str | None = None, workers: int = 1, extra: Sequence[str] = ()
) -> list[Path]:
    """Train what is missing of the studies `papers` (all of the profile if none is named) and run their notebooks.

    With all of them the comparison of five laws comes last. Returns the folders of the tables. extra goes to Snakemake;
    where it only shows something (a dry run), nothing changes in the profile's folder and nothing is returned. Neither
    is with "--report", which writes Snakemake's page of what is done (NotFinished where something is not). Stopped at
    any point, the same call goes on. Raises UnknownName for a study that the profile does not have, ValueError for
    words that Snakemake does not take, PipelineBusy where another pipeline works on the profile, and PipelineFailed
    with the logs of what failed.
    """
    settings = load_profile(profile, data=data)
    names = list(papers) or (settings.studies.names if settings.studies else [])
    if not names:
        raise ValueError(f"profile {settings.name!r} has no section 'studies'; 'studies' and 'studies-smoke' have one")
    for name in names:
        live.module(settings, name)
    folder = paths.work(settings.name)
    parts = names if papers else [*names, FOLDER]
    targets = [_executed(part) for part in parts]
    if target := report_asked(extra):
        command = _snakemake(folder, workers, [*extra, "--report", str(target)], targets=[*targets, RULE])
        _report(settings.name, folder, parts, command, target)
        return []
    if only_shows(extra):  # a dry run changes nothing
        made = [*folder.glob("studies/*/*.done"), *folder.glob("notebooks/*.ipynb")]
        with shadow(settings, folder, [path.relative_to(folder).as_posix() for path in made]) as place:
            pipeline.shown(_snakemake(place, workers, extra, targets=targets), place, folder)
        return []
    files.check_folders(paths.outputs(settings.name, *parts))
    folder.mkdir(parents=True, exist_ok=True)
    with pipeline.alone(folder):
        pipeline.set_right(folder)
        write_profile(settings, stages.prepare(settings), folder)
        forget_unreadable(folder)
        _run(folder, targets, workers, extra)
    return [paths.results(settings.name) / part for part in parts]


def _executed(part: str) -> str:
    """The executed notebook of a study or of the five laws."""
    return "notebooks/95_five_laws.ipynb" if part == FOLDER else f"notebooks/{part}_{live.NOTEBOOKS[part][0]}.ipynb"


def _report(profile: str, folder: Path, parts: Sequence[str], command: Sequence[str], target: Path) -> None:
    """Snakemake's report of studies, and of the five laws, that are done; raises NotFinished."""
    from scalescope.workflow.page import Section
    from scalescope.workflow.profile_report import captioned

    found: dict[str, list[Section]] = {}
    for part in parts:
        executed = folder / _executed(part)
        if not executed.is_file():
            again = f"`scalescope studies --profile {profile}` does what is missing, then a report can be made"
            raise stages.NotFinished(f"profile {profile!r} lacks {executed.name}: {again}")
        there = {caption: paths.results(profile) / part / f"{name}.csv" for name, caption in TABLES.items()}
        found[part] = [Section("", tables=[captioned(path, text) for text, path in there.items() if path.is_file()])]
    pipeline.write_report(profile, folder, found, command, target)


def _run(folder: Path, targets: list[str], workers: int, extra: Sequence[str]) -> None:
    log = folder / "logs" / "studies.log"
    log.parent.mkdir(exist_ok=True)
    begun, failed, command = time.time(), [], _snakemake(folder, workers, extra, targets=targets)
    with (
        log.open("w", encoding="utf-8") as stream,
        pipeline.started(command, subprocess.PIPE, pipeline.environment_of_jobs()) as process,
    ):
        for line in process.stdout or ():
            stream.write(line)
            stream.flush()
            if step := STEPS.match(line):
                files.say(f"{step[1]} of {step[2]} jobs, {(time.time() - begun) / 60:.1f} minutes")
            failed += re.findall(r"^\s+log: (\S+)", line) if "check log file" in line else []
    if process.returncode:
        told = "".join(f"\n  {_last(folder / name)}\n    log: {folder / name}" for name in failed)
        raise pipeline.PipelineFailed(
            f"Snakemake ended with exit code {process.returncode}: {log}{told}\n"
            "What finished is kept; the same command goes on from here."
        )


def _last(log: Path) -> str:
    """The last line of a log that says something."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.is_file() else []
    return next((line for line in reversed(lines) if line.strip()), "nothing was logged")
