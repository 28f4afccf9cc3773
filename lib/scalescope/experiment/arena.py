"""Laws compete: each is fitted to the small end of many curves and scored on the large end that it has not seen."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from scalescope.experiment.contenders import Contender, score

BASELINE = "curve_fit, one start"
ALL = "all"
TIE = 1e-3  # relative difference of log-RMSE up to which two contenders share a win


def scores(
    table: pd.DataFrame, curve: list[str], columns: tuple[str, str], contenders: Mapping[str, Contender]
) -> pd.DataFrame:
    """One row per curve and contender: points, held-out log-RMSE, interval coverage and width, and whether it won.

    `table` has one row per point, its `role` "fit" or "test"; `curve` names the columns that tell curves apart,
    `columns` x and y. A curve is won by the lowest held-out log-RMSE and whatever comes within 0.1 % of it, since
    special cases of one law can be the same fit; a contender that failed cannot win.
    """
    x, y = columns
    rows = []
    for names, points in table.groupby(curve, sort=False):
        fit, test = (points[points["role"] == role] for role in ("fit", "test"))
        given = [part[column].to_numpy(float) for part in (fit, test) for column in (x, y)]
        about = dict(zip(curve, names, strict=True)) | {"points": len(fit), "held_out": len(test)}
        rows += [about | {"law": name} | score(contender, *given) for name, contender in contenders.items()]
    found = pd.DataFrame(rows)
    lowest = found.groupby(curve, sort=False)["rmse"].transform("min")
    return found.assign(won=found["rmse"] <= lowest * (1 + TIE))


def summary(found: pd.DataFrame, by: str, contenders: Iterable[str], baseline: str = BASELINE) -> pd.DataFrame:
    """One row per group (column `by`, and all together) and contender of `scores`.

    curves, failed; median_rmse of those that did not fail; ratio: geometric mean of rmse over that of the baseline, on
    curves where neither failed; wins: share of curves won, alone or shared; beats_baseline: share of curves with a
    lower rmse by more than a tie (a failure loses); coverage: mean over curves with an interval, interval_curves of
    them; median_width.
    """
    groups = [(name, rows) for name, rows in found.groupby(by, sort=False)]
    groups += [(ALL, found)] if len(groups) > 1 else []
    keys = [name for name in found.columns[: list(found.columns).index("points")]]
    made = []
    for group, rows in groups:
        base = rows[rows["law"] == baseline].set_index(keys)["rmse"]
        for law in contenders:
            mine = rows[rows["law"] == law].set_index(keys)
            other = base.reindex(mine.index)
            made.append({by: group, "law": law} | _summed(mine, other))
    return pd.DataFrame(made)


def _summed(mine: pd.DataFrame, base: pd.Series) -> dict[str, float]:
    rmse = mine["rmse"]
    with np.errstate(divide="ignore"):  # an exact contender has the ratio 0
        ratio = float(np.exp(np.log(rmse / base).mean()))
    better = rmse.fillna(np.inf) * (1 + TIE) < base.fillna(np.inf)
    return {
        "curves": len(mine),
        "failed": int(rmse.isna().sum()),
        "median_rmse": rmse.median(),
        "ratio": ratio,
        "wins": float(mine["won"].mean()),
        "beats_baseline": float(better.mean()),
        "coverage": mine["coverage"].mean(),
        "interval_curves": int(mine["coverage"].notna().sum()),
        "median_width": mine["width"].median(),
    }


def cost(
    table: pd.DataFrame,
    curve: list[str],
    columns: tuple[str, str],
    contenders: Mapping[str, Contender],
    baseline: str = BASELINE,
    every: int = 12,
) -> pd.DataFrame:
    """CPU time of one fit of each contender without intervals, over that of the baseline on the same curve.

    One row per contender: curves (every twelfth), cpu_ratio (median) and its extremes. Measured, so that it differs
    from run to run; a failed baseline counts with the time that it took.
    """
    x, y = columns
    taken = {name: [] for name in contenders}
    for _, points in list(table.groupby(curve, sort=False))[::every]:
        fit = points[points["role"] == "fit"]
        for name, contender in contenders.items():
            taken[name].append(_seconds(contender, fit[x].to_numpy(float), fit[y].to_numpy(float)))
    ratio = pd.DataFrame(taken).div(taken[baseline], axis=0)
    found = {
        "curves": len(ratio),
        "cpu_ratio": ratio.median(),
        "cpu_ratio_low": ratio.min(),
        "cpu_ratio_high": ratio.max(),
    }
    return pd.DataFrame(found).rename_axis("law").reset_index()


def _seconds(contender: Contender, x: np.ndarray, y: np.ndarray, repeats: int = 2) -> float:
    """CPU seconds of one fit, the lesser of two."""
    found = []
    for _ in range(repeats):
        start = time.process_time()
        with contextlib.suppress(RuntimeError):  # a fit that fails takes time too
            contender(x, y, x[-1:], False)
        found.append(time.process_time() - start)
    return max(min(found), 1e-6)
