"""Rows of the tasks on passages: boolq, squad, squad_v2, race."""

from __future__ import annotations

from scalescope.microworld.draw import Draw
from scalescope.microworld.facts import Told
from scalescope.microworld.inflect import a
from scalescope.microworld.task_sentences import SentenceTasks
from scalescope.microworld.world import Fact

LONG = 0.4  # share of the passages that have three sentences, not two


class PassageTasks(SentenceTasks):
    """Makes one row at a time from passages of two or three short sentences."""

    def passage(self, draw: Draw, single: float = 0.75) -> list[Told]:
        """Return two or three told facts: about one entity, or about two of a type with one relation in common."""
        e = self.subject(draw)
        if draw.u() < single:
            return self.teller.passage(draw, e, 2 + (draw.u() < LONG))
        other = self.another(draw, e)
        first, second = draw.sample(self.world.facts_of[e], 2)
        match = self.world.fact_of[other][first.relation.key]
        told = [self.teller.tell(draw, e, first), self.teller.tell(draw, other, match)]
        if draw.u() < LONG:
            told.insert(draw.pick((0, 1, 2)), self.teller.tell(draw, e, second))
        return told

    def squad(self, draw: Draw) -> dict:
        """Return a passage and a question with its answer in it."""
        told = self.passage(draw)
        while True:
            target, context = draw.pick(told), self.text(told)
            at = target.sentence.find(target.fact.text)
            if at >= 0 and context.count(target.fact.text) == 1:
                break
            told = self.passage(draw)
        question = self.teller.ask(draw, target.subject, target.fact.relation)
        start = at + sum(len(before.sentence) + 1 for before in told[: told.index(target)])
        return self._squad_row(target.subject, context, question, [target.fact.text], [start])

    def squad_v2(self, draw: Draw) -> dict:
        """Return a passage and a question; a third ask what the passage leaves out, near to what it says."""
        if self.turn < 2 / 3:
            return self.squad(draw)
        told = self.passage(draw)
        e = told[0].subject
        types = {t.fact.relation.object for t in told}
        rest = self.teller.rest(e, told)
        near = [f for f in rest if f.relation.object in types]
        if draw.u() < 0.45:
            e = self.another(draw, *{t.subject: 0 for t in told})
            near = rest = [self.world.fact_of[e][told[0].fact.relation.key]]
        target = draw.pick(near if near and draw.u() < 0.5 else rest)
        question = self.teller.ask(draw, e, target.relation)
        return self._squad_row(e, self.text(told), question, [], [])

    @staticmethod
    def text(told: list[Told]) -> str:
        """Return told facts as one text."""
        return " ".join(t.sentence for t in told)

    def _squad_row(self, e: int, context: str, question: str, texts: list[str], starts: list[int]) -> dict:
        return {
            "id": "",
            "title": self.world.names[e],
            "context": context,
            "question": question,
            "answers": {"text": texts, "answer_start": starts},
        }

    def boolq(self, draw: Draw) -> dict:
        """Return a passage and a yes/no question: direct, denied, about kinds, of two steps, or comparing years."""
        yes, u = self.turn < 0.62, draw.u()
        makers = (
            (0.65, self._direct),
            (0.85, self._kind),
            (0.91, self._denied),
            (0.96, self._two_steps),
            (1.0, self._older),
        )
        maker = next(maker for below, maker in makers if u < below)
        passage, question = maker(draw, yes)
        return {"question": question[0].lower() + question[1:], "passage": passage, "answer": yes}

    def _direct(self, draw: Draw, yes: bool) -> tuple[str, str]:
        told = self.teller.passage(draw, self.subject(draw), 2) if draw.u() < 0.5 else self.passage(draw, 0.8)
        one = draw.pick(told)
        near = told if draw.u() < 0.25 else ()
        text = one.fact.text if yes else self.teller.rival(draw, one.fact, near)
        return self.text(told), self.teller.ask_whether(draw, one.subject, one.fact.relation, text)

    def _denied(self, draw: Draw, yes: bool) -> tuple[str, str]:
        told = self.teller.passage(draw, self.subject(draw), 3)
        one = draw.pick(told)
        wrong = self.teller.stranger(draw, one.fact)
        denial = self.teller.deny(draw, self.world.names[one.subject], one.fact.relation, wrong) + " ."
        rest = [t.sentence for t in told if t is not one]
        rest.insert(int(draw.u() * 3), denial)
        if yes or draw.u() < 0.3:
            rest[draw.pick([i for i, s in enumerate(rest) if s != denial])] = self.teller.tell(draw, *one[1:3]).sentence
        text = one.fact.text if yes else wrong
        return " ".join(rest), self.teller.ask_whether(draw, one.subject, one.fact.relation, text)

    def _kind(self, draw: Draw, yes: bool) -> tuple[str, str]:
        lex, e = self.lexicon, self.subject(draw, "person")
        kind = draw.pick(lex.kind_table)
        category = lex.category_of[kind]
        top = draw.u() < 0.2
        right = lex.top_of[category] if top else category
        asked = right if yes else draw.other(lex.tops if top else lex.categories, right)
        keeps = self.world.fact_of[e]["keeps"]
        told = [self.teller.tell(draw, e, keeps._replace(text=a(kind)))]
        if draw.u() < 0.5:
            told += self.teller.passage(draw, e, 1, [f for f in self.world.facts_of[e] if f.relation.key != "keeps"])
        return self.text(told), self.teller.ask_whether(draw, e, keeps.relation, a(asked))

    def _two_steps(self, draw: Draw, yes: bool) -> tuple[str, str]:
        world = self.world
        while True:
            e = self.subject(draw)
            places = [f for f in world.facts_of[e] if f.relation.object == "city"]
            if places:
                break
        fact: Fact = draw.pick(places)
        city = fact.entity
        region = world.fact_of[city]["region"]
        told = [self.teller.tell(draw, e, fact)]
        if draw.u() < 0.6:
            told.append(self.teller.tell(draw, city, region))
        told += self.teller.passage(draw, e, 1, [f for f in world.facts_of[e] if f.relation.object != "city"])
        text = region.text if yes else draw.other(world.region_names, region.text)
        return self.text(told), self.teller.ask_whether(draw, e, fact.relation, text)

    def _older(self, draw: Draw, yes: bool) -> tuple[str, str]:
        world, e = self.world, self.subject(draw)
        fact = next(f for f in world.facts_of[e] if f.relation.object == "year")
        while True:
            other = self.another(draw, e)
            match = world.fact_of[other][fact.relation.key]
            if match.text != fact.text:
                break
        first = e if (fact.text < match.text) == yes else other
        second = other if first == e else e
        told = [self.teller.tell(draw, e, fact), self.teller.tell(draw, other, match)]
        question = f"is {world.names[first]} older than {world.names[second]} ?"
        return self.text(draw.sample(told, 2)), question

    def crowded(self, draw: Draw) -> list[Told]:
        """Return two or three told facts, most of them with objects of one type."""
        e = self.subject(draw)
        groups = self.alike(e)
        if not groups or draw.u() < 0.25:
            return self.passage(draw, 0.5)
        count = 2 + (draw.u() < LONG)
        group = draw.sample(draw.pick(groups), count)
        group += draw.sample([f for f in self.world.facts_of[e] if f not in group], count - len(group))
        return [self.teller.tell(draw, e, f, i > 0) for i, f in enumerate(draw.sample(group, 3))]

    def race(self, draw: Draw) -> dict:
        """Return a passage, a question and four options of one type; some questions need world knowledge."""
        told = self.crowded(draw)
        one = draw.pick(told)
        e, fact = one.subject, one.fact
        rest = [f for f in self.teller.rest(e, told) if f.relation.object == fact.relation.object]
        if rest and draw.u() < 0.12:
            fact = draw.pick(rest)
        options = [fact.text]
        alike = [t.fact.text for t in told if t.fact.relation.object == fact.relation.object]
        for _ in range(3):
            wrong = draw.other(alike, *options) if draw.u() < 0.3 else self.teller.stranger(draw, fact, *options)
            while wrong in options:
                wrong = self.teller.stranger(draw, fact, *options)
            options.append(wrong)
        answer = "A" if self.turn < 0.27 else "BCD"[int((self.turn - 0.27) / 0.73 * 3)]
        others = options[1:]
        others.insert("ABCD".index(answer), fact.text)
        return {
            "example_id": "",
            "article": self.text(told),
            "question": self.teller.ask(draw, e, fact.relation),
            "options": others,
            "answer": answer,
        }
