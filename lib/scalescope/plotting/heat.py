"""Heat maps with their numbers written in the cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle

from scalescope.plotting import style

HALF = 4.6  # contrast to white of a colour that white and black stand out from alike


def heat(
    ax: Axes, values: pd.DataFrame, norm: Normalize, *, cmap: str = "cividis_r", outlined: pd.DataFrame | None = None
) -> QuadMesh:
    """seaborn's heatmap of values [rows, columns] with index and columns as labels; NaN cells stay blank.

    `outlined` (same shape, boolean) gets a frame around its true cells.
    """
    numbers = values.astype(float)
    labels = numbers.map(lambda value: f"{value:.1f}".replace("-", "−"))
    sns.heatmap(
        numbers, ax=ax, norm=norm, cmap=cmap, annot=labels, fmt="", cbar=False, annot_kws={"fontsize": 9 * style.unit()}
    )
    mesh = ax.collections[0]
    shown = mesh.get_facecolors()[np.isfinite(numbers.to_numpy()).ravel()]
    for number, colour in zip(ax.texts, shown, strict=True):  # seaborn writes white on rather light cells
        number.set_color("white" if style.contrast(colour) > HALF else style.INK)
    if outlined is not None:
        look = {"fill": False, "edgecolor": style.ORANGE, "linewidth": 2.2 * style.unit(), "clip_on": False}
        for row, col in np.argwhere(outlined.to_numpy(dtype=bool)):
            ax.add_patch(Rectangle((col, row), 1, 1, **look))
    ax.tick_params(length=0, rotation=0)
    ax.set(xlabel="", ylabel="")
    ax.grid(False)
    return mesh
