"""Encoded rows of a task: flat arrays of token ids and where the answers are."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from scalescope import files
from scalescope.data.tokenizer import unknown_share

_PLACES = ("example", "labels", "span_start", "span_end", "context_start", "char_start", "char_end")
ARRAYS = {"tokens": np.uint16, "starts": np.int64, **dict.fromkeys(_PLACES, np.int32)}
FACTS = "features.json"
LONGEST_ANSWER = 30  # tokens that a predicted answer may have at least; Devlin et al. (2019), max_answer_length


@dataclass(frozen=True)
class Features:
    """Encoded rows: feature i is tokens[starts[i]:starts[i + 1]], unpadded, [CLS] first and [SEP] last.

    tokens uint16 [T]; starts int64 [F + 1]; example int32 [F] row of each feature, in order.
    labels int32 [n_examples]: class or right option, -1 for span tasks.
    span_start, span_end int32 [F]: first and last answer token inside the feature, 0 = [CLS] = no answer here
    (all 0 outside span tasks). context_start int32 [F]: first context (or article) token inside the feature.
    char_start, char_end int32 [T]: where a context token lies in the row's context, -1 outside it (empty
    arrays outside span tasks).
    group: features an example, 4 for a choice (those of example i are 4 i .. 4 i + 3), else 1.
    n_examples: rows. truncated: examples that lost tokens for good. windowed: examples whose context
    needed more than one window (nothing lost). unlocated: answerable examples whose answer lies whole in no
    window; the window with the largest part of it carries that part as its span. longest_answer: tokens that a
    predicted span may have. too_long: answers of more tokens, which no output can give (-1: not counted).
    """

    tokens: np.ndarray
    starts: np.ndarray
    example: np.ndarray
    labels: np.ndarray
    span_start: np.ndarray
    span_end: np.ndarray
    context_start: np.ndarray
    char_start: np.ndarray
    char_end: np.ndarray
    group: int
    n_examples: int
    truncated: int
    windowed: int = 0
    unlocated: int = 0
    too_long: int = -1
    longest_answer: int = LONGEST_ANSWER

    @property
    def unknown_share(self) -> float:
        """Share of [UNK] among the pieces of text."""
        return unknown_share(self.tokens)

    @property
    def n_features(self) -> int:
        """Number of token sequences; at least n_examples."""
        return len(self.starts) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each feature, int64 [F]."""
        return np.diff(self.starts)

    @property
    def tokens_mean(self) -> float:
        """Tokens that one example costs, all its features together, on average."""
        return len(self.tokens) / self.n_examples

    def padded(self, index: np.ndarray, length: int | None = None) -> np.ndarray:
        """Features `index` [B] as int64 [B, longest of them, or `length`], padded with [PAD] = 0."""
        index = np.asarray(index)
        sizes = self.lengths[index]
        width = int(sizes.max()) if length is None else length
        inside = np.arange(width) < sizes[:, None]
        batch = np.zeros((len(index), width), dtype=np.int64)
        batch[inside] = self.tokens[(self.starts[index][:, None] + np.arange(width))[inside]]
        return batch

    def save(self, folder: str | Path) -> None:
        """Write each array to <name>.npy and, last, features.json; a folder without that file is unfinished."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, kind in ARRAYS.items():
            files.write_array(folder / f"{name}.npy", np.asarray(getattr(self, name), kind))
        counts = {field.name: int(getattr(self, field.name)) for field in fields(self) if field.name not in ARRAYS}
        facts = {"sizes": {name: len(getattr(self, name)) for name in ARRAYS}, "counts": counts}
        files.write_text(folder / FACTS, json.dumps(facts))

    @classmethod
    def load(cls, folder: str | Path) -> Features:
        """Open what `save` wrote without reading it into memory: read-only, one copy for all processes.

        Raises ValueError naming a folder that is missing, broken or incomplete.
        """
        folder = Path(folder)
        try:
            facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
            arrays = {name: _opened(folder / f"{name}.npy", facts["sizes"][name]) for name in ARRAYS}
            return cls(**arrays, **facts["counts"])
        except (OSError, ValueError, KeyError, TypeError, EOFError) as fault:
            raise ValueError(f"{folder} does not hold whole features: {fault}") from fault


def _opened(path: Path, size: int) -> np.ndarray:
    """A read-only map of a file as a plain array; a file without elements cannot be mapped."""
    array = np.asarray(np.load(path, mmap_mode="r" if size else None))
    if len(array) != size or array.dtype != ARRAYS[path.stem]:
        raise ValueError(
            f"{path.name} holds {len(array)} x {array.dtype}, expected {size} x {ARRAYS[path.stem].__name__}"
        )
    return array


def without_spans(
    tokens: list[np.ndarray], labels: np.ndarray, group: int, context_start: np.ndarray, truncated: int
) -> Features:
    """Features of a task whose answer is a class or an option; `tokens` holds one array per feature."""
    count = len(tokens)
    nowhere = np.zeros(0, dtype=np.int32)
    return Features(
        tokens=np.concatenate(tokens).astype(np.uint16),
        starts=np.cumsum([0, *map(len, tokens)], dtype=np.int64),
        example=(np.arange(count) // group).astype(np.int32),
        labels=labels.astype(np.int32),
        span_start=np.zeros(count, dtype=np.int32),
        span_end=np.zeros(count, dtype=np.int32),
        context_start=np.asarray(context_start, dtype=np.int32),
        char_start=nowhere,
        char_end=nowhere,
        group=group,
        n_examples=count // group,
        truncated=truncated,
    )
