"""From the outputs of a head to the task's metric, and the majority baseline beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scalescope.data.tasks import metrics
from scalescope.data.tasks.arrays import Features
from scalescope.data.tasks.spec import Task
from scalescope.tables import COLUMNS, check

CHUNK = 4096  # features scored at once, to bound memory

Outputs = np.ndarray | tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Answers:
    """Best non-empty answer of every example.

    texts [n]: "" only where an example has no context token. best float [n]: its start plus end logit.
    null float [n]: smallest start plus end logit of [CLS] over the windows. no_answer = null - best.
    """

    texts: list[str]
    best: np.ndarray
    null: np.ndarray

    @property
    def no_answer(self) -> np.ndarray:
        """How much more the model believes in no answer than in `texts`, float [n]."""
        return self.null - self.best


def evaluate(
    task: Task, features: Features, rows: list[dict], outputs: Outputs
) -> tuple[dict[str, float], pd.DataFrame]:
    """Every number a finetuning run records of one evaluation, `value` and `value_answerable`, and the table "rows".

    outputs: logits [n_examples, n_labels] for classification and choice; for span tasks (start, end) logits,
    each flat [T] like features.tokens. rows: the rows that were encoded.
    value: the task's metric, accuracy, Matthews, F1 or best F1. value_answerable: SQuAD 1.1's F1 on the answerable
    questions, whatever the no-answer score says (Ivgi et al. 2022, figure 8); NaN for every task but squad_v2, and
    where no question has an answer.
    The table has one row per example. label, predicted: class or option as a number from 0, or answer texts (the
    first reference; "" for no answer). score: 1 or 0, or the example's word F1; for best F1 the one at the best
    threshold, so that `value` is its mean for every metric but Matthews.
    Raises ValueError for outputs of another shape or with values that are not finite.
    """
    _check_outputs(task, features, rows, outputs)
    if task.family != "span":
        predicted = np.argmax(outputs, axis=1)
        metric = metrics.matthews if task.metric == "matthews" else metrics.accuracy
        value = metric(predicted, features.labels)
        right = (predicted == features.labels).astype(float)
        table = _table(np.asarray(features.labels), predicted.astype(np.int32), right)
        return {"value": value, "value_answerable": np.nan}, table
    answers = answer_spans(features, rows, *outputs)
    references = [row["answers"]["text"] for row in rows]
    first = [texts[0] if texts else "" for texts in references]
    given, answerable = answers.texts, np.nan
    if task.has_no_answer:
        kept = [index for index, right in enumerate(references) if right]
        if kept:
            answerable = metrics.squad_f1([given[i] for i in kept], [references[i] for i in kept])
        value, threshold = metrics.best_f1(given, references, answers.no_answer)
        given = [text if said else "" for text, said in zip(given, answers.no_answer <= threshold, strict=True)]
    else:
        value = metrics.squad_f1(given, references)
    of_one = metrics.question_f1 if task.has_no_answer else metrics.answer_f1
    each = [of_one(*pair) for pair in zip(given, references, strict=True)]
    return {"value": value, "value_answerable": answerable}, _table(first, given, each)


def _table(label: np.ndarray | list[str], predicted: np.ndarray | list[str], score: np.ndarray | list[float]):
    places = np.arange(len(label), dtype=np.int32)
    parts = (places, label, predicted, np.asarray(score, dtype=float))
    return check(pd.DataFrame(dict(zip(COLUMNS["rows"], parts, strict=True))), "rows")


def answer_spans(features: Features, rows: list[dict], start: np.ndarray, end: np.ndarray) -> Answers:
    """Best span of every example over all its windows: in the context, start <= end, up to `longest_answer` tokens."""
    best, first, last = _best_spans(features, np.asarray(start), np.asarray(end))
    cls = features.starts[:-1]
    null = np.asarray(start, dtype=float)[cls] + np.asarray(end, dtype=float)[cls]
    begins = np.searchsorted(features.example, np.arange(features.n_examples))
    most = np.maximum.reduceat(best, begins)
    # the first window that reaches the example's best score
    winners = np.flatnonzero(best == most[features.example])
    chosen = winners[np.searchsorted(features.example[winners], np.arange(features.n_examples))]
    texts = []
    for index, feature in enumerate(chosen):
        where = features.starts[feature]
        begin, stop = features.char_start[where + first[feature]], features.char_end[where + last[feature]]
        texts.append(rows[index]["context"][begin:stop] if np.isfinite(most[index]) else "")
    return Answers(texts, most, np.minimum.reduceat(null, begins))


def majority(task: Task, rows: list[dict]) -> float:
    """Metric of a model that always gives the most frequent label.

    Accuracy: its frequency. Matthews and SQuAD 1.1's F1: 0. Best F1: F1 of answering nothing.
    """
    if task.family == "span":
        return float(np.mean([not row["answers"]["text"] for row in rows]))
    if task.metric == "matthews":
        return 0.0
    labels = [task.labels.index(row[task.target]) for row in rows]
    return float(np.bincount(labels).max() / len(labels))


def _best_spans(features: Features, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Score, first and last token (inside the feature) of each feature's best span; -inf if there is none."""
    count = features.n_features
    best = np.full(count, -np.inf)
    first, last = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for begin in range(0, count, CHUNK):
        part = slice(begin, min(count, begin + CHUNK))
        offsets, sizes = features.starts[:-1][part], features.lengths[part]
        inside = np.arange(sizes.max()) < sizes[:, None]
        flat = (offsets[:, None] + np.arange(sizes.max()))[inside]
        in_context = features.char_start[flat] >= 0
        opening, closing = np.full(inside.shape, -np.inf), np.full(inside.shape, -np.inf)
        opening[inside] = np.where(in_context, start[flat], -np.inf)
        closing[inside] = np.where(in_context, end[flat], -np.inf)
        for extra in range(min(features.longest_answer, inside.shape[1])):
            total = opening[:, : inside.shape[1] - extra] + closing[:, extra:]
            place = np.argmax(total, axis=1)
            value = np.take_along_axis(total, place[:, None], axis=1)[:, 0]
            better = value > best[part]
            best[part] = np.where(better, value, best[part])
            first[part] = np.where(better, place, first[part])
            last[part] = np.where(better, place + extra, last[part])
    return best, first, last


def _check_outputs(task: Task, features: Features, rows: list[dict], outputs: Outputs) -> None:
    if len(rows) != features.n_examples:
        raise ValueError(f"{len(rows)} rows, but the features hold {features.n_examples} examples")
    if task.family == "span":
        wanted, found = [features.tokens.shape] * 2, [np.shape(logits) for logits in outputs]
    else:
        wanted, found = [(features.n_examples, task.n_labels)], [np.shape(outputs)]
    if wanted != found:
        raise ValueError(f"outputs for the task {task.name!r} have shape {found}, expected {wanted}")
    parts = outputs if isinstance(outputs, tuple) else (outputs,)
    if not all(np.isfinite(part).all() for part in parts):
        raise ValueError(f"outputs for the task {task.name!r} are not finite")
