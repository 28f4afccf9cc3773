"""The paper's own data from the Hugging Face hub, through `datasets` (optional extra [hub])."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from scalescope.data.sources.base import ARTICLE_SPLITS, ROW_SPLITS, check_split
from scalescope.errors import BadInput, check_name

WIKIPEDIA = ("wikimedia/wikipedia", "20231101.en")
DATA_SETS: dict[str, tuple[str, str | None]] = {
    "squad": ("rajpurkar/squad", None),
    "mnli": ("nyu-mll/glue", "mnli"),
    "qnli": ("nyu-mll/glue", "qnli"),
    "sst2": ("nyu-mll/glue", "sst2"),
    "race": ("ehovy/race", "all"),
    "cola": ("nyu-mll/glue", "cola"),
    "squad_v2": ("rajpurkar/squad_v2", None),
    "mrpc": ("nyu-mll/glue", "mrpc"),
    "boolq": ("google/boolq", None),
}
# commits of the data sets on the hub: all of parquet files, none with code of its own
REVISIONS = {
    "wikimedia/wikipedia": "b04c8d1ceb2f5cd4588862100d08de323dccfbaa",
    "rajpurkar/squad": "7b6d24c440a36b6815f21b70d25016731768db1f",
    "rajpurkar/squad_v2": "3ffb306f725f7d2ce8394bc1873b24868140c412",
    "nyu-mll/glue": "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c",
    "ehovy/race": "2fec9fd81f1dc971569a9b729c43f2f0e6436637",
    "google/boolq": "35b264d03638db9f4ce671b711558bf7ff0f80d5",
}
OLDEST = 4  # major version of `datasets`; previous ones run code that comes with a data set
SPLIT_NAMES = {("mnli", "validation"): "validation_matched"}
HELDOUT_EVERY = 200  # one article in 200 is held out, chosen by a hash of its id
SHORTEST_PARAGRAPH = 8  # words; shorter lines of a Wikipedia article are headings and list items

Loader = Callable[[str, str | None, str, bool], Iterable[dict]]


class Hub:
    """Source over the hub: English Wikipedia of 2023-11-01 and the nine tasks in full.

    seed and mnli_share: which rows of MNLI's train set are kept (25 % in the paper). load(path, name, split,
    streaming) gives the rows of one split and defaults to `load_from_hub`. The fingerprints cover names, revisions
    (REVISIONS, which pins what is loaded) and settings. Raises ValueError for settings out of range.
    """

    name = "hub"

    def __init__(self, seed: int = 0, mnli_share: float = 0.25, load: Loader | None = None):
        number = isinstance(mnli_share, int | float) and not isinstance(mnli_share, bool)
        if not number or not 0.0 < mnli_share <= 1.0:
            raise ValueError(f"mnli_share {mnli_share!r} lies outside (0, 1]")
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise ValueError(f"seed {seed!r} of the source 'hub' is no whole number")
        if seed < 0:
            raise ValueError(f"seed {seed} of the source 'hub' is below 0")
        if load is not None and not callable(load):
            raise ValueError(f"load of the source 'hub' must be a function; got {load!r:.80}")
        self.seed = seed
        self.mnli_share = mnli_share
        self.load = load or load_from_hub

    @property
    def corpus_fingerprint(self) -> str:
        """16 hex digits over the name and revision of the text and how articles are chosen from it."""
        return _hash(WIKIPEDIA, REVISIONS[WIKIPEDIA[0]], HELDOUT_EVERY, SHORTEST_PARAGRAPH)

    def task_fingerprint(self, task: str) -> str:
        """16 hex digits over name and revision of a task's data set and, for MNLI, which of its rows are kept."""
        path, name = _data_set(task)
        return _hash(task, path, name, REVISIONS[path], *((self.seed, self.mnli_share) if task == "mnli" else ()))

    def articles(self, split: str) -> Iterator[list[str]]:
        """Articles of "train" or "heldout", streamed, without lines under eight words (headings, lists)."""
        check_split(split, ARTICLE_SPLITS)
        for row in self._load(*WIKIPEDIA, "train", True):
            heldout = int(hashlib.sha256(str(row["id"]).encode()).hexdigest()[:8], 16) % HELDOUT_EVERY == 0
            if heldout != (split == "heldout"):
                continue
            paragraphs = [line.strip() for line in row["text"].split("\n")]
            article = [line for line in paragraphs if len(line.split()) >= SHORTEST_PARAGRAPH]
            if article:
                yield article

    def rows(self, task: str, split: str) -> list[dict]:
        """All rows of a split; MNLI's train split is a seeded sample in its original order."""
        check_split(split, ROW_SPLITS)
        rows = [dict(row) for row in self._load(*_data_set(task), SPLIT_NAMES.get((task, split), split), False)]
        if not rows:
            raise BadInput(f"{self.where(task, split)} is empty")
        if task == "mnli" and split == "train":
            kept = np.random.default_rng(self.seed).permutation(len(rows))[: int(self.mnli_share * len(rows))]
            rows = [rows[index] for index in np.sort(kept)]
        return rows

    def where(self, task: str, split: str) -> str:
        """Data set that the rows of a task come from, for messages."""
        path, name = _data_set(task)
        return f"hub data set {path}{f' ({name})' if name else ''}, {SPLIT_NAMES.get((task, split), split)}"

    def _load(self, path: str, name: str | None, split: str, streaming: bool) -> Iterable[dict]:
        try:
            return self.load(path, name, split, streaming)
        except (OSError, ValueError, RuntimeError) as fault:
            raise BadInput(f"hub data set {path!r}, split {split!r}, could not be loaded: {fault}") from fault


def load_from_hub(path: str, name: str | None, split: str, streaming: bool) -> Any:
    """Load one split of a pinned data set with `datasets`, without code from the hub.

    Raises ImportError telling which extra to install where `datasets` is missing or older than version 4, and
    UnknownName for a data set whose revision is not pinned.
    """
    check_name("hub data set", path, REVISIONS)
    try:
        import datasets
    except ImportError as fault:
        raise ImportError(
            "the source 'hub' needs the package datasets: pip install 'scalescope[hub]' (or use 'files')"
        ) from fault
    if int(datasets.__version__.partition(".")[0]) < OLDEST:
        raise ImportError(
            f"the source 'hub' needs datasets>={OLDEST}, which runs no code from the hub; this is "
            f"{datasets.__version__}: pip install -U 'scalescope[hub]'"
        )
    return datasets.load_dataset(path, name, split=split, streaming=streaming, revision=REVISIONS[path])


def _hash(*facts: object) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def _data_set(task: str) -> tuple[str, str | None]:
    check_name("task", task, DATA_SETS)
    return DATA_SETS[task]
