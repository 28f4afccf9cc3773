"""The inflected, Zipf-weighted lexicon of one dialect."""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np

from scalescope.microworld import words
from scalescope.microworld.dialect import Dialect
from scalescope.microworld.draw import zipf, zipf_table
from scalescope.microworld.inflect import gerund, participle, past, plain, third
from scalescope.microworld.names import syllables


class Verb(NamedTuple):
    """The forms of one verb; `after` is the preposition it governs, if any, with a leading space."""

    base: str
    third: str
    past: str
    participle: str
    gerund: str
    after: str = ""


class Group(NamedTuple):
    """Synonyms (most frequent first) and the index of the group of opposite meaning, -1 if none."""

    members: list
    opposite: int


def make_verb(base: str, after: str = "") -> Verb:
    """Inflect a verb given in its base form."""
    return Verb(plain(base), third(base), past(base), participle(base), gerund(base), after and " " + after)


class Lexicon:
    """All word classes of the microworld in the words of one dialect.

    Lists are ordered by frequency; attributes ending in `_table` are weighted for `Draw.pick`.
    `lexemes` maps every content word to the probability it has among content words, for distances.
    """

    def __init__(self, seed: int, dialect: Dialect) -> None:
        self.seed, self.dialect = seed, dialect
        self._parts = syllables(np.random.default_rng((seed, 77)))
        self._build_kinds()
        self.verb_groups = self._groups(words.VERB_GROUPS, verbs=True)
        self.adjective_groups = self._groups(words.ADJECTIVES, verbs=False)
        self.verb_group_of = {v.base: i for i, g in enumerate(self.verb_groups) for v in g.members}
        self._build_frames()
        self._build_opinions()
        idioms = [phrase.strip() for phrase in words.IDIOMS.replace("\n", " ").split(";")]
        self.idiom_table = zipf_table(idioms, 0.7, 256)
        self.places = [self._phrase(phrase) for phrase in words.PLACES.split(";")]
        self.times = [self._phrase(phrase) for phrase in words.TIMES.split(";")]
        self.materials = self._words(words.MATERIALS)
        self.profession_table = zipf_table(self._words(words.PROFESSIONS))
        self.mass = self._words(words.MASS)
        self.intensifier_table = zipf_table(words.INTENSIFIERS.split())

    def word(self, word: str) -> str:
        """Return the dialect's word for a standard content word: mostly the same, else an invented one."""
        if not self.replaced(word):
            return word
        mark, parts = zlib.crc32(f"{self.seed}:{word}".encode()), self._parts
        return parts[mark % len(parts)] + parts[(mark // 997) % len(parts)] + "k"

    def replaced(self, word: str) -> bool:
        """Whether the dialect has a word of its own for a standard word."""
        return zlib.crc32(f"{self.seed}:{word}".encode()) / 2**32 < self.dialect.vocabulary

    def _words(self, text: str) -> list[str]:
        return [self.word(w) for w in dict.fromkeys(text.split())]

    def _phrase(self, text: str) -> str:
        *head, last = text.split()
        return " ".join([*head, self.word(last)])

    def _build_kinds(self) -> None:
        self.top_of: dict[str, str] = {}
        self.kinds_of: dict[str, list[str]] = {}
        for line in words.KINDS.strip().splitlines():
            head, kinds = line.split(":")
            category, top = head.split()
            category = self.word(category)
            self.top_of[category] = self.word(top)
            self.kinds_of[category] = self._words(kinds)
        self.categories = list(self.kinds_of)
        self.category_of = {kind: c for c, kinds in self.kinds_of.items() for kind in kinds}
        self.tops = list(dict.fromkeys(self.top_of.values()))
        self.under: dict[str, list[str]] = {top: [] for top in self.tops}
        for category, top in self.top_of.items():
            self.under[top].append(category)
        longest = max(len(kinds) for kinds in self.kinds_of.values())
        self.kinds = [k[i] for i in range(longest) for k in self.kinds_of.values() if i < len(k)]
        self.kind_table = zipf_table(self.kinds)
        lines = [line.split(":") for line in words.CATEGORY_VERBS.strip().splitlines()]
        self.verbs_for = {self.word(c): [make_verb(self.word(v)) for v in vs.split()] for c, vs in lines}

    def _groups(self, text: str, verbs: bool) -> list[Group]:
        groups: list[Group] = []
        for line in text.strip().splitlines():
            start, sides = len(groups), line.split("/")
            for i, side in enumerate(sides):
                members = self._words(side)
                opposite = start + 1 - i if len(sides) == 2 else -1
                groups.append(Group([make_verb(w) for w in members] if verbs else members, opposite))
        return groups

    def _build_frames(self) -> None:
        names = ("intransitive", "transitive", "clausal", "infinitival", "gerund", "ditransitive", "object_to")
        self.frames = {name: [make_verb(w) for w in self._words(getattr(words, name.upper()))] for name in names}
        pairs = [item.split() for item in words.PREPOSITIONAL.split(";")]
        self.frames["prepositional"] = [make_verb(self.word(verb), after) for verb, after in pairs]
        self.prepositions = sorted({v.after for v in self.frames["prepositional"]})

    def _build_opinions(self) -> None:
        taken = set(f"{words.ADJECTIVES} {words.PLAIN_ADJECTIVES} {words.MASS}".split())
        good, bad = dict.fromkeys(words.POSITIVE.split()), dict.fromkeys(words.NEGATIVE.split())
        both = set(good) & set(bad)
        self.evaluative = [[self.word(w) for w in side if w not in both and w not in taken] for side in (bad, good)]
        self.evaluative_tables = [zipf_table(side, 1.0, 8192) for side in self.evaluative]
        self.verdicts = [self._words(words.NEGATIVE_NOUNS), self._words(words.POSITIVE_NOUNS)]
        self.verdict_tables = [zipf_table(side) for side in self.verdicts]
        self.aspects = self._words(words.ASPECTS)

    def lexemes(self) -> dict[str, float]:
        """Return the share of each standard content word (all classes taken as equally frequent)."""
        grouped = (words.KINDS, words.CATEGORY_VERBS, words.VERB_GROUPS, words.ADJECTIVES)
        lists = [text.replace(":", " ").replace("/", " ") for text in grouped]
        lists += [words.PROFESSIONS, words.INTRANSITIVE, words.TRANSITIVE, words.CLAUSAL, words.INFINITIVAL]
        lists += [words.GERUND, words.DITRANSITIVE, words.POSITIVE, words.NEGATIVE]
        shares: dict[str, float] = {}
        for text in lists:
            entries = list(dict.fromkeys(text.split()))
            for word, share in zip(entries, zipf(len(entries), 0.8).tolist(), strict=True):
                shares[word] = shares.get(word, 0.0) + share / len(lists)
        return shares
