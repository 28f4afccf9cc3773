"""Telling, asking, denying and comparing the facts of the knowledge base."""

from __future__ import annotations

from typing import NamedTuple

from scalescope.microworld.draw import Draw
from scalescope.microworld.relations import Form, Relation, render
from scalescope.microworld.world import Fact, World


def capital(text: str) -> str:
    """Return the text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


class Told(NamedTuple):
    """A sentence, the subject's entity, the fact it tells, and the form it was told in."""

    sentence: str
    subject: int
    fact: Fact
    form: Form


class Teller:
    """Words facts: the grammar between the knowledge base and every article or task row about entities."""

    def __init__(self, world: World) -> None:
        self.world = world

    def tell(self, draw: Draw, e: int, fact: Fact, again: bool = False, avoid: Form | None = None) -> Told:
        """State a fact; `again` may use a pronoun, `avoid` is a wording not to use (for paraphrases)."""
        relation = fact.relation
        form = draw.pick(relation.statements) if avoid is None else draw.other(relation.statements, avoid)
        s = self.world.names[e]
        if again and draw.u() < 0.7:
            s = self.world.pronoun(e)[0 if form.s_first and not form.before else 1]
        return Told(capital(render(form, s, fact.text)) + " .", e, fact, form)

    def passage(self, draw: Draw, e: int, count: int, only: list[Fact] | None = None) -> list[Told]:
        """State `count` different facts about an entity, the later ones often with a pronoun."""
        facts = draw.sample(only or self.world.facts_of[e], count)
        return [self.tell(draw, e, fact, i > 0) for i, fact in enumerate(facts)]

    def ask(self, draw: Draw, e: int, relation: Relation) -> str:
        """Ask for the object of a relation: "who designed Dunfel Bridge ?"."""
        return capital(render(draw.pick(relation.questions), self.world.names[e], "")) + " ?"

    def ask_whether(self, draw: Draw, e: int, relation: Relation, text: str) -> str:
        """Ask whether the object is `text`: "was Dunfel Bridge designed by Adam Korn ?"."""
        return capital(render(draw.pick(relation.yesno), self.world.names[e], text)) + " ?"

    def deny(self, draw: Draw, s: str, relation: Relation, text: str) -> str:
        """Deny that the object is `text`, without the full stop."""
        return capital(render(draw.pick(relation.denials), s, text))

    def rival(self, draw: Draw, fact: Fact, near: list[Told] = ()) -> str:
        """Return a wrong object of the right type, from `near` if it has one, else as frequent as a right one."""
        if near and draw.u() < 0.7:
            facts = [told.fact for told in near]
            texts = [f.text for f in facts if f.relation.object == fact.relation.object and f.text != fact.text]
            if texts:
                return draw.pick(texts)
        return self.stranger(draw, fact)

    def stranger(self, draw: Draw, fact: Fact, *taken: str) -> str:
        """Return the object the same relation has for another entity, distributed as right answers are."""
        world, relation = self.world, fact.relation
        for _ in range(50):
            other = draw.pick(world.members[relation.subject])
            text = world.fact_of[other][relation.key].text
            if text != fact.text and text not in taken:
                break
        return text

    def rest(self, e: int, told: list[Told]) -> list[Fact]:
        """Return the facts about an entity that a passage leaves out."""
        keys = {t.fact.relation.key for t in told if t.subject == e}
        return [f for f in self.world.facts_of[e] if f.relation.key not in keys]
