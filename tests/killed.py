"""A process that is killed at each point of a write: before every call that reaches the disk, one after the other."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from unittest import mock

POINTS = ("fsync", "replace", "mkdir", "open", "unlink")
MOST = 200


def kill_points(act: Callable[[], object], every: int = 1) -> Iterator[bool]:
    """Run `act` in a forked process that dies at its first, second, ... call of POINTS, or at each so many-th.

    Yields after each death whether the process survived; ends after the first survival.
    """
    for number in range(1, every * MOST, every):
        pid = os.fork()
        if pid == 0:
            _die_at(number, act)
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        assert code in (0, 9), f"exit code {code} at point {number}"
        yield code == 0
        if code == 0:
            return
    raise AssertionError(f"still killed at point {every * MOST}")


def _die_at(number: int, act: Callable[[], object]) -> None:
    left = [number]

    def counted(original: Callable) -> Callable:
        def call(*args, **kwargs):
            left[0] -= 1
            if left[0] <= 0:
                os._exit(9)
            return original(*args, **kwargs)

        return call

    code = 1
    try:
        with mock.patch.multiple(os, **{name: counted(getattr(os, name)) for name in POINTS}):
            act()
        code = 0
    except BaseException as error:
        print(f"killed.py: {error!r}", flush=True)
    finally:
        os._exit(code)
