"""A toy corpus and toy tasks that a model of two thousand parameters can learn in seconds."""

import numpy as np

from scalescope.data.corpus import Corpus
from scalescope.data.encoded import TaskData
from scalescope.data.tasks.features import Features
from scalescope.data.tasks.spec import TASKS
from scalescope.model.config import EncoderConfig
from scalescope.training.pretrain import PretrainConfig

VOCABULARY, LENGTH = 40, 16
ENCODER = EncoderConfig(aspect_ratio=16, layers=1, heads=2, vocabulary_size=VOCABULARY, max_length=LENGTH, dropout=0.1)


def make_corpus(rows: int, seed: int) -> Corpus:
    """Rows of ascending tokens: each token follows from its neighbours."""
    start = np.random.default_rng(seed).integers(5, 20, size=(rows, 1))
    tokens = (start + np.arange(LENGTH)).astype(np.uint16)
    tokens[:, 0] = 2
    units = np.ones(tokens.shape, bool)
    units[:, 2::2] = False
    return Corpus(tokens, np.ones(tokens.shape, np.uint8), units, VOCABULARY)


def make_config(**changes) -> PretrainConfig:
    settings = {
        "encoder": ENCODER,
        "objective": "mlm",
        "data": "toy",
        "steps": 40,
        "batch_size": 16,
        "learning_rate": 0.01,
        "warmup_steps": 5,
        "schedule": "linear",
        "decay_fraction": 0.2,
        "weight_decay": 0.01,
        "mask_rate": 0.15,
        "eval_every": 10,
        "eval_sequences": 32,
        "patience": 100,
        "seed": 0,
        "precision": "fp32",
    }
    return PretrainConfig(**{**settings, **changes})


def make_features(labels: np.ndarray, seed: int, group: int = 1) -> Features:
    """Sequences of random length; the first word of the right option (or of the row) tells the label."""
    rng = np.random.default_rng(seed)
    pieces, n = [], len(labels) * group
    for at in range(n):
        word = 5 + labels[at] if group == 1 else 5 + int(labels[at // group] == at % group)
        pieces.append(np.concatenate([[2, word], rng.integers(20, VOCABULARY, rng.integers(2, 12)), [3]]))
    starts = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
    zero = np.zeros(n, np.int32)
    return Features(
        tokens=np.concatenate(pieces).astype(np.uint16),
        starts=starts,
        example=np.repeat(np.arange(len(labels)), group).astype(np.int32),
        labels=labels.astype(np.int32),
        span_start=zero,
        span_end=zero,
        context_start=zero,
        char_start=np.zeros(0, np.int32),
        char_end=np.zeros(0, np.int32),
        group=group,
        n_examples=len(labels),
        truncated=0,
    )


def make_spans(rows: int, seed: int) -> tuple[Features, list[dict]]:
    """Contexts of random words; the answer is the one word below 20, alone."""
    rng = np.random.default_rng(seed)
    pieces, places, found = [], [], []
    for _ in range(rows):
        words = rng.integers(20, VOCABULARY, rng.integers(3, 12))
        place = rng.integers(len(words))
        words[place] = rng.integers(5, 20)
        pieces.append(np.concatenate([[2], words, [3]]))
        places.append(place + 1)
        found.append({"context": " ".join(map(str, words)), "answers": {"text": [str(words[place])]}})
    starts = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
    begins = [[-1, *(3 * np.arange(len(piece) - 2)), -1] for piece in pieces]  # two digits and a space a word
    begins = np.concatenate(begins).astype(np.int32)
    features = Features(
        tokens=np.concatenate(pieces).astype(np.uint16),
        starts=starts,
        example=np.arange(rows, dtype=np.int32),
        labels=np.full(rows, -1, np.int32),
        span_start=np.array(places, np.int32),
        span_end=np.array(places, np.int32),
        context_start=np.ones(rows, np.int32),
        char_start=begins,
        char_end=np.where(begins < 0, -1, begins + 2).astype(np.int32),
        group=1,
        n_examples=rows,
        truncated=0,
    )
    return features, found


def make_task(name: str) -> TaskData:
    task = TASKS[name]
    if task.family == "span":
        (train, _), (evaluation, rows) = make_spans(240, 1), make_spans(60, 2)
        return TaskData(task, train, evaluation, rows)
    group = 4 if task.family == "choice" else 1
    rng = np.random.default_rng(0)
    train, evaluation = (rng.integers(0, task.n_labels, size) for size in (240, 60))
    key = "answer" if task.family == "choice" else "label"
    rows = [{key: "ABCD"[label] if task.family == "choice" else int(label)} for label in evaluation]
    return TaskData(task, make_features(train, 1, group), make_features(evaluation, 2, group), rows)
