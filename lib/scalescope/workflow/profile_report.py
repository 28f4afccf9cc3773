"""`scalescope report PROFILE`: all that a profile has come to, on one page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from scalescope import files, paths
from scalescope.errors import check_name
from scalescope.experiment.points import OBJECTIVES, split_usable, title, usable_pretraining
from scalescope.experiment.pretraining_seeds import drawn_together
from scalescope.experiment.record import collected_table, read_csv
from scalescope.forecast.sealing import ledger_of
from scalescope.forecast.stored import Stored, stored
from scalescope.laws import PowerLaw
from scalescope.papers.gallery import CAPTIONS
from scalescope.papers.ivgi2022.law_tables import PAPER, REMEDY
from scalescope.papers.ledger import scored_ledger
from scalescope.workflow.page import N_BOOT, Section, picture, relative, render, table_html

TABLES = {
    "fits": "Laws of finetuning error",
    "pretraining_laws": "Laws of pretraining loss",
    "selection": "Choosing by small runs",
    "compute": "What the target cost over the ladder",
    "missing": "What is missing",
}
SEALED = ["run", "quantity", "law", "distance", "mean", "low", "high"]
MOST_COLUMNS = 12  # of a table on the page; the CSV has the rest


def write_report(profile: str, out: Path | None = None) -> Path:
    """Write the page of a profile with collected results; returns its path (`report.html` in the profile's work).

    Raises UnknownName for a profile without results, and Damaged for a table or picture that was cut or changed since
    it was written.
    """
    known = sorted(path.parent.name for path in paths.results("any").parent.glob("*/pretrain.csv"))
    check_name("profile with results", profile, known)
    target = out or paths.work(profile) / "report.html"
    sections = [*_figures(profile), *tables(profile), *forecasts(profile), *_notebooks(profile, target.parent)]
    files.write_text(target, render(f"scalescope: {profile}", sections, list(_laws(profile))))
    return target


def _figures(profile: str) -> Iterator[Section]:
    for folder in sorted(path for path in paths.figures(profile, PAPER).parent.glob("*") if path.is_dir()):
        if (folder / files.DIGESTS).is_file() and (faults := files.faults(folder)):
            raise files.Damaged(f"{faults[0]}: {REMEDY}")
        drawn = sorted(folder.glob("*.png"))
        pictures = [(CAPTIONS.get(p.stem, p.stem.replace("_", " ")), picture(p.read_bytes())) for p in drawn]
        if pictures:
            yield Section(f"Figures: {folder.name}", pictures=pictures)


def tables(profile: str) -> Iterator[Section]:
    """Claims of the paper and tables of a profile; raises Damaged for one that was cut or changed."""
    folder = paths.results(profile) / PAPER
    claims = folder / "claims.csv"
    if claims.is_file():
        columns = ["id", "claim", "verdict", "value", "low", "high", "sentence"]
        yield Section("Claims of the paper", tables=[("", table_html(read_csv(claims, REMEDY)[columns]))])
    there = {name: caption for name, caption in TABLES.items() if (folder / f"{name}.csv").is_file()}
    if there:
        yield Section("Tables", tables=[captioned(folder / f"{name}.csv", text) for name, text in there.items()])


def captioned(path: Path, caption: str) -> tuple[str, Markup]:
    """A CSV as HTML with its caption, which says so where not all of its columns are shown."""
    table = read_csv(path, REMEDY)
    cut = f" ({MOST_COLUMNS} of {len(table.columns)} columns)" if len(table.columns) > MOST_COLUMNS else ""
    return caption + cut, table_html(table.iloc[:, :MOST_COLUMNS])


def forecasts(profile: str) -> Iterator[Section]:
    """What was sealed of a profile before its runs, and how far it was right."""
    path = ledger_of(profile)
    if not path.is_file():
        yield Section("Sealed forecasts", ["none: this profile was trained before forecasts were sealed"])
        return
    count, done = scored_ledger(profile)
    said = [f"{count} sealed before their run, {len(done)} of them scored by now"]
    columns = [*SEALED, "actual", "covered", "log_error", "crps", "date"]
    yield Section("Sealed forecasts", said, [("", table_html(done[columns]))] if len(done) else [])


def _notebooks(profile: str, folder: Path) -> Iterator[Section]:
    executed = sorted((paths.work(profile) / "notebooks").glob("*.ipynb"))
    said = [] if executed else ["none of this profile are on this machine; these are the notebooks as committed"]
    shown = executed or sorted((paths.notebooks() / PAPER).glob("*.ipynb"))
    links = [(path.stem, relative(path, folder)) for path in shown]
    yield Section("Executed notebooks" if executed else "Notebooks", said, links=links)


def _laws(profile: str) -> Iterator[Stored]:
    """Power laws of the pretraining loss and of every task's error, for the panel."""
    folder = paths.results(profile)
    pretrain = collected_table(profile, "pretrain")
    pretrain = pretrain[usable_pretraining(pretrain)]
    for objective, runs in pretrain.groupby("objective"):
        yield from _law(runs, "loss", f"pretraining loss, {OBJECTIVES.get(objective, objective)}")
    if not (folder / "points.csv").is_file():
        return
    usable, _ = split_usable(collected_table(profile, "points"))
    for (objective, task), runs in usable[usable["hpt"] == "with"].groupby(["objective", "task"]):
        yield from _law(runs, "error", f"error of {title(task)}, {OBJECTIVES.get(objective, objective)}")


def _law(runs: pd.DataFrame, response: str, name: str) -> Iterator[Stored]:
    """The law of one series, unless three sizes are lacking."""
    ladder, target = (runs[runs["role"] == role] for role in ("ladder", "target"))
    if ladder["parameters"].nunique() < 3:
        return
    groups = drawn_together(ladder) if response == "error" else None
    law = PowerLaw(n_boot=N_BOOT).fit(ladder["parameters"], ladder[response], groups=groups)
    if law.scatter_.free >= 1:
        at = target["parameters"].max() if len(target) else 10 * ladder["parameters"].max()
        yield stored(law, ladder["parameters"], ladder[response], title=name, response=response, target=[at])
