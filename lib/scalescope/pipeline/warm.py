"""Kernels forked from one process that has imported everything: a notebook then costs no start-up of its own.

Importing PyTorch, pandas and matplotlib costs a kernel four core-seconds, as much as training a small model; a fork
costs a hundredth. `reproduce` starts one such process on its machine. Without it (another machine of a cluster, a
notebook on its own) kernels start as usual.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

WARM = "SCALESCOPE_WARM"  # socket of the process that forks kernels; set for the jobs by the pipeline
INLINE = "module://matplotlib_inline.backend_inline"  # what a kernel sets before it imports matplotlib
MODULES = ("ipykernel.kernelapp", "matplotlib.pyplot", "matplotlib_inline.backend_inline", "scalescope.pipeline.stages")
POLL_SECONDS = 0.2


@contextlib.contextmanager
def warm_kernels(
    environment: Mapping[str, str], before: Callable[[], None] | None = None, modules: Sequence[str] = MODULES
) -> Iterator[dict[str, str]]:
    """Run the process that forks kernels during the block; yields `environment` with its socket.

    before: called in the new process (see subprocess.Popen).
    """
    folder = tempfile.mkdtemp(prefix="warm-")
    path = f"{folder}/kernels"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(64)  # clients wait here while the modules are imported
        number = server.fileno()
        command = [sys.executable, "-m", "scalescope.pipeline.warm", str(number), *modules]
        process = subprocess.Popen(
            command, env={**environment, "MPLBACKEND": INLINE}, preexec_fn=before, pass_fds=[number]
        )
    try:
        yield {**environment, WARM: path}
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def kernel_command(command: list[str]) -> list[str]:
    """`command`, which starts a kernel, or what asks for a forked one with the same arguments."""
    path = os.environ.get(WARM)
    if not path or "ipykernel_launcher" not in command:
        return command
    client = Path(__file__).with_name("warm_client.py")
    return [sys.executable, "-S", str(client), path, *command[command.index("ipykernel_launcher") + 1 :]]


def serve(number: int, modules: Sequence[str]) -> None:
    """Fork a kernel for each that asks at a listening socket, until the process that started this one is gone.

    A kernel whose client hangs up is killed.
    """
    parent, kernels = os.getppid(), {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with socket.socket(fileno=number) as server, selectors.DefaultSelector() as events:
        for name in modules:
            importlib.import_module(name)
        events.register(server, selectors.EVENT_READ)
        try:
            while os.getppid() == parent:
                for key, _ in events.select(POLL_SECONDS):
                    if key.fileobj is server:
                        line, _ = server.accept()
                        kernels[_fork(line, [server, *kernels.values()])] = line
                        events.register(line, selectors.EVENT_READ)
                    else:  # nothing is said after the first message: this is the end of the client
                        events.unregister(key.fileobj)
                        os.kill(next(pid for pid, line in kernels.items() if line is key.fileobj), signal.SIGKILL)
                _bury(kernels, events)
        finally:
            for pid in kernels:
                os.kill(pid, signal.SIGKILL)


def _fork(line: socket.socket, others: list[socket.socket]) -> int:
    """Read what a client wants and fork it a kernel; returns the process id, told to the client as well."""
    message, streams, _, _ = socket.recv_fds(line, 65536, 3)
    while not message.endswith(b"\n"):
        message += line.recv(65536)
    server, pid = os.getpid(), os.fork()
    if pid == 0:
        for other in [line, *others]:
            other.close()
        _become_kernel(json.loads(message), streams, server)
    for stream in streams:
        os.close(stream)
    line.sendall(f"{pid}\n".encode())
    return pid


def _become_kernel(wanted: dict, streams: list[int], server: int) -> None:
    """Turn this process into the kernel, a child of process `server`; never returns."""
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for target, stream in enumerate(streams):
            os.dup2(stream, target)
        os.environ.clear()
        os.environ.update({"MPLBACKEND": INLINE, **wanted["environment"]})
        os.chdir(wanted["folder"])
        from ipykernel.kernelapp import IPKernelApp

        from scalescope.pipeline.cost import recorded_kernel

        with recorded_kernel():
            # the kernel watches its parent and ends when that is gone
            IPKernelApp.launch_instance([*wanted["arguments"], f"--IPKernelApp.parent_handle={server}"])
        code = 0
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def _bury(kernels: dict[int, socket.socket], events: selectors.BaseSelector) -> None:
    """Tell the clients of kernels that have ended."""
    for pid in list(kernels):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if not ended:
            continue
        line = kernels.pop(pid)
        with contextlib.suppress(OSError):  # the client may be gone first
            line.sendall(str(abs(os.waitstatus_to_exitcode(status))).encode())
        if line in [key.fileobj for key in events.get_map().values()]:
            events.unregister(line)
        line.close()


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2:])
