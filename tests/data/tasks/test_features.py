"""Encoded rows: layout of every family, cuts counted, windows that lose no answer."""

import os
from pathlib import Path

import numpy as np
import pytest

from scalescope.data.tasks.features import Features, encode
from scalescope.data.tasks.spec import task
from scalescope.data.tokenizer import CLS, SEP

FOUR = "one two three four"


def told(tokenizer, features, index):
    """Feature `index` as text."""
    ids = features.tokens[features.starts[index] : features.starts[index + 1]]
    return tokenizer.decode(ids.tolist(), skip_special_tokens=False)


def question(context, answer=None, asked="who sold what"):
    answers = {"text": [], "answer_start": []}
    if answer:
        answers = {"text": [answer], "answer_start": [f" {context}".index(f" {answer}")]}
    return {"id": asked, "context": context, "question": asked, "answers": answers}


def answer_text(features, row, index):
    """What the labelled span of feature `index` reads in the row's context."""
    begin = features.starts[index]
    first, last = begin + features.span_start[index], begin + features.span_end[index]
    return row["context"][features.char_start[first] : features.char_end[last]]


def test_one_text(tokenizer):
    rows = [{"sentence": "one two", "label": 1}, {"sentence": "SEVEN", "label": 0}]
    features = encode(task("sst2"), rows, tokenizer, 16)
    assert [told(tokenizer, features, index) for index in range(2)] == ["[CLS] one two [SEP]", "[CLS] seven [SEP]"]
    assert features.labels.tolist() == [1, 0]
    assert features.context_start.tolist() == [1, 1]
    assert (features.n_features, features.n_examples, features.group, features.truncated) == (2, 2, 1, 0)
    assert features.tokens_mean == 3.5


def test_two_texts_and_boolean_labels(tokenizer):
    rows = [{"question": "who sold what", "passage": "one two", "answer": flag} for flag in (True, False)]
    features = encode(task("boolq"), rows, tokenizer, 16)
    assert told(tokenizer, features, 1) == "[CLS] who sold what [SEP] one two [SEP]"
    assert features.labels.tolist() == [1, 0]
    assert features.context_start.tolist() == [5, 5]


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (FOUR * 9, FOUR, (9, 4)),  # the longer is cut, whichever it is
        (FOUR, FOUR * 9, (4, 9)),
        (FOUR * 9, FOUR * 9, (7, 6)),
        (f"{FOUR} five", f"{FOUR} five six seven", (5, 7)),
    ],
)
def test_the_longer_text_is_cut(tokenizer, first, second, kept):
    first, second = first.replace("fourone", "four one"), second.replace("fourone", "four one")
    rows = [{"sentence1": first, "sentence2": second, "label": 0}]
    features = encode(task("mrpc"), rows, tokenizer, 16)
    ends = np.flatnonzero(features.tokens == SEP)
    assert (ends[0] - 1, ends[1] - ends[0] - 1) == kept
    assert features.truncated == int(sum(kept) == 13)
    assert features.tokens[0] == CLS


def test_choice(tokenizer):
    row = {
        "article": f"{FOUR} five six",
        "question": "who",
        "options": ["one", "two", "sold what", "six"],
        "answer": "C",
    }
    features = encode(task("race"), [row, row], tokenizer, 16)
    assert told(tokenizer, features, 6) == f"[CLS] {FOUR} five six [SEP] who sold what [SEP]"
    assert features.example.tolist() == [0] * 4 + [1] * 4
    assert features.labels.tolist() == [2, 2]
    assert (features.group, features.n_examples, features.truncated) == (4, 2, 0)


def test_choice_cuts_the_article_and_counts_once(tokenizer):
    row = {
        "article": " ".join([FOUR] * 9),
        "question": "who",
        "options": ["one", "two", "sold what", "six"],
        "answer": "A",
    }
    long_option = {**row, "article": "one", "options": ["one", "two", "six", " ".join([FOUR] * 3)]}
    features = encode(task("race"), [row, long_option, {**row, "article": "two"}], tokenizer, 16)
    assert features.truncated == 2
    assert features.lengths[:4].tolist() == [16] * 4
    assert told(tokenizer, features, 2).endswith("[SEP] who sold what [SEP]")
    assert features.lengths.max() <= 16


