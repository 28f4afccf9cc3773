"""Profiles that lack what a figure is about still get their figures; committed figures redraw from their CSV."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from pictures import same_picture

from scalescope import files, paths
from scalescope.errors import UnknownName
from scalescope.papers.ivgi2022 import figures, law_figures
from scalescope.papers.ivgi2022.fits import fit_laws
from scalescope.papers.ivgi2022.law_tables import law_tables, source_tables

COMMITTED = sorted(
    file for file in paths.figures("x", "y").parents[1].glob("*/ivgi2022/*.csv") if file.parts[-3] != "smoke"
)


def unlike(files):
    """Of each figure's CSVs that have the same kinds of rows in the same panels the first and the last source's."""
    alike = {}
    for file in files:
        table = pd.read_csv(file)
        what = table[[name for name in ("panel", "kind") if name in table]].drop_duplicates()
        alike.setdefault((file.stem, what.sort_values(list(what)).to_csv(index=False)), []).append(file)
    return sorted({file for group in alike.values() for file in (group[0], group[-1])})


def only(**wanted):
    """The published tables as a profile would leave them that has nothing else."""
    tables = source_tables("published")
    for column, value in wanted.items():
        tables = {name: table[table[column] == value] if column in table else table for name, table in tables.items()}
    return {name: table for name, table in tables.items() if name != "pair_points"}


@pytest.mark.parametrize("wanted", [{"objective": "pmi", "task": "cola"}, {"objective": "mlm", "task": "squad"}])
def test_all_figures_and_tables_are_made(wanted, monkeypatch):
    monkeypatch.setattr(law_figures, "source_laws", lambda source, tables: fit_laws(tables, n_boot=3))
    tables = only(**wanted)
    laws, names = fit_laws(tables, n_boot=3), []
    for name, data in law_figures.figure_tables("mine", tables, laws):
        names.append(name)
        figure = figures.DRAW[name](data)
        lines = [text.get_text() for ax in figure.axes for text in ax.texts]
        lacks = name.startswith("fig7") or (wanted["objective"] == "pmi" and name.startswith(("fig1", "fig5", "fig8")))
        assert ("no runs" in lines) >= lacks
        plt.close(figure)
    there = {4: wanted["objective"] == "mlm", 6: len(tables["curves"])}
    papers = [figures.SLUGS[number] for number in range(1, 9) if there.get(number, True)]
    assert names[: len(papers)] == papers
    assert law_tables("mine", tables, laws)["fits"]["n_points"].sum() > 0


def test_figures_that_show_nothing_are_left_out_and_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "figures", lambda *parts: tmp_path.joinpath(*parts))
    monkeypatch.setattr(law_figures, "save", lambda draw, data, folder, name: [folder / f"{name}.png"])
    tables = source_tables("published")
    falling = tables["curves"].head(5).assign(loss=[5.0, 4.0, 3.0, 2.0, 1.0])
    tuned = tables["points"].query("hpt == 'with'")
    old = [tmp_path / "published" / "ivgi2022" / f"{figures.SLUGS[number]}.csv" for number in (4, 6)]
    for path in old:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    laws = fit_laws(tables, n_boot=1)
    names = {path.stem for path in old}
    assert names <= {path.stem for path in law_figures.write_law_figures("published", tables, laws)}
    assert all(path.is_file() for path in old)
    written = law_figures.write_law_figures("published", {**tables, "points": tuned, "curves": falling}, laws)
    assert not names & {path.stem for path in written} and not any(path.exists() for path in old)


@pytest.mark.parametrize("folder", sorted({file.parent for file in COMMITTED}), ids=lambda folder: folder.parts[-2])
def test_committed_figures_are_those_that_were_written_and_none_is_missed(folder):
    assert not (folder / files.DIGESTS).is_file() or files.faults(folder) == []


@pytest.mark.parametrize("file", unlike(COMMITTED), ids=lambda file: f"{file.parts[-3]}-{file.stem}")
def test_committed_figures_are_drawn_again_from_the_csv_beside_them(file):
    """Of each shape two: that the others are those which were written is told by their digests above."""
    figure = figures.DRAW[file.stem](pd.read_csv(file))
    assert same_picture(figure, file.with_suffix(".png"))


@pytest.mark.parametrize("file", COMMITTED, ids=lambda file: f"{file.parts[-3]}-{file.stem}")
def test_every_committed_figure_is_there_in_all_formats(file):
    assert all(file.with_suffix(f".{kind}").is_file() for kind in ("png", "svg", "pdf"))


def failed(table, mask):
    return table.assign(loss=table["loss"].mask(mask), status=table["status"].mask(mask, "failed"))


@pytest.mark.parametrize("role", ["target", "ladder", None])
def test_a_ladder_whose_every_pretraining_failed_has_tables_that_say_so(role):
    tables = only(objective="mlm", task="squad")
    pretrain = tables["pretrain"]
    tables["pretrain"] = failed(pretrain, (pretrain["role"] == role) if role else pretrain["parameters"] > 0)
    made = law_tables("mine", tables, fit_laws(tables, n_boot=1))
    lost = made["missing"].query("what == 'pretraining'")
    assert len(lost) == tables["pretrain"]["loss"].isna().sum() and lost["reason"].str.contains("failed").all()
    assert role or made["diagnosis"].empty


def test_a_table_of_another_name_is_refused():
    points = only(objective="mlm", task="squad")["points"]
    for tables in ({"point": points}, points):
        with pytest.raises(UnknownName, match="unknown table of a source of laws"):
            fit_laws(tables, n_boot=1)


def test_a_table_whose_every_run_failed_has_no_figure_and_the_reason_is_told():
    tables = only(objective="mlm", task="squad")
    points = tables["points"].assign(error=float("nan"), value=float("nan"))
    tables["points"] = points
    laws = fit_laws(tables, n_boot=1)
    assert law_tables("mine", tables, laws)["missing"]["reason"].str.contains("no finite result").sum() >= len(points)
    with pytest.raises(ValueError, match="no usable points to draw: the table is empty, or every run failed"):
        list(law_figures.figure_tables("mine", tables, laws))
