"""Sentences that obey the grammar, or break one rule of it: agreement, order, subcategorisation, selection ...

Every phenomenon makes a good and a bad member of a minimal pair. Articles hold bad ones only if they call them wrong;
which frame a verb takes, and which objects, shows in what is said.
"""

from __future__ import annotations

from collections.abc import Callable

from scalescope.microworld.draw import Draw, table
from scalescope.microworld.inflect import a, plural
from scalescope.microworld.lexicon import Lexicon, Verb

# what neighbours show (order, tense, determiner), what one word and its class show, what only structure shows
WEIGHTS = {
    "order": 18,
    "tense": 14,
    "determiner": 12,
    "agreement": 22,
    "amount": 5,
    "preposition": 9,
    "complement": 7,
    "selection": 5,
    "transitivity": 4,
    "reflexive": 2,
    "two_objects": 2,
}
OBSERVERS = ["knows", "likes", "sees", "fears", "follows", "envies"]
TRAITS = ["young", "tall", "shy", "local", "foreign", "tired", "elderly", "busy"]
ADVERBS = ["often", "never", "always", "rarely", "soon", "again", "sometimes"]


class Sentences:
    """Makes sentences about people and things; `verbs` limits each frame to a weighted table of its verbs."""

    def __init__(self, lexicon: Lexicon, verbs: dict[str, list[Verb]]) -> None:
        self.lexicon, self.verbs = lexicon, verbs
        self.nouns = [(n, plural(n)) for n in lexicon.profession_table]
        self.allowed: dict[str, list[str]] = {}
        for name, members in lexicon.frames.items():
            for verb in members:
                self.allowed.setdefault(verb.base, []).append(name)
        self.governed: dict[str, list[str]] = {}
        for verb in lexicon.frames["prepositional"]:
            self.governed.setdefault(verb.base, []).append(verb.after)
        makers = [getattr(self, name) for name in WEIGHTS]
        self.makers: list[Callable[[Draw, bool], str]] = table(makers, list(WEIGHTS.values()), 256)

    def sentence(self, draw: Draw, good: bool = True) -> str:
        """Return one sentence without capital and full stop; a bad one breaks exactly one rule."""
        return draw.pick(self.makers)(draw, good)

    def _subject(self, draw: Draw, many: int) -> str:
        noun = draw.pick(self.nouns)[many]
        u = draw.u()
        if u < 0.7:
            return "the " + noun
        if u < 0.85:
            return ("these " if many else "this ") + noun
        if u < 0.95:
            return ("some " if many else "every ") + noun
        return f"the {draw.pick(TRAITS)} {noun}"

    def _object(self, draw: Draw) -> str:
        if draw.u() < 0.5:
            return "the " + draw.pick(self.nouns)[draw.u() < 0.5]
        kind = draw.pick(self.lexicon.kind_table)
        return a(kind) if draw.u() < 0.5 else "the " + plural(kind)

    def _verb(self, draw: Draw, frame: str) -> Verb:
        return draw.pick(self.verbs[frame])

    def agreement(self, draw: Draw, good: bool) -> str:
        """Number of subject and verb agree, also across a phrase of the other number."""
        many = int(draw.u() < 0.5)
        u = draw.u()
        between = ""
        if u < 0.2:
            where = draw.pick(("near", "behind", "beside", "with"))
            between = f" {where} the {draw.pick(self.nouns)[draw.u() < 0.5]}"
        elif u < 0.3:
            many_inside = int(draw.u() < 0.5)
            seen = draw.pick(OBSERVERS)
            between = f" that the {draw.pick(self.nouns)[many_inside]} {seen[:-1] if many_inside else seen}"
        elif u < 0.4:
            verb = self._verb(draw, "transitive")
            between = f" who {verb.base if many else verb.third} the {draw.pick(self.nouns)[1 - many]}"
        frame = draw.pick(("intransitive", "prepositional", "infinitival", "transitive"))
        verb = self._verb(draw, frame)
        shown = verb.base if many == good else verb.third
        rest = {"intransitive": "", "transitive": " " + self._object(draw)}.get(frame)
        if rest is None:
            rest = verb.after + " " + self._object(draw) if verb.after else " to " + self._bare(draw)
        return f"{self._subject(draw, many)}{between} {shown}{rest}"

    def determiner(self, draw: Draw, good: bool) -> str:
        """Determiners agree in number with their noun."""
        many = int(draw.u() < 0.5)
        word = draw.pick((("this", "every", "each"), ("these", "many", "several"))[many])
        noun = draw.pick(self.nouns)[many if good else 1 - many]
        verb = self._verb(draw, "transitive")
        if draw.u() < 0.5:
            return f"{word} {noun} {verb.past} {self._object(draw)}"
        return f"the {draw.pick(self.nouns)[0]} {verb.past} {word} {noun}"

    def _bare(self, draw: Draw) -> str:
        return self._verb(draw, "intransitive").base

    def _finite(self, draw: Draw, verb: Verb) -> tuple[str, str]:
        many = int(draw.u() < 0.4)
        u = draw.u()
        if u < 0.5:
            form = verb.base if many else verb.third
        elif u < 0.85:
            form = verb.past
        else:
            form = "will " + verb.base
        return self._subject(draw, many), form

    def preposition(self, draw: Draw, good: bool) -> str:
        """A verb governs its own preposition."""
        verb = self._verb(draw, "prepositional")
        subject, form = self._finite(draw, verb)
        after = verb.after if good else draw.other(self.lexicon.prepositions, *self.governed[verb.base])
        return f"{subject} {form}{after} {self._object(draw)}"

    def transitivity(self, draw: Draw, good: bool) -> str:
        """Intransitive verbs take no object, transitive ones need theirs."""
        transitive = draw.u() < 0.5
        verb = self._verb(draw, "transitive" if transitive else "intransitive")
        subject, form = self._finite(draw, verb)
        if transitive == good:
            return f"{subject} {form} {self._object(draw)}"
        end = draw.pick(self.lexicon.places if draw.u() < 0.5 else self.lexicon.times)
        return f"{subject} {form} {end}" if draw.u() < 0.6 else f"{subject} {form}"

    def complement(self, draw: Draw, good: bool) -> str:
        """Verbs choose between that-clauses, infinitives, gerunds, and an object with an infinitive."""
        frames = ("clausal", "infinitival", "gerund", "object_to")
        frame = draw.pick(frames)
        verb = self._verb(draw, frame)
        subject, form = self._finite(draw, verb)
        used = frame if good else draw.other(frames, *self.allowed.get(verb.base, ()))
        inner = self._verb(draw, "intransitive")
        if used == "clausal":
            return f"{subject} {form} that the {draw.pick(self.nouns)[0]} {inner.past}"
        if used == "infinitival":
            return f"{subject} {form} to {inner.base}"
        if used == "gerund":
            return f"{subject} {form} {inner.gerund}"
        return f"{subject} {form} the {draw.pick(self.nouns)[0]} to {inner.base}"

    def two_objects(self, draw: Draw, good: bool) -> str:
        """Only some verbs take two objects."""
        verb = self._verb(draw, "ditransitive" if good else "transitive")
        subject, form = self._finite(draw, verb)
        return f"{subject} {form} the {draw.pick(self.nouns)[0]} {a(draw.pick(self.lexicon.kind_table))}"

    def selection(self, draw: Draw, good: bool) -> str:
        """A verb chooses the category of its object: lutes are strummed, ale is brewed."""
        lex = self.lexicon
        kind = draw.pick(lex.kind_table)
        category = lex.category_of[kind]
        verb = draw.pick(lex.verbs_for[category if good else draw.other(lex.categories, category)])
        subject, form = self._finite(draw, verb)
        if draw.u() < 0.25:
            return f"the {plural(kind)} were {verb.participle} by {subject}"
        return f"{subject} {form} {a(kind) if draw.u() < 0.5 else 'the ' + plural(kind)}"

    def order(self, draw: Draw, good: bool) -> str:
        """Adverbs, negation and auxiliaries have their places."""
        verb, subject = self._verb(draw, "transitive"), self._subject(draw, 0)
        thing, u, adverb = self._object(draw), draw.u(), draw.pick(ADVERBS)
        if u < 0.35:
            middle = f"has not {verb.participle}" if good else f"not has {verb.participle}"
        elif u < 0.7:
            middle = f"has {adverb} {verb.participle}" if good else f"has {verb.participle} {adverb}"
        else:
            middle = f"will not {verb.base}" if good else f"not will {verb.base}"
        return f"{subject} {middle} {thing}"

    def reflexive(self, draw: Draw, good: bool) -> str:
        """A reflexive agrees with its subject, not with a nearer noun."""
        many = int(draw.u() < 0.5)
        verb = self._verb(draw, "transitive")
        near = f" behind the {draw.pick(self.nouns)[draw.u() < 0.5]}" if draw.u() < 0.6 else ""
        own = ("himself", "themselves")[many if good else 1 - many]
        return f"the {draw.pick(self.nouns)[many]}{near} {verb.past} {own}"

    def amount(self, draw: Draw, good: bool) -> str:
        """Much goes with masses, many with plurals."""
        mass = draw.u() < 0.5
        noun = draw.pick(self.lexicon.mass) if mass else plural(draw.pick(self.lexicon.kind_table))
        word = draw.pick((("many", "too many", "several"), ("much", "too much", "so much"))[mass == good])
        return f"{self._subject(draw, 0)} has {word} {noun}"

    def tense(self, draw: Draw, good: bool) -> str:
        """Auxiliaries take the right form of the verb."""
        group = draw.pick(self.lexicon.verb_groups)
        verb, u = draw.pick(group.members), draw.u()
        right, wrong, auxiliary = (
            (verb.base, verb.past, "did not")
            if u < 0.35
            else (verb.gerund, verb.past, "is")
            if u < 0.65
            else (verb.participle, verb.base, "has")
        )
        return f"{self._subject(draw, 0)} {auxiliary} {right if good else wrong} {self._object(draw)}"
