"""The knowledge base: entities with Zipf frequencies, their names, and typed relations between them."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from scalescope.microworld.draw import table, zipf, zipf_table
from scalescope.microworld.inflect import a, plural
from scalescope.microworld.lexicon import Lexicon
from scalescope.microworld.names import Namer
from scalescope.microworld.relations import Relation, load_relations

TYPES = ("person", "building", "work", "company", "ship", "city")
SHARES = (0.40, 0.18, 0.16, 0.12, 0.05, 0.09)
REGIONS = 24
YEARS = {"birthyear": (1850, 1999), "appeared": (1700, 1999), "launched": (1750, 1950), "started": (1780, 1990)}
BUILDING_KINDS = "school prison market hospital granary chapel warehouse court bank bakery barracks archive laundry"
WORK_KINDS = "novel ballad opera comedy tragedy essay memoir sonnet satire fable romance hymn farce chronicle"


class Fact(NamedTuple):
    """Relation, text of the object, and the object's entity (-1 if it is none)."""

    relation: Relation
    text: str
    entity: int


class World:
    """Entities 0..n-1, most frequent first; facts are the same in every dialect, their wording is not.

    names, types, polarity (0 disliked, 1 liked), regions (of cities, -1 else) and female (persons) are lists by
    entity; validation marks the fifth of each type that only validation rows may be about.
    """

    def __init__(self, seed: int, entities: int, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.relations = load_relations(lexicon)
        rng = np.random.default_rng((seed, 1))
        namer = Namer(np.random.default_rng((seed, 2)), REGIONS)
        self.types = [TYPES[i] for i in rng.choice(len(TYPES), entities, p=SHARES)]
        self.types[: 15 * len(TYPES)] = list(TYPES) * 15  # so that small worlds have enough of each, too
        self.polarity = rng.integers(0, 2, entities).tolist()
        self.female = rng.integers(0, 2, entities).tolist()
        where = rng.choice(REGIONS, entities, p=zipf(REGIONS, 0.7)).tolist()
        self.region_names = [namer.region() for _ in range(REGIONS)]
        self.regions = [r if t == "city" else -1 for r, t in zip(where, self.types, strict=True)]
        self.names = [self._name(namer, e) for e in range(entities)]
        self.members = {t: [e for e in range(entities) if self.types[e] == t] for t in TYPES}
        self.validation = [False] * entities
        for members in self.members.values():
            for e in members[::5]:
                self.validation[e] = True
        self.member_tables = {t: zipf_table(m, 0.6, 1 << 14) for t, m in self.members.items()}
        self.subject_table = table(range(entities), lexicon.dialect.entity_weights(entities), 1 << 18)
        self.facts_of: list[list[Fact]] = [[] for _ in range(entities)]
        for i, kind in enumerate(TYPES):
            for j, relation in enumerate(self.relations[kind]):
                self._add_facts(np.random.default_rng((seed, 3, i, j)), relation)
        self.fact_of = [{fact.relation.key: fact for fact in facts} for facts in self.facts_of]

    def _name(self, namer: Namer, e: int) -> str:
        kind = self.types[e]
        if kind == "person":
            return namer.person(self.female[e])
        return namer.city(self.regions[e]) if kind == "city" else namer.thing(kind)

    def _add_facts(self, rng: np.random.Generator, relation: Relation) -> None:
        members = self.members[relation.subject]
        for e, u in zip(members, rng.random(len(members)).tolist(), strict=True):
            self.facts_of[e].append(Fact(relation, *self._object(relation, e, u)))

    def _object(self, relation: Relation, e: int, u: float) -> tuple[str, int]:
        obj = relation.object
        if obj == "region":
            return self.region_names[self.regions[e]], -1
        if obj in self.member_tables:
            other = self.member_tables[obj][int(u * len(self.member_tables[obj]))]
            if other == e:
                other = self.members[obj][(self.members[obj].index(e) + 1) % len(self.members[obj])]
            return self.names[other], other
        if obj == "year":
            low, high = YEARS.get(relation.key, (1400, 1900))
            return str(low + int(u * u * (high - low))), -1
        return self.values[obj][int(u * len(self.values[obj]))], -1

    @cached_property
    def values(self) -> dict[str, list[str]]:
        """The weighted tables of texts that objects can have, by their kinds, where they are no entities or numbers."""
        lexicon = self.lexicon
        whole = [k for k in lexicon.kind_table if lexicon.top_of[lexicon.category_of[k]] != "food"]
        return {
            "building_kind": [a(lexicon.word(k)) for k in BUILDING_KINDS.split()],
            "work_kind": [a(lexicon.word(k)) for k in WORK_KINDS.split()],
            "profession": [a(p) for p in lexicon.profession_table],
            "material": lexicon.materials,
            "thing": [a(k) for k in whole],
            "things": [plural(k) for k in whole],
        }

    def pronoun(self, e: int) -> tuple[str, str]:
        """Return the two short ways of naming an entity again: as a first word, and elsewhere."""
        if self.types[e] == "person":
            return ("She", "the woman") if self.female[e] else ("He", "the man")
        return "It", f"the {self.types[e]}"
