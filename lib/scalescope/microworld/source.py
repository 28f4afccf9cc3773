"""The embedded source: articles and rows of nine tasks, generated from a seed without a network."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cached_property
from itertools import count, islice

import numpy as np

from scalescope.errors import check_name
from scalescope.microworld.articles import Articles
from scalescope.microworld.dialect import Dialect, Distance, variation
from scalescope.microworld.draw import Draw
from scalescope.microworld.facts import Teller
from scalescope.microworld.lexicon import Lexicon
from scalescope.microworld.probes import Probe, probes
from scalescope.microworld.task_passages import PassageTasks
from scalescope.microworld.world import World

VERSION = 5  # raise it with every change of the text or the rows: it enters the fingerprint
GOLDEN = 0.6180339887498949  # multiples of it modulo one are spread evenly
TASK_NAMES = ("squad", "mnli", "qnli", "sst2", "race", "cola", "squad_v2", "mrpc", "boolq")


class Microworld:
    """A seeded world told in simple English; implements the Source protocol.

    Sizes are numbers of articles and of rows per task; `vocabulary`, `constructions` and `entity_tilt` (each 0 to 1)
    make a dialect; another `telling` of the same world has other articles, and the same rows. The same arguments give
    the same text and rows on any machine. Raises ValueError for sizes below one (entities: below 200) and UnknownName
    for unknown splits and tasks.
    """

    name = "microworld"

    def __init__(
        self,
        *,
        seed: int = 0,
        entities: int = 20_000,
        train_articles: int = 50_000,
        heldout_articles: int = 1_000,
        task_train: int = 3_000,
        task_validation: int = 1_000,
        vocabulary: float = 0.0,
        constructions: float = 0.0,
        entity_tilt: float = 0.0,
        telling: int = 0,
    ) -> None:
        sizes = {
            "entities": (entities, 200),
            "seed": (seed, 0),
            "train_articles": (train_articles, 1),
            "heldout_articles": (heldout_articles, 1),
            "task_train": (task_train, 1),
            "task_validation": (task_validation, 1),
            "telling": (telling, 0),
        }
        for key, (value, least) in sizes.items():
            if not isinstance(value, int) or isinstance(value, bool):
                raise ValueError(f"microworld {key} is {value!r}; a whole number is expected, such as {least}")
            if value < least:
                raise ValueError(f"microworld {key} is {value}; nearest valid value is {least}")
        self.seed, self.entities, self.telling = seed, entities, telling
        self.articles_in = {"train": train_articles, "heldout": heldout_articles}
        self.rows_in = {"train": task_train, "validation": task_validation}
        self.dialect = Dialect(vocabulary, constructions, entity_tilt)
        self._written: dict[str, tuple[list[list[str]], Iterator[list[str]]]] = {}
        self._world_settings = [VERSION, seed, entities, vocabulary, constructions, entity_tilt]
        self._stream = (telling,) if telling else ()  # the first telling keeps its text and fingerprint

    @cached_property
    def world(self) -> World:
        """The knowledge base; made on first use."""
        return World(self.seed, self.entities, Lexicon(self.seed, self.dialect))

    @property
    def corpus_fingerprint(self) -> str:
        """10 hex digits over the settings that the articles depend on."""
        return self._hash(self.articles_in, *self._stream)

    def task_fingerprint(self, task: str) -> str:
        """10 hex digits over the settings that the rows of a task depend on."""
        return self._hash(task, self.rows_in)

    def _hash(self, *own: object) -> str:
        return hashlib.sha256(json.dumps([*self._world_settings, *own]).encode()).hexdigest()[:10]

    def articles(self, split: str) -> Iterator[list[str]]:
        """Yield the articles of "train" or "heldout", each a list of paragraphs."""
        check_name("split", split, self.articles_in)
        if split not in self._written:  # text is read three times (tokenizer, n-grams, encoding) and written once
            draw = Draw(self.seed, 10 + list(self.articles_in).index(split), *self._stream)
            self._written[split] = [], islice(Articles(self.world).write(draw), self.articles_in[split])
        written, rest = self._written[split]
        for at in count():
            if at == len(written):
                article = next(rest, None)
                if article is None:
                    return
                written.append(article)
            yield written[at]

    def rows(self, task: str, split: str) -> list[dict]:
        """Return the rows of a task for "train" or "validation", with the Hugging Face field names."""
        check_name("task", task, TASK_NAMES)
        check_name("split", split, self.rows_in)
        train = split == "train"
        maker = PassageTasks(self.world, Teller(self.world), train)
        draw = Draw(self.seed, 20 + TASK_NAMES.index(task), int(train))
        make = getattr(maker, task)
        rows = []
        for i in range(self.rows_in[split]):
            maker.turn = (i + 0.5) * GOLDEN % 1
            row = make(draw)
            rows.append(row)
            for key in ("id", "example_id"):
                if key in row:
                    row[key] = f"{split}-{i}"
        return rows

    def probes(self, count: int) -> list[Probe]:
        """Return `count` probes of each skill, from documents of their own."""
        return list(probes(self.world, Draw(self.seed, 12), count))

    def distance(self, other: Microworld) -> Distance:
        """Return how far two dialects of one world lie apart, computed from their generators."""
        a, b = self.dialect, other.dialect
        one, two = Lexicon(self.seed, a), Lexicon(self.seed, b)
        shares = Lexicon(self.seed, Dialect()).lexemes()
        words = sum(share for w, share in shares.items() if one.replaced(w) != two.replaced(w)) / sum(shares.values())
        wordings = float(np.mean([variation(a.weights(n), b.weights(n)) for n in range(3, 13)]))
        return Distance(words, wordings, variation(a.entity_weights(self.entities), b.entity_weights(self.entities)))
