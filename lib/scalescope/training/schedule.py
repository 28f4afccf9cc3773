"""Learning rate against step: linear, warm-up-stable-decay, constant; each after a linear warm-up."""

from __future__ import annotations

from collections.abc import Callable

from scalescope.errors import check_name

SCHEDULES = ("linear", "wsd", "constant")


def schedule(name: str, *, steps: int, warmup_steps: int, decay_fraction: float = 0.2) -> Callable[[int], float]:
    """Factor in (0, 1] of the peak rate at step 0 .. steps - 1.

    "linear" falls to zero at `steps` (Ivgi 2022), "wsd" stays at the peak and falls linearly over the last
    `decay_fraction` of the steps (Hu 2024), "constant" stays (the finetuning of Ivgi 2022).
    """
    decay_start = first_decay_step(name, steps=steps, warmup_steps=warmup_steps, decay_fraction=decay_fraction)

    def factor(step: int) -> float:
        if step < warmup_steps:
            return (step + 1) / warmup_steps
        if step < decay_start:
            return 1.0
        return max((steps - step) / max(steps - decay_start, 1), 0.0)

    return factor


def first_decay_step(name: str, *, steps: int, warmup_steps: int, decay_fraction: float = 0.2) -> int:
    """Step at which the rate begins to fall; up to there runs of one peak rate and other lengths are the same."""
    check_name("schedule", name, SCHEDULES)
    start = {"linear": warmup_steps, "wsd": round(steps * (1 - decay_fraction)), "constant": steps}[name]
    return max(start, warmup_steps)
