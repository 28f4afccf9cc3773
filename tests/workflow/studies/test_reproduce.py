"""The graph of the live studies: which jobs there are, and what cannot be run."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from scalescope import files, paths
from scalescope.errors import UnknownName
from scalescope.experiment import stages
from scalescope.experiment.profile import load_profile
from scalescope.experiment.record import write_profile
from scalescope.workflow.studies import live
from scalescope.workflow.studies.reproduce import reproduce


def dry(capfd, *papers: str) -> str:
    """What a dry run prints; nothing is made."""
    assert reproduce("live", papers, extra=["-n"]) == [] and not paths.work("live").exists()
    return capfd.readouterr().out


def test_a_dry_run_lists_every_part_of_every_stage_and_the_notebook(live_profile, capfd):
    log = dry(capfd, "barnett2024")
    counts = dict(re.findall(r"^(train|notebook|total) +(\d+)", log, re.MULTILINE))
    assert counts == {"train": "10", "notebook": "1", "total": "11"}
    held = re.search(r"rule train:\n\s+input: (.*)\n\s+output: studies/barnett2024/2-0.done", log)
    assert held and all(f"studies/barnett2024/1-{part}.done" in held[1] for part in range(4)), "after all fitted runs"
    assert "five_laws" not in log, "which come after all studies"


@pytest.mark.parametrize(
    ("paper", "told"), [("barnett2024", "20_live.* -p profile="), ("lin2024", "10_sel.* -p source=")]
)
def test_each_study_is_run_by_its_notebook_which_is_told_the_profile(live_profile, capfd, paper, told):
    reproduce("live", [paper], extra=["-np"])
    assert re.search(rf"scalescope\.cli notebook {paper}/{told}\S+{re.escape(paths.RECORD)}", capfd.readouterr().out)


def test_what_cannot_be_run_is_refused(live_profile):
    with pytest.raises(UnknownName, match="did you mean 'barnett2024'"):
        reproduce("live", ["barnet2024"])
    with pytest.raises(ValueError, match="profile 'tiny' has no section 'studies'"):
        reproduce("tiny")


def test_a_place_for_the_tables_is_asked_for_before_anything_is_trained(live_profile):
    paths.results("live").mkdir(parents=True)
    (paths.results("live") / "barnett2024").symlink_to("nowhere")
    with pytest.raises(NotADirectoryError, match=r"barnett2024 is a link to nowhere.*tables of barnett2024 go there"):
        reproduce("live", ["barnett2024"])
    assert not paths.work("live").exists()


def test_five_laws_come_after_all_studies_of_a_profile(live_profile, capfd):
    log = dry(capfd)
    counts = dict(re.findall(r"^(train|notebook|five_laws|total) +(\d+)", log, re.MULTILINE))
    assert counts == {"train": "22", "notebook": "2", "five_laws": "1", "total": "25"}
    last = re.search(r"rule five_laws:\n\s+input: (.*)\n\s+output: notebooks/95_five_laws.ipynb", log)
    assert last and all(
        f"notebooks/{name}.ipynb" in last[1] for name in ("barnett2024_20_live", "lin2024_10_selection")
    )


@pytest.mark.parametrize("gone", ["1-0.done", "2-0.done"])
def test_a_dry_run_of_a_study_that_has_run_shows_what_is_missing_and_changes_nothing(live_profile, capfd, gone):
    profile, folder = load_profile("live"), paths.work("live")
    write_profile(profile, stages.prepare(profile), folder)
    for stage, count in enumerate(live.counts(profile, "barnett2024")):
        for part in range(count):
            files.write_text(folder / "studies" / "barnett2024" / f"{stage}-{part}.done", "")
    (folder / "studies" / "barnett2024" / gone).unlink()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert reproduce("live", ["barnett2024"], extra=["-np"]) == []
    out = capfd.readouterr().out
    assert f"output: studies/barnett2024/{gone}" in out and "output: studies/barnett2024/0-0.done" not in out
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_the_page_of_a_study_that_has_run_has_its_tables_and_figures(live_profile, tmp_path):
    folder, target, source = paths.work("live"), tmp_path / "page.html", Path(__file__).resolve().parents[3]
    with pytest.raises(
        stages.NotFinished, match=r"lacks lin2024_10_selection\.ipynb: `scalescope studies --profile live`"
    ):
        reproduce("live", ["lin2024"], extra=["--report", str(target)])
    profile = load_profile("live")
    write_profile(profile, stages.prepare(profile), folder)
    shutil.copytree(source / "data" / "results" / "studies" / "lin2024", paths.results("live") / "lin2024")
    shutil.copytree(source / "figures" / "studies" / "lin2024", paths.figures("live", "lin2024"))
    for stage, count in enumerate(live.counts(profile, "lin2024")):
        for part in range(count):
            files.write_text(folder / "studies" / "lin2024" / f"{stage}-{part}.done", "")
    files.write_text(folder / "notebooks" / "lin2024_10_selection.ipynb", "{}")
    assert reproduce("live", ["lin2024"], extra=["--report", str(target)]) == []
    categories = json.loads(
        re.search(r'"categories">\s+var categories = (.*);\n', target.read_text(encoding="utf-8"))[1]
    )
    assert set(categories["Figures"]) == set(categories["Tables"]) == {"lin2024"}
    assert {Path(path).name for path in categories["Tables"]["lin2024"]} >= {"Claims of the study.html"}
