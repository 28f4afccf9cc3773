"""The page of Snakemake's `--report`: figures, tables and notebooks of what is done, without doing anything."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from scalescope import files, paths
from scalescope.experiment import stages
from scalescope.experiment.profile import load_profile
from scalescope.experiment.record import write_profile
from scalescope.workflow.jobs import PAPER, planned
from scalescope.workflow.reproduce import environment_of_jobs, reproduce, snakemake
from scalescope.workflow.snakemake_report import prepare

FIGURE = "fig3_finetuning_laws"


def held(page: str, name: str) -> dict:
    """What a page of Snakemake holds as data under a name."""
    return json.loads(re.search(rf'<script id="[a-z]+">\s+var {name} = (.*);\n', page)[1])


@pytest.fixture
def finished(stubs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The profile "tiny", done as far as Snakemake knows, with the tables and two figures of `quick`."""
    monkeypatch.setattr("scalescope.workflow.reproduce.stale", lambda *_: [])
    monkeypatch.setattr("scalescope.workflow.snakemake.stale", lambda *_: [])
    source = Path(__file__).resolve().parents[2]
    shutil.copytree(source / "data" / "results" / "quick", paths.results("tiny"))
    figures = paths.figures("tiny", PAPER)
    figures.mkdir(parents=True)
    for name in (FIGURE, "skills"):
        shutil.copy2(source / "figures" / "quick" / PAPER / f"{name}.png", figures)
    profile, folder = load_profile("tiny"), paths.work("tiny")
    write_profile(profile, stages.prepare(profile), folder)
    for job in planned(profile):
        for name in filter(None, (job.executed, job.stamp)):
            files.write_text(folder / name, "{}")
    touched = subprocess.run(
        snakemake(folder, 1, ["--touch", "--forceall"]), env=environment_of_jobs(), capture_output=True, text=True
    )
    assert touched.returncode == 0, touched.stderr
    return folder


def state(*folders: Path) -> dict[Path, int]:
    """The time of every file that a job has made."""
    return {path: path.stat().st_mtime_ns for folder in folders for path in folder.rglob("*") if path.is_file()}


def test_the_page_of_a_finished_profile_has_figures_tables_notebooks_and_every_job(finished, tmp_path, capfd):
    made = [finished / "products", finished / "notebooks", paths.results("tiny"), paths.figures("tiny", PAPER)]
    before, target = state(*made), tmp_path / "page of tiny.html"
    assert reproduce("tiny", snakemake_arguments=["--report", str(target)]) is None
    assert f"report  {target}" in capfd.readouterr().err
    page = target.read_text(encoding="utf-8")
    categories = held(page, "categories")
    assert {name: list(parts) for name, parts in categories.items()} == {
        "Figures": [PAPER],
        "Tables": [PAPER],
        "Notebooks as executed": ["Other"],
    }
    shown = held(page, "results")
    by_name = {Path(path).name: one for path, one in shown.items()}
    assert by_name[f"{FIGURE}.png"]["labels"] == {"figure": "fig3 finetuning laws"}
    assert "Finetuning error against model size on nine tasks" in by_name[f"{FIGURE}.png"]["caption"]
    assert all(one["data_uri"].startswith("data:") for one in shown.values())
    assert {"Claims of the paper.html", "Core-seconds by stage.html", "50_laws.ipynb"} < set(by_name)
    jobs = planned(load_profile("tiny"))
    assert len(held(page, "runtimes_spec")["data"]["values"]) == len(jobs)
    assert set(held(page, "rules")) == {job.rule for job in jobs}
    assert state(*made) == before
    reproduce("tiny", snakemake_arguments=["-n"])
    assert "Nothing to be done" in "".join(capfd.readouterr())


@pytest.mark.parametrize("lost", ["products/50_laws.json", "profile.json"])
def test_a_profile_that_is_not_finished_has_no_page(stubs, monkeypatch, tmp_path, lost):
    monkeypatch.setattr("scalescope.workflow.reproduce.stale", lambda *_: [])
    profile, folder = load_profile("tiny"), paths.work("tiny")
    write_profile(profile, stages.prepare(profile), folder)
    for job in planned(profile):
        files.write_text(folder / job.stamp, "{}")
    (folder / lost).unlink()
    before = state(folder)
    with pytest.raises(stages.NotFinished, match=r"profile 'tiny' lacks .*`scalescope reproduce --profile tiny`"):
        reproduce("tiny", snakemake_arguments=["--report", str(tmp_path / "page.html")])
    assert state(folder) == before and not (tmp_path / "page.html").exists()


def test_captions_are_text_and_tables_of_an_earlier_page_are_gone(tmp_path):
    figures = tmp_path / "figures" / "paper"
    figures.mkdir(parents=True)
    (figures / "a_b*c.png").touch()
    files.write_text(tmp_path / "page" / "paper" / "old.html", "old")
    prepare(tmp_path, figures.parent, {})
    assert [path.name for path in (tmp_path / "page" / "paper").iterdir()] == ["a_b*c.rst"]
    assert (tmp_path / "page" / "paper" / "a_b*c.rst").read_text() == "a b\\*c\n"
