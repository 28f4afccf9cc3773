"""What shortcuts are worth: bag-of-words and one-side-only classifiers against the best possible score.

Logistic regression on unigrams and bigrams, trained on a task's train rows and scored on its validation rows; for
spans, the best guess from the type of the answer. Labels follow from the generator's rules without noise, so the
best possible score of every task is 1.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, matthews_corrcoef
from sklearn.model_selection import GridSearchCV, ShuffleSplit

COLUMNS = ["task", "metric", "majority", "bag_of_words", "one_side", "best_possible"]
SIDES = {
    "sst2": ("sentence",),
    "cola": ("sentence",),
    "mnli": ("premise", "hypothesis"),
    "mrpc": ("sentence1", "sentence2"),
    "qnli": ("sentence", "question"),
    "boolq": ("passage", "question"),
}
STRENGTHS = (0.01, 0.1, 1.0)  # C of the regression: the one with the lowest loss on a fifth of the train rows
NAME = re.compile(r"[A-Z][a-z]+(?: (?:of )?[A-Z][a-z]+)*")
LEAST_ROWS, LEAST_OF_LABEL = 20, 5  # a fifth of them chooses the strength
YEAR = re.compile(r"\b\d{4}\b")


def shortcut_table(source, tasks: list[str] | tuple[str, ...] | None = None) -> pd.DataFrame:
    """Return a table with the columns `COLUMNS`, one row per task, in metric units (0 to 1).

    majority, bag_of_words and one_side are scores on validation rows; one_side is NaN for tasks of one sentence, both
    are where the train rows are too few to train on (see `enough`).
    """
    lines = []
    for task in tasks or ("squad", "mnli", "qnli", "sst2", "race", "cola", "squad_v2", "mrpc", "boolq"):
        train, validation = source.rows(task, "train"), source.rows(task, "validation")
        scores = _spans if task.startswith("squad") else _choices if task == "race" else _labels
        metric = {"cola": "matthews", "squad": "f1", "squad_v2": "best_f1"}.get(task, "accuracy")
        lines.append((task, metric, *scores(task, train, validation), 1.0))
    return pd.DataFrame(lines, columns=COLUMNS)


def word_counts(train: list[tuple[str, ...]], rows: list[tuple[str, ...]]) -> tuple[csr_matrix, csr_matrix]:
    """Which unigrams and bigrams each side of `train` and of `rows` has, as 0 and 1: two sparse matrices.

    One text per side; the same word on two sides makes two columns. Those seen in one train row only are left out.
    """
    parts = []
    for first, second in zip(zip(*train, strict=True), zip(*rows, strict=True), strict=True):
        words = CountVectorizer(binary=True, ngram_range=(1, 2), token_pattern=r"\S+", min_df=2)
        parts.append((words.fit_transform(first), words.transform(second)))
    return tuple(hstack(side, format="csr") for side in zip(*parts, strict=True))


def fit_linear(x: csr_matrix, labels: np.ndarray) -> GridSearchCV:
    """Fit a logistic regression; its strength is chosen on a fifth of the rows, by log loss."""
    choice = ShuffleSplit(n_splits=1, test_size=0.2, random_state=0)
    grid = GridSearchCV(LogisticRegression(max_iter=300), {"C": STRENGTHS}, scoring="neg_log_loss", cv=choice)
    return grid.fit(x, labels)


def enough(labels: np.ndarray) -> bool:
    """Whether rows with these labels [n] can be trained on: LEAST_ROWS, and of each label LEAST_OF_LABEL or none."""
    counts = np.unique(labels, return_counts=True)[1]
    return len(labels) >= LEAST_ROWS and len(counts) > 1 and counts.min() >= LEAST_OF_LABEL


def _score(task: str, predicted: np.ndarray, truth: np.ndarray) -> float:
    return float((matthews_corrcoef if task == "cola" else accuracy_score)(truth, predicted))


def _labels(task: str, train: list[dict], validation: list[dict]) -> tuple[float, float, float]:
    field = "answer" if task == "boolq" else "label"
    y, truth = (np.array([int(row[field]) for row in rows]) for rows in (train, validation))
    majority = np.full_like(truth, np.bincount(truth).argmax())

    def run(sides: tuple[str, ...]) -> float:
        if not enough(y):
            return float("nan")
        x, held = word_counts(*([tuple(row[side] for side in sides) for row in rows] for rows in (train, validation)))
        return _score(task, fit_linear(x, y).predict(held), truth)

    both = SIDES[task]
    return _score(task, majority, truth), run(both), run(both[-1:]) if len(both) > 1 else float("nan")


def _choices(task: str, train: list[dict], validation: list[dict]) -> tuple[float, float, float]:
    """Options are scored one by one. What is the same for all options of a row, as article and question, tells a
    linear model nothing; what an option shares with the article does.
    """
    right, truth = (np.array(["ABCD".index(row["answer"]) for row in rows]) for rows in (train, validation))
    majority = float(np.bincount(truth).max() / len(truth))
    labels = (np.arange(4) == right[:, None]).ravel()
    if not enough(labels):
        return majority, float("nan"), float("nan")
    x, held = word_counts(*([(option,) for row in rows for option in row["options"]] for rows in (train, validation)))
    inside, held_inside = (
        csr_matrix([[float(option in row["article"])] for row in rows for option in row["options"]])
        for rows in (train, validation)
    )

    def run(x: csr_matrix, held: csr_matrix) -> float:
        return _score(task, fit_linear(x, labels).decision_function(held).reshape(-1, 4).argmax(1), truth)

    both = run(hstack([x, inside], format="csr"), hstack([held, held_inside], format="csr"))
    return majority, both, run(x, held)


def token_f1(predicted: str, truth: str) -> float:
    """Return the F1 of two answers as bags of words without articles; two empty answers agree."""
    a, b = ([w for w in t.lower().split() if w not in ("a", "an", "the")] for t in (predicted, truth))
    if not a or not b:
        return float(a == b)
    common = sum((Counter(a) & Counter(b)).values())
    return 2 * common / (len(a) + len(b))


def _kind(answer: str) -> str:
    return "year" if YEAR.fullmatch(answer) else "name" if NAME.fullmatch(answer) else "rest"


def _candidates(kind: str, row: dict) -> list[str]:
    if kind == "year":
        return YEAR.findall(row["context"])
    if kind == "name":
        taken = row["question"] + " It He She The"
        return [n for n in NAME.findall(row["context"]) if n not in taken]
    words = row["context"].split()
    return [before for before, after in pairwise(words) if after == "."]


def _spans(task: str, train: list[dict], validation: list[dict]) -> tuple[float, float, float]:
    """Guess the first candidate of the type that the question's first words ask for; or the commonest answer."""
    kinds, answers = defaultdict(Counter), Counter()
    for row in train:
        for text in row["answers"]["text"][:1]:
            kinds[_opening(row)][_kind(text)] += 1
            answers[text] += 1
    truths = [(row["answers"]["text"] or [""])[0] for row in validation]
    guesses = []
    for row in validation:
        kind = kinds[_opening(row)].most_common(1)
        found = _candidates(kind[0][0], row) if kind else []
        guesses.append(found[0] if found else "")
    commonest = answers.most_common(1)[0][0] if answers else ""
    empty = float(np.mean([token_f1("", t) for t in truths]))
    guess = float(np.mean([token_f1(g, t) for g, t in zip(guesses, truths, strict=True)]))
    blind = float(np.mean([token_f1(commonest, t) for t in truths]))
    return empty, max(guess, empty), max(blind, empty)


def _opening(row: dict) -> str:
    return " ".join(row["question"].lower().split()[:2])
