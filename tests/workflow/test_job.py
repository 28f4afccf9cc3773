from __future__ import annotations

import os

from scalescope import files, paths
from scalescope.experiment.noted import JOB_NOTES, NOTES, note, noted, noted_within
from scalescope.workflow.job import write_stamp

RUNS = [f"pretrain-mlm-ar8-l{layers}-0123456789" for layers in (1, 2)]


def test_a_stamp_holds_the_digest_of_the_notebook_and_the_runs(project):
    executed, stamp = project / "a.ipynb", project / "products" / "a.json"
    executed.write_text("{}")
    write_stamp(stamp, executed, reversed(RUNS))
    assert files.read_record(stamp) == {"notebook": files.digest(executed), "runs": RUNS}
    write_stamp(stamp)
    assert files.read_record(stamp) == {"notebook": None, "runs": []}


def test_the_runs_of_a_job_are_noted_although_the_profile_knows_them(project):
    note("tiny", RUNS[:1])
    file = paths.work("tiny") / "products" / "a.runs"
    file.parent.mkdir()
    file.write_text(f"{RUNS[1]}\n")  # of an attempt that was killed
    with noted_within(file) as found:
        note("tiny", RUNS[:1])
    assert found == set(RUNS[:1]) == noted("tiny")
    assert not file.exists() and JOB_NOTES not in os.environ


def test_what_runs_share_belongs_to_the_profile_and_to_no_job(project):
    with noted_within(project / "a.runs") as found:
        note("tiny", RUNS, ["trunk-mlm-ar8-l1-0123456789"])
    assert found == set(RUNS) and noted("tiny") == {*RUNS, "trunk-mlm-ar8-l1-0123456789"}


def test_a_line_that_is_cut_or_changed_is_no_run_and_the_stamps_know_what_it_was(project, capsys):
    note("tiny", RUNS)
    file = paths.work("tiny") / NOTES
    whole = file.read_text()
    for place in range(0, len(whole), 7):
        changed = bytearray(whole.encode())
        changed[place] ^= 1
        file.write_bytes(changed)
        assert noted("tiny") < set(RUNS) or changed[place : place + 1].isspace()
        assert "of 2 lines are no run ids" in capsys.readouterr().err or noted("tiny") == set(RUNS)
    file.write_text(whole[:-12])
    write_stamp(paths.work("tiny") / "products" / "a.json", runs=RUNS)
    assert noted("tiny") == set(RUNS)
    file.write_text("".join(f"{run}\n" for run in RUNS))  # of an earlier version
    assert noted("tiny") == set(RUNS)
