"""Dialects: the same world told differently, by stated amounts, and the distance between two of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scalescope.microworld.draw import zipf


@dataclass(frozen=True)
class Dialect:
    """How far a dialect departs from the standard; every amount runs from 0 (the standard) to 1.

    vocabulary: share of the content words replaced by words of its own.
    constructions: weight moved from the frequencies of wordings to the reversed frequencies.
    entities: weight moved from the Zipf frequencies of entities to the reversed frequencies.
    """

    vocabulary: float = 0.0
    constructions: float = 0.0
    entities: float = 0.0

    def __post_init__(self) -> None:
        for name in ("vocabulary", "constructions", "entities"):
            amount = getattr(self, name)
            if not 0.0 <= amount <= 1.0:
                raise ValueError(f"dialect {name} is {amount}; nearest valid value is {min(1.0, max(0.0, amount))}")

    def weights(self, count: int) -> np.ndarray:
        """Return the probabilities of `count` alternative wordings, most frequent first in the standard."""
        return tilted(zipf(count, 1.2), self.constructions)

    def entity_weights(self, count: int) -> np.ndarray:
        """Return the probabilities of `count` entities in order of their rank in the standard."""
        return tilted(zipf(count, 1.0), self.entities)


def tilted(shares: np.ndarray, amount: float) -> np.ndarray:
    """Return shares of which `amount` (0 to 1) goes by the reversed order."""
    return (1 - amount) * shares + amount * shares[::-1]


@dataclass(frozen=True)
class Distance:
    """Total variation distances between two dialects (each 0 to 1); `total` is the chance that any of them shows."""

    vocabulary: float
    constructions: float
    entities: float

    @property
    def total(self) -> float:
        """Return 1 - (1 - vocabulary)(1 - constructions)(1 - entities)."""
        return 1 - (1 - self.vocabulary) * (1 - self.constructions) * (1 - self.entities)


def variation(p: np.ndarray, q: np.ndarray) -> float:
    """Return the total variation distance of two distributions over the same items."""
    return float(np.abs(p - q).sum() / 2)
