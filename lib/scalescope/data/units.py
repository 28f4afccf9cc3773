"""Encoded text as a stream of words, and n-grams found in that stream."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from tokenizers import Tokenizer

from scalescope.data.tokenizer import MASK, PREFIX, UNK, word_starts

BREAK = -1  # in a stream of word ids: an n-gram cannot cross this place
BLOCK = 2**20  # tokens looked at together, to bound memory


def blocks(tokens: np.ndarray) -> Iterable[np.ndarray]:
    """Groups of rows of about a million tokens."""
    rows = max(1, BLOCK // tokens.shape[1])
    return (np.asarray(tokens[begin : begin + rows]) for begin in range(0, len(tokens), rows))


def whole_words(tokens: np.ndarray, tokenizer: Tokenizer) -> np.ndarray:
    """True where a word or special token begins, or a row, or what follows a special token."""
    starts = word_starts(tokenizer)[tokens]
    starts[:, 0] = True
    starts[:, 1:] |= tokens[:, :-1] <= MASK
    return starts


def word_ids(tokens: np.ndarray, starts: np.ndarray, tokenizer: Tokenizer, lexicon: dict[str, int]) -> np.ndarray:
    """Lexicon number of every word, int32 [number of starts]; BREAK for specials and words not in it.

    A row's first word that lost its beginning is no word either.
    """
    first = np.flatnonzero(starts)
    lengths = np.diff(first, append=len(tokens))
    keys = _mix(tokens[first])
    for extra in range(1, int(lengths.max(initial=1))):
        longer = np.flatnonzero(lengths > extra)
        keys[longer] = _mix(keys[longer] ^ tokens[first[longer] + extra].astype(np.uint64))
    _, example, inverse = np.unique(keys, return_index=True, return_inverse=True)
    numbers = np.full(len(example), BREAK, dtype=np.int32)
    for index, at in enumerate(example):
        begin = first[at]
        pieces = [tokenizer.id_to_token(int(t)) for t in tokens[begin : begin + lengths[at]]]
        if tokens[begin] <= MASK or UNK in tokens[begin : begin + len(pieces)]:
            continue
        if pieces[0].startswith(PREFIX):
            continue
        word = pieces[0] + "".join(piece.removeprefix(PREFIX) for piece in pieces[1:])
        numbers[index] = lexicon.get(word, BREAK)
    return numbers[inverse]


def find_ngrams(ids: np.ndarray, length: int, listed: np.ndarray) -> np.ndarray:
    """Places where a listed n-gram begins; `listed` holds sorted keys."""
    if len(ids) < length or not len(listed):
        return np.zeros(0, dtype=np.int64)
    windows = [ids[shift : len(ids) - length + 1 + shift] for shift in range(length)]
    whole = np.flatnonzero(np.logical_and.reduce([window >= 0 for window in windows]))
    keys = ngram_keys([window[whole] for window in windows])
    place = np.minimum(np.searchsorted(listed, keys), len(listed) - 1)
    return whole[listed[place] == keys]


def cover(n_words: int, found: dict[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Words inside a chosen n-gram, and words inside one but not its first: two bool arrays [n_words].

    found: for each length, the sorted places where a listed n-gram begins. Longest first, then leftmost.
    """
    inside, inner = np.zeros(n_words, dtype=bool), np.zeros(n_words, dtype=bool)
    for length in sorted(found, reverse=True):
        waiting = found[length]
        if not len(waiting):
            continue
        waiting = waiting[~inside[waiting[:, None] + np.arange(length)].any(axis=1)]
        while len(waiting):
            # whatever has no earlier rival within reach is chosen; its rivals are dropped; and so on
            free = np.diff(waiting, prepend=-length) >= length
            chosen = waiting[free]
            inside[chosen[:, None] + np.arange(length)] = True
            inner[chosen[:, None] + np.arange(1, length)] = True
            last = chosen[np.cumsum(free) - 1]
            waiting = waiting[waiting - last >= length]
    return inside, inner


def ngram_keys(words: Iterable[np.ndarray]) -> np.ndarray:
    """One 64-bit key per n-gram; `words` holds one array a place (a hash: collisions are negligible)."""
    key = np.zeros(1, dtype=np.uint64)
    for column in words:
        key = _mix(key ^ column.astype(np.uint64))
    return key


def _mix(values: np.ndarray) -> np.ndarray:
    """Spread integers over 64 bits (splitmix64 finaliser, Steele et al. 2014)."""
    mixed = values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
