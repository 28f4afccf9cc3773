"""Dry runs in any spelling change nothing, and data reach the jobs whatever their folder is called."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from scalescope import files, paths
from scalescope.errors import UnknownName
from scalescope.experiment import stages
from scalescope.experiment.profile import load_profile
from scalescope.experiment.record import write_profile
from scalescope.workflow.job import write_stamp
from scalescope.workflow.jobs import PAPER, STATIONS, planned
from scalescope.workflow.products import COLLECTED
from scalescope.workflow.reproduce import reproduce
from scalescope.workflow.snakemake import forget_unreadable, of_executor, only_shows, report_asked, runs_elsewhere


@pytest.mark.parametrize(
    "arguments",
    [
        ["-n"],
        ["-np"],
        ["-pn"],
        ["-p", "-n"],
        ["--dry-run"],
        ["--dryrun"],
        ["--dry-r"],
        ["-Fnq"],
        ["--forceall", "-n"],
        ["--executor", "dryrun"],
        ["-e", "dryrun"],
        ["--summary"],
        ["-D"],
        ["--dag"],
        ["--rulegraph", "dot"],
        ["-l"],
        ["--lint"],
    ],
)
def test_what_only_shows_is_known_in_any_spelling(arguments):
    assert only_shows(arguments)


@pytest.mark.parametrize(
    "arguments", [[], ["-p"], ["--forceall"], ["--until", "corpus_and_tasks"], ["--config", "n=1"], ["--keep-going"]]
)
def test_what_runs_is_known(arguments):
    assert not only_shows(arguments)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [(["--report"], "report.html"), (["--report=a.zip"], "a.zip"), (["-p", "--report", "b.html"], "b.html")],
)
def test_a_report_is_written_where_the_user_is(tmp_path, monkeypatch, arguments, name):
    monkeypatch.chdir(tmp_path)
    assert report_asked(arguments) == tmp_path / name and report_asked(["-n"]) is None is report_asked([])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--report", "page.pdf"], r"page\.pdf: Snakemake writes \.html and \.zip only"),
        (["--report", "is a folder.html"], "is a folder"),
        (["--report", "a.html", "--report-after-run"], "--report alone"),
    ],
)
def test_a_report_that_cannot_be_is_refused(tmp_path, monkeypatch, arguments, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "is a folder.html").mkdir()
    with pytest.raises(ValueError, match=told):
        report_asked(arguments)


def test_jobs_run_elsewhere_under_an_executor_that_is_not_local(tmp_path):
    for arguments in ([], ["-p"], ["--executor", "local"], ["--cores", "3"]):
        assert not runs_elsewhere(arguments)
    settings = tmp_path / "config.yaml"
    settings.write_text("executor: cluster-generic\ncluster-generic-submit-cmd: qsub\n")
    assert runs_elsewhere(["--profile", str(tmp_path)])
    with pytest.raises(ValueError, match=r"no config\.yaml of Snakemake for the profile 'nowhere'"):
        runs_elsewhere(["--profile", "nowhere"])
    assert runs_elsewhere(["--executor", "cluster-generic", "--cluster-generic-submit-cmd", "qsub", "--jobs", "2"])


def test_an_executor_brings_its_settings_and_one_that_is_not_there_is_named(project):
    assert of_executor("local", 3) == []
    assert of_executor("cluster-generic", 3) == ["--executor", "cluster-generic", "--jobs", "3"]
    with pytest.raises(UnknownName, match=r"executor 'slrum'.*'slurm'"):
        of_executor("slrum", 3)


def test_what_snakemake_does_not_take_is_refused_before_anything_changes(project):
    with pytest.raises(ValueError, match=r"Snakemake does not take '--dry'.*--dry-run"):
        reproduce("tiny", snakemake_arguments=["--dry"])
    assert not paths.runs().exists()


@pytest.mark.parametrize(
    ("arguments", "near"),
    [(["--nonsense"], "--"), (["--kep-going", "-n"], "--keep-going"), (["-Zx"], "-"), (["--forcal"], "--forceall")],
)
def test_an_option_that_snakemake_does_not_have_is_named_with_the_nearest(arguments, near):
    with pytest.raises(ValueError, match=rf"Snakemake does not take .*unknown option .*; did you mean {near}"):
        only_shows(arguments)


@pytest.mark.parametrize("content", [b"", b"{", b'{"rule": "a\xe9"}', b"[]", b"null", b'{"rule": "a", "log": [}'])
def test_notes_of_snakemake_that_cannot_be_read_are_removed_with_a_word(tmp_path, capsys, content):
    notes = tmp_path / ".snakemake" / "metadata" / "@part"
    notes.mkdir(parents=True)
    (notes / "whole").write_text('{"rule": "all"}')
    (notes / "broken").write_bytes(content)
    forget_unreadable(tmp_path)
    assert [path.name for path in notes.iterdir()] == ["whole"] and "broken" in capsys.readouterr().err
    forget_unreadable(tmp_path / "none")


def state(folder: Path) -> dict[str, tuple]:
    """Every file and folder below one, with its times, size and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        info = path.lstat()
        found[str(path)] = (info.st_mtime_ns, info.st_ino, path.read_bytes() if path.is_file() else None)
    return found


