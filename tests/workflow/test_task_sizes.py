from __future__ import annotations

import json

import pytest

from scalescope.data.tasks.features import encode
from scalescope.data.tasks.spec import TASKS
from scalescope.data.tokenizer import train_tokenizer
from scalescope.experiment.profile import load_profile
from scalescope.workflow import task_sizes
from scalescope.workflow.plan import finetune_tokens

WORDS = "one two three four five six seven eight"
LONG = " ".join([WORDS] * 12)  # 96 words
ROWS = {
    "squad": {"question": WORDS, "context": LONG, "answers": {"text": ["one"], "answer_start": [0]}},
    "race": {"article": WORDS, "question": "six seven", "options": ["one", "two", "three", "four"], "answer": "A"},
    "mnli": {"premise": WORDS, "hypothesis": "one two", "label": 0},
    "sst2": {"sentence": LONG, "label": 1},
}


def length(name):
    return task_sizes.row_tokens(TASKS[name], ROWS[name], max_length=32, stride=8)


@pytest.mark.parametrize("name", ROWS)
def test_where_each_word_is_a_piece_tokens_are_those_of_the_encoded_row(name, monkeypatch):
    monkeypatch.setattr(task_sizes, "PIECES_PER_WORD", 1.0)
    tokenizer = train_tokenizer([WORDS] * 20, 400)
    features = encode(TASKS[name], [ROWS[name]], tokenizer, 32, 8)
    assert length(name) == features.starts[-1]


@pytest.fixture
def folder(project, tmp_path):
    """A data folder with three train rows and two of validation of every task in ROWS."""
    for name, row in ROWS.items():
        (tmp_path / "data" / "tasks" / name).mkdir(parents=True)
        for split, count in (("train", 3), ("validation", 2)):
            lines = "".join(json.dumps(row) + "\n" for _ in range(count))
            (tmp_path / "data" / "tasks" / name / f"{split}.jsonl").write_text(lines)
    return tmp_path / "data"


@pytest.fixture
def profile(folder):
    tiny = load_profile("tiny", data=folder)
    return tiny.model_copy(update={"finetune": tiny.finetune.model_copy(update={"max_length": 32, "stride": 8})})


def test_rows_of_a_folder_are_counted_and_their_words_too(profile, folder):
    assert task_sizes.task_sizes(profile, "squad") == (3, 2, length("squad"))
    short = {**ROWS["squad"], "context": WORDS}
    train = folder / "tasks" / "squad" / "train.jsonl"
    train.write_text("".join(json.dumps(row) + "\n" for row in (short, ROWS["squad"])))
    tokens = (length("squad") + task_sizes.row_tokens(TASKS["squad"], short, 32, 8)) / 2
    assert task_sizes.task_sizes(profile, "squad") == (2, 2, tokens)
    assert finetune_tokens(profile, "squad") == int((2 + 2 / 3) * profile.finetune.epochs * tokens)


def test_without_rows_that_can_be_read_sizes_are_the_usual_ones(profile, folder):
    usual = task_sizes.example_tokens(TASKS["sst2"], 32)
    (folder / "tasks" / "sst2" / "train.jsonl").write_text("no JSON\n")
    assert task_sizes.task_sizes(profile, "sst2")[2] == usual
    (folder / "tasks" / "sst2" / "train.jsonl").unlink()
    assert task_sizes.task_sizes(profile, "sst2")[2] == usual


def test_what_collecting_found_counts_more_than_the_folder(profile, monkeypatch):
    found = {"mnli": {"train": 7, "eval": 5, "tokens_mean": 9.5}}
    monkeypatch.setattr(task_sizes, "_collected", lambda folder: found)
    assert task_sizes.task_sizes(profile, "mnli") == (7, 5, 9.5)
