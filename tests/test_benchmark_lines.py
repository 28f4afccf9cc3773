"""What benchmarks/README.md says of the lines of lib is what the table holds; the script counts what it says."""

import importlib
import sys

import pandas as pd
import pytest

from scalescope import paths

BENCHMARKS = paths.root() / "benchmarks"
LINES = '''"""A module."""

import os

NAME = "a"  # used below


def called() -> str:
    """Its caller."""
    # why
    return _short()


def _short() -> str:
    return NAME


def forgotten() -> None:
    called()
'''


@pytest.fixture
def lines(monkeypatch):
    """The script as a module; its neighbours are imported by their bare names."""
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    yield importlib.import_module("lines")
    for name in ("lines", "machine"):
        sys.modules.pop(name, None)


def test_the_numbers_are_those_of_the_table():
    table = pd.read_csv(BENCHMARKS / "results" / "lines.csv").groupby("revision").sum(numeric_only=True)
    text = (BENCHMARKS / "README.md").read_text(encoding="utf-8").split("## The lines of lib")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    assert {row[0] for row in rows[2:]} == set(table.index)
    for revision, *numbers in rows[2:]:
        assert numbers == [f"{table.loc[revision, name]:,}" for name in rows[0][1:]]
    before, now, said = table.loc["853dcc8"], table.loc["now"], " ".join(text.split())
    gone = before - now
    assert f"{before['repeated']} lines, of which {gone['repeated']} went" in said
    assert f"{before['inlined']} lines at most; {gone['inlined']} went" in said
    assert f"{gone['lines']:,} lines ({gone['lines'] / before['lines']:.0%}) went".replace("%", " %") in said
    assert f"{now['code'] + now['imports']:,} lines would be left" in said
    assert now["statements"] > 2 * table.loc["cfb9c69", "statements"]
    rest = now["code"] + now["imports"] - now["uncalled"] - now["repeated"] - now["inlined"]
    assert rest > 25_000 > 17_300, "all ways together do not reach what was asked"


def test_lines_are_counted_by_kind_and_by_what_could_go(lines):
    once = lines.rooms({"a/one.py": LINES})
    row = once.loc["a"]
    kinds = ["lines", "code", "docstrings", "comments", "imports", "empty", "statements", "functions"]
    assert row[kinds].tolist() == [19, 7, 2, 1, 1, 8, 8, 3]
    assert row["uncalled"] == 2 and row["inlined"] == 2 and row["repeated"] == 0
    twice = lines.rooms({"a/one.py": LINES, "papers/b/two.py": LINES})
    assert twice.loc["a", "repeated"] == 0 and twice.loc["papers/b", "repeated"] >= lines.RUN
    assert twice["uncalled"].sum() == 0, "the name stands there twice"
