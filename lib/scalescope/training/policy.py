"""Number format and threads of a run. They decide its last digits and its id, so a pipeline decides them once.

The machine that starts a pipeline decides (see record.py); the jobs do as they are told, on whatever machine they run.
Nothing here needs PyTorch unless a question can only be answered by it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

from scalescope.errors import UnknownName

PRECISIONS = ("fp32", "bf16")
AUTO, WIDE = "auto", "wide"
SMALLEST_BF16 = 48  # hidden width from which bf16 pays on a CPU: 1.0-1.2x at 36, 1.3-1.6x at 72, 1.6-1.9x at 120
THREADS = "SCALESCOPE_THREADS"  # threads of a job, as many as were requested for it; set by the pipeline

# Two workers of one thread are faster than one of two at every size of benchmarks/results/growth.csv (to 1.3 M): more
# threads are for machines with more cores than models that can train at once, where others wait for the largest.
LARGE = 1_000_000  # parameters
WORKERS_ALWAYS, MOST_THREADS = 4, 8


def decided_precision(wanted: str) -> str:
    """What "auto" means on this machine: "bf16" on a GPU, "wide" on a CPU with bf16 instructions, else "fp32".

    Anything else is returned as it is.
    """
    if wanted != AUTO:
        return wanted
    return precision_here() if "torch" in sys.modules else _asked()


def precision_here() -> str:
    """The number format that pays on this machine, as PyTorch sees it."""
    import torch

    if torch.cuda.is_available():
        return "bf16"
    return WIDE if getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)() else "fp32"


@cache
def _asked() -> str:
    """The answer of a process that ends: this one need not hold PyTorch in memory while its jobs run."""
    code = "from scalescope.training.policy import precision_here; print(precision_here())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"PyTorch cannot be asked for a number format: {done.stderr.strip()[-500:]}")
    return done.stdout.strip()


def pick_precision(wanted: str, hidden: int) -> str:
    """ "fp32" or "bf16" (autocast over float32 weights) for a model of width `hidden`.

    wanted: one of them, "wide" (bf16 where the model is wide enough to gain on a CPU), or "auto" (see
    `decided_precision`). Raises UnknownName for anything else.
    """
    decided = decided_precision(wanted)
    if decided == WIDE:
        return "bf16" if hidden >= SMALLEST_BF16 else "fp32"
    if decided not in PRECISIONS:
        raise UnknownName("precision", decided, (*PRECISIONS, WIDE, AUTO))
    return decided


def threads_for(parameters: int) -> int:
    """Threads of a worker that trains a model of this size: one, unless it is large and the machine has cores to spare.

    On a machine of eight cores or more a large model gets a quarter of them, at most eight, so that four workers always
    find room; on a GPU one. The number depends on the machine and not on how many workers there are:
    sums, and so results, are the same whatever `--jobs` says.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = max(1, min(cores // WORKERS_ALWAYS, MOST_THREADS))
    if parameters < LARGE or wanted == 1:
        return 1
    import torch

    return 1 if torch.cuda.is_available() else wanted


def threads_here(parameters: int) -> int:
    """Threads of this process: those that the pipeline requested for its job, else those of `threads_for`.

    Raises ValueError for a variable that is no whole number above zero.
    """
    given = os.environ.get(THREADS)
    if not given:
        return threads_for(parameters)
    if not given.isdecimal() or int(given) < 1:
        raise ValueError(f"{THREADS} is {given!r}; it must be a whole number of threads, such as 1")
    return int(given)
