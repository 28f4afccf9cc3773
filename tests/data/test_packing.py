"""Documents into rows: nothing is lost, nothing that fits is cut, and little is left empty."""

import numpy as np
import pytest

from scalescope.data.packing import cut, pack
from scalescope.data.tokenizer import CLS, PAD, SEP


def paragraph(length: int, first: int = 10) -> np.ndarray:
    return np.arange(first, first + length, dtype=np.uint16)


def test_whole_paragraphs_are_kept_together_as_long_as_they_fit():
    found = [list(d) for d in cut([paragraph(3), paragraph(4, 20), paragraph(6, 30)], 12)]
    assert found == [[CLS, 10, 11, 12, SEP, 20, 21, 22, 23, SEP], [CLS, 30, 31, 32, 33, 34, 35, SEP]]


def test_a_paragraph_longer_than_a_row_is_cut_and_what_is_left_takes_the_next_one():
    found = [list(d) for d in cut([paragraph(2), paragraph(13, 20), paragraph(2, 50)], 10)]
    assert found == [[CLS, 10, 11, SEP], [CLS, *range(20, 29)], [CLS, *range(29, 33), SEP, 50, 51, SEP]]
    assert [list(d) for d in cut([paragraph(9)], 10)] == [[CLS, *range(10, 19)]]


def test_every_document_is_in_one_row_whole_and_numbered():
    rng = np.random.default_rng(0)
    documents = [np.array([CLS, *rng.integers(5, 99, n), SEP], np.uint16) for n in rng.integers(1, 31, 800)]
    tokens, numbers = pack(documents, 32)
    assert tokens.shape == numbers.shape and tokens.dtype == np.uint16 and numbers.dtype == np.uint8
    assert ((tokens == PAD) == (numbers == 0)).all()
    found = [tuple(row[n == k]) for row, n in zip(tokens, numbers, strict=True) for k in range(1, n.max() + 1)]
    assert sorted(found) == sorted(tuple(document) for document in documents)
    assert (np.diff(np.where(numbers == 0, 255, numbers).astype(int), axis=1) >= 0).all(), "one after the other"
    assert (tokens > 0).mean() > 0.95


def test_a_document_longer_than_a_row_is_refused():
    with pytest.raises(ValueError, match="9 tokens does not fit a row of 8"):
        pack([paragraph(9)], 8)
