"""The Makefile: names reach the command as they were given, and clean leaves what was trained."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scalescope import paths

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout with an installed environment whose `scalescope` prints its arguments."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(paths.root() / name, tmp_path)
    command = tmp_path / ".venv" / "bin" / "scalescope"
    command.parent.mkdir(parents=True)
    command.write_text(f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n")
    command.chmod(0o755)
    (tmp_path / ".venv" / ".installed").touch()
    return tmp_path


@pytest.mark.parametrize("target", ["reproduce", "plan"])
@pytest.mark.parametrize("data", ["", "data #2", 'data: it\'s "x"', "ends in a space "])
def test_names_reach_the_command_as_they_were_given(folder, target, data):
    command = ["make", "-s", target, "PROFILE=007", f"DATA={data}", "JOBS=3"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [target, "--profile", "007", "--data", data, "--jobs", "3"]


@pytest.mark.parametrize(
    ("given", "profile", "data"),
    [([], "studies", ""), (["PROFILE=my studies", "DATA=my data"], "my studies", "my data")],
)
def test_live_studies_have_a_profile_of_their_own_and_another_and_data_can_be_named(folder, given, profile, data):
    for target, names in (("studies", []), ("study", ["barnett2024"])):
        command = ["make", "-s", target, "STUDY=barnett2024", "JOBS=2", *given]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == ["studies", *names, "--profile", profile, "--data", data, "--jobs", "2"]


def test_what_runs_may_keep_its_compiled_modules(folder, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    command = folder / ".venv" / "bin" / "scalescope"
    command.write_text(f"#!{sys.executable}\nimport sys\nprint(sys.dont_write_bytecode)\n")
    done = subprocess.run(["make", "-s", "plan"], cwd=folder, capture_output=True, text=True)
    assert done.stdout == "False\n", "every process would compile the package anew"


def test_clean_removes_environment_and_caches_and_leaves_what_was_trained(folder):
    for name in ("data/runs/quick", "data/cache/corpus", "data/results/quick", "figures/quick"):
        (folder / name).mkdir(parents=True)
        (folder / name / "a").touch()
    subprocess.run(["make", "-s", "clean"], cwd=folder, check=True)
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("a")}
    assert left == {"data/runs/quick/a", "data/results/quick/a", "figures/quick/a"} and not (folder / ".venv").exists()


def test_lab_starts_at_the_root_with_the_first_notebook(folder):
    shutil.copy(folder / ".venv" / "bin" / "scalescope", folder / ".venv" / "bin" / "jupyter")
    done = subprocess.run(["make", "-s", "lab"], cwd=folder, capture_output=True, text=True)
    assert json.loads(done.stdout) == ["lab", "--ServerApp.root_dir=.", "notebooks/00_start_here.ipynb"]
    assert (paths.root() / "notebooks" / "00_start_here.ipynb").is_file()


def test_env_sets_the_filter_up_that_git_runs_over_notebooks(tmp_path):
    """The line of the Makefile, in a checkout with and without git."""
    makefile = (paths.root() / "Makefile").read_text()
    line = next(line for line in makefile.splitlines() if "filter.notebook.clean" in line).strip().removeprefix("@")
    command = line.replace("$(BIN)", ".venv/bin").replace("$$", "$")
    subprocess.run(["sh", "-ec", command], cwd=tmp_path, check=True)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["sh", "-ec", command], cwd=tmp_path, check=True)
    found = subprocess.run(["git", "config", "filter.notebook.clean"], cwd=tmp_path, capture_output=True, text=True)
    command = found.stdout.strip()
    without = subprocess.run(["sh", "-c", command], cwd=tmp_path, input="as it is", capture_output=True, text=True)
    assert without.stdout == "as it is"  # after `make clean`
    scalescope = tmp_path / ".venv" / "bin" / "scalescope"
    scalescope.parent.mkdir(parents=True)
    scalescope.write_text('#!/bin/sh\necho "$@"\n')
    scalescope.chmod(0o755)
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, input="as it is", capture_output=True, text=True)
    assert done.stdout == "notebooks clean\n"
    shutil.copy(paths.root() / ".gitattributes", tmp_path)
    for name in ("notebooks/a.ipynb", "notebooks/paper/b.ipynb"):
        found = subprocess.run(["git", "check-attr", "filter", name], cwd=tmp_path, capture_output=True, text=True)
        assert found.stdout.strip().endswith("filter: notebook")


@pytest.fixture
def python(folder: Path) -> Path:
    """The folder's environment as the active one, with a python that imports nothing if a file "lacking" is there."""
    shutil.move(folder / ".venv", folder / "active")
    made = folder / "active" / "bin" / "python"
    made.write_text(
        f'#!/bin/sh\ncase "$2" in *sysconfig*) echo "{made.parent}" ;; *) test ! -e "{folder}/lacking" ;; esac\n'
    )
    made.chmod(0o755)
    return made


def test_the_active_environment_is_used_as_it_is(folder, python):
    command = ["make", "-s", "plan", "ENV=current", f"PYTHON={python}", "PROFILE=smoke", "JOBS=1"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[:3] == ["plan", "--profile", "smoke"] and not (folder / ".venv").exists()


def test_an_active_environment_that_lacks_something_is_told_how_to_get_it(folder, python):
    (folder / "lacking").touch()
    command = ["make", "-s", "plan", "ENV=current", f"PYTHON={python}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 2 and "-m pip install -r requirements.lock" in done.stdout
    assert not (folder / ".venv").exists()


def test_another_environment_is_refused(folder):
    done = subprocess.run(["make", "plan", "ENV=conda"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 2 and 'ENV=conda is unknown: ".venv"' in done.stderr
