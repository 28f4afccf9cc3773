"""PMI n-grams: the score against one computed by hand, planted phrases, coverage, units in encoded text."""

import itertools
from collections import Counter

import numpy as np
import pytest

from scalescope.data.pmi import pmi_vocabulary, unit_starts
from scalescope.data.tokenizer import CLS, SEP, train_tokenizer
from scalescope.data.units import cover

PHRASES = [["new", "york"], ["rio", "de", "janeiro"], ["once", "upon", "a", "time"], ["the", "cat", "sat", "on", "it"]]


@pytest.fixture(scope="module")
def paragraphs():
    rng = np.random.default_rng(0)
    fill = [f"w{index}" for index in range(40)] + ["a", "the", "on", "it", "de"]
    made = []
    for _ in range(400):
        paragraph = []
        for _ in range(6):
            paragraph += [fill[i] for i in rng.integers(0, len(fill), size=rng.integers(1, 5))]
            paragraph += PHRASES[rng.integers(len(PHRASES))]
        made.append(paragraph)
    return made


def slow_score(ngram, counts, total):
    """The definition, by trying every segmentation."""
    parts_of = []
    for cuts in itertools.product([False, True], repeat=len(ngram) - 1):
        if any(cuts):
            edges = [0, *(i + 1 for i, cut in enumerate(cuts) if cut), len(ngram)]
            parts_of.append([ngram[a:b] for a, b in itertools.pairwise(edges)])
    whole = np.log(counts[ngram] / total)
    return min(2 * whole - sum(np.log(counts[part] / total) for part in parts) for parts in parts_of)


def count_all(paragraphs):
    return Counter(
        tuple(paragraph[i : i + n])
        for paragraph in paragraphs
        for n in range(1, 6)
        for i in range(len(paragraph) - n + 1)
    )


def test_scores_and_order_equal_the_definition(paragraphs):
    counts = count_all(paragraphs)
    total = sum(map(len, paragraphs))
    found = pmi_vocabulary(paragraphs, size=10**6)
    frequent = {ngram for ngram, count in counts.items() if count > 10 and len(ngram) > 1}
    assert set(found.ngrams) == frequent
    for ngram, score, count in zip(found.ngrams, found.scores, found.counts, strict=True):
        assert count == counts[ngram]
        assert score == pytest.approx(slow_score(ngram, counts, total))
    for length in (2, 3, 4, 5):
        scores = [score for ngram, score in zip(found.ngrams, found.scores, strict=True) if len(ngram) == length]
        assert scores == sorted(scores, reverse=True)


def test_planted_phrases_lead(paragraphs):
    found = pmi_vocabulary(paragraphs, size=8)
    assert Counter(map(len, found.ngrams)) == {2: 4, 3: 2, 4: 1, 5: 1}
    for phrase in PHRASES:
        if len(phrase) != 3:
            assert tuple(phrase) in found.ngrams
    assert ("rio", "de", "janeiro") in found.ngrams


def test_size_for_a_coverage(paragraphs):
    half = pmi_vocabulary(paragraphs, coverage=0.5)
    more = pmi_vocabulary(paragraphs, coverage=0.6)
    assert half.coverage >= 0.5
    assert more.coverage >= 0.6
    assert len(half) < len(more)
    everything = pmi_vocabulary(paragraphs, coverage=1.0)
    assert everything.coverage < 1.0
    assert len(everything) == len(pmi_vocabulary(paragraphs, size=10**6))


def test_ngrams_stay_inside_a_paragraph():
    found = pmi_vocabulary([["left"], ["right"]] * 50, size=100)
    assert len(found) == 0
    assert found.coverage == 0.0


def test_longest_first_then_leftmost():
    inside, inner = cover(9, {2: np.array([0, 1, 2, 5]), 3: np.array([1])})
    assert inside.tolist() == [False, True, True, True, False, True, True, False, False]
    assert inner.tolist() == [False, False, True, True, False, False, True, False, False]
    overlapping = cover(7, {2: np.arange(6)})[1]
    assert overlapping.tolist() == [False, True, False, True, False, True, False]


def test_units_in_encoded_text(paragraphs):
    tokenizer = train_tokenizer([" ".join(paragraph) for paragraph in paragraphs], 75)
    vocabulary = pmi_vocabulary(paragraphs, size=8)
    text = "w1 new york w2 once upon a time the cat"
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    pieces = [tokenizer.id_to_token(index) for index in ids]
    row = np.array([[CLS, *ids, SEP, *tokenizer.encode("rio de janeiro").ids]], dtype=np.uint16)
    starts = unit_starts(row, tokenizer, vocabulary)[0]
    units = np.split(row[0], np.flatnonzero(starts)[1:])
    told = [tokenizer.decode(unit.tolist()) for unit in units]
    assert told == ["[CLS]", "w1", "new york", "w2", "once upon a time", "the", "cat", "[SEP]", "rio de janeiro"]
    assert any(piece.startswith("##") for piece in pieces)
