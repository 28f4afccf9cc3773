"""The paper style on seaborn's set_theme: one look, readable in a README, in a column of a paper, and by all eyes."""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from scalescope.errors import check_name

# Okabe and Ito's palette, told apart with any colour vision; the marker says the same again
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#AA4499", "#8A8A8A"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, "#E69F00", "#56B4E9")
MARKERS = "osD^vP"
INK = "#222222"
DPI = 150
READABLE = 4.5  # contrast of small text to its ground (WCAG 2.1, 1.4.3)
SCREEN, PAPER = "screen", "paper"
UNITS = {SCREEN: 1.0, PAPER: 0.69}  # of text, lines and marks; the smallest text is 9 points on a screen
WIDTHS = {SCREEN: (6.8, 10.0), PAPER: (3.3, 6.9)}  # inches of a figure of one column and of two

LOOK = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same figure everywhere
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": "#BBBBBB",
    **dict.fromkeys(("axes.labelcolor", "axes.titlecolor", "text.color", "xtick.color", "ytick.color"), INK),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "legend.frameon": False,
    "svg.hashsalt": "scalescope",
    "svg.fonttype": "path",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "pdf.fonttype": 42,  # as text, which a reader can search
}
SIZED = {  # in points, at a unit of 1
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.labelsize": 10.5,
    "figure.labelsize": 11,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.fontsize": 10,
    "legend.title_fontsize": 10,
    "lines.linewidth": 1.6,
    "lines.markersize": 6,
    "axes.linewidth": 0.8,
    "grid.linewidth": 0.8,
}


@contextmanager
def paper_style(size: str = SCREEN) -> Iterator[None]:
    """seaborn's theme with our look, for the time of a `with` block; no global setting is left behind.

    size: "screen", or "paper" for a journal's columns: figures of 3.3 or 6.9 inches, no text below 6 points. Raises
    UnknownName for another.
    """
    check_name("size of figures", size, UNITS)
    with mpl.rc_context():
        sized = {name: value * UNITS[size] for name, value in SIZED.items()}
        sns.set_theme(context="paper", style="whitegrid", palette=list(PALETTE), color_codes=False, rc=LOOK | sized)
        yield


def unit() -> float:
    """What lengths in points are to be multiplied with, in the style in use."""
    return mpl.rcParams["font.size"] / SIZED["font.size"]


def width(columns: int = 2) -> float:
    """Inches of a figure of one column or two, in the style in use; raises UnknownName for another number."""
    check_name("number of columns", columns, (1, 2))
    size = min(UNITS, key=lambda name: abs(UNITS[name] - unit()))
    return WIDTHS[size][columns - 1]


def inches(wide: float, high: float) -> tuple[float, float]:
    """Size of a figure that is `wide` and `high` on a screen, in the style in use: of one column or two on paper."""
    if unit() == 1:
        return wide, high
    columns = WIDTHS[PAPER][wide > WIDTHS[SCREEN][0]]
    return columns, high * (columns / wide + unit()) / 2  # text takes more of a narrow figure


def subplots(rows: int = 1, columns: int = 1, *, wide: int = 2, high: float, **settings: Any) -> tuple[Figure, Any]:
    """pyplot's, in the style in use: a figure of `wide` columns of a paper, `high` times as high as it is wide."""
    across = width(wide)
    return plt.subplots(rows, columns, figsize=(across, high * across), layout="constrained", **settings)


def contrast(colour: object) -> float:
    """Contrast of a colour to white, 1 to 21 (WCAG 2.1)."""
    share = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(share <= 0.03928, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(1.05 / (linear @ (0.2126, 0.7152, 0.0722) + 0.05))


def text_colour(colour: object) -> tuple[float, float, float]:
    """A colour as it is, or dark enough for small text on white."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*mpl.colors.to_rgb(colour))
    while contrast(colour) < READABLE:
        lightness -= 0.02
        colour = colorsys.hls_to_rgb(hue, max(lightness, 0.0), saturation)
    return mpl.colors.to_rgb(colour)


def verbatim(label: object) -> str:
    """A label of a table as it is written: matplotlib takes what stands between two dollars for mathematics."""
    return str(label).replace("$", r"\$")


def size_text(value: float) -> str:
    """A parameter count for an axis in three digits: 12K, 1.5M, 85M; 999,500 is 1M."""
    value = float(f"{value:.3g}")  # rounded first: it may reach the next unit
    for unit, name in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if value >= unit:
            return f"{value / unit:.10g}{name}"
    return f"{value:.3g}"


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers within [low, high], three to six of them, that spread evenly over a log axis.

    Raises ValueError for ends that are not 0 < low < high.
    """
    if not 0 < low < high < np.inf:
        raise ValueError(f"a logarithmic axis goes from a number above zero to a larger one; got {low:g} to {high:g}")
    for digits in ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 5), (1, 1.5, 2, 3, 4, 6, 8)):
        decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
        ticks = [d * 10.0**k for k in decades for d in digits if low <= d * 10.0**k <= high]
        if 3 <= len(ticks) <= 6:
            return ticks
    unit = 10.0 ** np.floor(np.log10((high - low) / 3))  # a narrow range: equal linear steps are even enough
    step = max(unit * s for s in (1, 2, 5) if unit * s <= (high - low) / 3)
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [float(step * k) for k in range(first, last + 1)]


def ticks(axis: Axis, values: Sequence[float], text: Callable[[float], str] = "{:g}".format) -> None:
    """Ticks at the values, written as `text` says, and no minor ones."""
    axis.set_major_locator(FixedLocator(list(values)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def log_x(ax: Axes, x: tuple[float, float]) -> None:
    """A log x axis over the given range with labels such as 10K and 1M, without minor ticks; y stays as it is."""
    ax.set(xscale="log", xlim=x)
    ticks(ax.xaxis, log_ticks(*x), size_text)
    ax.tick_params(length=0)


def show_finite(ax: Axes, values: np.ndarray) -> tuple[float, float]:
    """Ends to clip bars to before they are drawn along x: bars without an end run out of the axes.

    values: of any shape, what is drawn along x, NaN and infinite ones among it. Where some are infinite the axis shows
    the range of the finite ones with a margin, and the ends lie beyond it; else the ends are that range, and the axis
    is left as it is.
    """
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (-1.0, 1.0)
    if not np.isinf(values).any():
        return low, high
    margin = 0.3 * max(high - low, 0.1 * max(abs(low), abs(high)), 1e-3)
    ax.set_xlim(low - margin, high + margin)
    return low - 2 * margin, high + 2 * margin


def label_log(axis: Axis, text: Callable[[float], str] = "{:.4g}".format) -> None:
    """Round numbers and no minor ticks on a log axis, over the range that it shows: to be called after drawing."""
    ticks(axis, log_ticks(*sorted(axis.get_view_interval())), text)


def log_axes(
    ax: Axes, x: tuple[float, float], y: tuple[float, float], y_ticks: tuple[float, float] | None = None
) -> None:
    """Log-log axes over the given ranges with labels such as 10K, 1M and 0.2, without minor ticks.

    `y_ticks` narrows the range that has ticks, so that no grid line runs through text below the data.
    """
    log_x(ax, x)
    ax.set(yscale="log", ylim=y)
    ticks(ax.yaxis, log_ticks(*(y_ticks or y)), "{:.4g}".format)
