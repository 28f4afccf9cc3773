"""How far a job is: told by the notebook, kept in a small file, shown on the terminal."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

STEP_FILE = "SCALESCOPE_PROGRESS"  # where a notebook says how far it is; set for the kernel by the pipeline
PIPELINE = "SCALESCOPE_PIPELINE"  # process id of the pipeline that started a job


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
        write_json(Path(target), {"step": step, "total": total, "note": note})


@contextmanager
def marked(mark: Path | None) -> Iterator[None]:
    """Keep the state of a job in the file `mark`: "running", then "done", or "failed" with the error."""
    if mark is None:
        yield
        return
    state = {"state": "running", "pid": os.getpid(), "started": time.time()}
    step_file = mark.with_suffix(".step")
    step_file.unlink(missing_ok=True)
    write_json(mark, state)
    os.environ[STEP_FILE] = str(step_file.resolve())
    try:
        yield
    except BaseException as error:
        write_json(mark, {**state, "state": "failed", "ended": time.time(), "error": str(error)[:2000]})
        raise
    write_json(mark, {**state, "state": "done", "ended": time.time()})


def read_mark(mark: Path) -> dict:
    """The state of a job with the last step it told; empty if it has not started."""
    state = _read(mark)
    return {**state, **_read(mark.with_suffix(".step"))} if state.get("state") == "running" else state


def end_with_pipeline() -> None:
    """End this process soon after the pipeline that started it is gone (kill -9 leaves no orphans training)."""
    pid = int(os.environ.get(PIPELINE, "0"))
    if pid:
        threading.Thread(target=_watch, args=(pid,), daemon=True).start()


def _watch(pid: int) -> None:
    while True:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            os._exit(1)
        except PermissionError:
            pass
        time.sleep(1.0)


def write_json(path: Path, content: dict) -> None:
    """Write a small file whole or not at all; not flushed to disk: it is read by who watches."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(content))
    os.replace(temporary, path)


def _read(path: Path) -> dict:
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
