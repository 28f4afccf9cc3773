"""The house style: one look, readable at the width of a README and without full colour vision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from scalescope import files

# Okabe and Ito's palette, told apart with any colour vision; the marker says the same again
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#AA4499", "#8A8A8A"
INK = "#222222"
DPI = 150

HOUSE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same figure everywhere
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10.5,
    "axes.edgecolor": "#BBBBBB",
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "lines.linewidth": 1.6,
    "svg.hashsalt": "scalescope",
    "svg.fonttype": "path",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@contextmanager
def house() -> Iterator[None]:
    """The style, for the time of a `with` block; no global setting is left behind."""
    with mpl.rc_context(HOUSE):
        yield


def size_text(value: float) -> str:
    """A parameter count for an axis in three digits: 12K, 1.5M, 85M; 999,500 is 1M."""
    value = float(f"{value:.3g}")  # rounded first: it may reach the next unit
    for unit, name in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if value >= unit:
            return f"{value / unit:.10g}{name}"
    return f"{value:.3g}"


def log_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers within [low, high], three to `most` of them, that spread evenly over a log axis."""
    for digits in ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 5), (1, 1.5, 2, 3, 4, 6, 8)):
        decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
        ticks = [d * 10.0**k for k in decades for d in digits if low <= d * 10.0**k <= high]
        if 3 <= len(ticks) <= most:
            return ticks
    unit = 10.0 ** np.floor(np.log10((high - low) / 3))  # a narrow range: equal linear steps are even enough
    step = max(unit * s for s in (1, 2, 5) if unit * s <= (high - low) / 3)
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [float(step * k) for k in range(first, last + 1)]


def log_x(ax: Axes, x: tuple[float, float]) -> None:
    """A log x axis over the given range with labels such as 10K and 1M, without minor ticks; y stays as it is."""
    ax.set_xscale("log")
    ax.set_xlim(*x)
    ax.xaxis.set_major_locator(FixedLocator(log_ticks(*x)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: size_text(value)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.tick_params(length=0)


def log_axes(
    ax: Axes, x: tuple[float, float], y: tuple[float, float], y_ticks: tuple[float, float] | None = None
) -> None:
    """Log-log axes over the given ranges with labels such as 10K, 1M and 0.2, without minor ticks.

    `y_ticks` narrows the range that has ticks, so that no grid line runs through text below the data.
    """
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(*x)
    ax.set_ylim(*y)
    y_text = "{:.4g}".format
    for axis, limits, text in ((ax.xaxis, x, size_text), (ax.yaxis, y_ticks or y, y_text)):
        axis.set_major_locator(FixedLocator(log_ticks(*limits)))
        axis.set_major_formatter(FuncFormatter(lambda value, _, text=text: text(value)))
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())
    ax.tick_params(length=0)


def save(figure: Figure, data: pd.DataFrame, folder: Path, name: str) -> list[Path]:
    """Write `<name>.png` (150 dpi), `<name>.svg` and `<name>.csv` (the plotted numbers); return the paths.

    The files hold no date, program version or random id: the same tables give the same bytes on one machine.
    """
    folder = Path(folder)
    png, svg, csv = (folder / f"{name}.{suffix}" for suffix in ("png", "svg", "csv"))
    with house():
        files.write(png, lambda part: figure.savefig(part, format="png", dpi=DPI, metadata={"Software": None}))
        quiet = {"Date": None, "Creator": None}
        files.write(svg, lambda part: figure.savefig(part, format="svg", metadata=quiet))
    files.write_table(csv, data, float_format="%.8g")
    files.seal(folder, [png.name, svg.name, csv.name])
    return [png, svg, csv]
