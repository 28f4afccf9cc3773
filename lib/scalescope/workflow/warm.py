"""Kernels forked from one process that has imported everything: a notebook then costs no start-up of its own.

Importing PyTorch, pandas and matplotlib costs a kernel four core-seconds, as much as training a small model; a fork
costs a hundredth. `reproduce` starts one such process where its jobs run on its own machine; warm_kernel.py asks it.
Without it (an executor of a cluster, a notebook on its own) kernels start as usual.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scalescope.workflow.sockets import WARM, socket_folder

INLINE = "module://matplotlib_inline.backend_inline"  # what a kernel sets before it imports matplotlib
MODULES = (
    "ipykernel.kernelapp",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "scalescope.experiment.stages",
)
POLL_SECONDS = 0.2
STREAMS = 3  # standard input, output and errors of a client


@contextlib.contextmanager
def warm_kernels(
    environment: Mapping[str, str], before: Callable[[], None] | None = None, modules: Sequence[str] = MODULES
) -> Iterator[dict[str, str]]:
    """Run the process that forks kernels during the block; yields `environment` with its socket.

    before: called in the new process (see subprocess.Popen).
    """
    with socket_folder("warm-") as folder:
        path = f"{folder}/kernels"
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen(64)  # clients wait here while the modules are imported
            number = server.fileno()
            command = [sys.executable, "-m", "scalescope.workflow.warm", str(number), *modules]
            process = subprocess.Popen(
                command, env={**environment, "MPLBACKEND": INLINE}, preexec_fn=before, pass_fds=[number]
            )
        try:
            yield {**environment, WARM: path}
        finally:
            process.terminate()
            process.wait()


@dataclass
class Client:
    """One connection: what it has said so far, its standard streams, and the kernel it got."""

    line: socket.socket
    message: bytes = b""
    streams: list[int] = field(default_factory=list)
    kernel: int | None = None

    def listen(self) -> bool:
        """Take in what has come; False when the client has hung up. Never waits."""
        try:
            said, streams, _, _ = socket.recv_fds(self.line, 65536, STREAMS, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.message += said
        self.streams += streams
        return bool(said)

    def wanted(self) -> dict | None:
        """What the client asks for, once it has said all of it. Raises ValueError for what is no request."""
        if not self.message.endswith(b"\n"):
            return None
        wanted = json.loads(self.message)
        if len(self.streams) != STREAMS or not {"arguments", "environment", "folder"} <= set(wanted):
            raise ValueError("no request for a kernel")
        return wanted

    def tell(self, text: str) -> None:
        """Say something to the client, which may be gone."""
        with contextlib.suppress(OSError):
            self.line.sendall(text.encode())

    def close(self) -> None:
        """Close the connection, and the streams that the client handed over."""
        for stream in self.streams:
            os.close(stream)
        self.streams.clear()
        self.line.close()


def serve(number: int, modules: Sequence[str]) -> None:
    """Fork a kernel for each that asks at a listening socket, until the process that started this one is gone.

    A kernel whose client hangs up is killed. No client can keep the others waiting, or end the server: one that says
    nothing is left waiting, one that says nonsense or goes away is forgotten.
    """
    parent, clients = os.getppid(), []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with socket.socket(fileno=number) as server, selectors.DefaultSelector() as events:
        for name in modules:
            importlib.import_module(name)
        server.setblocking(False)
        events.register(server, selectors.EVENT_READ)
        try:
            while os.getppid() == parent:
                for key, _ in events.select(POLL_SECONDS):
                    if key.data is None:
                        _accept(server, events, clients)
                    elif key.data in clients:
                        _serve_client(key.data, server, events, clients)
                _bury(events, clients)
        finally:
            for client in clients:
                _kill(client)


def _accept(server: socket.socket, events: selectors.BaseSelector, clients: list[Client]) -> None:
    with contextlib.suppress(OSError):  # it went away meanwhile, or there are too many open files now
        client = Client(server.accept()[0])
        clients.append(client)
        events.register(client.line, selectors.EVENT_READ, client)


def _serve_client(client: Client, server: socket.socket, events: selectors.BaseSelector, clients: list[Client]) -> None:
    here = client.listen()
    if client.kernel is not None:  # nothing is said after the request: this is the end of the client
        events.unregister(client.line)
        _kill(client)
        return
    try:
        wanted = client.wanted() if here else None
        if wanted is not None:
            _fork(client, wanted, [server, *(other.line for other in clients)])
        elif not here:
            _forget(client, events, clients)
    except (ValueError, OSError):  # nonsense, or no memory for another process: the client starts a kernel of its own
        _forget(client, events, clients)


def _forget(client: Client, events: selectors.BaseSelector, clients: list[Client]) -> None:
    clients.remove(client)
    if client.line in [key.fileobj for key in events.get_map().values()]:
        events.unregister(client.line)
    client.close()


def _kill(client: Client) -> None:
    if client.kernel is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(client.kernel, signal.SIGKILL)


def _fork(client: Client, wanted: dict, lines: list[socket.socket]) -> None:
    """Fork a kernel for a client and tell it the process id."""
    server, pid = os.getpid(), os.fork()
    if pid == 0:
        for line in lines:
            line.close()
        _become_kernel(wanted, client.streams, server)
    client.kernel = pid
    for stream in client.streams:
        os.close(stream)
    client.streams.clear()
    client.tell(f"{pid}\n")


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

        from scalescope.experiment.cost import recorded_kernel

        with recorded_kernel():
            # the kernel watches its parent and ends when that is gone
            IPKernelApp.launch_instance([*wanted["arguments"], f"--IPKernelApp.parent_handle={server}"])
        code = 0
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def _bury(events: selectors.BaseSelector, clients: list[Client]) -> None:
    """Tell the clients of kernels that have ended."""
    for client in [each for each in clients if each.kernel is not None]:
        ended, status = os.waitpid(client.kernel or 0, os.WNOHANG)
        if ended:
            client.tell(str(abs(os.waitstatus_to_exitcode(status))))
            _forget(client, events, clients)


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2:])
