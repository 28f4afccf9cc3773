"""A stream of random numbers drawn in bulk, cheap enough to be asked once per word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np


def _floats(rng: np.random.Generator) -> Iterator[float]:
    while True:
        yield from rng.random(8192).tolist()


class Draw:
    """Draws from one seeded stream; two streams with the same key give the same numbers.

    `key` is a sequence of non-negative integers, as for `numpy.random.default_rng`.
    """

    __slots__ = ("u",)

    def __init__(self, *key: int) -> None:
        self.u = _floats(np.random.default_rng(key)).__next__

    def pick(self, items: Sequence[Any]) -> Any:
        """Return one item, uniformly; a weighted table (see `table`) makes it a weighted draw."""
        return items[int(self.u() * len(items))]

    def other(self, items: Sequence[Any], *taken: Any) -> Any:
        """Return an item that is none of `taken`; gives up after fifty draws and returns the last one."""
        for _ in range(50):
            item = items[int(self.u() * len(items))]
            if item not in taken:
                break
        return item

    def sample(self, items: Sequence[Any], count: int) -> list[Any]:
        """Return up to `count` different items in random order (uniform, without replacement)."""
        pool = list(items)
        u, chosen = self.u, []
        for _ in range(min(count, len(pool))):
            i = int(u() * len(pool))
            chosen.append(pool[i])
            pool[i] = pool[-1]
            pool.pop()
        return chosen


def zipf(count: int, exponent: float) -> np.ndarray:
    """Return the probabilities of ranks 1..count under Zipf's law, summing to one."""
    weights = 1.0 / np.arange(1, count + 1) ** exponent
    return weights / weights.sum()


def zipf_table(items: Sequence[Any], exponent: float = 0.8, size: int = 4096) -> list[Any]:
    """Return the `table` of items that follow Zipf's law, the most frequent first."""
    return table(items, zipf(len(items), exponent), size)


def table(items: Sequence[Any], weights: Sequence[float] | np.ndarray, size: int = 2048) -> list[Any]:
    """Return a list in which every item occurs in proportion to its weight, at least once.

    Picking uniformly from it is a weighted draw in constant time; rare items are rounded up to one cell.
    """
    share = np.asarray(weights, dtype=float)
    counts = np.maximum(1, np.round(share / share.sum() * size)).astype(int)
    return [item for item, n in zip(items, counts.tolist(), strict=True) for _ in range(n)]
