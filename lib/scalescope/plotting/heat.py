"""Heat maps with their numbers written in the cells."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle

from scalescope.plotting import style

DARK = 0.5  # luminance of a cell below which its number is written in white


def heat(
    ax: Axes,
    values: pd.DataFrame,
    norm: Normalize,
    *,
    cmap: str = "cividis_r",
    text: Callable[[float], str] = "{:.1f}".format,
    outlined: pd.DataFrame | None = None,
    fontsize: float = 8.5,
) -> mpl.image.AxesImage:
    """Draw values [rows, columns] with index and columns as labels; NaN cells stay blank.

    `outlined` (same shape, boolean) gets a frame around its true cells.
    """
    numbers = values.to_numpy(dtype=float)
    image = ax.imshow(np.ma.masked_invalid(numbers), cmap=cmap, norm=norm, aspect="auto")
    for row, col in np.argwhere(np.isfinite(numbers)):
        colour = image.cmap(norm(numbers[row, col]))[:3]
        dark = np.dot(colour, (0.299, 0.587, 0.114)) < DARK
        ax.text(col, row, text(numbers[row, col]).replace("-", "−"), ha="center", va="center", fontsize=fontsize,
                color="white" if dark else style.INK)  # fmt: skip
    if outlined is not None:
        for row, col in np.argwhere(outlined.to_numpy(dtype=bool)):
            ax.add_patch(Rectangle((col - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=style.ORANGE, linewidth=2.2))
    ax.set_xticks(range(values.shape[1]), [str(name) for name in values.columns])
    ax.set_yticks(range(values.shape[0]), [str(name) for name in values.index])
    ax.tick_params(length=0)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    return image
