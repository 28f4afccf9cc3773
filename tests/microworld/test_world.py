from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise

import numpy as np
import pytest

from scalescope.errors import UnknownName
from scalescope.microworld import Microworld
from scalescope.microworld.draw import Draw, table, zipf
from scalescope.microworld.inflect import gerund, past, plural, third

SMALL = {"entities": 600, "train_articles": 800, "heldout_articles": 200, "task_train": 60, "task_validation": 40}


@pytest.fixture(scope="module")
def micro() -> Microworld:
    return Microworld(**SMALL)


def test_the_same_seed_gives_the_same_text_and_rows(micro):
    again = Microworld(**SMALL)
    assert list(islice(micro.articles("train"), 50)) == list(islice(again.articles("train"), 50))
    assert micro.rows("mnli", "train") == again.rows("mnli", "train")
    assert micro.corpus_fingerprint == again.corpus_fingerprint
    assert micro.task_fingerprint("mnli") == again.task_fingerprint("mnli") != again.task_fingerprint("qnli")


def test_another_seed_gives_other_text_and_another_fingerprint(micro):
    other = Microworld(**SMALL | {"seed": 1})
    assert list(islice(micro.articles("train"), 5)) != list(islice(other.articles("train"), 5))
    assert micro.corpus_fingerprint != other.corpus_fingerprint
    assert micro.task_fingerprint("sst2") != other.task_fingerprint("sst2")


def test_another_telling_has_other_articles_and_the_same_rows(micro):
    other = Microworld(**SMALL, telling=1)
    assert list(islice(micro.articles("train"), 5)) != list(islice(other.articles("train"), 5))
    assert list(islice(micro.articles("heldout"), 5)) != list(islice(other.articles("heldout"), 5))
    assert micro.corpus_fingerprint != other.corpus_fingerprint
    assert micro.rows("sst2", "train") == other.rows("sst2", "train")
    assert micro.task_fingerprint("sst2") == other.task_fingerprint("sst2")
    plain = Microworld(seed=1, entities=200, train_articles=5, heldout_articles=3, telling=0)
    assert plain.corpus_fingerprint == "009f74452f", "the fingerprint from before there were tellings"


@pytest.mark.parametrize(("size", "text", "rows"), [("task_train", True, False), ("train_articles", False, True)])
def test_more_rows_leave_the_fingerprint_of_the_text_alone_and_more_text_that_of_the_rows(micro, size, text, rows):
    other = Microworld(**{**SMALL, size: 1000})
    assert (micro.corpus_fingerprint == other.corpus_fingerprint) == text
    assert (micro.task_fingerprint("sst2") == other.task_fingerprint("sst2")) == rows


def test_articles_are_as_many_as_asked_and_none_is_in_two_splits(micro):
    train, heldout = (["\n".join(a) for a in micro.articles(split)] for split in ("train", "heldout"))
    assert (len(train), len(heldout)) == (800, 200)
    assert not set(train) & set(heldout)
    assert all(paragraph.strip() for article in train for paragraph in article.split("\n"))


def test_subjects_follow_zipfs_law(micro):
    world = Microworld(entities=5000).world
    draw = Draw(5)
    counts = Counter(draw.pick(world.subject_table) for _ in range(200_000))
    ranks = np.arange(1, 301)
    slope = np.polyfit(np.log(ranks), np.log([counts[int(r) - 1] for r in ranks]), 1)[0]
    assert slope == pytest.approx(-1.0, abs=0.05)


def test_names_are_unique_and_facts_have_the_type_they_should(micro):
    world = micro.world
    assert len(set(world.names)) == SMALL["entities"]
    for e, facts in enumerate(world.facts_of):
        for fact in facts:
            assert fact.relation.subject == world.types[e]
            if fact.entity >= 0:
                assert world.types[fact.entity] == fact.relation.object
                assert world.names[fact.entity] == fact.text and fact.entity != e


def test_unknown_names_and_sizes_are_refused_with_the_nearest_choice(micro):
    with pytest.raises(UnknownName, match="heldout"):
        next(micro.articles("held-out"))
    with pytest.raises(UnknownName, match="squad"):
        micro.rows("squads", "train")
    with pytest.raises(UnknownName, match="validation"):
        micro.rows("squad", "valid")
    with pytest.raises(ValueError, match="task_train is 0"):
        Microworld(task_train=0)
    with pytest.raises(ValueError, match="vocabulary is"):
        Microworld(vocabulary=1.5)


def test_a_table_keeps_proportions_and_loses_nothing():
    cells = table("abc", [8, 1, 0.001], 90)
    assert Counter(cells)["a"] == 80 and Counter(cells)["b"] == 10 and Counter(cells)["c"] == 1
    assert zipf(4, 1.0)[0] == pytest.approx(12 / 25)


@pytest.mark.parametrize(
    ("forms", "verb"),
    [
        (("carries", "carried", "carrying"), "carry"),
        (("plans", "planned", "planning"), "plan"),
        (("catches", "caught", "catching"), "catch"),
        (("takes over", "took over", "taking over"), "take_over"),
    ],
)
def test_verbs_are_inflected(forms, verb):
    assert (third(verb), past(verb), gerund(verb)) == forms


def test_nouns_are_inflected():
    assert [plural(n) for n in ("fox", "lady", "toy", "ploughman", "finch")] == [
        "foxes",
        "ladies",
        "toys",
        "ploughmen",
        "finches",
    ]


def test_names_and_idioms_make_up_a_large_part_of_the_text():
    """Fixed expressions: words inside bigrams far more frequent than chance cover about half of the text."""
    world = Microworld(**SMALL | {"train_articles": 4000})
    words = [w for a in world.articles("train") for p in a for w in p.lower().split()]
    single, pairs = Counter(words), Counter(pairwise(words))
    fixed = {p for p, n in pairs.items() if n >= 5 and n * len(words) > 20 * single[p[0]] * single[p[1]]}
    inside = np.zeros(len(words), dtype=bool)
    for i, pair in enumerate(pairwise(words)):
        if pair in fixed:
            inside[i : i + 2] = True
    assert 0.3 < inside.mean() < 0.8
    assert {("matter", "of"), ("other", "words")} <= fixed


def test_a_dialect_replaces_words_by_the_stated_share_and_keeps_the_world(micro):
    other = Microworld(**SMALL, vocabulary=0.5)
    assert other.world.names == micro.world.names
    text = [w for a in islice(other.articles("train"), 300) for p in a for w in p.lower().split()]
    known = {w for a in micro.articles("train") for p in a for w in p.lower().split()}
    assert 0.03 < np.mean([w not in known for w in text]) < 0.6
    assert micro.distance(other).vocabulary == pytest.approx(0.5, abs=0.1)


def test_the_distance_of_dialects_is_a_distance(micro):
    near, far = Microworld(**SMALL, constructions=0.2), Microworld(**SMALL, constructions=0.8, entity_tilt=0.5)
    assert micro.distance(micro).total == 0
    assert near.distance(far) == far.distance(near)
    assert 0 < micro.distance(near).total < micro.distance(far).total < 1
    assert micro.distance(far).entities == pytest.approx(0.5 * 0.74, abs=0.1)


@pytest.mark.parametrize("value", ["0", 300.5, None, True])
def test_sizes_that_are_no_whole_numbers_are_named(value):
    with pytest.raises(ValueError, match=f"microworld entities is {value!r}; a whole number is expected"):
        Microworld(entities=value)
