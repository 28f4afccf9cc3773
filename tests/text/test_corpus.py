"""Encoded text: full rows, separators between paragraphs, a folder that is whole or refused."""

import numpy as np
import pytest

from scalescope.text.corpus import Corpus, encode_corpus
from scalescope.text.tokenizer import CLS, PAD, SEP, train_tokenizer

ARTICLES = [[f"word{i} goes to place{j} ." for j in range(7)] for i in range(60)]


class Told:
    """A source of fixed articles."""

    name = "told"

    def __init__(self, articles):
        self.given = articles

    def articles(self, split):
        yield from self.given


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer([paragraph for article in ARTICLES for paragraph in article], 120)


def test_rows_are_the_text_in_order(tokenizer):
    tokens = encode_corpus(Told(ARTICLES), tokenizer, "train", 16)
    assert tokens.dtype == np.uint16
    assert tokens.shape[1] == 16
    assert (tokens[:, 0] == CLS).all()
    assert not np.isin(tokens[:, 1:], [PAD, CLS]).any()
    expected = []
    for article in ARTICLES:
        for paragraph in article:
            expected += [*tokenizer.encode(paragraph, add_special_tokens=False).ids, SEP]
    rows = len(expected) // 15
    assert tokens[:, 1:].ravel().tolist() == expected[: rows * 15]


def test_upper_bound_on_tokens(tokenizer):
    everything = encode_corpus(Told(ARTICLES), tokenizer, "train", 16)
    some = encode_corpus(Told(ARTICLES), tokenizer, "train", 16, max_tokens=16 * 10 + 7)
    assert some.shape == (10, 16)
    assert np.array_equal(some, everything[:10])


def test_empty_paragraphs_leave_no_separator(tokenizer):
    tokens = encode_corpus(Told([["", *ARTICLES[0]], *ARTICLES[1:]]), tokenizer, "train", 16)
    assert np.array_equal(tokens, encode_corpus(Told(ARTICLES), tokenizer, "train", 16))


def test_too_little_text(tokenizer):
    with pytest.raises(ValueError, match="heldout text of source 'told'"):
        encode_corpus(Told([["word1"]]), tokenizer, "heldout", 64)
    with pytest.raises(ValueError, match="max_tokens 8"):
        encode_corpus(Told(ARTICLES), tokenizer, "train", 64, max_tokens=8)


@pytest.mark.parametrize("with_units", [False, True])
def test_save_and_load(tmp_path, with_units):
    tokens = np.arange(40, dtype=np.uint16).reshape(5, 8)
    units = tokens % 2 == 0 if with_units else None
    Corpus(tokens, units, 50).save(tmp_path)
    loaded = Corpus.load(tmp_path)
    assert isinstance(loaded.tokens, np.memmap)
    assert np.array_equal(loaded.tokens, tokens)
    assert (loaded.n_sequences, loaded.sequence_length, loaded.vocabulary_size) == (5, 8, 50)
    assert loaded.units is None if units is None else np.array_equal(loaded.units, units)


def test_half_written_folder_is_refused(tmp_path):
    Corpus(np.zeros((5, 8), np.uint16), None, 50).save(tmp_path)
    content = (tmp_path / "tokens.npy").read_bytes()
    (tmp_path / "tokens.npy").write_bytes(content[:-20])
    with pytest.raises(ValueError, match="whole encoded corpus"):
        Corpus.load(tmp_path)
    (tmp_path / "tokens.npy").write_bytes(content)
    (tmp_path / "corpus.json").unlink()
    with pytest.raises(ValueError, match="whole encoded corpus"):
        Corpus.load(tmp_path)
