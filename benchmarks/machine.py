"""Shared by the benchmarks: the machine in words, its matrix-product peak, memory, workers, tables that merge."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import torch

RESULTS = Path(__file__).parent / "results"
IDENTITY = ["cpu", "cores", "isa", "torch"]  # rows of another machine are never completed, only replaced
STARTED = time.monotonic()


def options(docstring: str, table: str) -> argparse.ArgumentParser:
    """A parser with what all benchmarks take: --quick, a few steps of something tiny, and --out, the CSV."""
    parser = argparse.ArgumentParser(description=docstring.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few steps of something tiny, written elsewhere")
    parser.add_argument("--out", type=Path, default=RESULTS / table)
    return parser


def destination(chosen: argparse.Namespace) -> Path:
    """Where the table goes: numbers of --quick, which mean nothing, into the folder for temporary files."""
    return Path(tempfile.gettempdir(), "quick_" + chosen.out.name) if chosen.quick else chosen.out


def describe() -> dict:
    """The columns that say where and when a row was measured."""
    lines = _lines("/proc/cpuinfo")
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    return {
        "cpu": model or platform.machine(),
        "cores": os.cpu_count(),
        "isa": torch.backends.cpu.get_cpu_capability().lower(),
        "torch": torch.__version__,
        "date": datetime.date.today().isoformat(),
    }


def matmul_peak() -> float:
    """Best floating-point operations a CPU second of square float32 products from 256 to 1,024, on one thread."""
    best = 0.0
    for size in (256, 512, 1024):
        left, right = torch.randn(2, size, size)
        for _ in range(8):
            start = time.process_time()
            left @ right
            best = max(best, 2 * size**3 / (time.process_time() - start))
    return best


def memory_mb(field: str) -> float:
    """ "VmHWM" (peak) or "VmRSS" (now) of this process in MB, nan where there is no /proc.

    Not ru_maxrss, which a new process inherits from the one that started it.
    """
    found = [line for line in _lines("/proc/self/status") if line.startswith(field)]
    return int(found[0].split()[1]) * 1024 / 1e6 if found else float("nan")


def peak_mb() -> float:
    """Peak resident memory of this process in MB."""
    return memory_mb("VmHWM")


def progress(text: str) -> None:
    """One line with the seconds since the start."""
    print(f"[{time.monotonic() - STARTED:5.0f} s] {text}", flush=True)


def merge(path: Path, rows: list[dict], keys: list[str]) -> None:
    """Write rows into a CSV: rows of the same keys are replaced, all others kept.

    A row of the same machine keeps the columns that the new one does not have, so that parts of a benchmark can be run
    one at a time. A file of other columns (of an older benchmark) is replaced as a whole.
    """
    index, frame = keys + IDENTITY, pd.DataFrame(rows)
    order = list(frame.columns)
    old = pd.read_csv(path) if path.is_file() else pd.DataFrame()
    if set(index) <= set(old.columns):
        new = frame.set_index(index)
        frame = new.combine_first(old.set_index(index).reindex(new.index)).reset_index()
        kept = old[~old.set_index(keys).index.isin(frame.set_index(keys).index)]
        frame = pd.concat([kept, frame]) if len(kept) else frame
        order = list(dict.fromkeys([*old.columns, *order]))
    order = [name for name in order if name not in (*IDENTITY, "date")] + [*IDENTITY, "date"]
    path.parent.mkdir(parents=True, exist_ok=True)
    frame[order].sort_values(keys, kind="stable").to_csv(path, index=False, float_format="%.5g")


class Workers:
    """Processes of one thread each, started afresh (nothing inherited), that work side by side."""

    def __init__(self, count: int):
        one = {"max_workers": 1, "mp_context": get_context("spawn"), "initializer": torch.set_num_threads}
        self.pools = [ProcessPoolExecutor(**one, initargs=(1,)) for _ in range(count)]

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_) -> None:
        for pool in self.pools:
            pool.shutdown()

    def run(self, function: Callable, shares: Sequence[tuple]) -> tuple[float, list]:
        """Wall seconds until all are done, and the results: the n-th worker calls `function(*shares[n])`."""
        start = time.perf_counter()
        futures = [pool.submit(function, *share) for pool, share in zip(self.pools, shares, strict=False)]
        results = [future.result() for future in futures]
        return time.perf_counter() - start, results


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).is_file() else []
