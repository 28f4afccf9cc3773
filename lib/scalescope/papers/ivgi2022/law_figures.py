"""All figures of the main paper for one source, as files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from scalescope import paths
from scalescope.experiment.points import OBJECTIVES
from scalescope.papers.ivgi2022 import figures
from scalescope.papers.ivgi2022.beside_paper import of_microworld, train_shares
from scalescope.papers.ivgi2022.claims import PUBLISHED
from scalescope.papers.ivgi2022.fits import Laws
from scalescope.papers.ivgi2022.law_tables import PAPER, PUBLISHED_PATIENCES, diagnoses, source_tables
from scalescope.papers.ivgi2022.selection import select_all
from scalescope.papers.ivgi2022.stopping import heldout_curve
from scalescope.papers.ivgi2022.stored_laws import source_laws
from scalescope.plotting import remove, save


def figure_tables(source: str, tables: dict[str, pd.DataFrame], laws: Laws) -> Iterator[tuple[str, pd.DataFrame]]:
    """Name and data of figures 1 to 8 and of the two tools; for a live source also of ours beside the paper's, of the
    control without pretraining, and of error against pretraining tokens. `figures.DRAW` draws each.

    laws: of these tables. A figure whose table is lacking (figure 6 without curves, transfer without the control), or
    that has nothing to show (figure 4 where nothing was finetuned at the target's rate, figure 6 where no patience
    would have stopped the run), is left out.
    """
    points, tasks = tables["points"], tables["tasks"]
    published = source == PUBLISHED
    yield figures.SLUGS[1], figures.fig1_data(points, laws)
    yield figures.SLUGS[2], figures.fig2_data(tables["pretrain"], laws)
    yield figures.SLUGS[3], figures.fig3_data(tables.get("pair_points", points), laws, tasks)
    if figures.tuned_both_ways(points):
        yield figures.SLUGS[4], figures.fig4_data(points, laws, tasks)
    yield figures.SLUGS[5], figures.fig5_data(points, laws)
    if len(tables.get("curves", ())):
        data = figures.fig6_data(heldout_curve(tables["curves"]), PUBLISHED_PATIENCES if published else None)
        if figures.patience_acts(data):
            yield figures.SLUGS[6], data
    yield figures.SLUGS[7], figures.fig7_data(points, laws)
    yield figures.SLUGS[8], figures.fig8_data(points, laws)
    diagnosis = diagnoses(tables["pretrain"]).query("role != 'second'")
    if len(diagnosis):
        objective = diagnosis["objective"].iloc[0]  # MLM, where there is any
        shown = diagnosis[diagnosis["objective"] == objective]
        yield figures.SLUGS["diagnosis"], figures.diagnosis_data({f"Pretraining, {OBJECTIVES[objective]}": shown})
    choices = select_all(laws)
    if len(choices):
        yield figures.SLUGS["selection"], figures.selection_data(choices)
    if len(tables.get("skills", ())):
        yield figures.SLUGS["skills"], figures.skills_data(tables["skills"])
    if len(tables.get("transfer", ())):
        yield figures.SLUGS["transfer"], figures.transfer_data(tables["transfer"], tasks)
        yield figures.SLUGS["gain"], figures.gain_data(tables["transfer"])
    if len(tables.get("budgets", ())):
        yield figures.SLUGS["budgets"], figures.budgets_data(tables["budgets"], tasks, tables.get("transfer"))
    if not published:
        yield figures.SLUGS["both"], beside_the_paper(points, laws, tasks)


def beside_the_paper(points: pd.DataFrame, laws: Laws, tasks: pd.DataFrame) -> pd.DataFrame:
    """Data of the figure of ours beside the paper's, whose laws are read or fitted.

    Shares of the paper's train rows are told of real tasks only: those of the microworld are twins, not samples.
    """
    theirs = source_tables(PUBLISHED)
    shares = None if of_microworld(points) else train_shares(tasks)
    return figures.fig_both_data(points, laws, theirs["points"], source_laws(PUBLISHED, theirs), shares)


def write_law_figures(source: str, tables: dict[str, pd.DataFrame], laws: Laws) -> list[Path]:
    """Write every figure to figures/<source>/ivgi2022 as PNG, SVG, PDF and CSV; returns the pictures.

    Files of figures that this source does not have (any more) are removed.
    """
    folder, written = paths.figures(source, PAPER), {}
    for name, data in figure_tables(source, tables, laws):
        written[name] = save(figures.DRAW[name], data, folder, name)[0]
        plt.close()
    remove(folder, *(name for name in figures.DRAW if name not in written))
    return list(written.values())
