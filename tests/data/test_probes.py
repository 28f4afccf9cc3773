"""Probes: the answer, and nothing else, is hidden."""

import numpy as np
import pytest

from scalescope.data.probes import Probes, encode_probes
from scalescope.data.tokenizer import CLS, MASK, SEP, train_tokenizer
from scalescope.microworld.probes import Probe

GIVEN = [
    Probe("mood", "", "praise", ": the tea is good .", (), ("blame", "praise")),
    Probe("mood", "", "blame", ": the tea is bad .", ("nobody drank it .",), ("blame", "praise")),
    Probe("mood", "", "blame", ": bad .", (), ("blame", "praise")),
    Probe("name", "it belongs to", "tea maker", ".", ("bad good the .",)),
]


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer([f"{p.before} {p.answer} {p.after}" for p in GIVEN * 30] + ["nobody drank it"] * 30, 200)


def test_the_answer_is_masked_and_stands_where_the_text_has_it(tokenizer):
    encoded = encode_probes(GIVEN, tokenizer, 32)
    batch = encoded.batch("name")
    ids = tokenizer.encode("it belongs to tea maker .", add_special_tokens=False).ids
    rest = tokenizer.encode("bad good the .", add_special_tokens=False).ids
    answer = tokenizer.encode("tea maker", add_special_tokens=False).ids
    whole = np.array([CLS, *ids, SEP, *rest, SEP])
    assert batch.labels.tolist() == answer
    shown = batch.inputs[0, : len(whole)]
    assert (shown == MASK).sum() == len(answer) and (shown[shown != MASK] == whole[shown != MASK]).all()
    assert batch.documents[0].sum() == len(whole)


def test_choices_are_token_ids_and_chance_is_the_most_frequent_answer(tokenizer):
    encoded = encode_probes(GIVEN, tokenizer, 32)
    assert encoded.choices[0] == tuple(tokenizer.token_to_id(word) for word in ("blame", "praise"))
    assert encoded.choices[1] == () and encoded.chance("mood") == pytest.approx(2 / 3)


def test_of_a_choice_of_several_tokens_the_first_counts_and_all_are_hidden(tokenizer):
    batch = encode_probes([Probe("x", "", "tea maker", ".", (), ("bad", "tea maker"))], tokenizer, 9).batch("x")
    assert batch.labels.tolist() == [tokenizer.token_to_id("tea")] and (batch.inputs == MASK).sum() == 2


def test_what_is_longer_than_a_row_is_left_out_and_choices_that_begin_alike_refused(tokenizer):
    assert len(encode_probes(GIVEN, tokenizer, 9).tokens) < 4
    with pytest.raises(ValueError, match="skill 'x' begin with the same token: tea, tea maker"):
        encode_probes([Probe("x", "", "tea", ".", (), ("tea", "tea maker"))], tokenizer, 9)


def test_saved_and_loaded(tokenizer, tmp_path):
    encoded = encode_probes(GIVEN, tokenizer, 32)
    encoded.save(tmp_path / "probes.npz")
    again = Probes.load(tmp_path / "probes.npz")
    assert again.skills == encoded.skills and again.choices == encoded.choices
    assert np.array_equal(again.tokens, encoded.tokens) and np.array_equal(again.masked, encoded.masked)
