"""How much of what is evaluated, held-out text and validation rows, is trained on too: it must not be."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence

from scalescope.data.sources.base import Source
from scalescope.data.tasks.spec import Task
from scalescope.errors import BadInput

SHORTEST = 8  # words: shorter paragraphs are headings and the like, which many articles have
TOLD, REFUSED = 0.01, 0.2  # share of the held-out words from which it is told, and refused
ROWS_TOLD = 0.02  # share of validation rows: short sentences come twice by chance
SHOWN = 80  # characters of an example


def overlap(train: Iterable[str], heldout: Iterable[str]) -> tuple[float, str]:
    """Share of the words of held-out paragraphs that train text has too, word for word, and the longest of these.

    Paragraphs of fewer than SHORTEST words count in neither; case and spaces do not matter. 0.0 and "" where nothing is
    shared. Memory grows with the held-out text only.
    """
    found = {key: [len(key.split()), text] for text in heldout if len((key := _plain(text)).split()) >= SHORTEST}
    total = sum(count for count, _ in found.values())
    shared = {key for text in train if (key := _plain(text)) in found}
    if not shared:
        return 0.0, ""
    return sum(found[key][0] for key in shared) / total, max((found[key][1] for key in shared), key=len)


def check_overlap(source: Source) -> float:
    """The share of `overlap` of a source's text; warns from 1 % on.

    Raises BadInput from 20 % on, naming a paragraph that both have.
    """
    texts = ((text for article in source.articles(split) for text in article) for split in ("train", "heldout"))
    share, example = overlap(*texts)
    if share < TOLD:
        return share
    where = getattr(source, "folder", source.name)
    told = (
        f"{where}: {share:.1%} of the words of the held-out text stand in paragraphs that the train text has too, such "
        f"as {example[:SHOWN]!r}: what is evaluated must not be trained on; take them out of one of both"
    )
    return _tell(share, told)


def check_rows_overlap(task: Task, train: Sequence[dict], validation: Sequence[dict], where: object) -> float:
    """The share of validation rows whose texts a train row has too, word for word; where: names the data in messages.

    Warns from 2 % on, and raises BadInput from 20 % on, naming a row.
    """
    seen = {_texts(task, row) for row in train}
    shared = [number for number, row in enumerate(validation, start=1) if _texts(task, row) in seen]
    share = len(shared) / len(validation)
    if share < ROWS_TOLD:
        return share
    text = str(validation[shared[0] - 1][task.fields[0]])
    told = (
        f"{where}: {len(shared)} of {len(validation)} validation rows of the task {task.name!r} are train rows "
        f"too, such as line {shared[0]}, {text[:SHOWN]!r}: what is evaluated must not be trained on; take them out of "
        f"one of both"
    )
    return _tell(share, told)


def _tell(share: float, told: str) -> float:
    """The share, with a warning to whoever asked for the check; raises BadInput from REFUSED on."""
    if share >= REFUSED:
        raise BadInput(told)
    warnings.warn(told, stacklevel=3)
    return share


def texts_of(task: Task, row: dict) -> tuple[str, ...]:
    """What the encoder reads of a row; an answer is none of it, and the same question with another one is the same."""
    parts = (row[name] for name in task.fields)
    return tuple(text for part in parts for text in (part if isinstance(part, list) else [part]))


def _texts(task: Task, row: dict) -> tuple[str, ...]:
    return tuple(_plain(text) for text in texts_of(task, row))


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
