from __future__ import annotations

import numpy as np
import pytest

from scalescope.microworld import Microworld
from scalescope.microworld.draw import Draw
from scalescope.microworld.events import EXCLUDED, OPEN, Event, Events
from scalescope.microworld.lexicon import Dialect, Lexicon, make_verb
from scalescope.microworld.opinions import Opinions
from scalescope.microworld.shortcuts import COLUMNS, shortcut_table, token_f1

FIELDS = {
    "squad": {"id", "title", "context", "question", "answers"},
    "mnli": {"premise", "hypothesis", "label"},
    "qnli": {"question", "sentence", "label"},
    "sst2": {"sentence", "label"},
    "cola": {"sentence", "label"},
    "race": {"example_id", "article", "question", "options", "answer"},
    "mrpc": {"sentence1", "sentence2", "label"},
    "boolq": {"question", "passage", "answer"},
}
FIELDS["squad_v2"] = FIELDS["squad"]
SHARES = {  # label and its share, near the paper's majority baselines
    "mnli": (0, 0.345), "qnli": (0, 0.51), "sst2": (1, 0.51), "cola": (1, 0.6), "mrpc": (1, 0.68),
    "boolq": (True, 0.62), "race": ("A", 0.27),
}  # fmt: skip


@pytest.fixture(scope="module")
def micro() -> Microworld:
    return Microworld(entities=3000, task_train=600, task_validation=400)


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon(0, Dialect())


@pytest.mark.parametrize("task", FIELDS)
def test_rows_have_the_fields_and_numbers_asked_for(micro, task):
    for split, count in (("train", 600), ("validation", 400)):
        rows = micro.rows(task, split)
        assert len(rows) == count
        assert all(set(row) == FIELDS[task] for row in rows)
        texts = [v for row in rows for v in row.values() if isinstance(v, str)]
        assert not any("{" in t or "  " in t or "_" in t for t in texts)


@pytest.mark.parametrize(("task", "label", "share"), [(t, *v) for t, v in SHARES.items()])
def test_labels_are_balanced_as_stated(micro, task, label, share):
    field = "answer" if task in ("boolq", "race") else "label"
    labels = [row[field] for split in ("train", "validation") for row in micro.rows(task, split)]
    assert np.mean([v == label for v in labels]) == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize("task", ["squad", "squad_v2"])
def test_answers_stand_where_they_are_said_to(micro, task):
    rows = micro.rows(task, "train")
    for row in rows:
        for text, start in zip(row["answers"]["text"], row["answers"]["answer_start"], strict=True):
            assert row["context"][start : start + len(text)] == text
    unanswerable = np.mean([not row["answers"]["text"] for row in rows])
    assert unanswerable == pytest.approx(1 / 3 if task == "squad_v2" else 0, abs=0.02)


@pytest.mark.parametrize("task", ["squad", "race", "boolq", "qnli"])
def test_no_row_is_in_both_splits_and_passages_have_subjects_of_their_own(micro, task):
    keys = [k for k in sorted(FIELDS[task]) if k not in ("id", "example_id")]
    train, validation = ({str([r[k] for k in keys]) for r in micro.rows(task, s)} for s in ("train", "validation"))
    assert not train & validation
    if task == "squad":
        number = {name: e for e, name in enumerate(micro.world.names)}
        firsts = [{number[r["title"]] for r in micro.rows(task, s)} for s in ("train", "validation")]
        assert not firsts[0] & firsts[1]


def test_race_options_differ_and_hold_the_answer_once(micro):
    for row in micro.rows("race", "train"):
        assert len(row["options"]) == 4 and len(set(row["options"])) == 4


def test_premises_follow_by_the_label(lexicon):
    """Hand-made hypothesis: what the generator derives from it must fit the label it was asked for."""
    events, draw = Events(lexicon), Draw(1)
    group = lexicon.verb_group_of["buy"]
    event = Event("the", "baker", group, make_verb("buy"), "bird")
    groups = (group, lexicon.verb_groups[group].opposite)
    same, opposite = ({v.base for v in lexicon.verb_groups[g].members} for g in groups)
    for _ in range(200):
        follows = events.premise(draw, event, 0)
        assert follows.verb.base in same and not follows.negated
        assert follows.thing == "bird" or lexicon.category_of[follows.thing] == "bird"
        excluded = events.premise(draw, event, EXCLUDED)
        other = lexicon.category_of.get(excluded.thing, excluded.thing) != "bird"
        assert excluded.negated or excluded.verb.base in opposite or other
        open_ = events.premise(draw, event, OPEN)
        assert open_.verb.base not in opposite
        assert not open_.negated or open_.verb.base not in same, "what was not bought may have been sold"


def test_a_negated_hypothesis_follows_from_wider_premises_only(lexicon):
    events, draw = Events(lexicon), Draw(2)
    event = Event("no", "baker", lexicon.verb_group_of["buy"], make_verb("buy"), "kestrel")
    things = {events.premise(draw, event, 0).thing for _ in range(100)}
    assert things <= {"kestrel", "bird", "animal"} and "bird" in things


def test_opinions_lean_the_way_they_should(lexicon):
    opinions, draw = Opinions(lexicon), Draw(3)
    good = {*lexicon.evaluative[1], *lexicon.verdicts[1]}
    bad = {*lexicon.evaluative[0], *lexicon.verdicts[0]}
    assert not good & bad and min(len(good), len(bad)) > 250
    plain = [s for s in (opinions.sentence(draw, 1) for _ in range(500)) if s.startswith("the ") and " is " in s]
    plain = [s.split() for s in plain if not {"not", "but", "call", "find", "nobody", "only"} & set(s.split())]
    assert plain and all(s[-1] in good for s in plain)


def test_shortcuts_stay_far_below_the_best_possible():
    table = shortcut_table(Microworld(entities=3000, task_train=400, task_validation=300))
    assert list(table.columns) == COLUMNS and len(table) == 9
    assert (table.best_possible == 1).all()
    chance = {"cola": 0.0, "squad": 0.0, "squad_v2": 0.33, "mnli": 0.35, "race": 0.27, "mrpc": 0.68, "boolq": 0.62}
    for row in table.itertuples():
        room = 1 - chance.get(row.task, 0.51)
        assert row.bag_of_words < 1 - 0.45 * room, row
        assert not row.one_side > 1 - 0.7 * room, row


def test_the_span_score_of_the_shortcuts_counts_shared_words():
    assert token_f1("a red bird", "red bird") == 1
    assert token_f1("red bird", "bird") == pytest.approx(2 / 3)
    assert token_f1("", "") == 1 and token_f1("x", "") == 0
