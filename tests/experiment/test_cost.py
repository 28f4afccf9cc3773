"""Costs of a profile: records that add up over attempts, kills and days, and what counts as training."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from multiprocessing import get_context

import pandas as pd
import psutil
import pytest
from rich.console import Console

from scalescope import files
from scalescope.experiment import cost
from scalescope.tables import COLUMNS
from scalescope.workflow import cost_table


def put(work, job, started, ended, cpu, peak, trained=(), profile=None, **places):
    """Write a record as `recorded` leaves it."""
    folder = work / "costs"
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{job}.1-{len(list(folder.iterdir()))}"
    key = cost.profile_key(work) if profile is None else profile
    facts = {"job": job, "profile": key, "started": started, "ended": ended, "cpu_seconds": cpu, "peak_bytes": peak}
    facts |= places
    files.write_record(folder / f"{stem}.json", facts)
    if trained:
        (folder / f"{stem}.trained").write_text("".join(f"{value}\n" for value in trained))


@pytest.fixture
def work(tmp_path):
    """Two starts of the pipeline, the first one killed in a pretraining, then one that found nothing to do."""
    (tmp_path / "profile.json").write_text("{}")
    put(tmp_path, "10_corpus_and_tasks", 1.0, 6.0, 5.0, 200e6)
    put(tmp_path, "20_pretrain_ar8-l1_mlm", 6.0, 16.0, 9.0, 300e6, [4.0, 3.0])
    put(tmp_path, cost.ENGINE, 0.0, 16.0, 16.0, 600e6)
    put(tmp_path, "20_pretrain_ar8-l1_mlm", 101.0, 121.0, 19.0, 310e6, [17.0])
    put(tmp_path, "50_laws", 121.0, 131.0, 10.0, 150e6)
    put(tmp_path, cost.ENGINE, 100.0, 132.0, 32.0, 650e6)
    put(tmp_path, cost.ENGINE, 200.0, 205.0, 5.0, 100e6)
    put(tmp_path, "50_laws", 0.0, 100.0, 100.0, 900e6, profile="another")
    return tmp_path


def test_attempts_add_up_and_only_training_counts_as_training(work):
    table = cost_table.cost_table(work).set_index("part")
    pretrain = table.loc["20_pretrain"]
    assert (pretrain["jobs"], pretrain["wall_seconds"], pretrain["cpu_seconds"]) == (2, 30.0, 28.0)
    assert (pretrain["training_seconds"], pretrain["other_seconds"], pretrain["peak_mb"]) == (24.0, 4.0, 310.0)
    engine = table.loc["engine"]  # 16 - 14 and 32 - 29: what was not in a job
    assert (engine["jobs"], engine["wall_seconds"], engine["cpu_seconds"]) == (2, 48.0, 5.0)
    every = table.loc["all"]
    assert (every["jobs"], every["wall_seconds"], every["cpu_seconds"], every["other_seconds"]) == (4, 48.0, 48.0, 24.0)
    assert every["other_share"] == 0.5 and every["peak_mb"] == 650.0
    assert table.loc["30_finetune", "cpu_seconds"] == 0.0
    assert table["other_share"].drop("all").sum() == pytest.approx(0.5, abs=1e-3)


def test_workers_are_idle_where_no_job_runs(work):
    assert pd.isna(cost_table.cost_table(work).set_index("part").loc["all", "idle_share"])  # records of before
    put(work, cost.ENGINE, 300.0, 320.0, 20.0, 100e6, workers=2)
    put(work, "20_pretrain_ar8-l2_mlm", 300.0, 310.0, 9.0, 300e6, threads=2)
    put(work, "50_laws", 310.0, 316.0, 5.0, 300e6, threads=1)
    table = cost_table.cost_table(work).set_index("part")
    assert table.loc["all", "idle_share"] == pytest.approx(1 - (20 + 6) / 40)
    assert "Workers without a job 35.0% of the time" in cost_table.sentence(table.reset_index())


def test_report_prints_the_table_and_writes_it(work):
    console = Console(record=True, width=200)
    target = cost_table.report(work, console)
    text = console.export_text()
    assert "48 core-seconds: 50.0% training" in text and "worker 310 MB, all processes at once 650 MB" in text
    assert list(pd.read_csv(target).columns) == COLUMNS["cost"]


def test_a_folder_without_records_costs_nothing(tmp_path):
    table = cost_table.cost_table(tmp_path)
    assert (table["cpu_seconds"] == 0).all() and (table["other_share"] == 0).all()
    cost_table.report(tmp_path, Console(record=True))


def burn(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_a_record_tells_what_its_process_spends_while_it_runs_and_when_it_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(cost, "SAMPLE_SECONDS", 0.01)
    before = time.process_time()
    with pytest.raises(OSError), cost.recorded(tmp_path, "20_pretrain_a"):
        clock = cost.clock()
        tell = clock.telling(None)
        with clock:
            burn(0.05)
            tell(1, 2, 0.5)
            assert cost_table.records(tmp_path)["training_seconds"].item() == pytest.approx(0.05, abs=0.03)
            burn(0.05)
        burn(0.05)
        running = cost_table.records(tmp_path)
        assert len(running) == 1 and running["peak_bytes"].item() > 1e7
        raise OSError("full")
    (row,) = cost_table.records(tmp_path).itertuples()
    assert 0.09 < row.training_seconds < 0.15 + 0.05 and row.cpu_seconds > before + 0.1
    assert cost.TRAINED not in os.environ and row.ended > row.started
    with cost.clock():
        pass
    assert len(list((tmp_path / "costs").iterdir())) == 2


@pytest.mark.skipif(not hasattr(psutil.Process().memory_full_info(), "pss"), reason="shared memory is told on Linux")
def test_memory_that_processes_share_counts_once():
    held = bytearray(b"x" * 100_000_000)
    _, before = cost._tree()
    child = get_context("fork").Process(target=time.sleep, args=(30,))
    child.start()
    try:
        _, after = cost._tree()
    finally:
        child.terminate()
        child.join()
    assert len(held) <= before and after - before < 50_000_000
    assert cost._tree(memory_too=False)[1] == 0


def test_without_a_pipeline_nothing_is_kept(tmp_path):
    with cost.recorded(None, "a"), cost.clock():
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content", [b"", b'{"job": "20_pre', b"[]", b"\xff\xfe", b'{"job": "50_laws", "checksum": ""}']
)
def test_records_that_are_empty_cut_or_changed_are_left_out(work, capsys, content):
    (work / "costs" / "50_laws.1-99.json").write_bytes(content)
    whole = cost_table.cost_table(work)
    pd.testing.assert_frame_equal(whole, cost_table.cost_table(work))
    assert whole.set_index("part").loc["all", "cpu_seconds"] == 48.0
    assert capsys.readouterr().err.count("1 record(s) left out of the costs: ") == 2
    victim = next((work / "costs").glob("20_pretrain*.json"))
    victim.write_bytes(victim.read_bytes()[:40])
    assert cost_table.cost_table(work).set_index("part").loc["20_pretrain", "jobs"] == 1
    cost_table.report(work, Console(record=True))


@pytest.mark.parametrize(("text", "seconds"), [("", 0.0), ("4.0\n3.", 7.0), ("4.0\n\x00x\n", 4.0), ("nan\n2.0\n", 2.0)])
def test_laps_that_are_cut_do_not_fail_the_report(tmp_path, text, seconds):
    put(tmp_path, "20_pretrain_a", 0.0, 9.0, 8.0, 1e6, trained=[1.0])
    next((tmp_path / "costs").glob("*.trained")).write_text(text)
    assert cost_table.records(tmp_path)["training_seconds"].item() == seconds


def test_a_record_that_cannot_be_written_fails_no_work(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    done = []
    monkeypatch.setattr(files.os, "replace", full)
    with cost.recorded(tmp_path, "20_pretrain_a"), cost.Clock(str(tmp_path / "no folder" / "a")):
        done.append(1)
    assert done == [1]


def test_neither_a_job_nor_the_process_that_watches_all_of_them_imports_torch():
    modules = ("experiment.cost", "workflow.notebooks", "workflow.reproduce")
    code = "".join(f"import scalescope.{name}; " for name in modules) + "import sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
