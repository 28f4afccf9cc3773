"""Figures as files: drawn from their numbers as these are written, so that each can be drawn again from its CSV."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from scalescope import files
from scalescope.plotting import style

Draw = Callable[..., Figure]  # draw_figN(data, size="screen")
DIGITS = "%.8g"
SUFFIXES = ("png", "svg", "pdf", "csv")
QUIET = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
}


def save(draw: Draw, data: pd.DataFrame, folder: Path, name: str, unpublished: pd.Series | None = None) -> list[Path]:
    """Write `<name>.png` (150 dpi), `.svg`, `.pdf` (at the width of a paper's columns) and `.csv`; return the paths.

    draw: `draw_figN`, which gets the data as the CSV holds them. Rows that are `unpublished` (true) are drawn but not
    written: measurements of others. The files hold no date, program version or random id: the same tables give the
    same bytes on one machine. The figure stays open, as the current one of pyplot, to be shown.
    """
    for name_of, value, kind in (("draw", draw, Callable), ("data", data, pd.DataFrame)):
        if not isinstance(value, kind):
            wanted = "function that returns a figure" if kind is Callable else "DataFrame"
            raise ValueError(f"{name_of} must be a {wanted}; got {value!r:.80}")
    folder = Path(folder)
    names = {suffix: folder / f"{name}.{suffix}" for suffix in SUFFIXES}
    written = as_written(data)
    small = draw(written, size=style.PAPER)
    _write(small, names["pdf"], style.PAPER)
    plt.close(small)
    figure = draw(written)
    for suffix in ("png", "svg"):
        _write(figure, names[suffix], style.SCREEN)
    ours = data if unpublished is None else data[~unpublished].dropna(axis=1, how="all")
    files.write_table(names["csv"], ours, float_format=DIGITS)
    files.seal(folder, [path.name for path in names.values()])
    plt.figure(figure.number)
    return list(names.values())


def remove(folder: Path, *names: str) -> None:
    """Remove all files of figures that a folder is not to hold (any more), with their digests."""
    folder = Path(folder)
    files.forget(folder, [f"{name}.{suffix}" for name in names for suffix in SUFFIXES])


def check_picture(path: str | Path) -> None:
    """Raise ValueError for a path that no picture can be written to: before anything is computed for it."""
    if not isinstance(path, str | Path):
        raise ValueError(f"a figure is written to a path; got {path!r:.80}")
    path = Path(path)
    if path.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise ValueError(
            f"the figure {str(path)!r} must end in .png, .svg or .pdf; such as {path.name or 'figure'}.png"
        )
    if path.is_dir() or not path.absolute().parent.is_dir():
        what = "is a folder" if path.is_dir() else f"would lie in {path.parent}, which is no folder"
        raise ValueError(f"the figure {str(path)!r} {what}")


def save_picture(figure: Figure, path: str | Path) -> None:
    """Write a figure to a file of the user's choice, whole or not at all; raises ValueError as `check_picture`."""
    check_picture(path)
    path = Path(path)
    if not isinstance(figure, Figure):
        raise ValueError(f"a figure of Matplotlib is written; got the {type(figure).__name__} {figure!r:.80}")
    files.write(path, lambda part: figure.savefig(part, format=path.suffix[1:].lower()))


def as_written(data: pd.DataFrame) -> pd.DataFrame:
    """A table as it comes back from a CSV."""
    return pd.read_csv(io.StringIO(data.to_csv(index=False, float_format=DIGITS)))


def _write(figure: Figure, path: Path, size: str) -> None:
    kind = path.suffix[1:]
    dpi = {"dpi": style.DPI} if kind == "png" else {}
    with style.paper_style(size):
        files.write(path, lambda part: figure.savefig(part, format=kind, metadata=QUIET[kind], **dpi))
