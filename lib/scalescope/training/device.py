"""Which device and number format a run uses, and one thread for each worker."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch


def pick_device() -> torch.device:
    """CUDA when there is a GPU, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def autocast(device: torch.device) -> AbstractContextManager:
    """bf16 autocast on a GPU; plain float32 on the CPU."""
    return torch.autocast("cuda", dtype=torch.bfloat16) if device.type == "cuda" else nullcontext()


def use_one_thread() -> None:
    """One thread a worker: two single-threaded workers beat one with two threads on models this small."""
    torch.set_num_threads(1)
