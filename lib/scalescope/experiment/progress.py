"""How far a job is: told by the notebook, kept in a small file, shown on the terminal."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tqdm import tqdm

from scalescope import files
from scalescope.experiment.bar import bar, in_notebook

STEP_FILE = "SCALESCOPE_PROGRESS"  # where a notebook says how far it is; set for the kernel by the pipeline


def steps(what: str) -> Callable[[int, int, float], None]:
    """A callback `(step, steps, loss)` that shows a bar (none under TQDM_DISABLE) and tells the pipeline."""
    shown: list[tqdm] = []  # made at the first step: a run that is only loaded shows none

    def tell(step: int, total: int, loss: float) -> None:
        _show(shown, what, step, total, "" if math.isnan(loss) else f"loss {loss:.3f}")

    return tell


def items(what: str, names: Sequence[str]) -> Callable[[str, float | str | None], None]:
    """A callback `(name, value)` for each of `names`; shows and tells like `steps`.

    With a value, such as 0.312 or "12 runs", the name is finished; with None it is being worked on, and the bar stays
    before it.
    """
    shown: list[tqdm] = []

    def tell(name: str, value: float | str | None) -> None:
        done = list(names).index(name)
        _show(shown, what, done if value is None else done + 1, len(names), _note(name, value))

    return tell


def each(what: str, names: Sequence[str]) -> Iterator[str]:
    """The names, one after the other; a notebook shows which one is being worked on."""
    tell = items(what, names) if in_notebook() else lambda name, value: None
    for name in names:
        tell(name, None)
        yield name
        tell(name, math.nan)


def parts() -> Callable[[str, str, int, int], None]:
    """A callback `(what, part, done, total)` for work in parts, such as encoding a corpus; 0: nobody knows how many."""
    shown: dict[str, list[tqdm]] = {}

    def tell(what: str, part: str, done: int, total: int) -> None:
        _show(shown.setdefault(what, []), what, done, total, part)

    return tell


def _note(name: str, value: float | str | None) -> str:
    if isinstance(value, str):
        return f"{name}, {value}"
    return name if value is None or math.isnan(value) else f"{name} {value:.3f}"


def _show(shown: list[tqdm], what: str, step: int, total: int, note: str) -> None:
    if not shown:
        shown.append(bar(desc=what, total=total or None, leave=False))
    shown[0].set_postfix_str(note, refresh=False)
    shown[0].update(step - shown[0].n)
    if not step:
        shown[0].refresh()
    if total and step >= total:
        shown[0].close()
    target = os.environ.get(STEP_FILE)
    if target and total:
        note_state(Path(target), {"step": step, "total": total, "note": note})


@contextmanager
def marked(mark: Path | None) -> Iterator[None]:
    """Keep the state of a job in the file `mark`: "running", then "done", or "failed" with the error."""
    if mark is None:
        yield
        return
    state = {"state": "running", "pid": os.getpid(), "started": time.time()}
    step_file = mark.with_suffix(".step")
    with suppress(OSError):
        step_file.unlink()
    note_state(mark, state)
    os.environ[STEP_FILE] = str(step_file.resolve())
    try:
        yield
    except BaseException as error:
        note_state(mark, {**state, "state": "failed", "ended": time.time(), "error": str(error)[:2000]})
        raise
    note_state(mark, {**state, "state": "done", "ended": time.time()})


def read_mark(mark: Path) -> dict:
    """The state of a job with the last step it told; empty if it has not started, or if the file is cut or changed."""
    state = _read(mark, {"state": str, "started": float})
    if state.get("state") == "running":
        return {**state, **_read(mark.with_suffix(".step"), {"step": int, "total": int})}
    return state


def note_state(path: Path, content: dict) -> None:
    """Write a small file that tells how far something is.

    A disk that is full, or a folder that is gone, must not fail the work that it tells about: then it is not written.
    Not flushed to disk either: it is read by who watches.
    """
    with suppress(OSError):
        files.write_record(path, content, durable=False)


def _read(path: Path, kinds: dict[str, type]) -> dict[str, Any]:
    """The content of a file of `note_state`; empty if there is none, or it is cut or changed, or lacks a key."""
    try:
        content = files.read_record(path)
    except (OSError, files.Damaged):
        return {}
    return content if all(isinstance(content.get(key), kind) for key, kind in kinds.items()) else {}
