"""A folder of real text and task rows on disk."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from scalescope.files import digest
from scalescope.schema import nearest
from scalescope.text.source import ARTICLE_SPLITS, ROW_SPLITS, BadInput, check_split

EXPECTED = (
    "corpus/*.txt[.gz] (a paragraph a line, an empty line between articles, names with 'heldout' for "
    "evaluation) and tasks/<task>/{train,validation}.jsonl[.gz]"
)
EVALUATION = {"test", "valid", "validation"}  # splits of other data sets: neither train nor heldout text


class Files:
    """Source over a folder with `corpus/` and `tasks/`.

    corpus/*.txt[.gz]: one paragraph a line, an empty line ends an article. Files with "heldout" in their name
    are the split "heldout"; files with the word "test", "valid" or "validation" in it are left aside
    (`left_aside`), since they are evaluation splits of other data sets; all others are "train", in the order of
    their names.
    tasks/<task>/train.jsonl[.gz], validation.jsonl[.gz]: one JSON object a line.
    Raises BadInput if the folder is missing or does not hold that.
    """

    name = "files"

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise BadInput(f"data folder {self.folder} does not exist; it should hold {EXPECTED}")
        held = sorted(entry.name for entry in self.folder.iterdir())
        for part in ("corpus", "tasks"):
            if not (self.folder / part).is_dir() or not any((self.folder / part).iterdir()):
                what = f"holds {', '.join(held[:8])}" if held else "is empty"
                raise BadInput(f"data folder {self.folder} {what}, without {part}/; it should hold {EXPECTED}")
        for split in ARTICLE_SPLITS:
            if not self.corpus_files[split]:
                raise BadInput(f"{self.folder / 'corpus'} has no {split} text; {self.folder} should hold {EXPECTED}")

    @cached_property
    def corpus_files(self) -> dict[str, list[Path]]:
        """Text files of each split, and those "left_aside", sorted by name."""
        found: dict[str, list[Path]] = {"train": [], "heldout": [], "left_aside": []}
        for path in sorted((self.folder / "corpus").iterdir()):
            if not path.name.endswith((".txt", ".txt.gz")):
                continue
            if "heldout" in path.name:
                found["heldout"].append(path)
            else:
                aside = EVALUATION & set(re.split(r"[^a-z0-9]+", path.name.lower()))
                found["left_aside" if aside else "train"].append(path)
        return found

    @property
    def left_aside(self) -> list[Path]:
        """Text files that are used for neither split."""
        return self.corpus_files["left_aside"]

    @cached_property
    def corpus_fingerprint(self) -> str:
        """16 hex digits over names, sizes and bytes of the text files in use."""
        return self._fingerprint([path for split in ARTICLE_SPLITS for path in self.corpus_files[split]])

    def task_fingerprint(self, task: str) -> str:
        """16 hex digits over names, sizes and bytes of the files of one task; raises BadInput as `rows` does."""
        return self._fingerprint([self._row_file(task, split) for split in ROW_SPLITS])

    def _fingerprint(self, used: list[Path]) -> str:
        total = hashlib.sha256()
        for path in used:
            name = path.relative_to(self.folder).as_posix()
            total.update(f"{name} {path.stat().st_size} {digest(path)}\n".encode())
        return total.hexdigest()[:16]

    def articles(self, split: str) -> Iterator[list[str]]:
        """Articles of "train" or "heldout", read as a stream.

        Raises BadInput for broken gzip, text that is not UTF-8 (file, line and byte) or an empty file.
        """
        check_split(split, ARTICLE_SPLITS)
        for path in self.corpus_files[split]:
            article: list[str] = []
            found = False
            for _, line in read_lines(path):
                if line.strip():
                    article.append(line.strip())
                    found = True
                elif article:
                    yield article
                    article = []
            if article:
                yield article
            if not found:
                raise BadInput(f"{path} is empty: it should hold a paragraph a line")

    def rows(self, task: str, split: str) -> list[dict]:
        """Rows of a task; row i is line i + 1 of the file.

        Raises BadInput for a missing or empty file, broken gzip, text that is not UTF-8, or broken JSON.
        """
        path = self._row_file(task, split)
        rows: list[dict] = []
        blank = 0
        for number, line in read_lines(path):
            if not line.strip():
                blank = blank or number
                continue
            if blank:
                raise BadInput(f"{path}, line {blank} is blank: a row a line is expected")
            rows.append(_parse(path, number, line))
        if not rows:
            raise BadInput(f"{path} is empty: it should hold one JSON object a line")
        return rows

    def where(self, task: str, split: str) -> str:
        """File that the rows of a task come from, for messages."""
        return str(self._row_file(task, split))

    def _row_file(self, task: str, split: str) -> Path:
        check_split(split, ROW_SPLITS)
        folder = self.folder / "tasks" / task
        if not folder.is_dir():
            present = [entry.name for entry in folder.parent.iterdir() if entry.is_dir()]
            hint = f"; nearest there: {nearest(task, present)!r}" if present else ""
            raise BadInput(f"no folder {folder} for the task {task!r}{hint}")
        found = [path for end in ("", ".gz") if (path := folder / f"{split}.jsonl{end}").is_file()]
        if len(found) != 1:
            said = "has no" if not found else "has more than one"
            raise BadInput(f"{folder} {said} {split}.jsonl or {split}.jsonl.gz")
        return found[0]


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines of a UTF-8 text file, gzipped if its name ends in .gz, numbered from 1, without line ends.

    Raises BadInput for broken gzip and for bytes that are not UTF-8, naming line and byte.
    """
    opening = gzip.open if path.name.endswith(".gz") else open
    number = 0
    with opening(path, "rb") as file:
        try:
            for number, raw in enumerate(file, start=1):
                yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as fault:
            byte = f"byte {fault.start + 1} (0x{fault.object[fault.start]:02x})"
            raise BadInput(f"{path}, line {number}, {byte} is not UTF-8 text") from fault
        except (gzip.BadGzipFile, EOFError, zlib.error) as fault:
            raise BadInput(f"{path} is broken gzip after line {number}: {fault}") from fault


def _parse(path: Path, number: int, line: str) -> dict:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as fault:
        raise BadInput(f"{path}, line {number} is broken JSON: {fault.msg} at column {fault.colno}") from fault
    if not isinstance(row, dict):
        raise BadInput(f"{path}, line {number} holds {type(row).__name__} where an object is expected")
    return row
