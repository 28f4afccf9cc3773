"""Texts of other dialects in the pieces of the pretraining text: what a pretrained model goes on with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from scalescope.data.corpus import Corpus, encode_corpus
from scalescope.data.encoded import PROBES, SPLITS, Prepared
from scalescope.data.probes import Probes, encode_probes
from scalescope.data.tokenizer import MASK, word_starts
from scalescope.microworld.dialect import Distance
from scalescope.microworld.source import Microworld
from scalescope.paths import run_id

PROBES_FILE = "probes.npz"
TELLING = 1  # other articles than those of pretraining, about the same world


@dataclass(frozen=True)
class DialectText:
    """Encoded text of one dialect of the microworld that `prepared` tells, in the vocabulary of `prepared`.

    amounts: "vocabulary", "constructions", "entity_tilt", each 0 to 1 (0: not at all); all its articles are new, also
    where every amount is 0. rows: rows of the train split at least; heldout_tokens: tokens of the held-out split at
    most. Raises ValueError for another source than the microworld.
    """

    prepared: Prepared
    amounts: Mapping[str, float]
    rows: int
    heldout_tokens: int
    _held: dict = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def source(self) -> Microworld:
        """The dialect as a source of articles."""
        settings = self.prepared.settings
        if settings.kind != "microworld":
            raise ValueError(f"dialects are told by the source 'microworld' only; this one is {settings.kind!r}")
        return Microworld(**{**settings.options, **self.amounts, "telling": TELLING})

    @cached_property
    def id(self) -> str:
        """Identifies text and pieces; enters the ids of the runs that are trained on it."""
        facts = {
            "pieces": self.prepared.corpus_id,
            "source": self.source.corpus_fingerprint,
            "rows": self.rows,
            "heldout_tokens": self.heldout_tokens,
        }
        return run_id("dialect-microworld", facts)

    def corpus(self, split: str) -> Corpus:
        """The encoded text of "train" or "heldout"; encoded on first use. Raises ValueError for too little text."""
        if split not in self._held:
            folder = self.prepared.build(self.prepared.folder / "dialects" / self.id, self._encode)
            self._held[split] = Corpus.load(folder / split)
        return self._held[split]

    @cached_property
    def probes(self) -> Probes:
        """Masked answers in the words of the dialect, as the text of pretraining has them; encoded on first use."""
        folder = self.prepared.folder / "dialects" / f"{self.id}-probes"
        return Probes.load(self.prepared.build(folder, self._encode_probes) / PROBES_FILE)

    def distance(self) -> Distance:
        """How far the dialect lies from the text of pretraining, computed from the two generators."""
        return self.source.distance(Microworld(**self.prepared.settings.options))

    def pieces_per_word(self) -> float:
        """Pieces per word of the held-out text: words that the pretraining text does not have fall into several."""
        tokens = np.asarray(self.corpus("heldout").tokens)
        pieces = tokens > MASK
        return float(pieces.sum() / (word_starts(self.prepared.tokenizer)[tokens] & pieces).sum())

    def _encode_probes(self, into: Path) -> None:
        length = self.prepared.settings.sequence_length
        encode_probes(self.source.probes(PROBES), self.prepared.tokenizer, length).save(into / PROBES_FILE)

    def _encode(self, into: Path) -> None:
        tokenizer, length = self.prepared.tokenizer, self.prepared.settings.sequence_length
        for split, most in zip(SPLITS, (self.rows * length, self.heldout_tokens), strict=True):
            tokens, documents = encode_corpus(self.source, tokenizer, split, length, most)
            if split == "train" and len(tokens) < self.rows:
                raise ValueError(
                    f"the dialect has {len(tokens)} rows of text, fewer than the {self.rows} asked for; "
                    "raise source.options.train_articles"
                )
            Corpus(tokens, documents, None, tokenizer.get_vocab_size()).save(into / split)
