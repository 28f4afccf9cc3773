"""Dialect texts: new articles in the pieces of the pretraining text, at known distances."""

from __future__ import annotations

import numpy as np
import pytest

from scalescope.data.encoded import DataSettings, Prepared
from scalescope.training.dialects import DialectText

OPTIONS = {
    "seed": 2,
    "entities": 200,
    "train_articles": 300,
    "heldout_articles": 60,
    "task_train": 8,
    "task_validation": 8,
}
NONE = {"vocabulary": 0.0, "constructions": 0.0, "entity_tilt": 0.0}


def prepared(folder, kind="microworld", options=OPTIONS) -> Prepared:
    settings = DataSettings(kind, None, options, 400, 48, 20_000, 3_000, 48, 16, 8, 8)
    return Prepared(settings, folder)


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Prepared:
    return prepared(tmp_path_factory.mktemp("cache"))


def test_the_same_dialect_has_other_articles_than_pretraining_and_no_distance(base):
    text = DialectText(base, NONE, 20, 1_000)
    assert text.distance().total == 0
    known = {row.tobytes() for row in base.corpus("train").tokens}
    train = text.corpus("train")
    assert train.n_sequences == 20 and train.vocabulary_size == base.corpus("train").vocabulary_size
    assert not any(row.tobytes() in known for row in train.tokens)
    assert text.corpus("heldout").n_sequences <= 1_000 // 48
    again = DialectText(base, NONE, 20, 1_000)
    assert again.id == text.id and np.array_equal(again.corpus("train").tokens, train.tokens)


def test_more_words_of_its_own_make_a_dialect_that_lies_farther_and_needs_more_pieces(base):
    texts = [DialectText(base, {**NONE, "vocabulary": amount}, 20, 1_000) for amount in (0.0, 0.4, 1.0)]
    distances = [text.distance().total for text in texts]
    assert distances == sorted(distances) and distances[0] == 0 and distances[2] == 1
    pieces = [text.pieces_per_word() for text in texts]
    assert pieces == sorted(pieces) and pieces[2] > 1.1 * pieces[0]
    assert len({text.id for text in texts}) == 3


def test_probes_ask_the_same_in_the_words_of_the_dialect(base):
    same, far = (DialectText(base, {**NONE, "vocabulary": amount}, 20, 1_000).probes for amount in (0.0, 1.0))
    own = base.probes
    assert same.skills == far.skills == own.skills and same.choices == far.choices == own.choices
    assert np.array_equal(same.tokens, own.tokens), "probes have no telling: those of no dialect are the standard ones"
    one, other = far.batch("opinion"), own.batch("opinion")
    assert not np.array_equal(one.inputs[:9, :9], other.inputs[:9, :9])
    assert (far.tokens > 0).sum() / len(far.tokens) > (own.tokens > 0).sum() / len(own.tokens), "unknown words: pieces"


def test_too_little_text_and_another_source_are_refused(base, tmp_path):
    with pytest.raises(ValueError, match=r"fewer than the 100000 asked for; raise source.options.train_articles"):
        DialectText(base, NONE, 100_000, 1_000).corpus("train")
    with pytest.raises(ValueError, match="'microworld' only; this one is 'files'"):
        DialectText(prepared(tmp_path, "files", {}), NONE, 20, 1_000).distance()
