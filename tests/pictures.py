"""Whether a figure is the picture that lies in a file, and drawing where the files do not matter."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalescope import files
from scalescope.plotting import style
from scalescope.plotting.save import DIGITS, as_written

MOST = 0.01  # mean difference of pixels (0 to 1): another FreeType draws letters a little differently


def same_picture(figure: Figure, png: Path) -> bool:
    """Whether `figure`, drawn in the paper style, has the size and (within MOST) the pixels of `png`."""
    drawn = io.BytesIO()
    with style.paper_style():
        figure.savefig(drawn, format="png", dpi=style.DPI)
    plt.close(figure)
    drawn.seek(0)
    ours, theirs = plt.imread(drawn), plt.imread(png)
    return ours.shape == theirs.shape and float(np.abs(ours - theirs).mean()) < MOST


def drawn_once(draw: Callable[..., Figure], data: pd.DataFrame, folder: Path, name: str) -> list[Path]:
    """In place of `plotting.save`: the figure is drawn from its CSV, the one file that is written."""
    draw(as_written(data))
    files.write_table(folder / f"{name}.csv", data, float_format=DIGITS)
    return [folder / f"{name}.csv"]
