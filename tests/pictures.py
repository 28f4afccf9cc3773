"""Whether a figure is the picture that lies in a file."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from scalescope.plotting import style

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
