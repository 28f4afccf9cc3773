"""How far a job is: told by the notebook, kept in a small file, shown on the terminal."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tqdm import tqdm

from scalescope import files

STEP_FILE = "SCALESCOPE_PROGRESS"  # where a notebook says how far it is; set for the kernel by the pipeline


def steps(what: str) -> Callable[[int, int, float], None]:
    """A callback `(step, steps, loss)` that shows a bar (none under TQDM_DISABLE) and tells the pipeline."""
    bars: list[tqdm] = []  # made at the first step: a run that is only loaded shows none

    def tell(step: int, total: int, loss: float) -> None:
        _show(bars, what, step, total, f"loss {loss:.3f}")

    return tell


def items(what: str, names: list[str]) -> Callable[[str, float], None]:
    """A callback `(name, value)` for each finished one of `names`; shows and tells like `steps`."""
    bars: list[tqdm] = []

    def tell(name: str, value: float) -> None:
        _show(bars, what, names.index(name) + 1, len(names), f"{name} {value:.3f}")

    return tell


def _show(bars: list[tqdm], what: str, step: int, total: int, note: str) -> None:
    if not bars:
        bars.append(tqdm(desc=what, total=total, leave=False))
    bars[0].set_postfix_str(note, refresh=False)
    bars[0].update(step - bars[0].n)
    if step >= total:
        bars[0].close()
    target = os.environ.get(STEP_FILE)
    if target:
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
