"""Shortcut classifiers on rows whose shortcut is known."""

import numpy as np
import pytest

from scalescope.microworld.shortcuts import enough, fit_linear, shortcut_table, word_counts

WORDS = [f"w{n}" for n in range(30)]


class Rows:
    """A source with made rows of one task."""

    def __init__(self, make, rng, train=400, validation=200):
        sizes = {"train": train, "validation": validation}
        self.made = {split: [make(rng) for _ in range(size)] for split, size in sizes.items()}

    def rows(self, task, split):
        return self.made[split]


def text(rng, *more):
    words = [*rng.choice(WORDS, 6), *more]
    return " ".join(rng.permutation(words))


def of_one_word(rng):
    label = int(rng.integers(2))
    return {"sentence": text(rng, "Good" if label else "Bad"), "label": label}


def of_a_pair_of_words(rng):
    """Both sentences hold the same words; which follows which decides."""
    label = int(rng.integers(2))
    return {"sentence": f"{text(rng)} {'not good' if label else 'good not'} {text(rng)}", "label": label}


def of_one_side(rng):
    label = int(rng.integers(3))
    return {"premise": text(rng), "hypothesis": text(rng, f"sign{label}"), "label": label}


def of_agreement(rng):
    """Neither side alone tells the label, nor does a sum over both."""
    signs = rng.integers(2, size=2)
    sides = dict(zip(("premise", "hypothesis"), (text(rng, f"sign{sign}") for sign in signs), strict=True))
    return {**sides, "label": int(signs[0] == signs[1])}


def of_an_option_in_the_article(rng):
    options = [f"thing {n}" for n in rng.permutation(500)[:4]]
    right = int(rng.integers(4))
    return {"article": f"a {options[right]} .", "question": "which", "options": options, "answer": "ABCD"[right]}


@pytest.mark.parametrize(
    ("task", "make", "bag", "one"),
    [
        ("sst2", of_one_word, (0.97, 1), None),
        ("cola", of_a_pair_of_words, (0.9, 1), None),
        ("mnli", of_one_side, (0.97, 1), (0.97, 1)),
        ("mnli", of_agreement, (0.35, 0.65), (0.35, 0.65)),
        ("race", of_an_option_in_the_article, (0.97, 1), (0.1, 0.4)),
    ],
)
def test_what_words_tell_is_found_and_nothing_else(task, make, bag, one):
    row = shortcut_table(Rows(make, np.random.default_rng(0)), [task]).iloc[0]
    assert bag[0] <= row["bag_of_words"] <= bag[1]
    assert np.isnan(row["one_side"]) if one is None else one[0] <= row["one_side"] <= one[1]


def of_no_answer(rng):
    return {"question": "who is it", "context": text(rng, "."), "answers": {"text": [], "answer_start": []}}


@pytest.mark.parametrize("train", [1, 2, 4, 19])
@pytest.mark.parametrize(
    ("task", "make"),
    [("sst2", of_one_word), ("mnli", of_one_side), ("race", of_an_option_in_the_article), ("squad_v2", of_no_answer)],
)
def test_rows_that_are_too_few_to_train_on_leave_blanks(task, make, train):
    row = shortcut_table(Rows(make, np.random.default_rng(1), train, 1), [task]).iloc[0]
    trained = task == "squad_v2" or (task == "race" and train == 19)
    assert np.isfinite(row["majority"]) and np.isnan(row["bag_of_words"]) != trained
    assert not enough(np.array([0] * 16 + [1] * 4)) and not enough(np.zeros(30)) and enough(np.arange(20) % 2)


def test_sides_have_columns_of_their_own_and_rare_words_have_none():
    train = [("a b", "a"), ("a b", "a"), ("c b", "d")]
    x, held = word_counts(train, [("a a e", "b a")])
    assert x.toarray().tolist() == [[1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 1, 0]]  # a, "a b", b; the other side's a
    assert held.toarray().tolist() == [[1, 0, 0, 1]]


def test_noise_is_fitted_weakly():
    rng = np.random.default_rng(0)
    x, _ = word_counts([(text(rng),) for _ in range(300)], [("w1",)])
    assert fit_linear(x, rng.integers(2, size=300)).best_params_["C"] == 0.01
