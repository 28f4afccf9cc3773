"""Where things lie, and how people read it."""

from pathlib import Path

import pytest

from scalescope import paths


def test_paths_are_shown_from_the_root_where_they_lie_there(monkeypatch, tmp_path):
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    assert paths.shown(tmp_path / "profiles" / "smoke.yaml") == "profiles/smoke.yaml"
    assert paths.shown(tmp_path.parent / "elsewhere") == str(tmp_path.parent / "elsewhere")


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    monkeypatch.delenv("SCALESCOPE_CACHE", raising=False)
    monkeypatch.delenv(paths.START, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    "place",
    ["data/results/quick/points.csv", "data/cache/x.csv", "data/runs/quick/x.csv", "data/published/x.csv",
     "figures/quick/ivgi2022/x.csv", "notebooks/x.csv", "profiles/x.csv"],
)  # fmt: skip
def test_outputs_do_not_go_where_the_project_puts_its_own(project, place):
    (project / "link").symlink_to(project / Path(place).parts[0])
    through_a_link = project / "link" / Path(*Path(place).parts[1:])
    for path in (project / place, Path("..") / place, through_a_link):
        with pytest.raises(ValueError, match="which the project fills itself"):
            paths.check_outputs({"--csv": path})


def test_other_outputs_are_fine_new_or_not_and_jobs_write_among_runs(project):
    Path("old.csv").write_text("x")
    paths.check_outputs({"--csv": Path("old.csv"), "--figure": Path("new/x.png"), "--mark": None})
    paths.check_outputs({"--out": paths.work("quick") / "x.ipynb"}, ending=".ipynb", among_runs=True)
    with pytest.raises(ValueError, match=r"--csv and --figure are the same file, ../mine/old.csv"):
        paths.check_outputs({"--csv": Path("old.csv"), "--figure": Path("../mine/old.csv")})


def test_outputs_of_a_job_lie_in_its_own_folder_wherever_the_command_was_given(project, monkeypatch):
    work = paths.work("quick")
    work.mkdir(parents=True)
    monkeypatch.setenv(paths.START, str(paths.root()))
    monkeypatch.chdir(work)
    paths.check_outputs({"--out": Path("notebooks/20_pretrain.ipynb")}, ending=".ipynb", among_runs=True)
    monkeypatch.chdir(paths.root())
    with pytest.raises(ValueError, match="lies in notebooks"):
        paths.check_outputs({"--out": Path("notebooks/20_pretrain.ipynb")}, ending=".ipynb", among_runs=True)
