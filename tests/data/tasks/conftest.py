"""A tokenizer that knows the words of the hand-made rows."""

import pytest

from scalescope.data.tokenizer import train_tokenizer

CONTEXT = "Café owners in Genève sold bread , milk and honey to the old sailors of the northern fleet every morning ."


@pytest.fixture(scope="session")
def tokenizer():
    return train_tokenizer([CONTEXT, "who sold what to whom and where one two three four five six seven"] * 20, 400)


@pytest.fixture(scope="session")
def context():
    return CONTEXT
