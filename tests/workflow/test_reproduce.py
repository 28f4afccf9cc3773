"""The pipeline as a user sees it: interrupted, run twice, run at once, with a job that fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from scalescope import paths
from scalescope.experiment import collecting
from scalescope.experiment.profile import load_profile
from scalescope.experiment.progress import marked, note_state, read_mark
from scalescope.workflow import reproduce as reproducing
from scalescope.workflow.complete import complete
from scalescope.workflow.jobs import planned
from scalescope.workflow.reproduce import PipelineFailed, reproduce, set_right
from scalescope.workflow.terminal import Watch, duration

COMMAND = [sys.executable, "-m", "scalescope.cli", "reproduce", "--profile", "tiny", "--jobs", "2"]


def wait_for(found, seconds: float = 600.0) -> None:
    """Wait until `found()` is true."""
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.1)


def manifests() -> dict[str, tuple[int, int]]:
    """Inode and time of the manifest of every finished run: a run that is trained again changes both.

    Hidden folders are left out: a worker that has just been killed may be writing one, which is rightly gone later.
    """
    found = paths.runs().glob("[!.]*/manifest.json")
    return {path.parent.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}


def test_killed_and_run_again_trains_nothing_twice_and_gives_the_same_tables(project, tmp_path_factory, monkeypatch):
    first = subprocess.Popen(COMMAND, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: any(name.startswith("pretrain") for name in manifests()))
    busy = subprocess.run(COMMAND, capture_output=True, text=True)
    assert busy.returncode == 2 and f"process {first.pid}" in busy.stderr and "Traceback" not in busy.stderr
    first.send_signal(signal.SIGKILL)
    first.wait()
    before = manifests()

    again = subprocess.run(COMMAND, capture_output=True, text=True)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "core-seconds" in again.stdout
    after = manifests()
    assert {name: after[name] for name in before} == before
    drawn = {path.name[:4] for path in paths.figures("tiny", "ivgi2022").glob("fig*.png")}
    assert drawn == {f"fig{number}" for number in range(1, 9) if number != 6}, "in ten steps no patience acts"
    made = [name for job in planned(load_profile("tiny")) for name in (job.executed, job.stamp) if name]
    assert all((paths.work("tiny") / name).is_file() for name in made)
    tables, trained = collecting.read_tables("tiny"), contents()
    check_cost()

    third = subprocess.run(COMMAND, capture_output=True, text=True)
    assert third.returncode == 0 and "done 20" not in third.stdout
    assert manifests() == after

    other = tmp_path_factory.mktemp("undisturbed")
    (other / "profiles").symlink_to(project / "profiles")
    monkeypatch.setenv("SCALESCOPE_ROOT", str(other))
    complete(load_profile("tiny"))
    collecting.collect(load_profile("tiny"))
    for name, table in collecting.read_tables("tiny").items():
        pd.testing.assert_frame_equal(table, tables[name], obj=name, check_exact=True)
    assert contents() == trained, "two workers, killed and resumed, and one process from scratch: the same bytes"


def contents() -> dict[str, str]:
    """The manifest of every run (a half-written one too), which holds the hashes of its weights and tables."""
    return {path.parent.name: path.read_text() for path in paths.runs().glob("*/manifest.json")}


def check_cost() -> None:
    """The costs that the pipeline reports at its end: both starts, every job, training apart from the rest."""
    table = pd.read_csv(paths.work("tiny") / "cost.csv").set_index("part")
    assert table.loc["engine", "jobs"] == 2 and table.loc["all", "jobs"] >= len(planned(load_profile("tiny")))
    trained = table["training_seconds"]
    assert trained["20_pretrain"] > 0 and trained["30_finetune"] > 0 and trained["50_laws"] == 0
    ran = table[table["jobs"] > 0]  # tiny has no budgets
    assert (ran["cpu_seconds"] > 0).all() and (ran["peak_mb"] > 50).all()
    assert 0 < table.loc["all", "other_share"] < 1 and 0 <= table.loc["all", "idle_share"] < 1


def test_a_job_that_fails_stops_only_what_needs_it_and_is_named_with_its_log(stubs, monkeypatch):
    monkeypatch.setattr("scalescope.workflow.reproduce.forget_stale", lambda profile, folder: [])
    with pytest.raises(PipelineFailed) as raised:
        reproduce("tiny", workers=2)
    text, folder = str(raised.value), paths.work("tiny")
    assert "1 job(s) failed" in text and "20_pretrain_ar8-l1_mlm: " in text and "no space left" in text
    assert str(folder / "logs" / "20_pretrain_ar8-l1_mlm.log") in text
    done = {path.stem for path in (folder / "products").glob("*.json")}
    sealed = {"20_pretrain_ar16-l2_mlm"}  # the target: its loss is forecast from the whole ladder before it is trained
    finetuned = {f"30_finetune_{model}" for model in ("ar16-l2", "ar8-l1", "ar8-l2")}  # at the target's rate
    lost = {"20_pretrain_ar8-l1_mlm", *sealed, *finetuned, "40_collect", "50_laws", "60_figures"}
    assert done == {job.name for job in planned(load_profile("tiny"))} - lost
    assert not list((folder / "notebooks").glob(".*")), "no half of a notebook is left"


def test_an_exit_code_of_snakemake_after_all_jobs_is_told_and_fails_nothing(stubs, monkeypatch, capsys):
    monkeypatch.setattr("scalescope.workflow.reproduce.forget_stale", lambda profile, folder: [])
    monkeypatch.setattr(
        "scalescope.workflow.reproduce.snakemake", lambda *_: [sys.executable, "-c", "raise SystemExit(3)"]
    )
    outs = [paths.work("tiny") / job.stamp for job in planned(load_profile("tiny"))]
    for out in outs:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.touch()
    assert reproduce("tiny") == paths.work("tiny")
    assert "Snakemake ended with exit code 3 after all jobs were done" in capsys.readouterr().err
    outs[0].unlink()
    with pytest.raises(PipelineFailed, match="Snakemake ended with exit code 3: "):
        reproduce("tiny")


def test_a_clock_that_was_set_back_is_told(tmp_path, capsys):
    (tmp_path / "profile.json").write_text("{}")
    set_right(tmp_path)
    assert not capsys.readouterr().err
    os.utime(tmp_path / "profile.json", (time.time() + 7200,) * 2)
    set_right(tmp_path)
    assert "the clock was set back: 1 files" in capsys.readouterr().err
    assert (tmp_path / "profile.json").stat().st_mtime < time.time() + 1


def test_missing_data_folder_is_refused_before_anything_runs(project):
    with pytest.raises((ValueError, OSError), match="nowhere"):
        reproduce("tiny", data=str(project / "nowhere"))


@pytest.mark.parametrize(
    "place", ["data/results", "data/results/tiny", "figures", "figures/tiny/ivgi2022", "data/runs"]
)
def test_a_file_where_a_folder_is_written_is_refused_before_anything_runs(project, place, monkeypatch):
    (project / place).parent.mkdir(parents=True, exist_ok=True)
    (project / place).write_text("x")
    before = sorted(project.rglob("*"))
    monkeypatch.setattr(reproducing, "_run", pytest.fail)
    with pytest.raises(NotADirectoryError, match=f"{place} is a file; .*: move it away"):
        reproduce("tiny")
    assert sorted(project.rglob("*")) == before


def test_marks_tell_the_state_of_a_job(tmp_path, monkeypatch):
    mark = tmp_path / "jobs" / "a.json"
    assert read_mark(mark) == {}
    monkeypatch.setenv("SCALESCOPE_PROGRESS", "")
    with pytest.raises(OSError), marked(mark):
        assert read_mark(mark)["state"] == "running"
        raise OSError("full")
    assert read_mark(mark)["state"] == "failed" and read_mark(mark)["error"] == "full"
    with marked(mark):
        pass
    assert read_mark(mark)["state"] == "done"


def test_time_left_counts_what_running_jobs_have_done(project):
    profile, folder = load_profile("tiny"), project / "work"
    log = folder / "snakemake.log"
    watch = Watch(profile, folder, log, workers=2)
    assert watch.seconds_left() is None
    log.parent.mkdir()
    log.write_text("Job stats:\njob      count\n-------  -----\ncollect  1\nlaws  1\nall  1\ntotal  3\n\n")
    watch.weights = dict.fromkeys(watch.weights, 600.0)
    watch.started = time.time() - 30
    mark = folder / "jobs" / "40_collect.json"
    with marked(mark):
        note_state(mark.with_suffix(".step"), {"step": 1, "total": 2})
        # 300 of 1,200 nominal seconds after 30, and two workers that are believed to do 120 in 60
        assert watch.seconds_left() == pytest.approx(90 * 900 / 420, abs=5)
        assert "0 of 2 jobs done; running 40_collect (1/2)" in watch.line()
    assert watch.seconds_left() == pytest.approx(90 * 600 / 720, abs=5)
    assert watch.failed() == []
    log.write_text("Job stats:\njob      count\n-------  -----\nall  1\ntotal  1\n\n")  # little was left to do
    assert watch.seconds_left() == 0, "never less than nothing"


@pytest.mark.parametrize("content", [b"", b'{"state": "fai', b"{}", b'{"state": "failed", "checksum": ""}', b"\xff"])
def test_a_failed_job_is_named_though_its_status_file_is_not_whole(project, content):
    folder, name = paths.work("tiny"), "20_pretrain_ar8-l1_mlm"
    log, mark = folder / "snakemake.log", folder / "jobs" / f"{name}.json"
    watch = Watch(load_profile("tiny"), folder, log)
    with pytest.raises(OSError), marked(mark):
        raise OSError("full")
    assert watch.failed() == [(name, "full")]
    told = f"    jobid: 2\n    output: notebooks/{name}.ipynb, products/{name}.json\n    log: logs/{name}.log"
    log.write_text(f"Job stats:\n\nError in rule pretrain:\n    message: None\n{told}\nError in rule other:\n")
    assert watch.failed() == [(name, "full")]
    mark.write_bytes(content)
    assert read_mark(mark) == {} and [found for found, _ in watch.failed()] == [name]
    assert watch.line().startswith("looking") or "0 of" in watch.line()


def test_status_files_that_cannot_be_written_or_lack_keys_fail_nothing(tmp_path, project, monkeypatch):
    mark = tmp_path / "a file" / "a.json"
    mark.parent.write_text("not a folder")
    monkeypatch.setenv("SCALESCOPE_PROGRESS", "")
    with marked(mark):
        pass
    note_state(tmp_path / "b.json", {"state": "running"})
    assert read_mark(tmp_path / "b.json") == {}
    note_state(tmp_path / "c.json", {"state": "running", "started": time.time()})
    note_state(tmp_path / "c.step", {"step": "x", "total": 0})
    assert "step" not in read_mark(tmp_path / "c.json")


@pytest.mark.parametrize(
    ("seconds", "text"), [(8.4, "8 s"), (120, "2 min"), (7200, "2.0 h"), (864000, "10 days"), (1e9, "32 years")]
)
def test_duration_reads_like_speech(seconds, text):
    assert duration(seconds) == text