@pytest.fixture
def half_done(stubs: Path) -> Path:
    """Stub notebooks "executed" for 10 and 40; the tables of 40 are gone, and the profile is edited later."""
    profile, folder = load_profile("tiny"), paths.work("tiny")
    write_profile(profile, stages.prepare(profile), folder)
    for job in planned(profile):
        if job.station in STATIONS and job.model is None:
            files.write_text(folder / job.executed, "{}")
            write_stamp(folder / job.stamp, folder / job.executed)
    return stubs


@pytest.mark.parametrize("edited", [False, True])
def test_a_dry_run_shows_what_would_be_done_again_and_changes_nothing(half_done, edited):
    if edited:
        source = paths.profile_file("tiny")
        source.write_text(source.read_text().replace("batch_size: 16", "batch_size: 8"))
    before = state(half_done)
    command = [sys.executable, "-m", "scalescope.cli", "reproduce", "-P", "tiny", "-j", "1", "--", "-np"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert state(half_done) == before
    assert "40_collect" in done.stdout and f"-pprofile={paths.work('tiny') / paths.RECORD}" in done.stdout
    assert "core-seconds" not in done.stdout and "tables     " not in done.stdout


@pytest.mark.parametrize("damaged", ["20_pretrain_ar8-l1_mlm", "40_collect"])
def test_what_is_damaged_in_the_middle_is_made_again_though_all_after_it_is_whole(stubs, monkeypatch, capfd, damaged):
    profile, folder = load_profile("tiny"), paths.work("tiny")
    write_profile(profile, stages.prepare(profile), folder)
    results = paths.results("tiny")
    tables = [results / f"{name}.csv" for name in (*COLLECTED, f"{PAPER}/fits", f"{PAPER}/claims")]
    for job in planned(profile):
        if job.station in STATIONS:
            files.write_text(folder / job.executed, "{}")
        files.write_text(folder / job.stamp, "{}")
    for path in tables:
        files.write_text(path, "made\n")  # none of a table's columns: an estimate can do without
    now = time.time_ns()
    for path in [*folder.rglob("*"), *tables]:  # nothing is newer than what is made from it
        os.utime(path, ns=(now, now))
    gone = []
    monkeypatch.setattr("scalescope.workflow.snakemake.stale", lambda *_: [(job, "is cut") for job in gone])
    reproduce("tiny", snakemake_arguments=["-n"])
    assert "Nothing to be done" in "".join(capfd.readouterr())
    gone.append(next(job for job in planned(profile) if job.name == damaged))
    reproduce("tiny", snakemake_arguments=["-n"])
    shown = capfd.readouterr().out
    assert all(f"jobs/{name}.json" in shown or name in shown for name in (damaged, "50_laws", "60_figures")), shown


def test_a_dry_run_of_a_profile_that_was_never_run_leaves_no_trace(stubs, capfd):
    before = state(stubs)
    assert reproduce("tiny", snakemake_arguments=["-n"]) is None
    assert state(stubs) == before and "corpus_and_tasks" in capfd.readouterr().out


def lines(first: int, count: int) -> list[str]:
    """Sentences of one length, each different."""
    return [f"the tree {at:03d} stands by the river" for at in range(first, first + count)]


def write_data(folder: Path) -> None:
    """A few articles, and a few rows of two tasks."""
    for split, first in (("train", 0), ("heldout", 500)):
        place = folder / "corpus" / f"{split}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("\n\n".join(lines(first, 400)))
    for split, first in (("train", 0), ("validation", 50)):
        text = lines(first, 40)
        answers = {"text": ["the river"], "answer_start": [text[0].index("the river")]}
        rows = {
            "sst2": [{"sentence": line, "label": at % 2} for at, line in enumerate(text)],
            "squad": [
                {"id": f"{split}{at}", "context": line, "question": "the tree stands by", "answers": answers}
                for at, line in enumerate(text)
            ],
        }
        for task, examples in rows.items():
            place = folder / "tasks" / task / f"{split}.jsonl"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text("".join(json.dumps(row) + "\n" for row in examples))


def test_the_data_folder_reaches_the_jobs_whatever_it_is_called(stubs):
    folder = stubs / 'data: it\'s #2 "x" '
    write_data(folder)
    work = reproduce("tiny", data=str(folder), snakemake_arguments=["--until", "corpus_and_tasks"])
    executed = nbformat.read(work / "notebooks" / "10_corpus_and_tasks.ipynb", as_version=4)
    given = executed.metadata.papermill.parameters
    assert set(given) == {"profile"} and load_profile(given["profile"]).source.folder == str(folder)
