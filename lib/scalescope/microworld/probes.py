"""Probes of the microworld: verdicts, answers and names that a model of its articles should know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scalescope.microworld.articles import UNSAID, VERDICTS, Articles
from scalescope.microworld.draw import Draw
from scalescope.microworld.world import World


@dataclass(frozen=True)
class Probe:
    """One document with its answer apart.

    skill: what the answer needs. The first paragraph reads before + answer + after, `rest` holds the other paragraphs.
    choices: the words among which the answer is chosen, or () where any word may stand.
    """

    skill: str
    before: str
    answer: str
    after: str
    rest: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


def probes(world: World, draw: Draw, count: int) -> Iterator[Probe]:
    """Yield `count` probes of each skill: the verdicts of articles.VERDICTS, "answer", and "name".

    "answer" is in the passage beside its question; "name" stands in a passage, at the end of a sentence, and can be
    known only from other articles about the same subject.
    """
    articles = Articles(world)
    for skill, words in VERDICTS.items():
        for _ in range(count):
            verdict, (first, *others) = articles.judged(draw, skill)
            yield Probe(skill, "", words[verdict], f": {first}", tuple(others), words)
    for _ in range(count):
        before, after, rest = articles.read(draw)
        while after == UNSAID:
            before, after, rest = articles.read(draw)
        yield Probe("answer", before, after.removesuffix(" ."), ".", tuple(rest))
    for _ in range(count):
        yield _name(articles, draw)


def _name(articles: Articles, draw: Draw) -> Probe:
    while True:
        for told in articles.rows.passage(draw):
            end = f"{told.fact.text} ."
            if told.fact.entity >= 0 and told.sentence.endswith(end) and told.fact.text in articles.world.names:
                return Probe("name", told.sentence.removesuffix(end), told.fact.text, ".")
