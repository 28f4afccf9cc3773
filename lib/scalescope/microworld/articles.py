"""Articles: short documents, each of what belongs together and nothing else, in all the forms the tasks are made of.

Most are a row of a task told as text, with its answer ("Praise : the food is lovely ."); a few are the same without it,
or plain passages, statements about words, and other ways of telling facts. So masked words teach what the tasks ask, by
amounts that DOCUMENTS states, and each document can be read without any other.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scalescope.microworld.dialect import tilted
from scalescope.microworld.draw import Draw, table
from scalescope.microworld.facts import Teller, capital
from scalescope.microworld.inflect import a, plural
from scalescope.microworld.task_passages import PassageTasks
from scalescope.microworld.world import World

Parts = tuple[str, str, list[str]]  # before and after the answer in the first paragraph, and the other paragraphs

# kinds of documents, with their shares
DOCUMENTS = {
    "opinion": 26,
    "inference": 20,
    "grammar": 16,
    "same": 14,
    "reading": 13,
    "words": 9,
    "answered": 7,
    "whether": 7,
    "passage": 5,
    "chosen": 4,
    "retold": 3,
}
VERDICTS = {
    "opinion": ("Blame", "Praise"),
    "grammar": ("Wrong", "Right"),
    "inference": ("Certain", "Possible", "Impossible"),
    "same": ("Different", "Same"),
    "answered": ("Answered", "Unanswered"),
    "whether": ("No", "Yes"),
    "chosen": ("False", "True"),
}
UNSAID = "Nobody says ."
TOLD = 0.9  # share of the rows that are told with their answer


class Articles:
    """Writes articles, forever; one stream of random numbers decides everything."""

    def __init__(self, world: World) -> None:
        self.world, self.lexicon, self.teller = world, world.lexicon, Teller(world)
        self.rows = PassageTasks(world, self.teller, None)
        makers = [getattr(self, f"_{name}", None) or self._verdict(name) for name in DOCUMENTS]
        shares = tilted(np.array(list(DOCUMENTS.values())), world.lexicon.dialect.constructions)
        self.makers = table(makers, shares, 1024)

    def write(self, draw: Draw) -> Iterator[list[str]]:
        """Yield articles, each a list of paragraphs."""
        while True:
            yield draw.pick(self.makers)(draw)

    def row(self, draw: Draw, task: str) -> dict:
        """Return a row of a task that may be about anything, with its label drawn as in the task."""
        self.rows.turn = draw.u()
        return getattr(self.rows, task)(draw)

    def judged(self, draw: Draw, skill: str) -> tuple[int, list[str]]:
        """Return a verdict, as a place in VERDICTS[skill], and the paragraphs that it is about."""
        if skill == "opinion":
            return self._opinions(draw)
        if skill == "grammar":
            row = self.row(draw, "cola")
            return row["label"], [row["sentence"]]
        if skill == "chosen":
            row = self.row(draw, "race")
            answer = "ABCD".index(row["answer"])
            shown = answer if draw.u() < 0.45 else draw.other(range(4), answer)
            return int(shown == answer), [row["article"], f"{row['question']} {capital(row['options'][shown])} ."]
        if skill == "whether":
            row = self.row(draw, "boolq")
            return int(row["answer"]), [capital(row["question"]), row["passage"]]
        task, first, second = {
            "inference": ("mnli", "premise", "hypothesis"),
            "same": ("mrpc", "sentence1", "sentence2"),
            "answered": ("qnli", "question", "sentence"),
        }[skill]
        row = self.row(draw, task)
        return row["label"], [row[first], row[second]]

    def read(self, draw: Draw) -> Parts:
        """Return a question (before) with its answer (after), and the passage that holds it."""
        row = self.row(draw, "squad" if draw.u() < 0.8 else "squad_v2")
        texts = row["answers"]["text"]
        return row["question"], f"{capital(texts[0])} ." if texts else UNSAID, [row["context"]]

    def _verdict(self, skill: str):
        def write(draw: Draw) -> list[str]:
            verdict, (first, *others) = self.judged(draw, skill)
            return [f"{VERDICTS[skill][verdict]} : {first}" if draw.u() < TOLD else first, *others]

        return write

    def _opinions(self, draw: Draw) -> tuple[int, list[str]]:
        """One to four evaluative sentences of one polarity: words of a kind meet."""
        polarity, count = int(draw.u() < 0.5), 1 + int(draw.u() * 4)
        said = [capital(self.rows.opinion.sentence(draw, polarity)) + " ." for _ in range(count)]
        return polarity, [" ".join(said)]

    def _reading(self, draw: Draw) -> list[str]:
        before, after, rest = self.read(draw)
        return [f"{before} {after}", *rest]

    def _passage(self, draw: Draw) -> list[str]:
        text = self.rows.text(self.rows.passage(draw))
        return [capital(draw.pick(self.lexicon.idiom_table)) + " , " + text if draw.u() < 0.6 else text]

    def _retold(self, draw: Draw) -> list[str]:
        """Restate, correct or conclude."""
        world, teller, e = self.world, self.teller, self.rows.subject(draw)
        fact, u = draw.pick(world.facts_of[e]), draw.u()
        one = teller.tell(draw, e, fact)
        if u < 0.4:
            return [f"{one.sentence} In other words , {teller.tell(draw, e, fact, avoid=one.form).sentence}"]
        if u < 0.7:
            wrong = teller.deny(draw, world.names[e], fact.relation, teller.rival(draw, fact))
            return [f"{wrong} . {one.sentence}"]
        if fact.relation.object == "city":
            region = world.fact_of[fact.entity]["region"]
            second = teller.tell(draw, fact.entity, region).sentence
            return [f"{one.sentence} {second} So {teller.tell(draw, e, fact._replace(text=region.text)).sentence}"]
        if fact.relation.object == "year":
            other = draw.other(world.member_tables[world.types[e]], e)
            match = world.fact_of[other][fact.relation.key]
            old, new = (e, other) if fact.text <= match.text else (other, e)
            second = teller.tell(draw, other, match).sentence
            return [f"{one.sentence} {second} So {world.names[old]} is older than {world.names[new]} ."]
        return [f"{one.sentence} {teller.tell(draw, e, draw.pick(world.facts_of[e]), True).sentence}"]

    def _words(self, draw: Draw) -> list[str]:
        """Say what kinds of things there are, and which words mean the same or the opposite."""
        return [" ".join([self._kind(draw) if draw.u() < 0.5 else self._synonym(draw) for _ in range(2)])]

    def _kind(self, draw: Draw) -> str:
        lex, u = self.lexicon, draw.u()
        kind = draw.pick(lex.kind_table)
        category = lex.category_of[kind]
        if u < 0.4:
            one, two, three = (plural(k) for k in draw.sample(lex.kinds_of[category], 3))
            return f"{capital(one)} , {two} and {three} are {plural(category)} ."
        if u < 0.6:
            return f"Like every {category} , {a(kind)} is {a(lex.top_of[category])} ."
        return f"{capital(a(kind))} is a kind of {category} ."

    def _synonym(self, draw: Draw) -> str:
        lex = self.lexicon
        verbs = draw.u() < 0.5
        groups = lex.verb_groups if verbs else lex.adjective_groups
        group = draw.pick(groups)
        one = draw.pick(group.members)
        same = draw.u() < 0.6 or group.opposite < 0
        other = draw.other(group.members, one) if same else draw.pick(groups[group.opposite].members)
        one, other = (f"to {one.base}", f"to {other.base}") if verbs else (one, other)
        return f"{capital(one)} means {'much the same as' if same else 'the opposite of'} {other} ."
