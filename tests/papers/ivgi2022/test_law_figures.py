"""Profiles that lack what a figure of the paper is about still get all their figures: a panel says what is lacking."""

import matplotlib.pyplot as plt
import pytest

from scalescope.papers.ivgi2022 import figures
from scalescope.papers.ivgi2022.law_figures import law_figures
from scalescope.papers.ivgi2022.law_tables import law_tables, source_tables


def only(**wanted):
    """The published tables as a profile would leave them that has nothing else."""
    tables = source_tables("published")
    for column, value in wanted.items():
        tables = {name: table[table[column] == value] if column in table else table for name, table in tables.items()}
    return {name: table for name, table in tables.items() if name != "pair_points"}


@pytest.mark.parametrize("wanted", [{"objective": "pmi", "task": "cola"}, {"objective": "mlm", "task": "squad"}])
def test_all_figures_and_tables_are_made(wanted):
    tables = only(**wanted)
    names = []
    for name, (figure, _) in law_figures("mine", tables, n_boot=3):
        names.append(name)
        lines = [text.get_text() for ax in figure.axes for text in ax.texts]
        lacks = name.startswith("fig7") or (wanted["objective"] == "pmi" and name.startswith(("fig1", "fig5", "fig8")))
        assert ("no runs" in lines) >= lacks
        plt.close(figure)
    papers = [figures.SLUGS[number] for number in range(1, 9) if number != 6 or len(tables["curves"])]
    assert names[: len(papers)] == papers
    assert law_tables("mine", tables, n_boot=3)["fits"]["n_points"].sum() > 0
