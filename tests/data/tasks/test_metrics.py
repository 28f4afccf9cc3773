"""Metrics against hand-made cases and against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, matthews_corrcoef

from scalescope.data.tasks.metrics import accuracy, answer_f1, best_f1, matthews, normalise_answer, squad_f1


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("seed", range(5))
def test_against_scikit_learn(classes, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, 200)
    predicted = np.where(rng.random(200) < 0.4, labels, rng.integers(0, classes, 200))
    assert accuracy(predicted, labels) == pytest.approx(accuracy_score(labels, predicted))
    assert matthews(predicted, labels) == pytest.approx(matthews_corrcoef(labels, predicted))


def test_matthews_by_hand():
    labels = np.array([1, 1, 1, 0, 0, 0])
    assert matthews(labels, labels) == pytest.approx(1.0)
    assert matthews(1 - labels, labels) == pytest.approx(-1.0)
    assert matthews(np.ones(6, int), labels) == 0.0
    # tp 2, fn 1, fp 1, tn 2: (4 - 1) / 9
    assert matthews(np.array([1, 1, 0, 1, 0, 0]), labels) == pytest.approx(1 / 3)


def test_normalisation():
    assert normalise_answer("  The U.S.A.,  an Eagle's ") == "usa eagles"
    assert normalise_answer("Another theatre") == "another theatre"


@pytest.mark.parametrize(
    ("predicted", "references", "f1"),
    [
        ("the blue sky", ["Blue sky!"], 1.0),
        ("blue", ["deep blue sea"], 0.5),  # precision 1, recall 1/3
        ("blue blue", ["blue"], 2 / 3),
        ("red", ["blue", "red wine"], 2 / 3),  # the best reference counts
        ("red", ["blue"], 0.0),
        ("", [], 1.0),
        ("red", [], 0.0),
        ("", ["red"], 0.0),
        ("the", [], 1.0),  # nothing is left of it
    ],
)
def test_answer_f1(predicted, references, f1):
    assert answer_f1(predicted, references) == pytest.approx(f1)


def test_means():
    predicted, references = ["the sky", "blue", "red"], [["sky"], ["deep blue sea"], []]
    assert squad_f1(predicted, references) == pytest.approx(0.5)


def test_best_f1_by_hand():
    predicted = ["sky", "sea", "red", "x"]
    references = [["sky"], ["deep sea"], [], ["y"]]
    #       F1 if answered: 1, 2/3, 0, 0; if silent: 0, 0, 1, 0
    value, threshold = best_f1(predicted, references, np.array([-3.0, -1.0, 0.0, -2.0]))
    assert value == pytest.approx((1 + 2 / 3 + 1) / 4)
    assert threshold == -1.0
    # the unanswerable one looks most answerable: saying nothing or saying all
    value, threshold = best_f1(predicted, references, np.array([-1.0, -1.5, -9.0, -2.0]))
    assert value == pytest.approx((1 + 2 / 3) / 4)
    assert threshold == -1.0


def test_best_f1_of_silence_and_of_ties():
    value, threshold = best_f1(["x", "x"], [[], ["y"]], np.array([0.0, 1.0]))
    assert (value, threshold) == (0.5, -np.inf)
    # equal scores cannot be told apart by any threshold
    value, _ = best_f1(["sky", "x"], [["sky"], []], np.zeros(2))
    assert value == 0.5


def official_best_f1(predicted, references, no_answer):
    """find_best_thresh of the official SQuAD 2.0 script, line by line: has_ans is bool(answers), preds are texts."""
    right = [bool(texts) for texts in references]
    f1 = [answer_f1(*pair) for pair in zip(predicted, references, strict=True)]
    current = best = sum(not has for has in right)
    for index in np.argsort(no_answer, kind="stable"):
        current += f1[index] if right[index] else (-1 if predicted[index] else 0)
        best = max(best, current)
    return best / len(predicted)


@pytest.mark.parametrize(
    ("predicted", "references", "value"),
    [
        (["the", "cat"], [[], ["cat"]], 0.5),  # "the" is an answer, and wrong
        ([",", "cat"], [[], ["cat"]], 0.5),
        (["zebra", "zebra"], [["A"], ["cat"]], 0.0),  # ["A"] is an answerable question: silence is wrong
        (["an", "zebra"], [["A"], ["cat"]], 0.5),
        (["", "cat"], [[], ["cat"]], 1.0),
    ],
)
def test_best_f1_of_articles_and_punctuation(predicted, references, value):
    scores = np.array([0.0, 0.1])
    assert best_f1(predicted, references, scores)[0] == pytest.approx(value)
    assert official_best_f1(predicted, references, scores) == pytest.approx(value)


def test_best_f1_equals_the_official_search():
    rng, words = np.random.default_rng(1), ["the", ",", "A", "cat", "an old cat", "...", "dog"]
    for _ in range(50):
        predicted = [words[index] for index in rng.integers(0, 7, 20)]
        references = [[words[index]] if rng.random() < 0.6 else [] for index in rng.integers(0, 7, 20)]
        scores = rng.permutation(20).astype(float)
        assert best_f1(predicted, references, scores)[0] == pytest.approx(
            official_best_f1(predicted, references, scores)
        )


def test_best_f1_equals_trying_every_threshold():
    rng = np.random.default_rng(0)
    for _ in range(20):
        predicted = [f"w{index} w{index + 1}" for index in rng.integers(0, 3, 30)]
        references = [[f"w{index}"] if rng.random() < 0.6 else [] for index in rng.integers(0, 4, 30)]
        scores = rng.integers(-5, 5, 30).astype(float)
        tried = [
            squad_f1([p if s <= t else "" for p, s in zip(predicted, scores, strict=True)], references)
            for t in (-np.inf, *np.unique(scores))
        ]
        assert best_f1(predicted, references, scores)[0] == pytest.approx(max(tried))


def test_unequal_lengths():
    with pytest.raises(ValueError, match="got 2 and 3"):
        accuracy(np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="got 0 and 0"):
        squad_f1([], [])
