"""From outputs to metrics: hand-made outputs with known scores, a slow search beside the fast one."""

import numpy as np
import pytest

from scalescope.data.tasks.arrays import LONGEST_ANSWER
from scalescope.data.tasks.features import encode
from scalescope.data.tasks.scoring import answer_spans, evaluate, majority
from scalescope.data.tasks.spans import longest_answer
from scalescope.data.tasks.spec import task
from scalescope.data.tokenizer import train_tokenizer


def scores(*given):
    return evaluate(*given)[0]


def score(*given):
    return scores(*given)["value"]


def question(context, answer=None):
    answers = (
        {"text": [answer], "answer_start": [context.index(answer)]} if answer else {"text": [], "answer_start": []}
    )
    return {"context": context, "question": "who sold what", "answers": answers}


def perfect(features, sure=5.0):
    """Outputs that point at the labels of each feature."""
    start, end = np.zeros(len(features.tokens)), np.zeros(len(features.tokens))
    start[features.starts[:-1] + features.span_start] = sure
    end[features.starts[:-1] + features.span_end] = sure
    return start, end


@pytest.fixture
def rows(context):
    return [question(context, "bread"), question(context, "old sailors of the northern fleet"), question(context)]


@pytest.mark.parametrize("max_length", [32, 128])
def test_perfect_outputs(tokenizer, rows, max_length):
    v2, v1 = task("squad_v2"), task("squad")
    features = encode(v2, rows, tokenizer, max_length)
    assert score(v2, features, rows, perfect(features)) == 1.0
    assert scores(v2, features, rows, perfect(features))["value_answerable"] == 1.0
    features = encode(v1, rows[:2], tokenizer, max_length)
    assert score(v1, features, rows[:2], perfect(features)) == 1.0


def test_answerable_ignores_the_no_answer_score(tokenizer, rows):
    v2 = task("squad_v2")
    features = encode(v2, rows, tokenizer, 128)
    start, end = perfect(features)
    start[features.starts[0]] = 100.0  # answers nothing to the first question ...
    start[features.starts[2]] = -100.0  # ... and something to the one without an answer
    assert scores(v2, features, rows, (start, end))["value_answerable"] == 1.0
    assert score(v2, features, rows, (start, end)) == pytest.approx(2 / 3)  # best: answer all


def test_only_squad_v2_is_scored_on_answerable_questions(tokenizer, rows):
    v1, v2 = task("squad"), task("squad_v2")
    features = encode(v1, rows[:2], tokenizer, 128)
    assert np.isnan(scores(v1, features, rows[:2], perfect(features))["value_answerable"])
    features = encode(v2, rows[2:], tokenizer, 128)  # no question has an answer
    found = scores(v2, features, rows[2:], perfect(features))
    assert found["value"] == 1.0 and np.isnan(found["value_answerable"])


def test_rows_of_a_span_task_hold_the_answers_as_the_best_threshold_gives_them(tokenizer, rows):
    v2 = task("squad_v2")
    features = encode(v2, rows, tokenizer, 128)
    start, end = perfect(features)
    found, table = evaluate(v2, features, rows, (start, end))
    assert table["label"].tolist() == table["predicted"].tolist() == ["bread", rows[1]["answers"]["text"][0], ""]
    assert found["value"] == table["score"].mean() == 1.0
    start[features.starts[0]] = 100.0  # nothing to the first question, which costs it and nobody else
    found, table = evaluate(v2, features, rows, (start, end))
    assert table["predicted"].tolist()[0] == "" and table["score"].tolist() == [0.0, 1.0, 1.0]
    assert found["value"] == pytest.approx(2 / 3)


def test_rows_of_a_class_task_hold_numbers(tokenizer, context):
    sst2 = task("sst2")
    texts = [{"sentence": "who sold what", "label": label} for label in (0, 1, 1)]
    features = encode(sst2, texts, tokenizer, 32)
    found, table = evaluate(sst2, features, texts, np.array([[2.0, 1.0], [2.0, 1.0], [0.0, 1.0]]))
    assert table.to_dict("list") == {
        "example": [0, 1, 2], "label": [0, 1, 1], "predicted": [0, 0, 1], "score": [1.0, 0.0, 1.0]
    }  # fmt: skip
    assert found["value"] == pytest.approx(2 / 3) == table["score"].mean()


