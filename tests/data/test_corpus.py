"""Encoded text: rows of whole documents, a folder that is whole or refused."""

import numpy as np
import pytest

from scalescope.data.corpus import Corpus, encode_corpus
from scalescope.data.tokenizer import CLS, SEP, train_tokenizer

ARTICLES = [[f"word{i} goes to place{j} ." for j in range(i % 3 + 1)] for i in range(60)]


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


def documents_of(tokens, numbers):
    return [row[n == k].tolist() for row, n in zip(tokens, numbers, strict=True) for k in range(1, n.max() + 1)]


def test_each_article_is_a_document_of_its_own(tokenizer):
    tokens, numbers = encode_corpus(Told(ARTICLES), tokenizer, "train", 64)
    expected = []
    for article in ARTICLES:
        ids = [tokenizer.encode(paragraph, add_special_tokens=False).ids for paragraph in article]
        expected.append([CLS, *(piece for part in ids for piece in (*part, SEP))])
    assert sorted(documents_of(tokens, numbers)) == sorted(expected)


def test_articles_do_not_depend_on_how_many_are_encoded_at_once(tokenizer, monkeypatch):
    whole = encode_corpus(Told(ARTICLES), tokenizer, "train", 64)
    monkeypatch.setattr("scalescope.data.corpus.BATCH", 3)
    again = encode_corpus(Told(ARTICLES), tokenizer, "train", 64)
    assert all(np.array_equal(one, other) for one, other in zip(whole, again, strict=True))


def test_upper_bound_on_tokens(tokenizer):
    tokens, numbers = encode_corpus(Told(ARTICLES), tokenizer, "train", 32, max_tokens=32 * 10 + 7)
    assert tokens.shape == numbers.shape and len(tokens) <= 10 and (tokens > 0).mean() > 0.8


def test_empty_paragraphs_and_articles_leave_nothing(tokenizer):
    found = encode_corpus(Told([[""], ["", *ARTICLES[0]], *ARTICLES[1:]]), tokenizer, "train", 64)
    assert np.array_equal(found[0], encode_corpus(Told(ARTICLES), tokenizer, "train", 64)[0])


def test_too_little_text(tokenizer):
    with pytest.raises(ValueError, match="heldout text of source 'told'"):
        encode_corpus(Told([[""]]), tokenizer, "heldout", 64)
    with pytest.raises(ValueError, match="max_tokens 8"):
        encode_corpus(Told(ARTICLES), tokenizer, "train", 64, max_tokens=8)


@pytest.mark.parametrize("with_units", [False, True])
def test_save_and_load(tmp_path, with_units):
    tokens = np.arange(40, dtype=np.uint16).reshape(5, 8)
    documents = np.ones((5, 8), np.uint8)
    units = tokens % 2 == 0 if with_units else None
    Corpus(tokens, documents, units, 50).save(tmp_path)
    loaded = Corpus.load(tmp_path)
    assert isinstance(loaded.tokens, np.memmap)
    assert np.array_equal(loaded.tokens, tokens) and np.array_equal(loaded.documents, documents)
    assert (loaded.n_sequences, loaded.sequence_length, loaded.vocabulary_size) == (5, 8, 50)
    assert loaded.tokens_per_row == 39 / 5, "[PAD] is no token"
    assert loaded.units is None if units is None else np.array_equal(loaded.units, units)


def test_half_written_folder_is_refused(tmp_path):
    Corpus(np.zeros((5, 8), np.uint16), np.zeros((5, 8), np.uint8), None, 50).save(tmp_path)
    content = (tmp_path / "tokens.npy").read_bytes()
    (tmp_path / "tokens.npy").write_bytes(content[:-20])
    with pytest.raises(ValueError, match="whole encoded corpus"):
        Corpus.load(tmp_path)
    (tmp_path / "tokens.npy").write_bytes(content)
    (tmp_path / "corpus.json").unlink()
    with pytest.raises(ValueError, match="whole encoded corpus"):
        Corpus.load(tmp_path)


def test_rows_that_are_drawn_hold_fewer_ones_and_no_more_can_be_drawn_than_there_are(tokenizer):
    tokens, numbers = encode_corpus(Told(ARTICLES), tokenizer, "train", 64)
    corpus = Corpus(tokens, numbers, np.ones(tokens.shape, bool), 120)
    few, more = corpus.drawn(2, 5), corpus.drawn(4, 5)
    assert np.array_equal(few.tokens, more.tokens[:2]) and np.array_equal(few.documents, more.documents[:2])
    assert few.units.shape == few.tokens.shape
    rows = {row.tobytes() for row in corpus.tokens}
    assert all(row.tobytes() in rows for row in more.tokens) and len({row.tobytes() for row in more.tokens}) == 4
    with pytest.raises(ValueError, match="cannot be drawn"):
        corpus.drawn(len(tokens) + 1, 5)


def test_what_is_no_source_and_what_is_no_tokenizer_are_named(tokenizer):
    with pytest.raises(ValueError, match=r"source must have a method articles.*got None"):
        encode_corpus(None, tokenizer, "train", 64)
    with pytest.raises(ValueError, match=r"tokenizer must be a Tokenizer.*got 'words'"):
        encode_corpus(Told(ARTICLES), "words", "train", 64)
