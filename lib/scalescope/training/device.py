"""The device and number format that training runs in, and the threads of a worker."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

from scalescope.errors import check_name
from scalescope.training.policy import PRECISIONS, threads_here


def pick_device() -> torch.device:
    """CUDA when there is a GPU, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def described(precision: str) -> str:
    """One line on where this process trains, such as "device: cpu, fp32"; precision: of a run's settings.

    No more than that, so that a notebook reads alike wherever its numbers are alike. Raises UnknownName for an unknown
    precision.
    """
    check_name("precision", precision, PRECISIONS)
    device = pick_device()
    name = f"{device.type} ({torch.cuda.get_device_name()})" if device.type == "cuda" else device.type
    return f"device: {name}, {precision}"


def autocast(device: torch.device, precision: str) -> AbstractContextManager:
    """bf16 autocast, or nothing for fp32; raises UnknownName for another precision."""
    check_name("precision", precision, PRECISIONS)
    return torch.autocast(device.type, dtype=torch.bfloat16) if precision == "bf16" else nullcontext()


def own_randomness() -> AbstractContextManager:
    """Torch's global generator as a copy: what is drawn within neither reads nor moves the caller's."""
    return torch.random.fork_rng(devices=[pick_device()] if torch.cuda.is_available() else [])


def use_threads(parameters: int) -> None:
    """Give this process the threads that `threads_here` says."""
    torch.set_num_threads(threads_here(parameters))
