"""Stands for a kernel that is forked by warm.py: hands over its own streams and environment, and ends with it.

Run as a script without site-packages, it starts in a hundredth of the time that a kernel takes to import. Where
nobody listens it becomes an ordinary kernel.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys

POLL_SECONDS = 1.0


def main(path: str, arguments: list[str]) -> int:
    """Ask at the socket `path` for a kernel with these command line arguments; returns its exit code."""
    parent = os.getppid()
    with socket.socket(socket.AF_UNIX) as line:
        wanted = {"arguments": arguments, "environment": dict(os.environ), "folder": os.getcwd()}
        message = json.dumps(wanted).encode() + b"\n"
        try:
            line.connect(path)
            sent = socket.send_fds(line, [message], [0, 1, 2])
            line.sendall(message[sent:])
            kernel = int(line.makefile("r").readline())
        except (OSError, ValueError):  # nobody is there, or it ended before it forked
            os.execv(sys.executable, [sys.executable, "-m", "ipykernel_launcher", *arguments])
        signal.signal(signal.SIGINT, lambda *_: os.kill(kernel, signal.SIGINT))
        line.settimeout(POLL_SECONDS)
        code = b""
        while not code and os.getppid() == parent:  # an orphan ends, and with its line the kernel
            try:
                code = line.recv(16) or b"1"
            except TimeoutError:
                continue
    return int(code or b"1")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
