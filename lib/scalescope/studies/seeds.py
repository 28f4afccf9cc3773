"""Published means over seeds as rows a law can read: one row per seed, with the same statistics."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.laws import expand

MEASURED = ("value", "error", "loss", "value_answerable")


def one_row_per_seed(points: pd.DataFrame) -> pd.DataFrame:
    """Live points as they are; published ones (`n_seeds`, means, `<column>_sd`) as artificial seeds.

    The seeds of a mean have exactly its mean and sample standard deviation, so that sums of squares (R2) are
    exact, and means of ln y and their spread (fits, bootstrap) are so to second order (ivgi2022.md, item 8).
    Raises ValueError that names the row for a number of seeds below one or a deviation that is not a number.
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
        drawn = {name: _drawn(mean, name, int(n) if int(n) == n else n) for name in columns}
    except ValueError as error:
        raise ValueError(f"points, row {at} ({mean.get('task', 'no task')}): {error}") from error
    return [{**mean, **{name: values[seed] for name, values in drawn.items()}, "seed": seed} for seed in range(int(n))]


def _drawn(mean: dict, name: str, n: int) -> np.ndarray:
    """The seeds of one column; a mean that is not there stays blank for all of them."""
    if not np.isfinite(mean[name]):
        return np.full(max(int(n), 1), np.nan)
    return expand(mean[name], mean.get(f"{name}_sd", np.nan), n)
