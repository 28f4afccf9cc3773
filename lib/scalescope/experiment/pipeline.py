"""The pipeline that a job belongs to: a job on the same machine ends soon after its pipeline is gone."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

PIPELINE = "SCALESCOPE_PIPELINE"  # who started this job, set for the jobs that run beside it: see `identity`
WATCH_SECONDS = 1.0


def identity() -> str:
    """This process as "id@machine": a process id means something on one machine, since one start of it, in one
    namespace of process ids."""
    return f"{os.getpid()}@{_here()}"


def end_with_pipeline(environment: Mapping[str, str] = os.environ) -> bool:
    """End this process soon after the pipeline that started it is gone (kill -9 leaves no orphans training).

    True where it is watched: a pipeline on another machine, or in another namespace of process ids, is not.
    """
    pid, _, machine = environment.get(PIPELINE, "").partition("@")
    if not pid.isdecimal() or machine != _here():
        return False
    threading.Thread(target=_watch, args=(int(pid),), daemon=True).start()
    return True


def _here() -> str:
    """The running start of this machine and the namespace of its process ids, as far as the system tells."""
    boot, namespace = "", ""
    with suppress(OSError):
        boot = Path(os.sep, "proc", "sys", "kernel", "random", "boot_id").read_text().strip()
    with suppress(OSError):
        namespace = os.readlink(Path(os.sep, "proc", "self", "ns", "pid"))
    return f"{os.uname().nodename}/{boot}/{namespace}" if hasattr(os, "uname") else ""


def _watch(pid: int) -> None:
    while True:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            os._exit(1)
        except PermissionError:
            pass
        time.sleep(WATCH_SECONDS)
