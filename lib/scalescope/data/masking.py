"""Which tokens of a batch are hidden: single tokens (MLM) or whole words and high-PMI spans (PMI)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scalescope.data.tokenizer import CLS, MASK, PAD, SEP, SPECIAL
from scalescope.errors import check_name

OBJECTIVES = ("mlm", "pmi")
KEEP_MASK, KEEP_RANDOM = 0.8, 0.9  # 80 % [MASK], 10 % a random piece, 10 % unchanged


@dataclass(frozen=True)
class Masked:
    """A masked batch: `inputs` int64 [B, S], `positions` int64 [M] into the flat B*S, `labels` int64 [M].

    documents: uint8 [B, S], which document of its row a token belongs to, or None where each row is one document.
    """

    inputs: np.ndarray
    positions: np.ndarray
    labels: np.ndarray
    documents: np.ndarray | None = None

    def by_row(self) -> tuple[np.ndarray, np.ndarray]:
        """The positions as a rectangle: int64 [B, Q] within each row, and int64 [M] which of its B*Q are real.

        Q is the largest number of hidden tokens in a row; shorter rows end with zeros that nobody takes.
        """
        batch, length = self.inputs.shape
        row = self.positions // length
        count = np.bincount(row, minlength=batch)
        place = np.arange(len(row)) - (np.cumsum(count) - count)[row]
        at = np.zeros((batch, max(int(count.max()), 1)), np.int64)
        at[row, place] = self.positions % length
        return at, row * at.shape[1] + place


@dataclass(frozen=True)
class Masker:
    """Draws which `rate` of the tokens is hidden, and what stands there instead.

    objective: "mlm" hides single tokens, "pmi" whole units. In each row units are taken in random order until
    `rate` of its maskable tokens is reached; the unit that crosses that mark is taken with the
    probability that makes the expected share exactly `rate`. [CLS], [SEP] and [PAD] are never hidden. A batch of which
    nothing was drawn hides one token (unit): a loss over nothing is no number, and would end a run as diverged.
    Raises UnknownName for another objective, ValueError for a rate outside (0, 1) or a vocabulary of
    special pieces only.
    Source: Devlin et al. (2019) section 3.1 for 80/10/10; Levine et al. (2021) for whole spans.
    """

    objective: str
    vocabulary_size: int
    rate: float = 0.15

    def __post_init__(self) -> None:
        check_name("objective", self.objective, OBJECTIVES)
        if not 0.0 < self.rate < 1.0:
            raise ValueError(f"rate {self.rate} lies outside (0, 1)")
        if self.vocabulary_size <= len(SPECIAL):
            raise ValueError(f"vocabulary_size {self.vocabulary_size} holds special pieces only")

    def mask(self, tokens: np.ndarray, unit_starts: np.ndarray | None, rng: np.random.Generator) -> Masked:
        """Hide tokens of a batch.

        tokens [B, S] ids; unit_starts bool [B, S], True where a unit begins ("pmi" only, ignored for "mlm").
        Raises ValueError if "pmi" gets no unit_starts, or of another shape.
        """
        maskable = (tokens != CLS) & (tokens != SEP) & (tokens != PAD)
        if self.objective == "mlm":
            chosen = _draw_tokens(maskable, self.rate, rng)
        else:
            if unit_starts is None or unit_starts.shape != tokens.shape:
                shape = None if unit_starts is None else unit_starts.shape
                raise ValueError(f"pmi masking needs unit_starts of shape {tokens.shape}, got {shape}")
            chosen = _draw_units(maskable, np.asarray(unit_starts, dtype=bool), self.rate, rng)
        positions = np.flatnonzero(chosen)
        inputs = tokens.astype(np.int64)
        flat = inputs.reshape(-1)
        labels = flat[positions]
        fate = rng.random(len(positions), dtype=np.float32)
        random_piece = rng.integers(len(SPECIAL), self.vocabulary_size, size=len(positions))
        flat[positions] = np.where(fate < KEEP_MASK, MASK, np.where(fate < KEEP_RANDOM, random_piece, labels))
        return Masked(inputs, positions, labels)


def _draw_tokens(maskable: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    """The `rate * n` of a row's n maskable tokens with the smallest random keys; n is rounded at random."""
    keys = rng.random(maskable.shape, dtype=np.float32)
    keys[~maskable] = 2.0
    budget = rate * maskable.sum(axis=1)
    count = np.floor(budget + rng.random(len(budget))).astype(np.int64)
    if not count.any() and maskable.any():
        count[rng.choice(np.flatnonzero(maskable.any(axis=1)))] = 1
    most = int(count.max(initial=0))
    chosen = np.zeros(maskable.shape, dtype=bool)
    if most:
        order = np.argpartition(keys, most - 1, axis=1)[:, :most]
        smallest = np.take_along_axis(keys, order, axis=1)
        rank = np.argsort(smallest, axis=1).argsort(axis=1)
        np.put_along_axis(chosen, order, rank < count[:, None], axis=1)
    return chosen & maskable


def _draw_units(maskable: np.ndarray, starts: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    """Tokens of the units drawn in random order up to `rate` of each row's maskable tokens."""
    begins = starts | ~maskable  # a special token ends the unit before it ...
    begins[:, 0] = True
    begins[:, 1:] |= ~maskable[:, :-1]  # ... and the token after it begins one
    unit = np.cumsum(begins.reshape(-1)) - 1
    first = np.flatnonzero(begins.reshape(-1))
    usable = maskable.reshape(-1)[first]
    lengths = np.diff(first, append=maskable.size)[usable]
    rows = first[usable] // maskable.shape[1]
    order = np.lexsort((rng.random(len(rows), dtype=np.float32), rows))
    ordered = lengths[order]
    before = np.cumsum(ordered) - ordered
    in_row = np.bincount(rows, minlength=len(maskable))
    row_first = np.cumsum(in_row) - in_row
    before -= np.repeat(before[row_first[in_row > 0]], in_row[in_row > 0])  # tokens drawn earlier in the row
    budget = np.repeat(rate * maskable.sum(axis=1), in_row)
    taken = before + rng.random(len(rows)) * ordered < budget
    drawn = np.zeros(len(rows), dtype=bool)
    drawn[order] = taken
    if not drawn.any() and len(drawn):
        drawn[rng.integers(len(drawn))] = True
    flags = np.zeros(len(first), dtype=bool)
    flags[usable] = drawn
    return flags[unit].reshape(maskable.shape)
