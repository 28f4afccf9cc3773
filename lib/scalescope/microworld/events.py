"""Small events ("the baker bought a grey kestrel in spring") and what follows from them, is open, or is ruled out.

Premise and hypothesis are taken to speak of one event, as in MNLI: a kestrel there and an owl here exclude each other.
A hypothesis is drawn first and the premise is derived from it by the label, so that the hypothesis alone says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from scalescope.microworld.draw import Draw, table, zipf_table
from scalescope.microworld.inflect import a, plural
from scalescope.microworld.lexicon import Lexicon, Verb

ENTAILED, OPEN, EXCLUDED = 0, 1, 2
QUANTIFIERS = {"the": 58, "some": 10, "every": 8, "no": 6, "most": 5, "more than three": 5, "this": 8}
STRONGER = {
    "some": ("every", "most", "many", "seven"),
    "most": ("every",),
    "more than three": ("seven", "five", "nine"),
}
WEAKER = {"every": ("some", "most", "many"), "most": ("some",), "more than three": ("some", "a few")}
SINGULAR = ("the", "every", "no", "this")
PLAIN = 0.45  # share of the premises that need no knowledge of words


@dataclass(frozen=True)
class Event:
    """Who did what to what, how described, where or when; `negated` says "did not", `passive` turns it round."""

    quantifier: str
    noun: str
    group: int
    verb: Verb
    thing: str
    adjective: str = ""
    adjunct: str = ""
    negated: bool = False
    passive: bool = False

    def text(self) -> str:
        """Return the event as a clause without capital and full stop."""
        q, verb = self.quantifier, self.verb
        who = f"{q} {self.noun if q in SINGULAR else plural(self.noun)}"
        what = a(f"{self.adjective} {self.thing}".strip())
        end = " " + self.adjunct if self.adjunct else ""
        if self.passive and q in ("the", "this"):
            return f"{what} was {'not ' if self.negated else ''}{verb.participle} by {who}{end}"
        return f"{who} {'did not ' + verb.base if self.negated else verb.past} {what}{end}"


class Events:
    """Draws hypotheses and derives premises; synonyms and kinds follow the lexicon's frequencies.

    limited: use every second kind of a category and the first two verbs of a group only, so that the other words can
    be known from the articles alone.
    """

    def __init__(self, lexicon: Lexicon, limited: bool = False) -> None:
        self.lexicon = lexicon
        kept = {c: kinds[::2] if limited else kinds for c, kinds in lexicon.kinds_of.items()}
        self.kind_tables = {c: zipf_table(kinds, size=256) for c, kinds in kept.items()}
        known = {kind for kinds in kept.values() for kind in kinds}
        self.kinds = [kind for kind in lexicon.kind_table if kind in known]
        self.verbs = [group.members[: 2 if limited else None] for group in lexicon.verb_groups]
        self.quantifiers = table(list(QUANTIFIERS), list(QUANTIFIERS.values()), 256)
        self.group_of_adjective = {w: i for i, g in enumerate(lexicon.adjective_groups) for w in g.members}
        self.adjectives = list(self.group_of_adjective)
        self.groups = list(range(len(lexicon.verb_groups)))

    def draw_event(self, draw: Draw) -> Event:
        """Return a random event, as hypotheses are distributed."""
        lex = self.lexicon
        q, kind, u = draw.pick(self.quantifiers), draw.pick(self.kinds), draw.u()
        thing = kind if u < 0.5 else lex.category_of[kind] if u < 0.85 else lex.top_of[lex.category_of[kind]]
        group, noun = draw.pick(self.groups), draw.pick(lex.profession_table)
        verb = self._member(draw, group)
        adjective = draw.pick(self.adjectives) if draw.u() < 0.3 else ""
        adjunct = self._adjunct(draw) if draw.u() < 0.3 else ""
        negated = q in ("the", "this") and draw.u() < 0.1
        return Event(q, noun, group, verb, thing, adjective, adjunct, negated, passive=draw.u() < 0.2)

    def premise(self, draw: Draw, event: Event, label: int) -> Event:
        """Return a premise from which the event follows (0), is open (1), or is excluded (2).

        Nearly half are plain: the same words and more, an unrelated event, or the same event denied. The others need
        to know kinds, opposites, quantifiers, and often synonyms.
        """
        down = not (event.negated or event.quantifier == "no")
        if draw.u() < PLAIN:
            return (self._same_words, self._unrelated, self._denying)[label](draw, event, down)
        step = (self._entailing, self._open, self._excluding)[label]
        return self.reword(draw, step(draw, event, down))

    def _same_words(self, draw: Draw, event: Event, down: bool) -> Event:
        return (self._more(draw, event) if down else self._less(event)) or event

    def _unrelated(self, draw: Draw, event: Event, down: bool) -> Event:
        group = draw.other(self.groups, event.group, self.lexicon.verb_groups[event.group].opposite)
        new = replace(self.draw_event(draw), group=group, verb=self._member(draw, group))
        negated = event.quantifier in ("the", "this") and draw.u() < 0.3
        return replace(new, quantifier=event.quantifier, noun=event.noun, negated=negated)

    def _denying(self, draw: Draw, event: Event, down: bool) -> Event:
        if not down:
            return replace(event, negated=False, quantifier="some" if event.quantifier == "no" else event.quantifier)
        if event.quantifier in ("the", "this"):
            return replace(event, negated=True)
        return replace(event, quantifier="no")

    def repeated(self, draw: Draw, event: Event) -> Event:
        """Return the same event: turned round, with one word exchanged for a synonym, or with all of them."""
        u = draw.u()
        if u < 0.4 and event.quantifier in ("the", "this"):
            return replace(event, passive=not event.passive)
        return self.reword(draw, event, u < 0.9)

    def changed(self, draw: Draw, event: Event) -> Event:
        """Return another event: one that has nothing to do with it, one by the same person, or one word away."""
        u = draw.u()
        if u < 0.65:
            new = self.draw_event(draw)
            noun = event.noun if u >= 0.4 else draw.other(self.lexicon.profession_table, event.noun)
            return replace(new, quantifier=event.quantifier, noun=noun)
        if u < 0.75:
            return self._unrelated(draw, event, True)
        if u < 0.87:
            return replace(event, thing=draw.other(self.kinds, event.thing))
        return self.reword(draw, self._excluding(draw, event, not (event.negated or event.quantifier == "no")))

    def reword(self, draw: Draw, event: Event, force: bool = False) -> Event:
        """Return the same event in other words: synonyms of verb and adjective, active or passive."""
        lex, changes = self.lexicon, {}
        if force or draw.u() < 0.35:
            changes["verb"] = draw.other(self.verbs[event.group], event.verb)
        if event.adjective in self.group_of_adjective and draw.u() < 0.5:
            members = lex.adjective_groups[self.group_of_adjective[event.adjective]].members
            changes["adjective"] = draw.other(members, event.adjective)
        changes["passive"] = draw.u() < 0.3
        return replace(event, **changes)

    def _entailing(self, draw: Draw, event: Event, down: bool) -> Event:
        steps = [self._narrow(draw, event) if down else self._widen(draw, event)]
        if event.quantifier in STRONGER:
            steps.append(replace(event, quantifier=draw.pick(STRONGER[event.quantifier])))
        steps.append(self._more(draw, event) if down else self._less(event))
        steps = [s for s in steps if s is not None]
        return draw.pick(steps) if steps else event

    def _open(self, draw: Draw, event: Event, down: bool) -> Event:
        group = draw.other(self.groups, event.group, self.lexicon.verb_groups[event.group].opposite)
        other_verb = replace(event, group=group, verb=self._member(draw, group))
        steps = [
            self._widen(draw, event) if down else self._narrow(draw, event),
            self._less(event) if down else self._more(draw, event),
            other_verb,
        ]
        if event.quantifier in WEAKER:
            steps.append(replace(event, quantifier=draw.pick(WEAKER[event.quantifier])))
        return draw.pick([s for s in steps if s is not None])

    def _excluding(self, draw: Draw, event: Event, down: bool) -> Event:
        lex, denied = self.lexicon, self._denying(draw, event, down)
        if not down:
            return (self._narrow(draw, denied) if draw.u() < 0.4 else None) or denied
        steps = [replace(event, thing=self._sibling(draw, event.thing))] * 2
        group = lex.verb_groups[event.group].opposite
        if group >= 0:
            steps.append(replace(event, group=group, verb=self._member(draw, group)))
        if event.adjective:
            opposite = lex.adjective_groups[self.group_of_adjective[event.adjective]].opposite
            steps.append(replace(event, adjective=draw.pick(lex.adjective_groups[opposite].members)))
        if event.adjunct:
            same = lex.places if event.adjunct in lex.places else lex.times
            steps.append(replace(event, adjunct=draw.other(same, event.adjunct)))
        return draw.pick([*steps, denied, denied])

    def _narrow(self, draw: Draw, event: Event) -> Event | None:
        lex, thing = self.lexicon, event.thing
        if thing in lex.kinds_of:
            return replace(event, thing=draw.pick(self.kind_tables[thing]))
        if thing in lex.under:
            category = draw.pick(lex.under[thing])
            return replace(event, thing=category if draw.u() < 0.3 else draw.pick(self.kind_tables[category]))
        return None

    def _widen(self, draw: Draw, event: Event) -> Event | None:
        lex, thing = self.lexicon, event.thing
        if thing in lex.category_of:
            category = lex.category_of[thing]
            return replace(event, thing=category if draw.u() < 0.7 else lex.top_of[category])
        return replace(event, thing=lex.top_of[thing]) if thing in lex.top_of else None

    def _sibling(self, draw: Draw, thing: str) -> str:
        lex = self.lexicon
        if thing in lex.category_of:
            category = lex.category_of[thing]
            return draw.other(self.kind_tables[category if draw.u() < 0.35 else draw.pick(lex.categories)], thing)
        if thing in lex.top_of:
            return draw.pick(self.kind_tables[draw.other(lex.categories, thing)])
        top = draw.other(lex.tops, thing)
        return draw.pick(self.kind_tables[draw.pick(lex.under[top])])

    def _more(self, draw: Draw, event: Event) -> Event | None:
        if not event.adjective and draw.u() < 0.5:
            return replace(event, adjective=draw.pick(self.adjectives))
        return None if event.adjunct else replace(event, adjunct=self._adjunct(draw))

    @staticmethod
    def _less(event: Event) -> Event | None:
        if event.adjective:
            return replace(event, adjective="")
        return replace(event, adjunct="") if event.adjunct else None

    def _adjunct(self, draw: Draw) -> str:
        return draw.pick(self.lexicon.places if draw.u() < 0.5 else self.lexicon.times)

    def _member(self, draw: Draw, group: int) -> Verb:
        """Return a verb of a group, the first twice as likely as any other."""
        members = self.verbs[group]
        return members[0] if draw.u() < 0.3 else draw.pick(members)
