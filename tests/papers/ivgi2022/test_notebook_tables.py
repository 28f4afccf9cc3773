"""Committed notebooks show the numbers of the committed tables, also in cells that nbval does not compare."""

from __future__ import annotations

import ast
import re
from contextlib import suppress

import nbformat
import pandas as pd
import pytest

from scalescope import files, paths
from scalescope.experiment.readable import readable
from scalescope.papers.ivgi2022 import law_tables

SETTINGS = ("columns", "ends")  # names of columns that several cells of a notebook share
SHOWN = [
    ("61_published_tables", 'beside("table2"'),
    ("61_published_tables", 'beside("table4"'),
    ("70_claims", "collect_claims()"),
    ("70_claims", "agreement_counts("),
    ("70_claims", "live = claims["),
    ("70_claims", 'live[live["verdict"]'),
    ("80_diagnose", "diagnoses("),
    ("85_select", "compute_saved(live"),
]


def cells(name: str) -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(paths.notebooks() / "ivgi2022" / f"{name}.ipynb", as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def rows(html: str) -> list[list[str]]:
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in re.findall(r"<tr.*?</tr>", html, re.S)]


def committed(cell: nbformat.NotebookNode) -> list[list[str]]:
    return rows(next(output.data["text/html"] for output in cell.outputs if "data" in output))


def now(table: pd.DataFrame, wide: bool) -> list[list[str]]:
    with pd.option_context("display.max_columns", 20, "display.max_colwidth", None if wide else 50):
        return rows(table._repr_html_())


def value(cell: nbformat.NotebookNode, names: dict) -> object:
    """What the last line of a cell gives; the names that it sets are added to `names`."""
    *before, last = ast.parse(cell.source).body
    exec(compile(ast.Module(before, []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


@pytest.mark.parametrize("name", dict.fromkeys(name for name, _ in SHOWN))
def test_tables_of_a_live_source_are_those_of_its_committed_csv(name, monkeypatch):
    monkeypatch.setattr(files, "write_table", lambda *_: None)
    names: dict = {"profile": "smoke", "live": law_tables.live_source("smoke")}
    tables = law_tables.source_tables(names["live"])
    shown = [start for of, start in SHOWN if of == name]
    for cell in cells(name):
        if any(start in cell.source and "import" not in cell.source for start in shown):
            shown = [start for start in shown if start not in cell.source]
            names["live"] = tables if name == "85_select" else names["live"]
            assert now(value(cell, names), any("max_colwidth" in each.source for each in cells(name))) == committed(
                cell
            )
            continue
        for node in ast.parse(cell.source).body:
            targets = [getattr(target, "id", "") for target in getattr(node, "targets", [])]
            if isinstance(node, ast.Import | ast.ImportFrom) or set(targets) & set(SETTINGS):
                with suppress(NameError):
                    exec(compile(ast.Module([node], []), "cell", "exec"), names)
    assert shown == [], "a cell that is compared is no longer there"


def test_the_choices_of_85_are_those_of_the_committed_csv():
    (cell,) = [cell for cell in cells("85_select") if "ours = select_all(" in cell.source]
    chosen = pd.read_csv(paths.results("quick") / "ivgi2022" / "selection.csv")
    names = {"pd": pd, "readable": readable, "ours": chosen}
    source = "\n".join(line for line in cell.source.splitlines() if not line.startswith("ours ="))
    assert now(value(nbformat.v4.new_code_cell(source), names), False) == committed(cell)
