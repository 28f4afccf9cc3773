"""Windows over the context of a question, with the answer's place in each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from scalescope.data.tasks.arrays import LONGEST_ANSWER, Features
from scalescope.data.tasks.characters import with_dropped
from scalescope.data.tasks.encoding import encode_field, encode_unique
from scalescope.data.tasks.spec import Task
from scalescope.data.tokenizer import BATCH, CLS, SEP

NEARLY = 10  # tokens by which an answer in its context may exceed the same text alone, which begins with a whole word


@dataclass(frozen=True)
class Context:
    """An encoded context: `ids` uint16, `begin` and `end` int32 character offsets of each token.

    shown_begin, shown_end: the same with the characters around a token that the tokenizer drops (see characters.py).
    """

    ids: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    shown_begin: np.ndarray
    shown_end: np.ndarray


def longest_answer(task: Task, rows: list[dict], tokenizer: Tokenizer) -> int:
    """Tokens of the longest (first) answer of the rows of a span task, and at least 30: what a prediction may have.

    The smaller a vocabulary, the more pieces an answer has: Devlin's limit of 30 tokens was made for 30,522 pieces.
    """
    if task.family != "span":
        return LONGEST_ANSWER
    answered = [row for row in rows if row["answers"]["text"]]
    pieces = encode_unique(tokenizer, [row["answers"]["text"][0] for row in answered])
    long = [row for row, ids in zip(answered, pieces, strict=True) if len(ids) > LONGEST_ANSWER - NEARLY]
    contexts = _contexts(tokenizer, [row["context"] for row in long])
    return max([LONGEST_ANSWER, *(_size(_answer(row, contexts[row["context"]])) for row in long)])


def encode_spans(
    task: Task, rows: list[dict], tokenizer: Tokenizer, max_length: int, stride: int | None, longest: int
) -> Features:
    """Windows "[CLS] question [SEP] context [SEP]" of every row, those of one row in order.

    The question keeps at most a third of max_length (cut questions count as truncated). longest: tokens that a
    predicted answer may have; answers of more count as too long.
    """
    questions = encode_field(task, tokenizer, rows, "question")
    contexts = _contexts(tokenizer, [row["context"] for row in rows])
    kept = max_length // 3
    parts: dict[str, list] = {name: [] for name in ("tokens", "char_start", "char_end")}
    example, context_start, spans = [], [], []
    truncated = windowed = unlocated = too_long = 0
    for index, row in enumerate(rows):
        question, context = questions[index][:kept], contexts[row["context"]]
        truncated += len(questions[index]) > kept
        room = max_length - 3 - len(question)
        windows = context_windows(len(context.ids), room, stride)
        windowed += len(windows) > 1
        answer = _answer(row, context)
        placed, whole = _place(answer, windows)
        unlocated += not whole
        too_long += _size(answer) > longest
        for (begin, end), (first, last) in zip(windows, placed, strict=True):
            head = len(question) + 2
            parts["tokens"].append(_sequence(question, context.ids[begin:end]))
            parts["char_start"].append(_aside(context.shown_begin[begin:end], head))
            parts["char_end"].append(_aside(context.shown_end[begin:end], head))
            spans.append((first - begin + head, last - begin + head) if first >= 0 else (0, 0))
            context_start.append(head)
            example.append(index)
    span = np.array(spans, dtype=np.int32)
    return Features(
        starts=np.cumsum([0, *map(len, parts["tokens"])], dtype=np.int64),
        example=np.array(example, dtype=np.int32),
        labels=np.full(len(rows), -1, dtype=np.int32),
        span_start=span[:, 0].copy(),
        span_end=span[:, 1].copy(),
        context_start=np.array(context_start, dtype=np.int32),
        group=task.group,
        n_examples=len(rows),
        truncated=truncated,
        windowed=windowed,
        unlocated=unlocated,
        too_long=too_long,
        longest_answer=longest,
        **{name: np.concatenate(arrays) for name, arrays in parts.items()},
    )


def _contexts(tokenizer: Tokenizer, texts: list[str]) -> dict[str, Context]:
    """Every different context, encoded once."""
    different = list(dict.fromkeys(texts))
    found = {}
    for begin in range(0, len(different), BATCH):
        batch = different[begin : begin + BATCH]
        for text, encoding in zip(batch, tokenizer.encode_batch(batch, add_special_tokens=False), strict=True):
            offsets = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2)
            shown = with_dropped(text, offsets)
            found[text] = Context(np.array(encoding.ids, dtype=np.uint16), *offsets.T, *shown.T)
    return found


def context_windows(size: int, room: int, stride: int | None) -> list[tuple[int, int]]:
    """Token ranges [begin, end) that cover 0..size, each at most `room` long."""
    step = min(stride or max(1, room // 2), room)
    windows = [(0, min(size, room))]
    while windows[-1][1] < size:
        begin = windows[-1][0] + step
        windows.append((begin, min(size, begin + room)))
    return windows


def _answer(row: dict, context: Context) -> tuple[int, int] | None:
    """First and last context token of the first reference answer, or None if there is none."""
    answers = row["answers"]
    if not answers["text"]:
        return None
    begin = answers["answer_start"][0]
    end = begin + len(answers["text"][0])
    touched = np.flatnonzero((context.end > begin) & (context.begin < end))
    if not len(touched):  # a mark that the tokenizer drops: the nearest token stands for it
        nearest = min(int(np.searchsorted(context.begin, begin)), len(context.ids) - 1)
        return (nearest, nearest) if nearest >= 0 else None
    return int(touched[0]), int(touched[-1])


def _size(answer: tuple[int, int] | None) -> int:
    """Tokens of an answer."""
    return 0 if answer is None else answer[1] - answer[0] + 1


def _place(answer: tuple[int, int] | None, windows: list[tuple[int, int]]) -> tuple[list[tuple[int, int]], bool]:
    """Answer tokens as seen by each window ((-1, -1) where it is not whole), and whether nothing is lost."""
    nowhere = [(-1, -1)] * len(windows)
    if answer is None:
        return nowhere, True
    first, last = answer
    placed = [answer if begin <= first and last < end else (-1, -1) for begin, end in windows]
    if any(place[0] >= 0 for place in placed):
        return placed, True
    shares = [min(last + 1, end) - max(first, begin) for begin, end in windows]
    best = int(np.argmax(shares))
    nowhere[best] = (max(first, windows[best][0]), min(last, windows[best][1] - 1))
    return nowhere, False


def _sequence(question: np.ndarray, context: np.ndarray) -> np.ndarray:
    sequence = np.full(len(question) + len(context) + 3, SEP, dtype=np.uint16)
    sequence[0] = CLS
    sequence[1 : 1 + len(question)] = question
    sequence[2 + len(question) : -1] = context
    return sequence


def _aside(offsets: np.ndarray, head: int) -> np.ndarray:
    """Character offsets of a window's tokens, -1 for the question and the special tokens."""
    return np.concatenate([np.full(head, -1, np.int32), offsets, np.full(1, -1, np.int32)])
