"""Runs by profile: listed with their size, counted, and removed without touching those of another profile."""

from __future__ import annotations

import shutil

import pytest
import yaml
from projects import TINY, make_project
from rich.console import Console
from typer.testing import CliRunner

from scalescope import files, paths
from scalescope.cli import app
from scalescope.errors import UnknownName
from scalescope.experiment import finetuning, stages
from scalescope.experiment.noted import NOTES, note, noted
from scalescope.experiment.profile import load_profile
from scalescope.experiment.record import write_profile
from scalescope.workflow import runs
from scalescope.workflow.job import write_stamp
from scalescope.workflow.jobs import planned
from scalescope.workflow.report import print_status


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two profiles that share a pretraining run: "tiny" also finetuned on one task, "other" pretrained one more."""
    with pytest.MonkeyPatch.context() as patch:
        root = make_project(tmp_path_factory.mktemp("made"), patch)
        paths.profile_file("other").write_text(yaml.safe_dump({**TINY, "name": "other"}))
        tiny, other = load_profile("tiny"), load_profile("other")
        write_profile(tiny, stages.prepare(tiny), paths.work("tiny"))
        stages.pretrain(tiny, "ar16-l2", "mlm")
        finetuning.finetune(tiny, "ar16-l2", "mlm", tasks=["sst2"])
        for name in ("ar16-l2", "ar8-l1"):
            stages.pretrain(other, name, "mlm")
        for name in tiny.tasks:
            stages.prepare(tiny).task_data(name)
        return root


@pytest.fixture
def project(made, tmp_path, monkeypatch):
    shutil.copytree(made, tmp_path / "copy", symlinks=True)
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path / "copy"))
    return tmp_path / "copy"


def ids() -> set[str]:
    return {path.parent.name for path in paths.runs().glob("[!.]*/manifest.json")}


def test_the_table_counts_runs_sizes_and_what_is_shared(project):
    table = runs.runs_table().set_index("profile")
    assert list(table.index) == ["other", "tiny"]
    assert list(table["runs"]) == [2, 1 + 3] and list(table["shared"]) == [1, 1]
    target = next(path for path in paths.runs().glob("pretrain-mlm-ar16-l2-*"))
    assert table.loc["tiny", "megabytes"] > files.size(target) / 1e6 > 0.01

    (paths.work("other") / NOTES).write_text("pretrain-mlm-ar8-l1-cut\n../tiny\n")
    files.set_aside(target, "test")
    table = runs.runs_table().set_index("profile")
    assert table.loc["other", "runs"] == 0
    assert (table.loc["(no profile)", "runs"], table.loc["(damaged)", "runs"]) == (1, 1)


def test_removing_a_profile_leaves_what_another_one_uses(project):
    shared = noted("tiny") & noted("other")
    unfinished = stages.store().checkpoints("pretrain-mlm-ar8-l9-0123456789")
    unfinished.mkdir(parents=True)
    note("tiny", [unfinished.name])
    assert runs.remove("tiny") > 0
    assert ids() == noted("other") and shared <= ids()
    assert not paths.work("tiny").exists() and not unfinished.exists()
    assert runs.remove("other") > 0 and ids() == set()


@pytest.mark.parametrize("name", ["tinx", "..", ".", "", "pretrain", "../runs"])
def test_only_profiles_that_ran_here_are_removed(project, name):
    before = ids()
    with pytest.raises(UnknownName, match="profile with runs"):
        runs.remove(name)
    assert ids() == before


def test_the_command_lists_asks_and_removes(project):
    cli = CliRunner()
    assert "tiny" in cli.invoke(app, ["runs", "list"]).stdout
    before = ids()
    asked = cli.invoke(app, ["runs", "remove", "--profile", "tiny"], input="n\n")
    assert asked.exit_code != 0 and "remove 3 runs that only 'tiny' uses" in asked.stdout and ids() == before
    assert cli.invoke(app, ["runs", "remove", "--profile", "tiny", "--yes"]).exit_code == 0
    assert ids() == noted("other")


def test_a_folder_without_runs_is_told_as_one(project):
    shutil.rmtree(paths.runs())
    told = CliRunner().invoke(app, ["runs", "list"])
    assert told.exit_code == 0 and told.stdout.startswith("no runs in ") and "DataFrame" not in told.stdout


def printed(profile) -> str:
    console = Console(record=True, width=200)
    print_status(profile, console)
    return console.export_text()


def test_status_counts_the_runs_that_are_there(project):
    profile = load_profile("tiny")
    text = printed(profile)
    assert "2 of at most 4 pretraining runs are finished" in text, "one of them is of the other profile too"
    assert "3 of at most 22 finetuning runs are finished" in text
    assert "30_finetune_ar16-l2  3 of at most 6 runs" in text

    job = next(job for job in planned(profile) if job.name == "20_pretrain_ar8-l2_mlm")
    write_stamp(paths.work("tiny") / job.stamp)
    assert f"to do   {job.name}" in printed(profile), "a notebook without its run is not done"
    shutil.rmtree(paths.cache())
    assert "no run is counted before the text is encoded" in printed(profile)


def test_notes_are_read_line_by_line_and_written_once(project):
    before = (paths.work("tiny") / NOTES).read_text()
    note("tiny", noted("tiny"))
    assert (paths.work("tiny") / NOTES).read_text() == before
    (paths.work("tiny") / NOTES).write_bytes(b"\xff\npretrain-mlm-ar8-l1-0123456789\npretrain-mlm-ar8")
    assert noted("tiny") == {"pretrain-mlm-ar8-l1-0123456789"}
