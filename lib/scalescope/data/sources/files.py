"""A folder of real text and task rows on disk."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from scalescope.data.sources.base import ARTICLE_SPLITS, ROW_SPLITS, check_split
from scalescope.data.sources.file_names import ABOUT_DATA, HELDOUT, TRAIN, doubt_of, split_of
from scalescope.data.sources.json_rows import parse_row
from scalescope.data.sources.plain_files import (
    is_there,
    read_lines,
    refuse_both_forms,
    refuse_irregular,
    refuse_markup,
    refuse_same,
    refuse_twice,
)
from scalescope.errors import BadInput, nearest
from scalescope.files import digest

EXPECTED = (
    "corpus/*.txt[.gz] (a paragraph a line, an empty line between articles, names with 'heldout' for "
    "evaluation) and tasks/<task>/{train,validation}.jsonl[.gz]"
)


class Files:
    """Source over a folder with `corpus/` and `tasks/`.

    corpus/*.txt[.gz]: one paragraph a line, an empty line ends an article. Files with "heldout" in their name
    are the split "heldout"; hidden files, those about the data (README) and those that another data set evaluates
    on ("test", "dev" and the like in their name) are not read, with a warning that says why; all
    others are "train", in the order of their names (see file_names.py), with a warning for such as "wikitest".
    tasks/<task>/train.jsonl[.gz], validation.jsonl[.gz]: one JSON object a line.
    tasks: 0 where the folder need not hold tasks/: then there is text to pretrain on, and any rows are BadInput.
    Raises BadInput if the folder is missing or does not hold that, for a pipe or another file that is not a plain one,
    for a text that is there twice, and for held-out text that is also train text.
    """

    name = "files"

    def __init__(self, folder: str | Path | None, tasks: int = 1):
        if not folder:
            raise BadInput("the source 'files' has no folder: give one with --data (DATA= of make) or as source.folder")
        if not isinstance(folder, str | Path):
            raise BadInput(f"the folder of the source 'files' must be a path such as 'my-data'; got {folder!r:.80}")
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise BadInput(f"data folder {self.folder} does not exist; it should hold {EXPECTED}")
        held = sorted(entry.name for entry in self.folder.iterdir())
        for part in ("corpus", *(("tasks",) if tasks else ())):
            place = self.folder / part
            if not place.is_dir():
                what = f"holds {', '.join(held[:8])}" if held else "is empty"
                raise BadInput(f"data folder {self.folder} {what}, without {part}/; it should hold {EXPECTED}")
            if not any(place.iterdir()):
                raise BadInput(f"{place} is empty; {self.folder} should hold {EXPECTED}")
        for split in ARTICLE_SPLITS:
            if not self.corpus_files[split]:
                raise BadInput(f"{self.folder / 'corpus'} has no {split} text; {self.folder} should hold {EXPECTED}")
        refuse_both_forms([*self.corpus_files[TRAIN], *self.corpus_files[HELDOUT]])
        for split in ARTICLE_SPLITS:
            refuse_twice(self.corpus_files[split])
        refuse_same(self.corpus_files[HELDOUT], self.corpus_files[TRAIN])
        silent = (*ARTICLE_SPLITS, ABOUT_DATA)
        unread = [f"{path.name} ({reason})" for path, reason in self._named.items() if reason not in silent]
        if unread:
            warnings.warn(f"{self.folder / 'corpus'}: not read: {'; '.join(unread)}", stacklevel=2)
        doubts = [f"{path.name} ({doubt_of(path.name)})" for path in self.corpus_files[TRAIN] if doubt_of(path.name)]
        if doubts:
            warnings.warn(
                f"{self.folder / 'corpus'}: read as train text: {'; '.join(doubts)}; take it out of corpus/, or put "
                f"'heldout' in its name, if it is there to evaluate",
                stacklevel=2,
            )

    @cached_property
    def corpus_files(self) -> dict[str, list[Path]]:
        """Text files of each split, sorted by name."""
        found: dict[str, list[Path]] = {split: [] for split in ARTICLE_SPLITS}
        for path, split in self._named.items():
            if split in found:
                refuse_irregular(path)
                found[split].append(path)
        return found

    @cached_property
    def _named(self) -> dict[Path, str]:
        return {path: split_of(path.name) for path in sorted((self.folder / "corpus").iterdir())}

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
            refuse_irregular(path)
            name = path.relative_to(self.folder).as_posix()
            total.update(f"{name} {path.stat().st_size} {digest(path)}\n".encode())
        return total.hexdigest()[:16]

    def articles(self, split: str) -> Iterator[list[str]]:
        """Articles of "train" or "heldout", read as a stream.

        Raises BadInput for broken gzip, text that is not UTF-8 (file, line and byte), JSON or
        HTML in place of text, or an empty file.
        """
        check_split(split, ARTICLE_SPLITS)
        for path in self.corpus_files[split]:
            article: list[str] = []
            found = False
            for _, line in read_lines(path):
                if line.strip():
                    if not found:
                        refuse_markup(path, line.strip())
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

        Raises BadInput for a missing or empty file, broken gzip, text that is not UTF-8, a line that is no sound JSON
        object (see json_rows.py), or validation rows that are the train rows.
        """
        path = self._row_file(task, split)
        others = [file for other in ROW_SPLITS if other != split for file in row_files(self.folder, task, other)]
        refuse_same([path], others)
        rows: list[dict] = []
        blank = 0
        for number, line in read_lines(path):
            if not line.strip():
                blank = blank or number
                continue
            if blank:
                raise BadInput(f"{path}, line {blank} is blank: a row a line is expected")
            rows.append(parse_row(path, number, line))
        if not rows:
            raise BadInput(f"{path} is empty: it should hold one JSON object a line")
        return rows

    def where(self, task: str, split: str) -> str:
        """File that the rows of a task come from, for messages."""
        return str(self._row_file(task, split))

    def _row_file(self, task: str, split: str) -> Path:
        check_split(split, ROW_SPLITS)
        if not isinstance(task, str) or not task or Path(task).name != task:
            raise BadInput(f"a task is named as its folder in {self.folder / 'tasks'} is; got {task!r}")
        folder = self.folder / "tasks" / task
        if not folder.is_dir():
            there = folder.parent.iterdir() if folder.parent.is_dir() else ()
            present = [entry.name for entry in there if entry.is_dir()]
            hint = f"; nearest there: {nearest(task, present)!r}" if present else ""
            raise BadInput(f"no folder {folder} for the task {task!r}{hint}")
        found = row_files(self.folder, task, split)
        if len(found) != 1:
            said = "has no" if not found else "has more than one"
            raise BadInput(f"{folder} {said} {split}.jsonl or {split}.jsonl.gz")
        refuse_irregular(found[0])
        return found[0]


def row_files(folder: Path, task: str, split: str) -> list[Path]:
    """Files of a data folder that may hold the rows of one split of a task: one, if all is well."""
    return [path for end in ("", ".gz") if is_there(path := folder / "tasks" / task / f"{split}.jsonl{end}")]
