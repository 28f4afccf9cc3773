"""A provisioner of Jupyter kernels: it asks the process of warm.py for a forked one, and knows when that ends.

The kernel ends with the process that asked for it. Where nobody listens, a kernel starts as usual.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from typing import Any

from jupyter_client.provisioning import LocalProvisioner

from scalescope.workflow.sockets import WARM

ANSWER_SECONDS = 120.0  # the process that forks may still be importing
POLL_SECONDS = 0.05


class ForkedKernel:
    """The side of subprocess.Popen that a provisioner uses, for a kernel that is a child of another process."""

    stdin = stdout = stderr = None

    def __init__(self, line: socket.socket, pid: int):
        self.line, self.pid, self.returncode = line, pid, None
        line.setblocking(False)

    def poll(self) -> int | None:
        """The exit code of the kernel, or None while it runs."""
        if self.returncode is None:
            try:
                said = self.line.recv(16)
            except BlockingIOError:
                return None
            except OSError:
                said = b""
            self.returncode = int(said) if said.isdigit() else 1  # the process that forked it is gone, and so is it
            self.line.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once the kernel has ended; raises TimeoutExpired."""
        end = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired("kernel", timeout or 0.0)
            time.sleep(POLL_SECONDS)
        return code

    def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel, if it still runs."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signum)

    def kill(self) -> None:
        """Kill the kernel."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)


class WarmProvisioner(LocalProvisioner):
    """Starts kernels by fork where a process for it listens at the socket in SCALESCOPE_WARM, else as usual."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Start the kernel that `cmd` describes; returns its connection."""
        path = os.environ.get(WARM)
        kernel = ask(path, cmd, kwargs) if path and "ipykernel_launcher" in cmd else None
        if kernel is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.pid, self.pgid = kernel, kernel.pid, kernel.pid
        return self.connection_info


def ask(path: str, cmd: list[str], settings: dict[str, Any]) -> ForkedKernel | None:
    """Ask at a socket for a kernel with the arguments, environment and folder of `cmd`; None if there is none."""
    wanted = {
        "arguments": cmd[cmd.index("ipykernel_launcher") + 1 :],
        "environment": dict(settings.get("env") or os.environ),
        "folder": settings.get("cwd") or os.getcwd(),
    }
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(ANSWER_SECONDS)
    message = json.dumps(wanted).encode() + b"\n"
    try:
        line.connect(path)
        sent = socket.send_fds(line, [message], [0, 1, 2])
        line.sendall(message[sent:])
        with line.makefile("rb", buffering=0) as answer:  # not a byte more than a line: the exit code may follow
            return ForkedKernel(line, int(answer.readline()))
    except (OSError, ValueError):  # nobody is there, or it ended before it forked
        line.close()
        return None
