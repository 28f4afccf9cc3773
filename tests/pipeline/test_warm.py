"""Forked kernels behave as kernels that start on their own, and end with whoever asked for them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from scalescope.pipeline import cost, notebooks, warm

SOURCE = "import os\nprint('parent', os.getppid(), number, os.getcwd().endswith('study'))\n1 / number"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one notebook, "study/10_parent", that fails for number 0."""
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    path = tmp_path / "notebooks" / "study" / "10_parent.ipynb"
    path.parent.mkdir(parents=True)
    first = new_code_cell("number: int = 1  # any", metadata={"tags": ["parameters"]})
    nbformat.write(new_notebook(cells=[first, new_code_cell(SOURCE)]), path)
    return tmp_path


def printed(out: Path) -> list[str]:
    return nbformat.read(out, as_version=4).cells[-1].outputs[0].text.split()


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_notebooks_run_in_forks_of_one_process_and_without_it_as_usual(folder, monkeypatch):
    with warm.warm_kernels(os.environ, modules=["ipykernel.kernelapp"]) as environment:
        monkeypatch.setenv(warm.WARM, environment[warm.WARM])
        (server,) = (c.pid for c in psutil.Process().children() if "scalescope.pipeline.warm" in c.cmdline())
        with cost.recorded(folder, "10_parent"):
            notebooks.run("study/10_parent", folder / "a.ipynb", {"number": 3})
        assert printed(folder / "a.ipynb") == ["parent", str(server), "3", "True"]
        assert len(list((folder / "costs").glob(f"10_parent*{cost.KERNEL}"))) == 1
        with pytest.raises(notebooks.NotebookFailed, match="ZeroDivisionError"):
            notebooks.run("study/10_parent", folder / "b.ipynb", {"number": 0})
        assert not psutil.Process(server).children()
    assert gone(server)
    notebooks.run("study/10_parent", folder / "c.ipynb")
    assert printed(folder / "c.ipynb")[1] != str(server)


def test_a_kernel_ends_with_its_client_and_all_of_them_with_the_server(folder):
    with warm.warm_kernels(os.environ, modules=["ipykernel.kernelapp"]) as environment:
        client = Path(warm.__file__).with_name("warm_client.py")
        command = [sys.executable, "-S", str(client), environment[warm.WARM], "-f", str(folder / "connection.json")]
        clients = [subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) for _ in range(2)]
        (server,) = (c for c in psutil.Process().children() if "scalescope.pipeline.warm" in c.cmdline())
        end = time.monotonic() + 60
        while len(server.children()) < 2 and time.monotonic() < end:
            time.sleep(0.05)
        kernels = [child.pid for child in server.children()]
        clients[0].send_signal(signal.SIGKILL)
        clients[0].wait()
        while not any(map(gone, kernels)) and time.monotonic() < end:
            time.sleep(0.05)
        assert sorted(map(gone, kernels)) == [False, True]
        server.kill()
    assert clients[1].wait(60) != 0
    while not all(map(gone, kernels)) and time.monotonic() < end:
        time.sleep(0.05)
    assert all(map(gone, kernels))
