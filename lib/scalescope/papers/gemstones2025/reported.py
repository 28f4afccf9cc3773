"""Our numbers of the Gemstones under the names that reference_values.csv gives the reported ones."""

from __future__ import annotations

import pandas as pd

from scalescope.papers.gemstones2025.fits import objective
from scalescope.papers.reference import compare, reference

PRINTED = "objective at the printed symbols"
NOTES = {
    "delta": "ours: the optimum. Theirs: the best stop of L-BFGS-B, whose tolerance is absolute for an objective below "
    "one (2.2e-9): it stops early on the flat floor of the valley, and the digits printed differ from start to start"
}


def comparison(table: pd.DataFrame, fitted: pd.DataFrame, frontiers: pd.DataFrame) -> pd.DataFrame:
    """Every number of the authors' parameter files beside ours (see `reference.compare`).

    Symbols: ours at the optimum (`fitted`: `fits.fits`). Objectives: ours at the authors' symbols, so that they agree
    where data, law and loss are the same. Exponents of approach 1: from `fits.frontiers`.
    """
    reported = reference("gemstones2025")
    symbols = fitted[fitted["symbol"] != "objective"].itertuples()
    ours = [(row.symbol, setting(row.selection, row.law, row.delta), row.value) for row in symbols]
    for of, found in theirs(reported, fitted).items():
        ours.append((PRINTED, setting(*of), objective(table, *of, found)))
    for row in frontiers[frontiers["way"] == "approach 1, authors' FLOPs"].itertuples():
        ours += [(name, f"{row.selection}, approach 1", getattr(row, name)) for name in ("a", "b", "log_n", "log_d")]
    return compare(reported, pd.DataFrame(ours, columns=["quantity", "setting", "ours"]), NOTES)


def setting(selection: str, law: str, delta: float) -> str:
    """The name of a fit in reference_values.csv."""
    return f"{selection}, law in {law}, delta {delta:g}"


def theirs(reported: pd.DataFrame, fitted: pd.DataFrame) -> dict[tuple[str, str, float], dict[str, float]]:
    """The authors' symbols by selection, law and delta, of the fits for which they give all."""
    found = {}
    for of in fitted[["selection", "law", "delta"]].drop_duplicates().itertuples(index=False, name=None):
        rows = reported[reported["setting"] == setting(*of)]
        if len(rows):
            found[of] = rows.set_index("quantity")["reported"].astype(float).drop(PRINTED).to_dict()
    return found


def objectives(table: pd.DataFrame, fitted: pd.DataFrame) -> pd.DataFrame:
    """The objective of each fit: printed, recomputed at the authors' symbols, at our optimum, and what ours gains.

    One row per selection, law and delta for which the authors give a fit; `gain_percent` is of the printed one.
    """
    reported = reference("gemstones2025")
    printed = reported[reported["quantity"] == PRINTED].set_index("setting")["reported"]
    best = fitted[fitted["symbol"] == "objective"].set_index(["selection", "law", "delta"])["value"]
    rows = []
    for of, value in theirs(reported, fitted).items():
        selection, law, delta = of
        at_theirs = objective(table, selection, law, delta, value)
        rows.append(
            {
                "selection": selection,
                "law": law,
                "delta": delta,
                "printed": printed[setting(selection, law, delta)],
                "at_printed_symbols": at_theirs,
                "optimum": best[of],
                "gain_percent": 100 * (1 - best[of] / at_theirs),
            }
        )
    names = ["selection", "law", "delta", "printed", "at_printed_symbols", "optimum", "gain_percent"]
    return pd.DataFrame(rows, columns=names)