def slow_spans(features, rows, start, end):
    texts = []
    for example in range(features.n_examples):
        best, text = -np.inf, ""
        for feature in np.flatnonzero(features.example == example):
            places = range(features.starts[feature], features.starts[feature + 1])
            for first in places:
                for last in places:
                    inside = features.char_start[first] >= 0 and features.char_start[last] >= 0
                    if inside and 0 <= last - first < LONGEST_ANSWER and start[first] + end[last] > best:
                        best = start[first] + end[last]
                        text = rows[example]["context"][features.char_start[first] : features.char_end[last]]
        texts.append((best, text))
    return texts


@pytest.mark.parametrize("max_length", [24, 128])
def test_search_equals_the_slow_one(tokenizer, rows, max_length, monkeypatch):
    monkeypatch.setattr("scalescope.data.tasks.scoring.CHUNK", 2)
    features = encode(task("squad_v2"), rows, tokenizer, max_length)
    rng = np.random.default_rng(0)
    for _ in range(5):
        start, end = rng.normal(size=(2, len(features.tokens)))
        answers = answer_spans(features, rows, start, end)
        slow = slow_spans(features, rows, start, end)
        assert answers.texts == [text for _, text in slow]
        assert answers.best == pytest.approx([best for best, _ in slow])
        cls = features.starts[:-1]
        null = [(start + end)[cls[features.example == example]].min() for example in range(3)]
        assert answers.no_answer == pytest.approx(np.array(null) - answers.best)


def test_long_spans_are_not_answers(tokenizer):
    context = " ".join(["one two three four"] * 12)
    rows = [{"context": context, "question": "who", "answers": {"text": ["one"], "answer_start": [0]}}]
    features = encode(task("squad"), rows, tokenizer, 64)
    start, end = np.zeros((2, len(features.tokens)))
    start[3], end[3 + LONGEST_ANSWER] = 9.0, 9.0
    (text,) = answer_spans(features, rows, start, end).texts
    assert len(text.split()) <= LONGEST_ANSWER


def test_classes_and_options(tokenizer):
    rows = [{"sentence": "one", "label": label} for label in (1, 1, 1, 0, 0, 0)]
    features = encode(task("cola"), rows, tokenizer, 16)
    logits = np.eye(2)[[1, 1, 0, 1, 0, 0]]
    assert score(task("cola"), features, rows, logits) == pytest.approx(1 / 3)
    assert score(task("sst2"), features, rows, logits) == pytest.approx(4 / 6)
    rows = [{"article": "one", "question": "two", "options": list("abcd"), "answer": answer} for answer in "ABDD"]
    features = encode(task("race"), rows, tokenizer, 16)
    assert score(task("race"), features, rows, np.eye(4)[[0, 1, 2, 3]]) == 0.75


def test_majority(context):
    def labelled(labels):
        return [{"label": label} for label in labels]

    assert majority(task("mnli"), labelled([0, 2, 2, 1])) == 0.5
    assert majority(task("cola"), labelled([1, 1, 1, 0])) == 0.0
    assert majority(task("boolq"), [{"answer": flag} for flag in (True, True, False)]) == pytest.approx(2 / 3)
    assert majority(task("race"), [{"answer": letter} for letter in "ABBB"]) == 0.75
    spans = [question(context, "bread"), question(context), question(context), question(context, "milk")]
    assert majority(task("squad_v2"), spans) == 0.5
    assert majority(task("squad"), [spans[0], spans[3]]) == 0.0


def test_majority_is_what_a_constant_model_scores(tokenizer, rows):
    v2 = task("squad_v2")
    features = encode(v2, rows, tokenizer, 128)
    nothing = np.zeros(len(features.tokens))
    nothing[features.starts[:-1]] = 50.0
    start = nothing + np.where(features.char_start == 0, 1.0, 0.0)  # the text it would give is wrong
    assert score(v2, features, rows, (start, nothing)) == pytest.approx(majority(v2, rows))


def test_outputs_of_another_shape_or_not_finite(tokenizer, rows):
    single = [{"sentence": "one", "label": 0}] * 3
    features = encode(task("sst2"), single, tokenizer, 16)
    with pytest.raises(ValueError, match=r"\[\(3, 3\)\], expected \[\(3, 2\)\]"):
        score(task("sst2"), features, single, np.zeros((3, 3)))
    with pytest.raises(ValueError, match="not finite"):
        score(task("sst2"), features, single, np.full((3, 2), np.nan))
    with pytest.raises(ValueError, match="2 rows, but the features hold 3"):
        score(task("sst2"), features, single[:2], np.zeros((2, 2)))
    features = encode(task("squad_v2"), rows, tokenizer, 32)
    with pytest.raises(ValueError, match="outputs for the task 'squad_v2'"):
        score(task("squad_v2"), features, rows, (np.zeros(3), np.zeros(3)))


