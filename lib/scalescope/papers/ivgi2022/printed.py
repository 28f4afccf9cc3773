"""Every cell of the paper's tables 2, 3, 4, 5 and 7, recomputed from its points and held against what it prints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from scalescope import paths
from scalescope.papers.ivgi2022 import tables as ivgi2022
from scalescope.papers.ivgi2022.data import published_points, published_table
from scalescope.papers.ivgi2022.fits import fits

CELLS = ["table", "row", "column", "printed", "recomputed", "kind", "status", "erratum"]
ERRATA = ["id", "where", "table", "row", "column", "printed", "recomputed", "explanation"]
BOOTSTRAP_TOLERANCE = 0.006  # the paper's own draws are not known: half a printed digit, and a little for chance
REPLICATES = 20_000  # so that chance is the paper's alone (its 1,000 replicates move an end by up to 0.002)
SAME, ERRATUM, DIFFERS, STALE = "same", "erratum", "DIFFERS", "STALE ERRATUM"


def errata(folder: Path | None = None) -> pd.DataFrame:
    """What the paper prints and its own points do not give (errata.csv); those without a table are on its text."""
    file = Path(folder or paths.published("ivgi2022")) / "errata.csv"
    return pd.read_csv(file, dtype={"table": "Int64", "printed": str, "recomputed": str})[ERRATA]


def check(folder: Path | None = None, *, n_boot: int = REPLICATES, random_state: int = 0) -> pd.DataFrame:
    """One row per cell: printed and recomputed value, whether they are the same, and the erratum that explains.

    `kind` "digits" must agree in every printed digit, "bootstrap" (ends, middles and half widths of slope
    intervals) within 0.006. `status`: "same", "erratum" (differs as errata.csv says, with its recomputed
    value), "DIFFERS", or "STALE ERRATUM" (listed, but the cell agrees or has another value).
    """
    known = errata(folder)
    rows = []
    for number, table in recomputed(folder, n_boot, random_state).items():
        printed = published_table(number, folder)
        for column in printed.columns.drop("task"):
            for task, wanted, found in zip(printed["task"], printed[column], table[column], strict=True):
                listed = known[(known["table"] == number) & (known["row"] == task) & (known["column"] == column)]
                rows.append(_cell(number, task, column, wanted, found, listed))
    return pd.DataFrame(rows, columns=CELLS)


def recomputed(folder: Path | None, n_boot: int, random_state: int) -> dict[int, pd.DataFrame]:
    """Tables 2, 3, 4, 5 and 7 in full precision, from the points each of them uses."""
    own = fits(published_points(folder), n_boot=n_boot, random_state=random_state)
    figure_3 = fits(published_points(folder, keep_outlier=False), n_boot=1)
    return {
        2: ivgi2022.table2(own, exact=True),
        3: ivgi2022.table3(own, exact=True),
        4: ivgi2022.table4(own, exact=True),
        5: ivgi2022.table5(figure_3, exact=True),
        7: ivgi2022.table7(own, exact=True),
    }


def failed(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells that nothing explains; the check is good if there are none."""
    return cells[cells["status"].isin([DIFFERS, STALE])]


def summary(cells: pd.DataFrame) -> pd.DataFrame:
    """One row per table and kind: cells, how many are the same, how many an erratum explains, how many neither."""
    counts = cells.groupby(["table", "kind"])["status"].value_counts().unstack(fill_value=0)
    counts = counts.reindex(columns=[SAME, ERRATUM, DIFFERS, STALE], fill_value=0)
    counts.insert(0, "cells", counts.sum(axis=1))
    return counts.assign(unexplained=counts[DIFFERS] + counts[STALE]).drop(columns=[DIFFERS, STALE]).reset_index()


def _cell(number: int, task: str, column: str, wanted: object, found: object, listed: pd.DataFrame) -> dict:
    text = isinstance(wanted, str)
    kind = "bootstrap" if column.startswith("slope") else "digits"
    digits = 2 if column in ivgi2022.TWO_DIGITS else 3
    if text:
        same = wanted == found
    elif kind == "bootstrap":
        same = abs(found - wanted) <= BOOTSTRAP_TOLERANCE
    else:
        same = round(float(found), digits) == wanted
    status = SAME if same else DIFFERS
    if len(listed):
        as_listed = np.isclose(float(listed["recomputed"].iloc[0]), found, atol=6e-4)
        status = ERRATUM if as_listed and not same else STALE
    value = found if text else float(found)
    return dict(zip(CELLS, [number, task, column, wanted, value, kind, status, ", ".join(listed["id"])], strict=True))
