"""The tables of the main paper for a profile, as files: what 50_laws shows and the README links to."""

from __future__ import annotations

import pandas as pd

from scalescope import paths
from scalescope.studies import ivgi2022


def law_tables(tables: dict[str, pd.DataFrame], n_boot: int = 1000) -> dict[str, pd.DataFrame]:
    """Tables 1-6 of Ivgi et al. (2022), the full-precision fits, the pretraining laws, and what is missing, by name.

    tables: "points", "pretrain" and "tasks" as collected. Intervals come from `n_boot` bootstrap samples.
    """
    points, pretrain = tables["points"], tables["pretrain"]
    return {
        "table1": ivgi2022.table1(tables["tasks"]),
        "table2": ivgi2022.table2(points),
        "table3": ivgi2022.table3(points, n_boot=n_boot),
        "table4": ivgi2022.table4(points),
        "table5": ivgi2022.table5(points),
        "table6": ivgi2022.table6(pretrain),
        "fits": ivgi2022.fits(points, n_boot=n_boot),
        "pretraining_laws": ivgi2022.pretraining_laws(pretrain, n_boot=n_boot),
        "missing": ivgi2022.missing(points, pretrain),
    }


def write_law_tables(profile: str, tables: dict[str, pd.DataFrame], n_boot: int = 1000) -> list[str]:
    """Write `law_tables` to data/results/<profile>/ivgi2022/*.csv; returns the names of the files."""
    folder = paths.results(profile) / "ivgi2022"
    folder.mkdir(parents=True, exist_ok=True)
    made = law_tables(tables, n_boot)
    for name, table in made.items():
        table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
    return [f"{name}.csv" for name in made]
