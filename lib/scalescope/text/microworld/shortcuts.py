"""What shortcuts are worth: bag-of-words and one-side-only classifiers against the best possible score.

Linear classifiers on unigrams and bigrams, trained on a task's train rows and scored on its validation rows; for
spans, the best guess from the type of the answer. Labels follow from the generator's rules without noise, so the
best possible score of every task is 1.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

COLUMNS = ["task", "metric", "majority", "bag_of_words", "one_side", "best_possible"]
SIDES = {
    "sst2": ("sentence",), "cola": ("sentence",), "mnli": ("premise", "hypothesis"),
    "mrpc": ("sentence1", "sentence2"), "qnli": ("sentence", "question"), "boolq": ("passage", "question"),
}  # fmt: skip
FEATURES = 2500
NAME = re.compile(r"[A-Z][a-z]+(?: (?:of )?[A-Z][a-z]+)*")
YEAR = re.compile(r"\b\d{4}\b")


def shortcut_table(source, tasks: list[str] | tuple[str, ...] | None = None) -> pd.DataFrame:
    """Return a table with the columns `COLUMNS`, one row per task, in metric units (0 to 1).

    majority, bag_of_words and one_side are scores on validation rows; one_side is NaN for tasks of one sentence.
    """
    names = tasks or ["squad", "mnli", "qnli", "sst2", "race", "cola", "squad_v2", "mrpc", "boolq"]
    lines = []
    for task in names:
        train, validation = source.rows(task, "train"), source.rows(task, "validation")
        scores = _spans if task.startswith("squad") else _choices if task == "race" else _labels
        metric = {"cola": "matthews", "squad": "f1", "squad_v2": "best_f1"}.get(task, "accuracy")
        lines.append((task, metric, *scores(task, train, validation), 1.0))
    return pd.DataFrame(lines, columns=COLUMNS)


def grams(text: str, side: str = "") -> set[str]:
    """Return the unigrams and bigrams of a text, marked with the side they come from."""
    words = text.lower().split()
    return {f"{side}:{w}" for w in words} | {f"{side}:{a} {b}" for a, b in pairwise(words)}


def fit_linear(bags: list[set[str]], labels: np.ndarray, classes: int, steps: int = 150):
    """Fit a multinomial logistic regression by full-batch gradient descent with momentum; return a scorer.

    The scorer maps bags to logits [rows, classes]. The commonest `FEATURES` seen twice are used; ridge penalty 1e-3.
    """
    counts = Counter(g for bag in bags for g in bag)
    ranked = sorted((-n, g) for g, n in counts.items() if n > 1)[:FEATURES]
    index = {g: i for i, (_, g) in enumerate(ranked)}

    def matrix(rows: list[set[str]]) -> csr_array:
        known = [[*sorted(index[g] for g in bag if g in index), len(index)] for bag in rows]  # the last is the constant
        lengths = np.array([len(row) for row in known])
        values = np.repeat((lengths**-0.5).astype(np.float32), lengths)
        places = np.concatenate([[0], np.cumsum(lengths)])
        return csr_array((values, np.concatenate(known), places), shape=(len(rows), len(index) + 1))

    x, onehot = matrix(bags), np.eye(classes, dtype=np.float32)[labels]
    weights = np.zeros((x.shape[1], classes), dtype=np.float32)
    speed, transposed = np.zeros_like(weights), x.T.tocsr()
    for _ in range(steps):
        scores = x @ weights
        p = np.exp(scores - scores.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        speed = 0.9 * speed - (transposed @ (p - onehot) / x.shape[0] + 1e-3 * weights)
        weights += 2.0 * speed
    return lambda rows: matrix(rows) @ weights


def _score(task: str, predicted: np.ndarray, truth: np.ndarray) -> float:
    if task != "cola":
        return float((predicted == truth).mean())
    if predicted.std() == 0 or truth.std() == 0:
        return 0.0
    return float(np.corrcoef(predicted, truth)[0, 1])


def _labels(task: str, train: list[dict], validation: list[dict]) -> tuple[float, float, float]:
    field = "answer" if task == "boolq" else "label"
    y, truth = (np.array([int(row[field]) for row in rows]) for rows in (train, validation))
    classes = 3 if task == "mnli" else 2
    majority = np.full_like(truth, np.bincount(truth).argmax())

    def run(sides: tuple[str, ...]) -> float:
        bags = [[set().union(*(grams(r[s], s) for s in sides)) for r in rows] for rows in (train, validation)]
        return _score(task, fit_linear(bags[0], y, classes)(bags[1]).argmax(1), truth)

    both = SIDES[task]
    return _score(task, majority, truth), run(both), run(both[-1:]) if len(both) > 1 else float("nan")


def _choices(task: str, train: list[dict], validation: list[dict]) -> tuple[float, float, float]:
    truth = np.array(["ABCD".index(row["answer"]) for row in validation])

    def run(whole: bool) -> float:
        def bag(row: dict, option: str) -> set[str]:
            if not whole:
                return grams(option)
            seen = {"inside"} if option in row["article"] else set()
            return grams(option) | grams(row["question"], "q") | grams(row["article"], "a") | seen

        bags = [bag(row, o) for row in train for o in row["options"]]
        right = np.array([int("ABCD"[i] == row["answer"]) for row in train for i in range(4)])
        logits = fit_linear(bags, right, 2)([bag(row, o) for row in validation for o in row["options"]])
        return float(((logits[:, 1] - logits[:, 0]).reshape(-1, 4).argmax(1) == truth).mean())

    return float(np.bincount(truth).max() / len(truth)), run(True), run(False)


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
    commonest = answers.most_common(1)[0][0]
    empty = float(np.mean([token_f1("", t) for t in truths]))
    guess = float(np.mean([token_f1(g, t) for g, t in zip(guesses, truths, strict=True)]))
    blind = float(np.mean([token_f1(commonest, t) for t in truths]))
    return empty, max(guess, empty), max(blind, empty)


def _opening(row: dict) -> str:
    return " ".join(row["question"].lower().split()[:2])
