"""Forked kernels behave as kernels that start on their own, and end with whoever asked for them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from scalescope.experiment import cost
from scalescope.workflow import notebooks, warm
from scalescope.workflow.sockets import WARM
from scalescope.workflow.warm_kernel import ask as ask_for_kernel

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
        monkeypatch.setenv(WARM, environment[WARM])
        (server,) = (c.pid for c in psutil.Process().children() if "scalescope.workflow.warm" in c.cmdline())
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


ASKING = """
import os, sys, time
from scalescope.workflow.warm_kernel import ask
kernel = ask(sys.argv[1], ["python", "-m", "ipykernel_launcher", "-f", sys.argv[2]], {})
print(kernel.pid, flush=True)
sys.exit(kernel.wait())
"""


def wait_for(found) -> None:
    end = time.monotonic() + 120
    while not found():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)


def test_a_kernel_ends_with_its_client_and_all_of_them_with_the_server(folder):
    with warm.warm_kernels(os.environ, modules=["ipykernel.kernelapp"]) as environment:
        command = [sys.executable, "-c", ASKING, environment[WARM], str(folder / "connection.json")]
        clients = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        kernels = [int(client.stdout.readline()) for client in clients]
        (server,) = (c for c in psutil.Process().children() if "scalescope.workflow.warm" in c.cmdline())
        assert {child.pid for child in server.children()} == set(kernels)
        clients[0].send_signal(signal.SIGKILL)
        clients[0].wait()
        wait_for(lambda: gone(kernels[0]))
        assert not gone(kernels[1])
        server.kill()
    assert clients[1].wait(60) != 0
    wait_for(lambda: gone(kernels[1]))


def test_a_forked_kernel_is_watched_and_signalled_like_a_process(server):
    kernel = ask_for_kernel(server[0], ["ipykernel_launcher", "-f", "nowhere"], {"env": dict(os.environ), "cwd": "/"})
    assert kernel.poll() is None and not gone(kernel.pid)
    with pytest.raises(subprocess.TimeoutExpired):
        kernel.wait(0.01)
    kernel.kill()
    assert kernel.wait(60) == signal.SIGKILL and kernel.poll() == signal.SIGKILL
    kernel.terminate()
    assert ask_for_kernel("nowhere", ["ipykernel_launcher"], {}) is None


def ask(path: str) -> socket.socket:
    line = socket.socket(socket.AF_UNIX)
    line.connect(path)
    return line


@pytest.fixture
def server(folder, monkeypatch):
    """The socket of a running process that forks kernels, and the process."""
    with warm.warm_kernels(os.environ, modules=["ipykernel.kernelapp"]) as environment:
        monkeypatch.setenv(WARM, environment[WARM])
        (process,) = (c for c in psutil.Process().children() if "scalescope.workflow.warm" in c.cmdline())
        yield environment[WARM], process


REQUEST = json.dumps({"arguments": ["-f", "nowhere"], "environment": dict(os.environ), "folder": "/"}).encode() + b"\n"


def half_a_request(path):
    line = ask(path)
    line.sendall(REQUEST[:50])
    return line


def gone_after_half(path):
    half_a_request(path).close()


def gone_at_once(path):
    ask(path).close()


def gone_before_the_answer(path):
    line = ask(path)
    socket.send_fds(line, [REQUEST], [0, 1, 2])
    line.close()


def no_request(path):
    line = ask(path)
    socket.send_fds(line, [b'{"arguments": []}\n'], [0, 1, 2])
    return line


def no_json(path):
    line = ask(path)
    line.sendall(b"\xff\n")
    return line


def without_streams(path):
    line = ask(path)
    line.sendall(REQUEST)
    return line


CLIENTS = [half_a_request, gone_after_half, gone_at_once, gone_before_the_answer, no_request, no_json, without_streams]


def test_clients_that_say_nothing_or_nonsense_or_go_away_neither_hang_nor_end_the_server(folder, server):
    path, process = server
    kept = [client(path) for client in CLIENTS for _ in range(2)]
    notebooks.run("study/10_parent", folder / "a.ipynb", {"number": 3})
    assert printed(folder / "a.ipynb")[:3] == ["parent", str(process.pid), "3"]
    assert process.is_running()
    for line in filter(None, kept):
        line.close()


def test_a_client_whose_server_ends_before_it_forks_becomes_an_ordinary_kernel(folder, monkeypatch):
    short = tempfile.mkdtemp(dir=Path(os.sep, "tmp"))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{short}/kernels")
        listening.listen()

        def hang_up():
            listening.accept()[0].close()

        monkeypatch.setenv(WARM, f"{short}/kernels")
        thread = threading.Thread(target=hang_up)
        thread.start()
        notebooks.run("study/10_parent", folder / "a.ipynb", {"number": 3})
        thread.join()
    shutil.rmtree(short)
    assert printed(folder / "a.ipynb")[2] == "3"


def test_a_long_tmpdir_is_no_hindrance(folder, monkeypatch):
    place = folder / ("t" * 105)
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with warm.warm_kernels(os.environ, modules=["ipykernel.kernelapp"]) as environment:
        monkeypatch.setenv(WARM, environment[WARM])
        notebooks.run("study/10_parent", folder / "a.ipynb")
        monkeypatch.delenv(WARM)
        notebooks.run("study/10_parent", folder / "b.ipynb")
    assert printed(folder / "a.ipynb")[2] == printed(folder / "b.ipynb")[2] == "1"
