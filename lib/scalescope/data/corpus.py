"""Text as rows of token ids on disk, read through a memory map: whole documents, packed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

from scalescope import files
from scalescope.data.packing import LONGEST_ROW, SHORTEST_ROW, cut, pack
from scalescope.data.tokenizer import BATCH, encode_flat

if TYPE_CHECKING:
    from scalescope.data.sources.base import Source

ARRAYS = {"tokens": np.uint16, "documents": np.uint8, "units": np.bool_}


@dataclass(frozen=True)
class Corpus:
    """Encoded text of one split.

    tokens: uint16 [n_sequences, sequence_length]; each row holds whole documents, each "[CLS] text [SEP] text [SEP]",
    and [PAD] in what little is left. documents: uint8 of the same shape, the number of each token's document within
    its row (0 for padding): attention does not leave a document. units: bool of the same shape, True where a masking
    unit begins, or None where only "mlm" is needed. vocabulary_size: pieces.
    """

    tokens: np.ndarray
    documents: np.ndarray
    units: np.ndarray | None
    vocabulary_size: int

    @property
    def n_sequences(self) -> int:
        """Number of rows."""
        return self.tokens.shape[0]

    @property
    def sequence_length(self) -> int:
        """Tokens per row, [CLS] and [PAD] included."""
        return self.tokens.shape[1]

    @cached_property
    def tokens_per_row(self) -> float:
        """Tokens per row without padding, on average: what a training run counts as seen."""
        return float(np.count_nonzero(self.tokens)) / self.n_sequences

    def drawn(self, rows: int, seed: int) -> Corpus:
        """A corpus of `rows` rows, drawn without replacement in an order that the seed gives; more rows hold fewer.

        Raises ValueError for more rows than there are.
        """
        if not 0 < rows <= self.n_sequences:
            raise ValueError(f"the corpus has {self.n_sequences} rows; {rows} cannot be drawn from it")
        chosen = np.random.default_rng(seed).permutation(self.n_sequences)[:rows]
        units = None if self.units is None else self.units[chosen]
        return Corpus(self.tokens[chosen], self.documents[chosen], units, self.vocabulary_size)

    def save(self, folder: str | Path) -> None:
        """Write one file per array and, last, corpus.json; a folder without corpus.json is unfinished."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        arrays = {name: getattr(self, name) for name in ARRAYS if getattr(self, name) is not None}
        facts = {"vocabulary_size": self.vocabulary_size, "shape": list(self.tokens.shape), "arrays": list(arrays)}
        for name, array in arrays.items():
            files.write_array(folder / f"{name}.npy", array)
        files.write_text(folder / "corpus.json", json.dumps(facts))

    @classmethod
    def load(cls, folder: str | Path) -> Corpus:
        """Open a saved corpus without reading it into memory; raises ValueError naming a broken folder."""
        folder = Path(folder)
        try:
            facts = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
            arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in facts["arrays"]}
            for name, array in arrays.items():
                if list(array.shape) != facts["shape"]:
                    raise ValueError(f"{name} has shape {array.shape}, expected {facts['shape']}")
            return cls(arrays["tokens"], arrays["documents"], arrays.get("units"), int(facts["vocabulary_size"]))
        except (OSError, ValueError, KeyError, TypeError) as fault:
            raise ValueError(f"{folder} does not hold a whole encoded corpus: {fault}") from fault


def encode_corpus(
    source: Source, tokenizer: Tokenizer, split: str, sequence_length: int, max_tokens: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Encode a split of a source: tokens uint16 and documents uint8, both [n_sequences, sequence_length].

    An article of the source is one document, or several where it is longer than a row (see `packing.cut`); documents
    are packed into rows (see `packing.pack`). max_tokens: upper bound on the tokens of all rows, padding included;
    None reads all. Raises ValueError if the split is empty, or a size makes no sense.
    """
    if not callable(getattr(source, "articles", None)):
        raise ValueError(
            f"source must have a method articles(split) that yields lists of paragraphs; got {source!r:.80}"
        )
    if not isinstance(tokenizer, Tokenizer):
        raise ValueError(f"tokenizer must be a Tokenizer of the package tokenizers; got {tokenizer!r:.80}")
    if not SHORTEST_ROW <= sequence_length <= LONGEST_ROW:
        raise ValueError(f"sequence_length {sequence_length} lies outside {SHORTEST_ROW}..{LONGEST_ROW}")
    if max_tokens is not None and max_tokens < sequence_length:
        raise ValueError(f"max_tokens {max_tokens} does not fill one row of {sequence_length}")
    documents: list[np.ndarray] = []
    total = 0
    for article in _encoded(source, tokenizer, split):
        for document in cut(article, sequence_length):
            documents.append(document)
            total += len(document)
        if max_tokens is not None and total >= max_tokens:
            break
    if not documents:
        raise ValueError(f"the {split} text of source {source.name!r} has no token")
    tokens, numbers = pack(documents, sequence_length)
    rows = len(tokens) if max_tokens is None else max_tokens // sequence_length
    return tokens[:rows], numbers[:rows]


def _encoded(source: Source, tokenizer: Tokenizer, split: str) -> Iterator[list[np.ndarray]]:
    """The articles of a split, each as the token ids of its paragraphs; those without a token are left out."""
    batch: list[list[str]] = []
    held = 0
    for article in source.articles(split):
        batch.append(article)
        held += len(article)
        if held >= BATCH:
            yield from _encode_batch(tokenizer, batch)
            batch, held = [], 0
    yield from _encode_batch(tokenizer, batch)


def _encode_batch(tokenizer: Tokenizer, batch: list[list[str]]) -> Iterator[list[np.ndarray]]:
    ids, starts = encode_flat(tokenizer, [paragraph for article in batch for paragraph in article])
    paragraphs = np.split(ids, starts[1:-1]) if len(starts) > 1 else []
    begin = 0
    for article in batch:
        parts = [part for part in paragraphs[begin : begin + len(article)] if len(part)]
        begin += len(article)
        if parts:
            yield parts
