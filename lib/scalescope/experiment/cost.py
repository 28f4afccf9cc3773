"""What a job costs: its process keeps a small record of CPU time, training time and memory, also when it is killed.

The records of all jobs are added up in cost_table.py. They are not Snakemake's `benchmark:` files, which know of the
processes below a job only, not of a kernel that another process forked for it (see workflow/warm.py), nor of a job that
was killed, nor which of the time was training: benchmarks/results/job_costs.csv has both side by side.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import psutil

from scalescope import files, paths
from scalescope.experiment.progress import note_state
from scalescope.training.policy import THREADS

ENGINE = "engine"  # the record of the pipeline itself, with everything that it started
TRAINED = "SCALESCOPE_TRAINED"  # where a notebook adds what it spent on training; set for the kernel by the pipeline
KERNEL = ".kernel"  # ending of the record of a kernel that is no child of its job
SAMPLE_SECONDS = 3.0  # a job that is killed loses no more of its record
MEMORY_EVERY = 6  # of these samples: adding up shared pages takes time
Progress = Callable[[int, int, float], None]


class Clock:
    """CPU seconds that this process spends inside `with clock:`, added to a file as they are spent.

    A run that is loaded never enters it. target: the file; None (no pipeline) keeps nothing.
    """

    def __init__(self, target: str | None):
        self.target, self.since = target, 0.0

    def __enter__(self) -> Clock:
        self.since = time.process_time()
        return self

    def __exit__(self, *_) -> None:
        self.lap()

    def lap(self) -> None:
        """Add what has been spent since the last lap."""
        now = time.process_time()
        if self.target:
            with suppress(OSError), open(self.target, "a", encoding="ascii") as stream:
                stream.write(f"{now - self.since:.3f}\n")
        self.since = now

    def telling(self, progress: Progress | None) -> Progress:
        """`progress` that also ends a lap, so that a run that is killed has told what it spent."""

        def tell(step: int, steps: int, loss: float) -> None:
            self.lap()
            if progress is not None:
                progress(step, steps, loss)

        return tell


def clock() -> Clock:
    """The clock of this process for training and evaluation."""
    return Clock(os.environ.get(TRAINED))


@contextmanager
def recorded(work: Path | None, job: str, workers: int = 0) -> Iterator[None]:
    """Keep a record of this process and its children in `work`/costs, renewed every few seconds until the end.

    CPU seconds and memory count from the start of the process. Every attempt at a job has a record of its own.
    workers: threads that an engine may give to jobs at once; 0 where its jobs run elsewhere. None keeps nothing.
    """
    if work is None:
        yield
        return
    stem = work.resolve() / "costs" / f"{job}.{os.getpid()}-{time.time_ns()}"
    record, facts = Path(f"{stem}.json"), {"job": job, "profile": profile_key(work), "started": time.time()}
    given = os.environ.get(THREADS, "")  # threads that were requested for this job
    facts |= {"workers": workers} if job == ENGINE else {"threads": int(given) if given.isdecimal() else 1}
    with _renewed(record, facts):
        if job != ENGINE:
            os.environ[TRAINED] = f"{stem}.trained"
        try:
            yield
        finally:
            os.environ.pop(TRAINED, None)


@contextmanager
def recorded_kernel() -> Iterator[None]:
    """In a kernel that is no child of its job (see warm.py): keep what it costs beside the record of the job."""
    target = os.environ.get(TRAINED)
    with _renewed(Path(target).with_suffix(KERNEL), {}) if target else nullcontext():
        yield


def profile_key(work: Path) -> str:
    """Identifies the profile and data that the jobs of a folder are run for: records of others are not added."""
    file = work / paths.RECORD
    return files.digest(file)[:10] if file.is_file() else ""


@contextmanager
def _renewed(record: Path, facts: dict) -> Iterator[None]:
    """Write the record now, every few seconds, and at the end."""
    _renew(record, facts)
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(record, facts, ended), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        _renew(record, facts)


def _watch(record: Path, facts: dict, ended: threading.Event) -> None:
    samples = 0
    while not ended.wait(SAMPLE_SECONDS):
        samples += 1
        _renew(record, facts, memory_too=samples % MEMORY_EVERY == 0)


def _renew(record: Path, facts: dict, memory_too: bool = True) -> None:
    """Write what the process tree has cost until now; memory only now and then."""
    cpu, memory = _tree(memory_too)
    facts["ended"] = time.time()
    facts["cpu_seconds"] = max(cpu, facts.get("cpu_seconds", 0.0))
    facts["peak_bytes"] = max(memory, facts.get("peak_bytes", 0))
    note_state(record, facts)


def _tree(memory_too: bool = True) -> tuple[float, int]:
    """CPU seconds of this process and all that it has started, and their bytes of memory now (0 if not asked for).

    What has ended is in the times of the parent that waited for it. A page that several processes share (the kernels
    are forked from one) counts once in all, a part in each, where the system tells (Linux); else once in each.
    """
    cpu, memory = 0.0, 0
    me = psutil.Process()
    for process in [me, *me.children(recursive=True)]:
        with suppress(psutil.Error):  # it ended meanwhile
            cpu += sum(process.cpu_times()[:4])  # own and waited-for children's, user and system
            if memory_too:
                full = process.memory_full_info()
                memory += getattr(full, "pss", full.rss)
    return cpu, memory
