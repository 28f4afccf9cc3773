"""Accuracy, Matthews correlation and the SQuAD scores, all between 0 and 1 (Matthews: -1 and 1), all pure."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def accuracy(predicted: np.ndarray, labels: np.ndarray) -> float:
    """Share of `predicted` [n] that equals `labels` [n]."""
    _same_length(predicted, labels)
    return float(np.mean(np.asarray(predicted) == np.asarray(labels)))


def matthews(predicted: np.ndarray, labels: np.ndarray) -> float:
    """Matthews correlation of `predicted` [n] and `labels` [n], any number of classes; 0 where undefined.

    Source: Gorodkin (2004), R_K; Matthews (1975) for two classes.
    """
    _same_length(predicted, labels)
    _, numbers = np.unique(np.concatenate([predicted, labels]), return_inverse=True)
    return float(matthews_of_counts(confusion(numbers[len(predicted) :], numbers[: len(predicted)])))


def confusion(label: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Counts [K, K] of (label, predicted), both numbers from 0."""
    classes = int(max(np.max(label), np.max(predicted))) + 1
    cell = np.asarray(label, dtype=int) * classes + np.asarray(predicted, dtype=int)
    return np.bincount(cell, minlength=classes * classes).reshape(classes, classes).astype(float)


def matthews_of_counts(counts: np.ndarray) -> np.ndarray:
    """Matthews correlation [...] of confusion counts [..., K, K] (label, predicted), which need not be whole; 0 where
    undefined. Source: Gorodkin (2004), R_K.
    """
    counts = np.asarray(counts, dtype=float)
    true, given = counts.sum(-1), counts.sum(-2)
    n = true.sum(-1)
    covariance = np.trace(counts, axis1=-2, axis2=-1) * n - (given * true).sum(-1)
    spread = (n * n - (given * given).sum(-1)) * (n * n - (true * true).sum(-1))
    return np.where(spread > 0, covariance / np.sqrt(np.where(spread > 0, spread, 1)), 0.0)


def normalise_answer(text: str) -> str:
    """Lower case, without punctuation, articles and extra space (official SQuAD evaluation script)."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split())


def answer_f1(predicted: str, references: Sequence[str]) -> float:
    """Word F1 of one answer, the best over its references; no references means that "" is right.

    Source: official SQuAD 2.0 evaluation script, compute_f1; SQuAD 1.1 agrees where no text is empty.
    """
    return max(_pair_f1(_words(predicted), _words(reference)) for reference in _right(references))


def squad_f1(predicted: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Mean word F1 of answers [n], each against its references (an empty list: no answer is right)."""
    _same_length(predicted, references)
    return float(np.mean([answer_f1(*pair) for pair in zip(predicted, references, strict=True)]))


def question_f1(predicted: str, references: Sequence[str]) -> float:
    """What one question of SQuAD 2.0 adds to the sum that `best_f1` maximises: `predicted` is "" for no answer.

    Differs from `answer_f1` where a text is empty only after normalisation: whether there is an answer is decided by
    the text ("the" is one), and by the list of references (["A"] is an answerable question).
    Source: official SQuAD 2.0 evaluation script, find_best_thresh and make_qid_to_has_ans.
    """
    if not references:
        return float(not predicted)
    return answer_f1(predicted, references) if predicted else 0.0


def best_f1(
    predicted: Sequence[str], references: Sequence[Sequence[str]], no_answer: np.ndarray
) -> tuple[float, float]:
    """F1 at the best threshold on the no-answer score, and that threshold.

    A question is answered with its text where no_answer [n] <= threshold, else with nothing. Questions with
    equal scores fall on the same side; -inf as threshold means that nothing is answered. A question without
    references is right only where nothing is answered: "the" and "," are answers.
    Source: official SQuAD 2.0 evaluation script, find_best_thresh.
    """
    _same_length(predicted, references)
    no_answer = np.asarray(no_answer, dtype=float)
    _same_length(predicted, no_answer)
    answered = np.array([question_f1(*pair) for pair in zip(predicted, references, strict=True)])
    silent = np.array([question_f1("", right) for right in references])
    order = np.argsort(no_answer, kind="stable")
    gained = np.concatenate([[0.0], np.cumsum((answered - silent)[order])])
    thresholds = np.concatenate([[-np.inf], no_answer[order]])
    last_of_ties = np.append(thresholds[1:] != thresholds[:-1], True)
    best = int(np.argmax(np.where(last_of_ties, gained, -np.inf)))
    return float((silent.sum() + gained[best]) / len(answered)), float(thresholds[best])


def _right(references: Sequence[str]) -> Sequence[str]:
    return [text for text in references if _words(text)] or ("",)


@lru_cache(maxsize=2**16)
def _words(text: str) -> tuple[str, ...]:
    return tuple(normalise_answer(text).split())


def _pair_f1(predicted: tuple[str, ...], reference: tuple[str, ...]) -> float:
    if not predicted or not reference:
        return float(predicted == reference)
    common = sum((Counter(predicted) & Counter(reference)).values())
    return 2.0 * common / (len(predicted) + len(reference))


def _same_length(first: Sequence | np.ndarray, second: Sequence | np.ndarray) -> None:
    if len(first) != len(second) or len(first) == 0:
        raise ValueError(f"a metric needs two non-empty lists of equal length, got {len(first)} and {len(second)}")
