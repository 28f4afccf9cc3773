"""Which device and number format a run uses, and how many threads a worker has."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext

import torch

from scalescope.errors import UnknownName


def pick_device() -> torch.device:
    """CUDA when there is a GPU, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


PRECISIONS = ("fp32", "bf16")
SMALLEST_BF16 = 48  # hidden width from which bf16 pays on a CPU: 1.0-1.2x at 36, 1.3-1.6x at 72, 1.6-1.9x at 120


def pick_precision(wanted: str, hidden: int) -> str:
    """ "fp32" or "bf16" (autocast over float32 weights) for a model of width `hidden`.

    wanted "auto" takes bf16 on a GPU, and on a CPU with bf16 instructions where the model is wide enough to gain.
    """
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "bf16"
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    return "bf16" if supported and hidden >= SMALLEST_BF16 else "fp32"


def autocast(device: torch.device, precision: str) -> AbstractContextManager:
    """bf16 autocast, or nothing for fp32; raises UnknownName for another precision."""
    if precision not in PRECISIONS:
        raise UnknownName("precision", precision, PRECISIONS)
    return torch.autocast(device.type, dtype=torch.bfloat16) if precision == "bf16" else nullcontext()


def own_randomness() -> AbstractContextManager:
    """Torch's global generator as a copy: what is drawn within neither reads nor moves the caller's."""
    return torch.random.fork_rng(devices=[pick_device()] if torch.cuda.is_available() else [])


# Two workers of one thread are faster than one of two at every size of benchmarks/results/growth.csv (to 1.3 M): more
# threads are for machines with more cores than models that can train at once, where others wait for the largest.
LARGE = 1_000_000  # parameters
WORKERS_ALWAYS, MOST_THREADS = 4, 8


def threads_for(parameters: int) -> int:
    """Threads of a worker that trains a model of this size: one, unless it is large and the machine has cores to spare.

    On a machine of eight cores or more a large model gets a quarter of them, at most eight, so that four workers always
    find room. The number depends on the machine and not on how many workers there are:
    sums, and so results, are the same whatever `--jobs` says.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if parameters < LARGE or torch.cuda.is_available():
        return 1
    return max(1, min(cores // WORKERS_ALWAYS, MOST_THREADS))


def use_threads(parameters: int) -> None:
    """Give this process the threads that `threads_for` says."""
    torch.set_num_threads(threads_for(parameters))