def test_span_in_one_window(tokenizer, context):
    rows = [question(context, "milk and honey"), question(context)]
    features = encode(task("squad_v2"), rows, tokenizer, 128)
    assert features.n_features == 2
    assert answer_text(features, rows[0], 0) == "milk and honey"
    assert (features.span_start[1], features.span_end[1]) == (0, 0)
    assert features.labels.tolist() == [-1, -1]
    assert (features.windowed, features.truncated, features.unlocated) == (0, 0, 0)
    assert features.tokens[features.context_start[0] - 1] == SEP
    assert features.char_start[features.context_start[0]] == 0
    assert (features.char_start[: features.context_start[0]] == -1).all()
    assert features.char_start[features.starts[1] - 1] == -1


def test_offsets_survive_accents(tokenizer, context):
    for answer in ("Café owners", "Genève", "every morning"):
        row = question(context, answer)
        assert answer_text(encode(task("squad"), [row], tokenizer, 128), row, 0) == answer


def test_a_mark_that_touches_the_answer_is_left_out(tokenizer):
    row = {**question("water milk (bread), honey water milk"), "answers": {"text": ["bread"], "answer_start": [12]}}
    assert answer_text(encode(task("squad"), [row], tokenizer, 64), row, 0) == "bread"


@pytest.mark.parametrize("stride", [None, 1, 5])
def test_every_answer_lies_whole_in_a_window(tokenizer, context, stride):
    words = context.split()
    answers = [" ".join(words[begin : begin + size]) for size in (1, 2, 3) for begin in range(len(words) - size)]
    rows = [question(context, answer) for answer in answers]
    features = encode(task("squad"), rows, tokenizer, 18, stride)
    assert features.windowed == len(rows)
    assert features.unlocated == features.truncated == 0
    assert features.lengths.max() <= 18
    for index, (row, answer) in enumerate(zip(rows, answers, strict=True)):
        holding = np.flatnonzero((features.example == index) & (features.span_end > 0))
        assert len(holding)
        for feature in holding:
            assert answer_text(features, row, feature).casefold() == answer.casefold()


def test_windows_hold_every_context_token(tokenizer, context):
    row = question(context)
    whole = encode(task("squad_v2"), [row], tokenizer, 128)
    windows = encode(task("squad_v2"), [row], tokenizer, 16)
    assert windows.n_features > 2
    seen = set(zip(windows.char_start.tolist(), windows.char_end.tolist(), strict=True))
    assert seen == set(zip(whole.char_start.tolist(), whole.char_end.tolist(), strict=True))


def test_an_answer_longer_than_a_window_keeps_its_largest_part(tokenizer, context):
    row = question(context, context)
    features = encode(task("squad"), [row], tokenizer, 24)
    assert features.unlocated == 1
    (labelled,) = np.flatnonzero(features.span_end)
    part = answer_text(features, row, labelled)
    assert part in context
    assert len(part) > len(context) // 4


def test_long_question_is_cut_to_a_third(tokenizer, context):
    row = question(context, "bread", asked=" ".join([FOUR] * 20))
    features = encode(task("squad"), [row], tokenizer, 48)
    assert features.truncated == 1
    assert features.context_start[0] == 2 + 16
    assert features.unlocated == 0


def test_padded(tokenizer):
    rows = [{"sentence": FOUR, "label": 1}, {"sentence": "six", "label": 0}]
    features = encode(task("sst2"), rows, tokenizer, 16)
    batch = features.padded(np.array([1, 0]))
    assert batch.shape == (2, 6)
    assert batch[0, 3:].tolist() == [0, 0, 0]
    assert batch[1].tolist() == features.tokens[:6].tolist()
    assert features.padded(np.array([1]), length=8).shape == (1, 8)