def pointing(features):
    """Outputs that point exactly at the gold span of every window."""
    start = np.full(features.tokens.shape, -10.0)
    end = start.copy()
    start[features.starts[:-1] + features.span_start] = 10.0
    end[features.starts[:-1] + features.span_end] = 10.0
    return start, end


HINDI, ARABIC = "\u092e\u0947\u0930\u0947", "\u0643\u0650\u062a\u064e\u0628\u064c"  # words with vowel signs


@pytest.mark.parametrize(
    ("context", "answer"),
    [
        ("We met at Cafe\u0301 noir in town.", "Cafe\u0301"),  # e and a combining accent
        ("We met at Caf\u00e9 noir in town.", "Caf\u00e9"),  # the same as one character
        ("\u092f\u0939 \u092a\u0941\u0938\u094d \u092e\u0947\u0930\u0947 \u0918\u0930", HINDI),
        ("\u0647\u0630\u0627 \u0643\u0650\u062a\u064e\u0628\u064c \u062c\u062f", ARABIC),
        ("he said (\u200f\u0643\u062a\u0627\u0628\u200f) twice", "\u200f\u0643\u062a\u0627\u0628\u200f"),
        ("the word for\u00ad is cut", "for\u00ad"),
        ("a \u200bzero wide\u200b space", "\u200bzero wide\u200b"),
        ("\ud55c\uad6d\uc5b4\ub294 \uc5b4\ub835\ub2e4", "\uc5b4\ub835\ub2e4"),
        ("x\u0336y\u0336 struck o\u0308", "o\u0308"),
        ("\ufeffbegin here", "\ufeffbegin"),
    ],
)
def test_perfect_outputs_are_right_where_the_tokenizer_drops_characters(context, answer):
    row = {
        "question": "what is this",
        "context": context,
        "answers": {"text": [answer], "answer_start": [context.index(answer)]},
    }
    tokenizer = train_tokenizer([context] * 30 + ["what is this"] * 5, 300)
    features = encode(task("squad"), [row], tokenizer, 64)
    assert answer_spans(features, [row], *pointing(features)).texts == [answer]
    assert score(task("squad"), features, [row], pointing(features)) == 1.0


def test_answers_of_many_pieces_can_be_predicted():
    long = " ".join(["abcdefghijklmnop"] * 5)
    row = {"question": "what", "context": f"we say {long} here", "answers": {"text": [long], "answer_start": [7]}}
    other = {"question": "what", "context": "we say so here", "answers": {"text": ["so"], "answer_start": [7]}}
    letters = train_tokenizer(["abcdefghijklmnopqrstuvwxyz " * 3 + "what we say so here"], 64)
    longest = longest_answer(task("squad"), [other, row], letters)
    assert longest == 5 * len(letters.encode("abcdefghijklmnop", add_special_tokens=False).ids) > LONGEST_ANSWER
    features = encode(task("squad"), [row, other], letters, 256, longest=longest)
    assert features.too_long == 0
    assert score(task("squad"), features, [row, other], pointing(features)) == 1.0
    short = encode(task("squad"), [row, other], letters, 256, longest=longest_answer(task("squad"), [other], letters))
    assert (short.longest_answer, short.too_long) == (LONGEST_ANSWER, 1)
    assert score(task("squad"), short, [row, other], pointing(short)) < 1.0
    assert longest_answer(task("sst2"), [], letters) == LONGEST_ANSWER


@pytest.mark.parametrize("name", ["squad", "squad_v2"])
def test_the_scores_of_examples_add_up_to_the_value_whatever_the_answers_are(tokenizer, name):
    """Articles and punctuation alone are answers of SQuAD 2.0 but empty texts of SQuAD 1.1."""
    span = task(name)
    rows = [question("one two the three", answer) for answer in ("one", "the", "two the")]
    features = encode(span, rows, tokenizer, 32, 8)
    rng = np.random.default_rng(0)
    for _ in range(20):
        outputs = tuple(rng.normal(size=features.tokens.shape) for _ in range(2))
        found, table = evaluate(span, features, rows, outputs)
        assert table["score"].mean() == pytest.approx(found["value"])
