"""Rows of a task as token sequences, whatever its family."""

from __future__ import annotations

from tokenizers import Tokenizer

from scalescope.data.tasks.arrays import Features
from scalescope.data.tasks.encoding import encode_choice, encode_classification
from scalescope.data.tasks.spans import encode_spans, longest_answer
from scalescope.data.tasks.spec import Task
from scalescope.data.tokenizer import check_unknown

__all__ = ["Features", "encode"]

SHORTEST = 16


def encode(
    task: Task,
    rows: list[dict],
    tokenizer: Tokenizer,
    max_length: int,
    stride: int | None = None,
    longest: int | None = None,
) -> Features:
    """Encode checked rows (see rows.check_rows) for a task.

    classification: "[CLS] a [SEP]" or "[CLS] a [SEP] b [SEP]", the longer text cut first. choice:
    "[CLS] article [SEP] question option [SEP]", one feature an option, the article cut at its end. span:
    "[CLS] question [SEP] window of context [SEP]".
    stride: tokens from one window of a context to the next, at most the room for context; None means half of
    that room, so that any answer up to half a window lies whole in some window. longest: tokens that a predicted
    answer may have (see spans.longest_answer); None means the longest answer of these rows, and at least 30.
    Raises ValueError for no rows, max_length below 16, a stride below 1, a text without a single token, or rows of
    which more than a fifth is unknown to the tokenizer.
    """
    if not rows:
        raise ValueError(f"task {task.name!r} has no rows to encode")
    if max_length < SHORTEST:
        raise ValueError(f"max_length {max_length} is below {SHORTEST}")
    if stride is not None and stride < 1:
        raise ValueError(f"stride {stride} is below 1")
    if task.family == "span":
        longest = longest_answer(task, rows, tokenizer) if longest is None else longest
        features = encode_spans(task, rows, tokenizer, max_length, stride, longest)
    elif task.family == "choice":
        features = encode_choice(task, rows, tokenizer, max_length)
    else:
        features = encode_classification(task, rows, tokenizer, max_length)
    texts = (row[name] for row in rows for name in task.fields if name != "options")
    check_unknown(features.tokens, f"task {task.name!r}", texts, tokenizer)
    return features
