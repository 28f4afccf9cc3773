"""The check of a paper's printed numbers on the terminal."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from scalescope.errors import check_name
from scalescope.papers.ivgi2022 import printed as ivgi2022_check

CHECKS: dict[str, Callable[[], pd.DataFrame]] = {"ivgi2022": ivgi2022_check.check}


def run_check(study: str, every: bool = False, console: Console | None = None) -> bool:
    """Print the cells that differ (`every`: all of them) and the counts; True if nothing is left unexplained.

    Raises UnknownName for a study that has no check.
    """
    check_name("study", study, CHECKS)
    console = console or Console(width=100, markup=False, highlight=False)
    cells = CHECKS[study]()
    shown = cells if every else cells[cells["status"] != ivgi2022_check.SAME]
    _print(shown, console, "every cell" if every else "cells that differ")
    known = ivgi2022_check.errata().set_index("id")["explanation"]
    for name in dict.fromkeys(shown["erratum"]):
        if name:
            console.print(f"{name}: {known[name]}")
    _print(ivgi2022_check.summary(cells), console, "counts")
    bad = ivgi2022_check.failed(cells)
    console.print(f"{len(cells)} cells, {len(bad)} unexplained")
    return bad.empty


def _print(frame: pd.DataFrame, console: Console, title: str) -> None:
    table = Table(title=title, title_justify="left", box=SIMPLE, padding=0)
    for name in frame.columns:
        table.add_column(str(name))
    for row in frame.itertuples(index=False):
        table.add_row(*(f"{value:.4g}" if isinstance(value, float) else str(value) for value in row))
    console.print(table)
