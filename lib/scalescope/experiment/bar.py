"""Progress bars: one line that is updated, in a notebook as on a terminal."""

from __future__ import annotations

import html
import io
from typing import Any

from tqdm import tqdm

from scalescope import files

MARK = {"scalescope": "progress"}  # in the metadata of the output: git keeps notebooks without it
LINE = "{desc}: {n_fmt} of {total_fmt}{postfix} ({elapsed}, {remaining} left)"
LINE_AT_END = "{desc}: {n_fmt} of {total_fmt}{postfix} ({elapsed})"
LINE_WITHOUT_END = "{desc}{postfix} ({elapsed})"


class NotebookBar(tqdm):
    """A bar of tqdm as one output of a notebook, updated in place; without a total, a line.

    tqdm alone writes to stderr, which JupyterLab shows as a strip of red that stays when the bar is gone; its bar of
    widgets is saved as a reference to a widget that no longer exists. Under TQDM_DISABLE nothing is shown.
    """

    def __init__(self, *args: Any, **settings: Any):
        self._shown = None
        super().__init__(*args, **settings, gui=True, file=io.StringIO(), mininterval=0.2)
        self.bar_format = LINE if self.total else LINE_WITHOUT_END

    def display(self, msg: str | None = None, pos: int | None = None) -> bool:
        """Show where the bar is now, as a bar in a browser and as a line elsewhere."""
        from IPython.display import display

        line = str(self)
        drawn = f"<progress value='{self.n}' max='{self.total}'></progress> " if self._goes_on() else ""
        shown = {"text/html": f"<div>{drawn}{html.escape(line)}</div>", "text/plain": line}
        if self._shown is None:
            self._shown = display(shown, raw=True, metadata=MARK, display_id=True)
        else:
            self._shown.update(shown, raw=True, metadata=MARK)
        return True

    def close(self) -> None:
        """End the bar; its last state stays in the notebook as a line."""
        if not self.disable:
            self.bar_format = LINE if self._goes_on() else LINE_AT_END if self.total else LINE_WITHOUT_END
            self.display()
            self.disable = True

    def __del__(self) -> None:
        """A bar that was left alone, by an interrupt say, stays as it is."""

    def _goes_on(self) -> bool:
        return bool(self.total) and self.n < self.total


def bar(**settings: Any) -> tqdm:
    """A bar for where this process runs: a kernel of Jupyter, or anything else (stderr)."""
    return (NotebookBar if in_notebook() else tqdm)(**settings)


def remark(line: str) -> None:
    """Say a line that is no result and no fault: an output that git does not keep in a notebook, else on stderr."""
    if not in_notebook():
        files.say(line)
        return
    from IPython.display import display

    display({"text/html": f"<div>{html.escape(line)}</div>", "text/plain": line}, raw=True, metadata=MARK)


def in_notebook() -> bool:
    """Whether this process is a kernel of Jupyter."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return get_ipython().__class__.__name__ == "ZMQInteractiveShell"
