"""The stop button of a notebook and Ctrl-C: what is trained is kept, and one line says that it goes on from there."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from scalescope import files
from scalescope.training.store import Store


@contextmanager
def stop_button() -> Iterator[Callable[[], bool]]:
    """Hold back a first SIGINT during the block: the yielded function then says True, so that a step can be finished.

    A second one raises KeyboardInterrupt at once. Outside the main thread, or where SIGINT is ignored or belongs to
    another program, nothing is held back.
    """
    pressed: list[int] = []
    ours = threading.current_thread() is threading.main_thread() and callable(signal.getsignal(signal.SIGINT))
    if not ours:
        yield lambda: False
        return

    def press(number: int, frame: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def telling_what_is_kept(store: Store, runs: Sequence[str], what: str) -> Iterator[None]:
    """On KeyboardInterrupt say in one line how many of these runs are finished and kept."""
    try:
        yield
    except KeyboardInterrupt:
        kept = sum((store.folder / run).is_dir() for run in runs)
        files.say(f"stopped: {kept} of {len(runs)} runs of {what} are finished and kept; run it again for the others")
        raise
