"""Rows of the tasks on sentences and pairs of sentences: sst2, cola, mnli, mrpc, qnli."""

from __future__ import annotations

from scalescope.microworld.draw import Draw, zipf_table
from scalescope.microworld.events import Events
from scalescope.microworld.facts import Teller, Told, capital
from scalescope.microworld.frames import Sentences
from scalescope.microworld.opinions import Opinions
from scalescope.microworld.world import Fact, World


def joined(one: Told, two: Told) -> str:
    """Return two told facts as one sentence."""
    second = two.sentence
    if not (two.form.before == "" and second[:2] not in ("He", "Sh", "It")):
        second = second[0].lower() + second[1:]
    return f"{one.sentence[:-2]} and {second}"


class SentenceTasks:
    """Makes one row at a time, with items of every grade: shown by one word, by overlap, or by structure alone.

    `train` limits words and subjects to those that train rows (True) or validation rows (False: all words, subjects of
    their own) may use; None, for articles, limits nothing.
    `turn` (0 to 1) decides the label of the next row: an even spread of it keeps the labels in balance.
    """

    turn: float = 0.0

    def __init__(self, world: World, teller: Teller, train: bool | None) -> None:
        lex = world.lexicon
        self.world, self.teller, self.lexicon, self.train = world, teller, lex, train
        self.opinion, self.events = Opinions(lex), Events(lex, bool(train))
        every = 2 if train else 1
        self.words = [zipf_table(side[::every]) for side in lex.evaluative]
        self.sentences = Sentences(lex, {name: zipf_table(verbs[::every]) for name, verbs in lex.frames.items()})
        self.by_region: list[list[int]] = [[] for _ in world.region_names]
        for e in world.members["city"]:
            self.by_region[world.regions[e]].append(e)

    def subject(self, draw: Draw, kind: str | None = None) -> int:
        """Return an entity of this split."""
        pool = self.world.subject_table if kind is None else self.world.member_tables[kind]
        while True:
            e = draw.pick(pool)
            if self.train is None or self.world.validation[e] != self.train:
                return e

    def another(self, draw: Draw, *taken: int) -> int:
        """Return an entity of this split, of the type of the first of `taken` and none of them."""
        while True:
            e = self.subject(draw, self.world.types[taken[0]])
            if e not in taken:
                return e

    def sst2(self, draw: Draw) -> dict:
        """Return an evaluative sentence; label 1 is positive."""
        label = int(self.turn < 0.51)
        return {"sentence": self.opinion.sentence(draw, label, self.words) + " .", "label": label}

    def cola(self, draw: Draw) -> dict:
        """Return a sentence; label 1 is acceptable."""
        label = int(self.turn < 0.6)
        return {"sentence": capital(self.sentences.sentence(draw, bool(label))) + " .", "label": label}

    def mnli(self, draw: Draw) -> dict:
        """Return premise and hypothesis; 0 entailment, 1 neutral, 2 contradiction."""
        label = 0 if self.turn < 0.345 else 1 if self.turn < 0.67 else 2
        u = draw.u()
        if u < 0.8:
            event = self.events.draw_event(draw)
            premise = capital(self.events.premise(draw, event, label).text()) + " ."
            hypothesis = capital(event.text()) + " ."
        elif u < 0.95:
            premise, hypothesis = self._fact_pair(draw, label)
        else:
            premise, hypothesis = self._region_pair(draw, label)
        return {"premise": premise, "hypothesis": hypothesis, "label": label}

    def _fact_pair(self, draw: Draw, label: int) -> tuple[str, str]:
        e = self.subject(draw)
        fact = draw.pick(self.world.facts_of[e])
        if draw.u() < 0.5:
            fact = fact._replace(text=self.teller.stranger(draw, fact))
        told = self.teller.tell(draw, e, fact)
        if label == 0:
            return self.teller.tell(draw, e, fact, avoid=told.form).sentence, told.sentence
        if label == 2:
            if draw.u() < 0.4:
                return self.teller.deny(draw, self.world.names[e], fact.relation, fact.text) + " .", told.sentence
            other = fact._replace(text=self.teller.stranger(draw, fact))
            return self.teller.tell(draw, e, other).sentence, told.sentence
        others = [f for f in self.world.facts_of[e] if f.relation is not fact.relation]
        same = [f for f in others if f.relation.object == fact.relation.object]
        other = draw.pick(same)._replace(text=fact.text) if same else self.other_fact(draw, e, fact)
        return self.teller.tell(draw, e, other).sentence, told.sentence

    def _region_pair(self, draw: Draw, label: int) -> tuple[str, str]:
        world = self.world
        p = self.subject(draw, "person")
        keys = ["home", "birthplace"]
        key = draw.pick(keys)
        region = int(draw.u() * len(world.region_names))
        city = draw.pick(self.by_region[region] or world.members["city"])
        region = world.regions[city]
        if label == 2:
            while world.regions[city] == region:
                city = draw.pick(world.member_tables["city"])
        used = key if label != 1 else keys[1 - keys.index(key)]
        fact = world.fact_of[p][used]._replace(text=world.names[city])
        claim = world.fact_of[p][key]._replace(text=world.region_names[region])
        return self.teller.tell(draw, p, fact).sentence, self.teller.tell(draw, p, claim).sentence

    def alike(self, e: int) -> list[list[Fact]]:
        """Return the groups of facts about an entity whose objects are of one type, where there are several."""
        by_type: dict[str, list[Fact]] = {}
        for fact in self.world.facts_of[e]:
            by_type.setdefault(fact.relation.object, []).append(fact)
        return [facts for facts in by_type.values() if len(facts) > 1]

    def other_fact(self, draw: Draw, e: int, fact: Fact, near: float = 0.75) -> Fact:
        """Return a fact about another relation of the entity; with chance `near` of the same object type, if any."""
        others = [f for f in self.world.facts_of[e] if f.relation is not fact.relation]
        same = [f for f in others if f.relation.object == fact.relation.object]
        return draw.pick(same if same and draw.u() < near else others)

    def mrpc(self, draw: Draw) -> dict:
        """Return two sentences; label 1 is a paraphrase, 0 has the same words with roles or facts exchanged."""
        label, u = int(self.turn < 0.68), draw.u()
        if u < 0.4:
            one, two = self._single_facts(draw, label)
        elif u < 0.45:
            one, two = self._paired_facts(draw, label)
        elif u < 0.5:
            one, two = self._roles(draw, label)
        else:
            event = self.events.draw_event(draw)
            other = self.events.repeated(draw, event) if label else self.events.changed(draw, event)
            one, two = event.text() + " .", other.text() + " ."
        return {"sentence1": capital(one), "sentence2": capital(two), "label": label}

    def _single_facts(self, draw: Draw, label: int) -> tuple[str, str]:
        e = self.subject(draw)
        fact = draw.pick(self.world.facts_of[e])
        one = self.teller.tell(draw, e, fact)
        if label:
            return one.sentence, self.teller.tell(draw, e, fact, avoid=one.form).sentence
        u = draw.u()
        if u < 0.4:
            other = self.subject(draw)
            return one.sentence, self.teller.tell(draw, other, draw.pick(self.world.facts_of[other])).sentence
        if u < 0.6:
            other = self.another(draw, e)
            return one.sentence, self.teller.tell(draw, other, self.world.fact_of[other][fact.relation.key]).sentence
        if u < 0.85:
            return one.sentence, self.teller.tell(draw, e, self.other_fact(draw, e, fact, 0.2)).sentence
        return one.sentence, self.teller.tell(draw, e, fact._replace(text=self.teller.stranger(draw, fact))).sentence

    def _paired_facts(self, draw: Draw, label: int) -> tuple[str, str]:
        e = self.subject(draw)
        pairs = self.alike(e)
        first, second = draw.sample(draw.pick(pairs) if pairs else self.world.facts_of[e], 2)
        one, two = self.teller.tell(draw, e, first), self.teller.tell(draw, e, second, True)
        if not label and not pairs:
            first = first._replace(text=self.teller.stranger(draw, first))
        elif not label:
            first, second = first._replace(text=second.text, entity=second.entity), second._replace(text=first.text)
        again = (
            self.teller.tell(draw, e, second, avoid=two.form),
            self.teller.tell(draw, e, first, True, avoid=one.form),
        )
        if draw.u() < 0.5:
            again = (
                self.teller.tell(draw, e, first, avoid=one.form),
                self.teller.tell(draw, e, second, True, avoid=two.form),
            )
        return joined(one, two), joined(*again)

    def _roles(self, draw: Draw, label: int) -> tuple[str, str]:
        e = self.subject(draw, "person")
        other = self.another(draw, e)
        keys = [k for k, f in self.world.fact_of[e].items() if f.relation.object == "person"]
        fact = self.world.fact_of[e][draw.pick(keys)]._replace(text=self.world.names[other])
        one = self.teller.tell(draw, e, fact)
        if label:
            return one.sentence, self.teller.tell(draw, e, fact, avoid=one.form).sentence
        if draw.u() < 0.3:
            fact = self.world.fact_of[e][draw.other(keys, fact.relation.key)]._replace(text=fact.text)
            return one.sentence, self.teller.tell(draw, e, fact).sentence
        swapped = fact._replace(text=self.world.names[e])
        return one.sentence, self.teller.tell(draw, other, swapped, avoid=one.form).sentence

    def qnli(self, draw: Draw) -> dict:
        """Return question and sentence; 0 the sentence answers it, 1 it does not."""
        label, e = int(self.turn < 0.49), self.subject(draw)
        fact = draw.pick(self.world.facts_of[e])
        question = self.teller.ask(draw, e, fact.relation)
        u = draw.u()
        if label and u < 0.35:
            e = self.subject(draw)
            fact = draw.pick(self.world.facts_of[e])
        elif label and u < 0.75:
            fact = self.other_fact(draw, e, fact, 0.3)
        elif label:
            e = self.another(draw, e)
            fact = self.world.fact_of[e][fact.relation.key]
        return {"question": question, "sentence": self.teller.tell(draw, e, fact).sentence, "label": label}
