"""The standard error over examples beside the spread of examples drawn again."""

import numpy as np
import pandas as pd
import pytest

from scalescope.data.tasks.metrics import matthews
from scalescope.data.tasks.noise import standard_error


def drawn_again(metric, rows, rng, times=600):
    values = []
    for _ in range(times):
        part = rows.iloc[rng.integers(len(rows), size=len(rows))]
        values.append(matthews(part["predicted"], part["label"]) if metric == "matthews" else part["score"].mean())
    return np.std(values)


@pytest.mark.parametrize(("metric", "classes"), [("accuracy", 3), ("f1", 2), ("matthews", 2), ("matthews", 3)])
def test_it_is_the_spread_over_examples_drawn_again(metric, classes):
    rng = np.random.default_rng(0)
    label = rng.choice(classes, size=500, p=np.array([0.6, *[0.4 / (classes - 1)] * (classes - 1)]))
    predicted = np.where(rng.random(500) < 0.5, label, rng.integers(0, classes, 500))
    score = rng.random(500) if metric == "f1" else (predicted == label).astype(float)
    rows = pd.DataFrame({"example": np.arange(500), "label": label, "predicted": predicted, "score": score})
    assert standard_error(metric, rows) == pytest.approx(drawn_again(metric, rows, rng), rel=0.12)


def test_a_model_that_always_gives_one_answer_has_a_certain_correlation_of_zero():
    rows = pd.DataFrame({"example": range(4), "label": [0, 1, 1, 0], "predicted": 1, "score": [0, 1, 1, 0]})
    assert standard_error("matthews", rows) == 0.0


def test_one_example_tells_nothing():
    rows = pd.DataFrame({"example": [0], "label": [1], "predicted": [1], "score": [1.0]})
    assert np.isnan(standard_error("accuracy", rows)) and np.isnan(standard_error("matthews", rows))
