"""Approaches 1 and 2 of Hoffmann et al. (2022) on the points of their figure 4, beside the direct fit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scalescope.experiment import isoflop
from scalescope.laws.isoflop import Optima, approach_2, lower_hull
from scalescope.papers.besiroglu2024.fits import FREE_SCALE, HOFFMANN, exponent, params_of
from scalescope.papers.reference import reference

NEAR = 0.15  # distance in ln C up to which a run belongs to a budget
APPROACHES = {"approach 1": "lower hull of all runs", "approach 2": "parabolas", "approach 3": "direct fit, Huber"}


def budgets(table: pd.DataFrame) -> np.ndarray:
    """The IsoFLOP budget [n] of each run: one of the nine of Hoffmann 2022 within 15 %, NaN for others."""
    known = np.array(isoflop.BUDGETS)
    off = np.abs(np.log(table["flops"].to_numpy()[:, None] / known))
    return np.where(off.min(axis=1) < NEAR, known[off.argmin(axis=1)], np.nan)


def optima(table: pd.DataFrame) -> Optima:
    """Minima of the parabolas through the runs of each budget (approach 2)."""
    at = budgets(table)
    rows = table[np.isfinite(at)]
    return approach_2(at[np.isfinite(at)], rows["parameters"], rows["tokens"], rows["loss"])


def frontiers(table: pd.DataFrame, fitted: pd.DataFrame) -> pd.DataFrame:
    """Exponents a and b by approaches 1, 2 and 3 on the published points, beside those that Hoffmann 2022 prints.

    Approach 1 lacks the loss curves, which are not published; the hull of the final losses stands in. `fitted`:
    `fits.fits`. Columns: approach, how, a, b, printed_a, printed_b, points, budgets.
    """
    printed = reference("hoffmann2022").set_index(["quantity", "setting"])["reported"]
    lines = {
        "approach 1": lower_hull(table["flops"], table["parameters"], table["tokens"], table["loss"]).frontier(),
        "approach 2": optima(table).frontier(),
    }
    direct = exponent(params_of(fitted, "huber"))
    known = np.isfinite(budgets(table)).sum()
    rows = []
    for approach, how in APPROACHES.items():
        line = lines.get(approach)
        a, b, at = (line.a, line.b, line.budgets) if line else (direct, 1 - direct, np.nan)
        points = known if approach == "approach 2" else len(table)
        rows.append((approach, how, a, b, printed["a", approach], printed["b", approach], points, at))
    names = ["approach", "how", "a", "b", "printed_a", "printed_b", "points", "budgets"]
    return pd.DataFrame(rows, columns=names)


def truths(fitted: pd.DataFrame) -> dict[str, Mapping[str, float]]:
    """Laws to simulate: nearly symmetric in N and D (the refit), less so (Hoffmann et al.), and far from it.

    The last has the exponents of the first moved apart by a factor of two, its coefficients so that the terms are as
    large as the refit's at its optimum of 1e20 FLOP.
    """
    refit = params_of(fitted, FREE_SCALE)
    apart = {"E": refit["E"], "alpha": refit["alpha"] / np.sqrt(2), "beta": refit["beta"] * np.sqrt(2)}
    n = float(isoflop.optimum(refit, 1e20))
    d = 1e20 / (6 * n)
    apart["A"] = refit["A"] * n ** (apart["alpha"] - refit["alpha"])
    apart["B"] = refit["B"] * d ** (apart["beta"] - refit["beta"])
    return {"Besiroglu et al.": refit, "Hoffmann et al.": HOFFMANN, "exponents apart": apart}


def simulated(fitted: pd.DataFrame, replicates: int = 20) -> pd.DataFrame:
    """`isoflop.bias` on `truths`."""
    return isoflop.bias(truths(fitted), replicates=replicates)
