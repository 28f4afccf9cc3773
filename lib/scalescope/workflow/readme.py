"""The results table of the README: written from the committed tables between two marks, never by hand."""

from __future__ import annotations

import re

import pandas as pd

from scalescope import files, paths
from scalescope.experiment.points import split_usable
from scalescope.experiment.stages import read_tables
from scalescope.papers.ivgi2022.law_tables import PAPER
from scalescope.papers.ivgi2022.overview import markdown, overview

MARKED = re.compile(r"(<!-- results of (?P<source>[a-z0-9_-]+) -->\n)(?P<table>.*?)(<!-- end of results -->)", re.S)


def results_table(source: str) -> str:
    """The overview of a profile's collected results as Markdown; raises FileNotFoundError where there are none."""
    tables = read_tables(source)
    fits = pd.read_csv(paths.results(source) / PAPER / "fits.csv")
    usable, _ = split_usable(tables["points"])
    ladder, target = (usable.loc[usable["role"] == role, "parameters"] for role in ("ladder", "target"))
    sizes = (int(ladder.min()), int(ladder.max()), int(target.max()))
    return markdown(overview(tables["points"], fits, tables["tasks"], tables.get("transfer")), sizes)


def with_results(text: str) -> str:
    """A text with every marked table ("<!-- results of quick -->" to "<!-- end of results -->") as the results are."""
    return MARKED.sub(lambda found: f"{found[1]}\n{results_table(found['source'])}\n\n{found[4]}", text)


def update_readme() -> None:
    """Write the marked tables of README.md anew."""
    path = paths.root() / "README.md"
    files.write_text(path, with_results(path.read_text(encoding="utf-8")))
