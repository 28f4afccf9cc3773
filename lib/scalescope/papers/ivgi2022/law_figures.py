"""All figures of the main paper for one source, as files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from scalescope import paths
from scalescope.experiment.points import OBJECTIVES
from scalescope.papers.ivgi2022 import figures
from scalescope.papers.ivgi2022.claims import PUBLISHED
from scalescope.papers.ivgi2022.law_tables import PAPER, PUBLISHED_PATIENCES, diagnoses, source_tables
from scalescope.papers.ivgi2022.selection import select_all
from scalescope.papers.ivgi2022.stopping import heldout_curve
from scalescope.plotting import style

Drawn = tuple[Figure, pd.DataFrame]


def law_figures(source: str, tables: dict[str, pd.DataFrame], n_boot: int = 1000) -> Iterator[tuple[str, Drawn]]:
    """Name, Figure and numbers of figures 1 to 8 and of the two tools; for a live source also of ours
    beside the paper's, of the control without pretraining, and of error against pretraining tokens.

    A figure whose table is lacking (figure 6 without curves, transfer without the control) is left out.
    """
    points, tasks = tables["points"], tables["tasks"]
    published = source == PUBLISHED
    boot = {"n_boot": n_boot}
    yield figures.SLUGS[1], figures.figure1(points, **boot)
    yield figures.SLUGS[2], figures.figure2(tables["pretrain"], **boot)
    yield figures.SLUGS[3], figures.figure3(tables.get("pair_points", points), tasks, **boot)
    yield figures.SLUGS[4], figures.figure4(points, tasks, **boot)
    yield figures.SLUGS[5], figures.figure5(points, **boot)
    if len(tables.get("curves", ())):
        patiences = PUBLISHED_PATIENCES if published else None
        yield figures.SLUGS[6], figures.figure6(heldout_curve(tables["curves"]), patiences)
    yield figures.SLUGS[7], figures.figure7(points, **boot)
    yield figures.SLUGS[8], figures.figure8(points, **boot)
    diagnosis = diagnoses(tables["pretrain"]).query("role != 'second'")
    objective = diagnosis["objective"].iloc[0]  # MLM, where there is any
    shown = diagnosis[diagnosis["objective"] == objective]
    yield figures.SLUGS["diagnosis"], figures.figure_diagnosis({f"Pretraining, {OBJECTIVES[objective]}": shown})
    choices = select_all(tables.get("pair_points", points), **boot)
    if len(choices):
        yield figures.SLUGS["selection"], figures.figure_selection(choices)
    if len(tables.get("skills", ())):
        yield figures.SLUGS["skills"], figures.figure_skills(tables["skills"])
    if len(tables.get("transfer", ())):
        yield figures.SLUGS["transfer"], figures.figure_transfer(tables["transfer"], tasks)
        yield figures.SLUGS["gain"], figures.figure_gain(tables["transfer"])
    if len(tables.get("budgets", ())):
        yield figures.SLUGS["budgets"], figures.figure_budgets(tables["budgets"], tasks, tables.get("transfer"))
    if not published:
        yield figures.SLUGS["both"], figures.figure_both(points, source_tables(PUBLISHED)["points"], **boot)


def write_law_figures(source: str, tables: dict[str, pd.DataFrame], n_boot: int = 1000) -> list[Path]:
    """Write every figure to figures/<source>/ivgi2022 as PNG, SVG and CSV; returns the pictures."""
    folder = paths.figures(source, PAPER)
    written = []
    for name, (figure, drawn) in law_figures(source, tables, n_boot):
        written.append(style.save(figure, drawn, folder, name)[0])
        plt.close(figure)
    return written
