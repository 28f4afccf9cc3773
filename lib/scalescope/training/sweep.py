"""The tuning protocol of one (model, task).

A grid of rates, then several seeds at the best and at a fixed rate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scalescope.store import Run


@dataclass(frozen=True)
class Sweep:
    """Runs of one (model, objective, task): all of them, and those behind each kind of point."""

    runs: list[Run]
    best_rate: float | None
    tuned: list[Run]
    fixed: list[Run]


def sweep(
    train: Callable[[float, int], Run],
    *,
    learning_rates: Sequence[float],
    seeds: Sequence[int],
    fixed_rate: float | None = None,
) -> Sweep:
    """Run the protocol of Ivgi 2022 (section 3.2) for one model and task.

    The grid is trained at the first seed; the rate with the best metric (the smaller one at a tie) is
    repeated with the other seeds ("with HPT"), and `fixed_rate`, the target's best rate, too ("without
    HPT"). `train(learning_rate, seed)` returns a finished run. Failed runs never win; if the whole grid
    fails, best_rate is None and no point exists.
    """
    runs: dict[tuple[float, int], Run] = {}

    def run(rate: float, seed: int) -> Run:
        if (rate, seed) not in runs:
            runs[rate, seed] = train(rate, seed)
        return runs[rate, seed]

    grid = [(rate, run(rate, seeds[0])) for rate in sorted(learning_rates)]
    alive = [(rate, done) for rate, done in grid if not done.failed]
    best = max(alive, key=lambda pair: pair[1].manifest["summary"]["value"])[0] if alive else None
    tuned = [run(best, seed) for seed in seeds] if best is not None else []
    fixed = [run(fixed_rate, seed) for seed in seeds] if fixed_rate is not None else []
    return Sweep(list(runs.values()), best, tuned, fixed)
