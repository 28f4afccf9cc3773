"""Word n-grams of high pointwise mutual information, and where masking units begin in encoded text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

import numpy as np
from tokenizers import Tokenizer

from scalescope.data.units import BREAK, blocks, cover, find_ngrams, ngram_keys, whole_words, word_ids

LENGTHS = (2, 3, 4, 5)
SHARES = {2: 0.5, 3: 0.25, 4: 0.125, 5: 0.125}


@dataclass(frozen=True)
class PmiVocabulary:
    """Listed n-grams, best first within each length.

    ngrams: tuples of 2 to 5 words. scores [n]: natural log, see `pmi_vocabulary`. counts [n]: in the text.
    coverage: share of the text's (known) words that lie in a listed n-gram, the longest matched first.
    """

    ngrams: tuple[tuple[str, ...], ...]
    scores: np.ndarray
    counts: np.ndarray
    coverage: float

    def __len__(self) -> int:
        return len(self.ngrams)


def pmi_vocabulary(
    words: Iterable[list[str]], size: int | None = None, coverage: float = 0.5, min_count: int = 10
) -> PmiVocabulary:
    """N-grams (n = 2..5) of high PMI in paragraphs, each a list of words.

    Score: min over segmentations of log(p(ngram)^2 / product of p(parts)), p = count / words of the text;
    ranked per length and merged 50 / 25 / 12.5 / 12.5 %. Only n-grams seen more than min_count times count.
    size: n-grams to list (fewer if a length runs out); None takes the smallest size at which the share
    `coverage` of all words lies in a listed n-gram, or all there are if that is never reached.
    Source: Levine et al. (2021), equation 3, in the form of their released list (squared numerator).
    """
    lexicon: dict[str, int] = {}
    stream: list[int] = []
    for paragraph in words:
        stream.extend(lexicon.setdefault(word, len(lexicon)) for word in paragraph)
        stream.append(BREAK)
    return _rank(np.array(stream, dtype=np.int32), list(lexicon), size, coverage, min_count)


def unit_starts(tokens: np.ndarray, tokenizer: Tokenizer, vocabulary: PmiVocabulary) -> np.ndarray:
    """True where a masking unit begins, bool [n_sequences, sequence_length].

    A unit is a listed n-gram (longest first, then leftmost), else a whole word. Every special token, the
    token after it and the first of a row begin a unit; [UNK] is a word of its own.
    """
    lexicon = {word: number for number, word in enumerate(dict.fromkeys(chain.from_iterable(vocabulary.ngrams)))}
    listed = {}
    for length in LENGTHS:
        rows = [[lexicon[word] for word in ngram] for ngram in vocabulary.ngrams if len(ngram) == length]
        listed[length] = np.unique(ngram_keys(np.array(rows, dtype=np.int64).reshape(-1, length).T))
    starts = np.empty(tokens.shape, dtype=bool)
    done = 0
    for block in blocks(tokens):
        flags = whole_words(block, tokenizer)
        ids = word_ids(block.reshape(-1), flags.reshape(-1), tokenizer, lexicon).astype(np.int64)
        inner = cover(len(ids), {n: find_ngrams(ids, n, listed[n]) for n in LENGTHS})[1]
        flat = flags.reshape(-1)
        flat[np.flatnonzero(flat)[inner]] = False
        starts[done : done + len(block)] = flags
        done += len(block)
    return starts


def _rank(stream: np.ndarray, lexicon: list[str], size: int | None, coverage: float, min_count: int) -> PmiVocabulary:
    """Best n-grams of a stream of word ids, to the size given or the coverage wanted."""
    n_words = max(1, int((stream != BREAK).sum()))
    dense, tables = _count(stream, len(lexicon), min_count)
    scores = _scores(dense, tables, n_words)
    order = {n: np.lexsort((tables[n][0], -scores[n])) for n in LENGTHS}
    ranks = {n: _ranks(order[n])[dense[n]] for n in LENGTHS}

    def covered(wanted: int) -> float:
        found = {n: np.flatnonzero(ranks[n] < _quota(n, wanted)) for n in LENGTHS}
        return float(cover(len(stream), found)[0].sum() / n_words)

    most = max(int(np.ceil(len(order[n]) / SHARES[n])) for n in LENGTHS)
    wanted = size if size is not None else bisect_left(range(most), coverage, key=covered)
    best = {n: order[n][: _quota(n, wanted)] for n in LENGTHS}
    ngrams = tuple(
        tuple(lexicon[word] for word in stream[place : place + n]) for n in LENGTHS for place in tables[n][0][best[n]]
    )
    kept_scores = np.concatenate([scores[n][best[n]] for n in LENGTHS])
    kept_counts = np.concatenate([tables[n][1][best[n]] for n in LENGTHS])
    return PmiVocabulary(ngrams, kept_scores, kept_counts, covered(wanted))


def _ranks(order: np.ndarray) -> np.ndarray:
    """Rank of each n-gram, and a last entry, read through index -1 where there is none: beyond every rank."""
    ranks = np.full(len(order) + 1, np.iinfo(np.int64).max)
    ranks[order] = np.arange(len(order))
    return ranks


def _quota(length: int, size: int) -> int:
    return int(SHARES[length] * size)


def _count(
    stream: np.ndarray, n_words: int, min_count: int
) -> tuple[dict[int, np.ndarray], dict[int, tuple[np.ndarray, np.ndarray]]]:
    """Frequent n-grams of length 1..5.

    Returns dense ids (for each length, the number of the n-gram that begins at each place, or -1) and, for
    each length, (first place, count) of every n-gram. It can only be frequent if both its (n-1)-grams are.
    """
    counts = np.bincount(stream[stream != BREAK], minlength=n_words)
    frequent = np.flatnonzero(counts > min_count)
    number = np.full(n_words + 1, -1, dtype=np.int32)
    number[frequent] = np.arange(len(frequent), dtype=np.int32)
    dense = {1: number[stream]}  # BREAK reads the last entry, -1
    first = np.full(n_words, len(stream), dtype=np.int64)
    np.minimum.at(first, stream[stream != BREAK], np.flatnonzero(stream != BREAK))
    tables = {1: (first[frequent], counts[frequent])}
    for length in LENGTHS:
        shorter = dense[length - 1]
        dense[length] = np.full(len(stream), -1, dtype=np.int32)
        maybe = np.flatnonzero((shorter[:-1] >= 0) & (shorter[1:] >= 0))
        keys = shorter[maybe].astype(np.int64) * (int(shorter.max(initial=0)) + 1) + shorter[maybe + 1]
        _, begins, inverse, times = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        kept = times > min_count
        renumbered = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
        dense[length][maybe] = renumbered[inverse]
        tables[length] = (maybe[begins[kept]], times[kept])
    return dense, tables


def _scores(
    dense: dict[int, np.ndarray], tables: dict[int, tuple[np.ndarray, np.ndarray]], n_words: int
) -> dict[int, np.ndarray]:
    """2 log p(ngram) minus the largest sum of log p(parts) over segmentations into two or more parts."""
    likeliest = {1: np.log(tables[1][1] / n_words)}  # largest sum over segmentations, the whole included
    scores = {}
    for length in LENGTHS:
        first, counts = tables[length]
        whole = np.log(counts / n_words)
        split = np.full(len(first), -np.inf)
        for left in range(1, length):
            right = length - left
            total = likeliest[left][dense[left][first]] + likeliest[right][dense[right][first + left]]
            split = np.maximum(split, total)
        scores[length] = 2 * whole - split
        likeliest[length] = np.maximum(whole, split)
    return scores
