"""Token sequences of the classification and the choice tasks."""

from __future__ import annotations

import numpy as np
from tokenizers import Tokenizer

from scalescope.data.tasks.arrays import Features, without_spans
from scalescope.data.tasks.spec import Task
from scalescope.data.tokenizer import CLS, SEP, encode_flat

_CLS = np.array([CLS], dtype=np.uint16)
_SEP = np.array([SEP], dtype=np.uint16)


def encode_classification(task: Task, rows: list[dict], tokenizer: Tokenizer, max_length: int) -> Features:
    """One feature a row, "[CLS] a [SEP]" or "[CLS] a [SEP] b [SEP]"; of two texts the longer is cut first."""
    texts = [encode_field(task, tokenizer, rows, name) for name in task.fields]
    room = max_length - 1 - len(texts)
    tokens, context_start, truncated = [], [], 0
    for parts in zip(*texts, strict=True):
        kept = parts if sum(map(len, parts)) <= room else _cut(parts, room)
        truncated += kept is not parts
        tokens.append(np.concatenate([_CLS, *(piece for part in kept for piece in (part, _SEP))]))
        context_start.append(1 if len(kept) == 1 else 2 + len(kept[0]))
    labels = np.array([task.labels.index(row[task.target]) for row in rows])
    return without_spans(tokens, labels, 1, np.array(context_start), truncated)


def encode_choice(task: Task, rows: list[dict], tokenizer: Tokenizer, max_length: int) -> Features:
    """Four features a row, "[CLS] article [SEP] question option [SEP]".

    Question and option each keep at most a third of max_length, the article gets the rest.
    """
    article, question = (encode_field(task, tokenizer, rows, name) for name in task.fields[:2])
    options = encode_unique(tokenizer, [option for row in rows for option in row["options"]])
    share = (max_length - 3) // 3
    tokens, truncated = [], 0
    for index in range(len(rows)):
        ends = [(question[index], option) for option in options[4 * index : 4 * index + 4]]
        short = [np.concatenate([asked[:share], option[:share]]) for asked, option in ends]
        rooms = [max_length - 3 - len(end) for end in short]
        truncated += len(article[index]) > min(rooms) or max(len(part) for end in ends for part in end) > share
        for end, room in zip(short, rooms, strict=True):
            tokens.append(np.concatenate([_CLS, article[index][:room], _SEP, end, _SEP]))
    labels = np.array([task.labels.index(row[task.target]) for row in rows])
    return without_spans(tokens, labels, task.group, np.ones(len(tokens)), int(truncated))


def encode_field(task: Task, tokenizer: Tokenizer, rows: list[dict], name: str) -> list[np.ndarray]:
    """Ids of one field of every row; raises ValueError for a text of which the tokenizer keeps nothing."""
    ids = encode_unique(tokenizer, [row[name] for row in rows])
    for number, (row, found) in enumerate(zip(rows, ids, strict=True), start=1):
        if not len(found):
            raise ValueError(
                f"task {task.name!r}, row {number}: field {name!r} holds {row[name]!r}: no letter, digit or sign"
            )
    return ids


def encode_unique(tokenizer: Tokenizer, texts: list[str]) -> list[np.ndarray]:
    """Ids of every text, without special tokens; a text that occurs many times is encoded once."""
    different = list(dict.fromkeys(texts))
    ids, starts = encode_flat(tokenizer, different)
    encoded = {text: ids[starts[place] : starts[place + 1]] for place, text in enumerate(different)}
    return [encoded[text] for text in texts]


def _cut(parts: tuple[np.ndarray, ...], room: int) -> tuple[np.ndarray, ...]:
    """Cut the longer of two texts (or the only one) so that they hold `room` tokens together."""
    if len(parts) == 1:
        return (parts[0][:room],)
    shorter = min(len(part) for part in parts)
    share = max(room - shorter, (room + 1) // 2)  # what the longer one keeps
    first, second = parts
    if len(first) >= len(second):
        return first[:share], second[: room - share]
    return first[: room - share], second[:share]
