"""Text and rows of a source as arrays on disk: built once, shared read-only by all workers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from filelock import FileLock
from tokenizers import Tokenizer

from scalescope import files
from scalescope.data.corpus import Corpus, encode_corpus
from scalescope.data.doubts import check_files_rows, check_files_text
from scalescope.data.pmi import pmi_vocabulary, unit_starts
from scalescope.data.probes import Probes, encode_probes
from scalescope.data.sources.base import Source
from scalescope.data.sources.open import open_source
from scalescope.data.tasks.features import Features, encode
from scalescope.data.tasks.rows import load_rows
from scalescope.data.tasks.spans import longest_answer
from scalescope.data.tasks.spec import TASKS, Task, task
from scalescope.data.tokenizer import check_unknown, load_tokenizer, train_tokenizer, words
from scalescope.paths import run_id

VOCABULARY_PARAGRAPHS = 400_000  # text read for the tokenizer and the PMI vocabulary
SPLITS = ("train", "heldout")
PARTS = ("tokenizer", "collocations", "train text", "heldout text", "probes")  # of encoding a corpus, in this order
PROBES = 400  # per skill: a standard error of 0.025 at most
ROWS = "documents packed whole, attention within each; 1"  # enters run ids: change it with the rows of the corpus


Rows = int | dict[str, int] | None  # one limit, or a limit per task with "default" for the others
Tell = Callable[[str, str, int, int], None]


@dataclass(frozen=True)
class TaskData:
    """Features of one task, with the rows that its metric is computed on."""

    task: Task
    train: Features
    evaluation: Features
    rows: list[dict]


@dataclass(frozen=True)
class DataSettings:
    """What determines the encoded corpus and tasks.

    None for rows takes all; the rest is drawn with a fixed seed.
    """

    kind: str
    folder: str | None
    options: dict
    vocabulary_size: int
    sequence_length: int
    train_tokens: int
    heldout_tokens: int
    max_length: int
    stride: int
    train_rows: Rows
    eval_rows: Rows


class Prepared:
    """Tokenizer, corpora and task features of one source.

    Read lazily from (and first built into) a cache folder. `tell(what, part, done, total)` is called as it is built;
    a total of 0: nobody knows.
    """

    def __init__(self, settings: DataSettings, cache: Path, tell: Tell | None = None):
        self.settings, self.cache = settings, Path(cache)
        self._tell = tell or (lambda *_: None)
        self._encoded = 0  # tasks that were encoded here
        self._whole: set[Path] = set()  # folders whose digests have been looked at
        self._task_ids: dict[str, str] = {}

    @cached_property
    def source(self) -> Source:
        """The source of text and rows."""
        place = {"folder": self.settings.folder} if self.settings.kind == "files" else {}
        return open_source(self.settings.kind, **place, **self.settings.options)

    @cached_property
    def corpus_id(self) -> str:
        """Identifies text, tokenizer and units."""
        names = ("vocabulary_size", "sequence_length", "train_tokens", "heldout_tokens")
        chosen = {name: getattr(self.settings, name) for name in names}
        chosen |= {"source": self.source.corpus_fingerprint, "rows": ROWS}
        return run_id(f"corpus-{self.settings.kind}", chosen)

    def task_id(self, name: str) -> str:
        """Identifies the encoded rows of one task."""
        settings = self.settings
        if name not in self._task_ids:
            facts = {"corpus": self.corpus_id, "rows": self.source.task_fingerprint(name)}
            facts |= {"max_length": settings.max_length, "stride": settings.stride}
            facts |= {limit: of_task(getattr(settings, limit), name) for limit in ("train_rows", "eval_rows")}
            self._task_ids[name] = run_id(f"task-{name}", facts)
        return self._task_ids[name]

    @property
    def folder(self) -> Path:
        """Cache folder of this corpus."""
        return self.cache / self.corpus_id

    def task_folder(self, name: str) -> Path:
        """Cache folder of the encoded rows of one task."""
        return self.folder / "tasks" / self.task_id(name)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The WordPiece tokenizer of this source."""
        return load_tokenizer(self._corpus_folder / "tokenizer.json")

    def encode(self, task: str | None = None) -> None:
        """Encode the text, or the rows of a task, unless they are there and whole."""
        if task is None:
            self.build(self.folder / "text", self._encode_corpus)
        else:
            self.build(self.task_folder(task), lambda into: self._encode_task(task, into))

    def corpus(self, split: str) -> Corpus:
        """The encoded corpus of "train" or "heldout"."""
        return Corpus.load(self._corpus_folder / split)

    @property
    def probes(self) -> Probes | None:
        """Masked answers that show what pretraining has taught; None where the source has none."""
        path = self._corpus_folder / "probes.npz"
        return Probes.load(path) if path.is_file() else None

    def task_data(self, name: str) -> TaskData:
        """Features and evaluation rows of one task."""
        folder = self.build(self.task_folder(name), lambda into: self._encode_task(name, into))
        rows = [json.loads(line) for line in (folder / "rows.jsonl").read_text("utf-8").splitlines()]
        return TaskData(task(name), Features.load(folder / "train"), Features.load(folder / "validation"), rows)

    def train_rows(self, name: str) -> list[dict]:
        """The rows a task trains on, drawn from the source as profile settings say."""
        return _draw(self._rows(name, "train"), of_task(self.settings.train_rows, name))

    @cached_property
    def _corpus_folder(self) -> Path:
        return self.build(self.folder / "text", self._encode_corpus)

    def _encode_corpus(self, into: Path) -> None:
        settings, source = self.settings, self.source
        if settings.kind == "files":  # the others hold out by construction
            check_files_text(source)
        self._begin("tokenizer")
        tokenizer = train_tokenizer(paragraphs(source), settings.vocabulary_size, into / "tokenizer.json")
        self._begin("collocations")
        vocabulary = pmi_vocabulary(words(text) for text in paragraphs(source))
        for split, most in zip(SPLITS, (settings.train_tokens, settings.heldout_tokens), strict=True):
            self._begin(f"{split} text")
            tokens, documents = encode_corpus(source, tokenizer, split, settings.sequence_length, most)
            check_unknown(tokens, f"the {split} text", itertools.chain.from_iterable(source.articles(split)), tokenizer)
            units = unit_starts(tokens, tokenizer, vocabulary)
            Corpus(tokens, documents, units, tokenizer.get_vocab_size()).save(into / split)
        self._begin("probes")
        if hasattr(source, "probes"):
            encode_probes(source.probes(PROBES), tokenizer, settings.sequence_length).save(into / "probes.npz")
        self._tell("encoding the text", "done", len(PARTS), len(PARTS))

    def _begin(self, part: str) -> None:
        self._tell("encoding the text", part, PARTS.index(part), len(PARTS))

    def _rows(self, name: str, split: str) -> list[dict]:
        return load_rows(self.source, TASKS[name], split)

    def _encode_task(self, name: str, into: Path) -> None:
        settings = self.settings
        self._tell("encoding the tasks", TASKS[name].title, self._encoded, 0)
        every = self._rows(name, "train")
        longest = longest_answer(TASKS[name], every, self.tokenizer)
        judged = self._rows(name, "validation")
        if settings.kind == "files":
            check_files_rows(self.source, TASKS[name], {"train": every, "validation": judged})
        train = _draw(every, of_task(settings.train_rows, name))
        evaluation = _draw(judged, of_task(settings.eval_rows, name))
        for split, rows in (("train", train), ("validation", evaluation)):
            features = encode(TASKS[name], rows, self.tokenizer, settings.max_length, settings.stride, longest)
            features.save(into / split)
        files.write_text(into / "rows.jsonl", "".join(json.dumps(row) + "\n" for row in evaluation))
        self._encoded += 1
        self._tell("encoding the tasks", f"{TASKS[name].title}, done", self._encoded, 0)

    def build(self, folder: Path, fill: Callable[[Path], None]) -> Path:
        """Fill a folder whole or not at all, with the digests of its files; other processes wait for it.

        A folder whose files do not match their digests (looked at once) is moved aside and filled again.
        """
        if folder in self._whole or (folder.is_dir() and not files.faults(folder)):
            self._whole.add(folder)
            return folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f".{folder.name}.lock"):
            files.remove_orphans(folder.parent, folder.name)
            faults = files.faults(folder) if folder.is_dir() else []
            if faults:
                files.set_aside(folder, faults[0])
            if not folder.is_dir():
                files.write_folder(folder, lambda into: (fill(into), files.seal(into)))
        self._whole.add(folder)
        return folder


def paragraphs(source: Source) -> Iterator[str]:
    """The train text that makes the tokenizer and the PMI vocabulary."""
    every = itertools.chain.from_iterable(source.articles("train"))
    return itertools.islice(every, VOCABULARY_PARAGRAPHS)


def of_task(rows: Rows, name: str) -> int | None:
    """The number for one task: its own, or the default one."""
    return rows.get(name, rows.get("default")) if isinstance(rows, dict) else rows


def _draw(rows: list[dict], most: int | None) -> list[dict]:
    """At most `most` rows, drawn without replacement with a fixed seed, in their original order."""
    if most is None or len(rows) <= most:
        return rows
    chosen = np.sort(np.random.default_rng(20220213).permutation(len(rows))[:most])
    return [rows[at] for at in chosen]
