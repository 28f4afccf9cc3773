"""Tables that describe the data: what is counted."""

from types import SimpleNamespace

import numpy as np

from scalescope.data.corpus import Corpus
from scalescope.data.tokenizer import CLS, SEP
from scalescope.experiment.describe import corpus_table


def test_padding_is_no_token_and_special_tokens_are_no_unit():
    tokens = np.array([[CLS, 10, 11, SEP, CLS, 12, SEP, 0], [CLS, 13, 14, 15, 16, 17, SEP, 0]], np.uint16)
    documents = np.array([[1, 1, 1, 1, 2, 2, 2, 0], [1] * 7 + [0]], np.uint8)
    units = np.ones(tokens.shape, bool)
    units[0, 2] = units[1, 3:6] = False
    corpus = Corpus(tokens, documents, units, 30)
    row = corpus_table(SimpleNamespace(corpus=lambda split: corpus)).iloc[0]
    assert (row["sequences"], row["documents"], row["tokens"]) == (2, 3, 14)
    assert row["tokens_per_unit"] == 2.0
