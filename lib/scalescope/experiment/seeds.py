"""Published means over seeds as rows a law can read: one row per seed, with the same statistics."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from scalescope.laws import SuspectInput, expand

MEASURED = ("value", "error", "loss", "value_answerable")
POSITIVE = ("error", "loss")  # their seeds have logarithms
ROUNDED = 1.02  # printed means and deviations are rounded


def one_row_per_seed(points: pd.DataFrame) -> pd.DataFrame:
    """Live points as they are; published ones (`n_seeds`, means, `<column>_sd`) as artificial seeds.

    The seeds of a mean have exactly its mean and sample standard deviation, so that sums of squares (R2) are
    exact, and means of ln y and their spread (fits, bootstrap) are so to second order (ivgi2022.md, item 8).
    Where the seeds of a mean can only lie unevenly about it, their logarithms are not known: SuspectInput warns of the
    row. Raises ValueError that names the row for a number of seeds below one, a deviation that is not a number, or one
    of a single seed.
    """
    if "n_seeds" not in points.columns:
        return points
    columns = [name for name in MEASURED if name in points.columns]
    rows = [row for at, mean in enumerate(points.to_dict("records")) for row in _seeds(mean, columns, at)]
    dropped = ["n_seeds", *(f"{name}_sd" for name in columns)]
    frame = pd.DataFrame(rows, columns=[*points.columns.drop("seed", errors="ignore"), "seed"])
    return frame.drop(columns=dropped, errors="ignore")


def _seeds(mean: dict, columns: list[str], at: int) -> list[dict]:
    n = mean["n_seeds"]
    try:
        if not np.isfinite(n):
            raise ValueError(f"the number of seeds must be a whole number above 0; got {n!r}")
        drawn = {name: _drawn(mean, name, int(n) if int(n) == n else n, at) for name in columns}
    except ValueError as error:
        raise ValueError(f"points, row {at} ({mean.get('task', 'no task')}): {error}") from error
    return [{**mean, **{name: values[seed] for name, values in drawn.items()}, "seed": seed} for seed in range(int(n))]


def need_possible_deviations(points: pd.DataFrame, largest: np.ndarray) -> None:
    """Raise ValueError for a deviation that no seeds between 0 and `largest` [n] have with their mean error.

    Nothing is spread more than seeds at both ends: s^2 <= m (largest - m) n / (n - 1) (Bhatia and Davis 2000).
    """
    if not {"n_seeds", "error_sd"} <= set(points.columns):
        return
    mean, sd, n = (points[name].to_numpy(dtype=float) for name in ("error", "error_sd", "n_seeds"))
    with np.errstate(divide="ignore", invalid="ignore"):
        most = np.sqrt(np.maximum(mean * (largest - mean), 0) * n / (n - 1))
    for row in np.flatnonzero((n > 1) & (sd > ROUNDED * most)):
        raise ValueError(
            f"points, row {row}: {n[row]:g} seeds with a mean error of {mean[row]:g} cannot have a deviation of "
            f"{sd[row]:g}; at most {most[row]:.3g} (is one of them in percent?)"
        )


def _drawn(mean: dict, name: str, n: int, at: int) -> np.ndarray:
    """The seeds of one column; a mean that is not there stays blank for all of them."""
    if not np.isfinite(mean[name]):
        return np.full(max(int(n), 1), np.nan)
    sd = mean.get(f"{name}_sd", np.nan)
    if n == 1 and sd > 0:
        raise ValueError(
            f"{name} of one seed cannot have a standard deviation, got {sd:g}; correct n_seeds, or leave it 0"
        )
    drawn = expand(mean[name], sd, n)
    if name not in POSITIVE or drawn.min() > 0 or mean[name] <= 0:
        return drawn
    skewed = _skewed(drawn)
    warnings.warn(
        f"points, row {at} ({mean.get('task', 'no task')}): {n} seeds with a mean {name} of {mean[name]:g} and a "
        f"deviation of {sd:g} lie unevenly about it, and these two numbers do not tell how. Seeds spaced in logarithms "
        f"stand for them, with a geometric mean of {np.exp(np.log(skewed).mean()):.2g}, and laws of ln {name} depend "
        f"on it: give one row per seed",
        SuspectInput,
        stacklevel=2,
    )
    return skewed


def _skewed(even: np.ndarray) -> np.ndarray:
    """Seeds above zero with the mean and deviation of evenly spaced ones that reach below it: spaced in logarithms.

    The deviation of such seeds rises with their spacing to sqrt(n) times the mean, which is all that positive numbers
    can have; a rounded deviation may lie above it by a little, and is then taken as that.
    """
    steps, mean = np.linspace(-1.0, 0.0, len(even)), even.mean()

    def excess(width: float) -> float:
        shape = np.exp(width * steps)
        return (shape / shape.mean()).std(ddof=1) - even.std(ddof=1) / mean

    widest = 500.0
    width = brentq(excess, 1e-6, widest) if excess(widest) > 0 else widest
    shape = np.exp(width * steps)
    return mean * shape / shape.mean()
