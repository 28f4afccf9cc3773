"""A copy of this project in a git repository of its own, with the finished runs of smoke, open in a JupyterLab."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scalescope import paths

PROFILE, STUDIES = "smoke", "studies-smoke"
FINISH = """
import sys
from scalescope.experiment.profile import load_profile
from scalescope.workflow.complete import complete, tables
profile = load_profile(sys.argv[1])
complete(profile)
tables(profile)
"""
PICTURES = Path(__file__).parent / "pictures"


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of this checkout that git knows, committed, with the notebook filter and the runs of smoke."""
    root, copy = paths.root(), tmp_path_factory.mktemp("project")
    finish_smoke(root)
    listed = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, listed):
        if (root / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, copy / name)
    # runs without the ledger of their forecasts would be told as trained before anything was forecast
    for name in (paths.runs(), paths.cache(), paths.results(PROFILE), paths.results(STUDIES)):
        if name.is_relative_to(root) and name.is_dir():
            shutil.copytree(name, copy / name.relative_to(root), dirs_exist_ok=True)
    scalescope = Path(sys.executable).with_name("scalescope")
    git(copy, "init", "-q")
    git(copy, "config", "filter.notebook.clean", f"{scalescope} notebooks clean")
    git(copy, "config", "filter.notebook.required", "true")  # a filter that fails must not pass in silence
    git(copy, "add", "-A")
    git(copy, "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "-qm", "as it is")
    return copy


def finish_smoke(root: Path) -> None:
    """Train what the profile smoke lacks and collect its tables, in a process of its own."""
    command, quiet = [sys.executable, "-c", FINISH, PROFILE], {**os.environ, "TQDM_DISABLE": "1"}
    subprocess.run(command, cwd=root, check=True, env=quiet)


def git(folder: Path, *arguments: str) -> str:
    """What git says, run in a folder."""
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture(scope="session")
def address(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where JupyterLab serves the copy."""
    from browser.lab import server

    with server(project, tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture
def page() -> Iterator:
    """A page of a browser."""
    from browser.lab import window

    with window() as opened:
        yield opened
