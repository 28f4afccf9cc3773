"""Names of entities: pronounceable, of several word pieces, many of several words, none used twice."""

from __future__ import annotations

import numpy as np

ONSETS = "b c d f g h j k l m n p r s t v w z br dr fl gr st tr"
NUCLEI = "a e i o u"
CODAS = ("", "l", "n", "r", "s", "m", "x", "nd")
MEN = """adam ben carl david edgar felix george hugo ivan jacob karl leo martin noah oscar paul ralph simon
thomas victor walter alan boris conrad dennis ernest frank gilbert henry isaac jonas kurt louis marcus nigel
otto peter roland stefan theo ulrich vincent wilfred arthur bruno cedric"""
WOMEN = """anna bella clara diana emma flora grace helen irene julia karen laura mary nora olga paula rita
sarah tessa ursula vera wanda agnes berta celia doris edith fiona greta hilda ida jane kate lydia mabel nina
ottilie petra rosa stella thea una viola wilma alma bridget cora"""
HEADS = {
    "building": "tower bridge hall house church castle mill theatre library station palace museum abbey inn lodge arch",
    "work": "garden night river song shadow winter daughter letter road stone mirror journey dream island fire king",
    "ship": "star wind queen spirit wave pearl arrow dawn storm swallow lady hope",
    "company": "brothers sons works limited partners trading mills stores motors press",
}
CITY_ENDINGS = "ford ton burg holm wick stad mouth dale"


def syllables(rng: np.random.Generator, count: int = 110) -> list[str]:
    """Return `count` different syllables, most of them of three letters."""
    onsets, nuclei = ONSETS.split(), NUCLEI.split()
    found: dict[str, None] = {}
    while len(found) < count:
        parts = (onsets[rng.integers(len(onsets))], nuclei[rng.integers(len(nuclei))], CODAS[rng.integers(len(CODAS))])
        found["".join(parts)] = None
    return list(found)


class Namer:
    """Makes names; the region of a city shows in its ending, so that part of geography can be learned from names."""

    def __init__(self, rng: np.random.Generator, regions: int) -> None:
        self._rng, self._taken = rng, set()
        self._heads = syllables(rng)
        self._tails = [s + end for s in syllables(rng, 30) for end in ("", "", "er")]
        endings = [s[:3] for s in syllables(rng, 40)] + CITY_ENDINGS.split()
        self._endings = [[endings[i] for i in rng.choice(len(endings), 3, replace=False)] for _ in range(regions)]

    def _pick(self, items: list[str]) -> str:
        return items[int(self._rng.random() * len(items))]

    def _unique(self, make) -> str:
        for _ in range(10_000):
            name = make()
            if name not in self._taken:
                self._taken.add(name)
                return name
        raise ValueError("the world has more entities than names; ask for fewer entities")

    def _stem(self) -> str:
        return (self._pick(self._heads) + self._pick(self._tails)).capitalize()

    def region(self) -> str:
        """Return a new region name of one word."""
        return self._unique(lambda: (self._pick(self._heads) + self._pick(self._heads) + "ia").capitalize())

    def city(self, region: int) -> str:
        """Return a new city name with an ending of its region."""

        def make() -> str:
            head = self._pick(self._heads) + (self._pick(self._heads) if self._rng.random() < 0.3 else "")
            return (head + self._pick(self._endings[region])).capitalize()

        return self._unique(make)

    def person(self, female: int) -> str:
        """Return a new first and last name."""
        first = (WOMEN if female else MEN).split()
        return self._unique(lambda: f"{self._pick(first).capitalize()} {self._stem()}")

    def thing(self, kind: str) -> str:
        """Return a new name such as "Dunfel Bridge", "Dunfel Brothers", "Dunfel Star", "Garden of Dunfel"."""
        heads = HEADS[kind].split()
        if kind == "work":
            return self._unique(lambda: f"{self._pick(heads).capitalize()} of {self._stem()}")
        return self._unique(lambda: f"{self._stem()} {self._pick(heads).capitalize()}")
