"""The tuning protocol of one (model, task): a grid of rates, then several seeds at the best and at a fixed rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scalescope.training.store import Run

Member = tuple[float, int]  # learning rate and seed
Train = Callable[[list[Member]], list[Run]]


@dataclass(frozen=True)
class Sweep:
    """Runs of one (model, objective, task): all of them, and those behind each kind of point."""

    runs: list[Run]
    best_rate: float | None
    tuned: list[Run]
    fixed: list[Run]


def sweep(
    train: Train, *, learning_rates: Sequence[float], seeds: Sequence[int], fixed_rate: float | None = None
) -> Sweep:
    """Run the protocol of Ivgi 2022 (section 3.2) for one model and task.

    The grid is trained at the first seed; the rate with the best metric (the smaller one at a tie) is repeated with the
    other seeds ("with HPT"), and `fixed_rate`, the target's best rate, too ("without HPT"). `train([(learning_rate,
    seed), ...])` returns their finished runs. It is called as rarely as the protocol allows, because it trains side by
    side what it is given at once: for all that is known before the grid is read, and for the other seeds of the best
    rate. Failed runs never win; if the whole grid fails, best_rate is None and no tuned point exists.
    """
    runs: dict[Member, Run] = {}

    def run(wanted: list[Member]) -> None:
        missing = [member for member in dict.fromkeys(wanted) if member not in runs]
        if missing:
            runs.update(zip(missing, train(missing), strict=True))

    grid, fixed = grid_of(learning_rates, seeds), seeds_of(fixed_rate, seeds)
    run([*grid, *fixed])
    best = best_rate({member: runs[member] for member in grid})
    tuned = seeds_of(best, seeds)
    run(tuned)
    return Sweep(list(runs.values()), best, [runs[member] for member in tuned], [runs[member] for member in fixed])


def repeat(train: Train, *, best_rate: float | None, fixed_rate: float | None, seeds: Sequence[int]) -> Sweep:
    """The runs of another pretraining seed: nothing is tuned again, all seeds at the rates found with the first.

    A rate that is None (the whole grid failed, or no rate is fixed) has no runs.
    """
    tuned, fixed = seeds_of(best_rate, seeds), seeds_of(fixed_rate, seeds)
    members = list(dict.fromkeys([*tuned, *fixed]))
    runs = dict(zip(members, train(members), strict=True)) if members else {}
    return Sweep(list(runs.values()), best_rate, [runs[member] for member in tuned], [runs[member] for member in fixed])


def grid_of(learning_rates: Sequence[float], seeds: Sequence[int]) -> list[Member]:
    """Members (rate, seed) of the grid: every rate at the first seed."""
    return [(rate, seeds[0]) for rate in sorted(learning_rates)]


def seeds_of(rate: float | None, seeds: Sequence[int]) -> list[Member]:
    """Members (rate, seed) that repeat one rate with every seed; none for a rate of None."""
    return [] if rate is None else [(rate, seed) for seed in seeds]


def best_rate(grid: Mapping[Member, Run]) -> float | None:
    """The rate of the best run of the grid, the smaller one at a tie; None if all failed."""
    alive = [member for member in sorted(grid) if not grid[member].failed]
    return max(alive, key=lambda member: grid[member].manifest["summary"]["value"])[0] if alive else None