def test_save_and_load(tokenizer, context, tmp_path):
    features = encode(task("squad"), [question(context, "bread")], tokenizer, 24)
    features.save(tmp_path / "squad")
    loaded = Features.load(tmp_path / "squad")
    for name, value in vars(features).items():
        assert np.array_equal(getattr(loaded, name), value)
        assert getattr(getattr(loaded, name), "dtype", None) == getattr(value, "dtype", None)
    path = tmp_path / "squad" / "tokens.npy"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ValueError, match="squad does not hold whole features"):
        Features.load(tmp_path / "squad")
    assert not list(tmp_path.glob("**/*.part"))


def test_loaded_arrays_are_maps_of_the_files_that_nobody_can_change(tokenizer, tmp_path):
    features = encode(task("sst2"), [{"sentence": FOUR, "label": 1}], tokenizer, 16)
    features.save(tmp_path / "sst2")
    loaded = Features.load(tmp_path / "sst2")
    assert isinstance(loaded.tokens.base, np.memmap) and type(loaded.tokens) is np.ndarray
    with pytest.raises(ValueError, match="read-only"):
        loaded.tokens[0] = 1
    assert len(loaded.char_start) == 0, "an empty array has no map"


def test_a_save_that_is_interrupted_is_told_from_a_whole_one(tokenizer, tmp_path):
    features = encode(task("sst2"), [{"sentence": FOUR, "label": 1}], tokenizer, 16)
    features.save(tmp_path / "sst2")
    (tmp_path / "sst2" / "features.json").unlink()
    with pytest.raises(ValueError, match="sst2 does not hold whole features"):
        Features.load(tmp_path / "sst2")


def test_refusals(tokenizer):
    rows = [{"sentence": "one", "label": 0}]
    with pytest.raises(ValueError, match="no rows"):
        encode(task("sst2"), [], tokenizer, 32)
    with pytest.raises(ValueError, match="max_length 8"):
        encode(task("sst2"), rows, tokenizer, 8)
    with pytest.raises(ValueError, match="stride 0"):
        encode(task("sst2"), rows, tokenizer, 32, 0)
    with pytest.raises(ValueError, match=r"'sst2', row 2: field 'sentence' holds '\\u200b\\xad': no letter"):
        encode(task("sst2"), [*rows, {"sentence": "\u200b\u00ad", "label": 0}], tokenizer, 32)
    with pytest.raises(ValueError, match=r"'squad', row 1: field 'question' holds '\\u200b': no letter"):
        encode(task("squad"), [{**question("one two"), "question": "\u200b"}], tokenizer, 32)
    with pytest.raises(ValueError, match=r"task 'sst2': 50% of its pieces are \[UNK\].*such as \w$"):
        encode(task("sst2"), [{"sentence": "one \u044f", "label": 0}], tokenizer, 32)


def test_the_unknown_share_is_counted(tokenizer):
    rows = [{"sentence": "one two three four \u044f", "label": 0}, {"sentence": "one two three four five", "label": 1}]
    assert encode(task("sst2"), rows, tokenizer, 32).unknown_share == 0.1


@pytest.mark.skipif(not os.environ.get("DATA"), reason="set DATA to the folder of real data")
@pytest.mark.parametrize("name", ["squad", "squad_v2"])
def test_no_real_answer_is_lost(name, tokenizer):
    from scalescope.data.sources.files import Files
    from scalescope.data.tasks.rows import load_rows
    from scalescope.data.tokenizer import train_tokenizer

    rows = load_rows(Files(Path(os.environ["DATA"])), task(name), "validation")
    features = encode(task(name), rows, train_tokenizer([row["context"] for row in rows], 2048), 128)
    answerable = sum(bool(row["answers"]["text"]) for row in rows)
    assert len(np.unique(features.example[features.span_end > 0])) == answerable
    assert features.unlocated <= 2
    wrong = 0
    for feature in np.flatnonzero(features.span_end):
        row = rows[features.example[feature]]
        wrong += row["answers"]["text"][0] not in answer_text(features, row, feature)
    assert wrong <= 2 * features.unlocated
