"""Text as full rows of token ids on disk, read through a memory map."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

from scalescope import files
from scalescope.text.tokenizer import BATCH, CLS, SEP, encode_flat

if TYPE_CHECKING:
    from scalescope.text.source import Source


@dataclass(frozen=True)
class Corpus:
    """Encoded text of one split.

    tokens: uint16 [n_sequences, sequence_length], every row [CLS] then text, no padding. units: bool of the
    same shape, True where a masking unit begins, or None where only "mlm" is needed. vocabulary_size: pieces.
    """

    tokens: np.ndarray
    units: np.ndarray | None
    vocabulary_size: int

    @property
    def n_sequences(self) -> int:
        """Number of rows."""
        return self.tokens.shape[0]

    @property
    def sequence_length(self) -> int:
        """Tokens a row, [CLS] included."""
        return self.tokens.shape[1]

    def save(self, folder: str | Path) -> None:
        """Write tokens.npy, units.npy and, last, corpus.json; a folder without corpus.json is unfinished."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        facts = {
            "vocabulary_size": self.vocabulary_size,
            "shape": list(self.tokens.shape),
            "units": self.units is not None,
        }
        files.write_array(folder / "tokens.npy", self.tokens)
        if self.units is not None:
            files.write_array(folder / "units.npy", self.units)
        files.write_text(folder / "corpus.json", json.dumps(facts))

    @classmethod
    def load(cls, folder: str | Path) -> Corpus:
        """Open a saved corpus without reading it into memory; raises ValueError naming a broken folder."""
        folder = Path(folder)
        try:
            facts = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
            tokens = np.load(folder / "tokens.npy", mmap_mode="r")
            units = np.load(folder / "units.npy", mmap_mode="r") if facts["units"] else None
            if list(tokens.shape) != facts["shape"] or (units is not None and units.shape != tokens.shape):
                raise ValueError(f"shape {tokens.shape}, expected {facts['shape']}")
        except (OSError, ValueError, KeyError, TypeError) as fault:
            raise ValueError(f"{folder} does not hold a whole encoded corpus: {fault}") from fault
        return cls(tokens, units, int(facts["vocabulary_size"]))


def encode_corpus(
    source: Source, tokenizer: Tokenizer, split: str, sequence_length: int, max_tokens: int | None = None
) -> np.ndarray:
    """Encode a split of a source into full rows, uint16 [n_sequences, sequence_length].

    Every row is [CLS] then text that runs on across paragraphs and articles, each paragraph closed by [SEP];
    the last, incomplete row is dropped. max_tokens: upper bound on tokens, [CLS] included; None reads all.
    Raises ValueError if the split does not fill one row, or a size makes no sense.
    """
    if sequence_length < 8:
        raise ValueError(f"sequence_length {sequence_length} is below 8")
    if max_tokens is not None and max_tokens < sequence_length:
        raise ValueError(f"max_tokens {max_tokens} does not fill one row of {sequence_length}")
    body = sequence_length - 1
    wanted = None if max_tokens is None else (max_tokens // sequence_length) * body
    pieces, total = [], 0
    for batch in _batches(source, split):
        piece = _join(tokenizer, batch)
        pieces.append(piece)
        total += len(piece)
        if wanted is not None and total >= wanted:
            break
    rows = (total if wanted is None else min(total, wanted)) // body
    if rows == 0:
        raise ValueError(
            f"the {split} text of source {source.name!r} has {total} tokens, too few for one row of {body}"
        )
    tokens = np.empty((rows, sequence_length), dtype=np.uint16)
    tokens[:, 0] = CLS
    tokens[:, 1:] = np.concatenate(pieces)[: rows * body].reshape(rows, body)
    return tokens


def _batches(source: Source, split: str) -> Iterator[list[str]]:
    batch: list[str] = []
    for article in source.articles(split):
        batch.extend(article)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _join(tokenizer: Tokenizer, paragraphs: list[str]) -> np.ndarray:
    ids, starts = encode_flat(tokenizer, paragraphs)
    lengths = np.diff(starts)
    ends = starts[1:][lengths > 0]  # a paragraph without a token gets no separator either
    return np.insert(ids, ends, SEP)
