"""The published studies as files: with the data they are computed, without it they are the committed ones."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from pictures import same_picture
from published_data import table
from typer.testing import CliRunner

from scalescope import paths
from scalescope.cli import app
from scalescope.papers import published
from scalescope.papers.besiroglu2024 import figures as besiroglu2024
from scalescope.papers.gadre2024 import figures as gadre2024
from scalescope.papers.gallery import CAPTIONS
from scalescope.papers.lin2024 import figures as lin2024
from scalescope.papers.reference import reference
from scalescope.plotting.save import as_written
from scalescope.workflow.published import FIGURES, Refit, committed, refit, results


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


@pytest.mark.parametrize("paper", published.PAPERS)
def test_without_data_the_committed_tables_and_pictures_are_shown_and_it_is_said(paper, tmp_path, monkeypatch):
    monkeypatch.setenv("SCALESCOPE_CACHE", str(tmp_path))
    study = refit(paper, download=False)
    assert study.data is None and study.note.startswith("NOT COMPUTED HERE") and "SCALESCOPE_CACHE" in study.note
    assert set(study.tables) == set(committed(paper))
    for number in FIGURES[paper].SLUGS:
        assert study.draw(number).axes[0].images
    with pytest.raises(published.MissingData):
        study.write()


@pytest.mark.parametrize("paper", [paper for paper in published.PAPERS if len(reference(paper))])
def test_every_reported_number_is_in_the_committed_comparison(paper):
    compared = committed(paper)["comparison"]
    rows = reference(paper)
    assert compared[["quantity", "setting", "reported"]].to_numpy().tolist() == (
        rows[["quantity", "setting", "reported"]].to_numpy().tolist()
    )
    differing = compared[compared["agrees"].astype(str) != "True"]
    assert differing["note"].notna().all()


@pytest.mark.parametrize("paper", published.PAPERS)
def test_every_figure_is_there_with_a_caption_and_without_the_papers_own_points(paper):
    for slug in FIGURES[paper].SLUGS.values():
        files = [paths.figures("published", paper) / f"{slug}.{suffix}" for suffix in ("png", "svg", "pdf", "csv")]
        assert all(file.is_file() for file in files) and slug in CAPTIONS
        assert "point" not in set(pd.read_csv(files[3])["kind"])


def test_an_unknown_paper_or_figure_is_told_the_nearest(tmp_path, monkeypatch):
    monkeypatch.setenv("SCALESCOPE_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match="'lin2024'"):
        refit("lin2025", download=False)
    with pytest.raises(ValueError, match="figure of lin2024"):
        refit("lin2024", download=False).draw(9)


def test_the_command_says_what_is_missing_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("SCALESCOPE_CACHE", str(tmp_path))
    result = CliRunner().invoke(app, ["published", "lin2024", "--no-download"])
    assert result.exit_code == 2
    assert result.output.startswith("error: 3 of 3 published files of lin2024") and "Traceback" not in result.output


def test_writing_leaves_out_what_the_paper_measured(tmp_path, monkeypatch):
    data, tables = table("besiroglu2024"), committed("besiroglu2024")
    for name in ("results", "figures"):
        monkeypatch.setattr(paths, name, lambda *parts, name=name: tmp_path.joinpath(name, *parts))
    files = Refit("besiroglu2024", data, tables, "").write()
    assert results("besiroglu2024").is_relative_to(tmp_path) and all(file.is_file() for file in files)
    refitted = pd.read_csv(tmp_path / "figures" / "published" / "besiroglu2024" / "fig1_refit.csv")
    assert set(refitted["kind"]) == {"count", "median"}


def test_figures_hold_their_measurements_and_tables():
    three = gadre2024.fig3_data(table("gadre2024"), committed("gadre2024"))
    assert (three["kind"] == "point").sum() == 2 * 104
    assert len(gadre2024.fig5_data(None, committed("gadre2024"))) == 3 * 8 * 3
    assert lin2024.fig4_data(None, committed("lin2024"))["method"].nunique() == 7
    curves = lin2024.fig1_data(table("lin2024"), committed("lin2024"))
    assert (curves["kind"] == "point").sum() == 3 * 6 * 14
    tables = committed("besiroglu2024")
    drawn = besiroglu2024.fig3_data(None, tables)
    assert (drawn["kind"] == "law").sum() == len(tables["policy"])
    assert drawn.set_index("kind").loc["misread", "value"] == pytest.approx(25.66, abs=0.01)


@pytest.mark.parametrize("paper", published.PAPERS)
def test_every_committed_figure_is_drawn_again_from_its_csv_and_the_papers_points(paper):
    module, data, tables = FIGURES[paper], table(paper), committed(paper)
    for number, slug in module.SLUGS.items():
        file = paths.figures("published", paper) / f"{slug}.csv"
        drawn = as_written(module.DATA[number](data, tables))
        points = drawn[drawn["kind"] == "point"]
        again = pd.concat([pd.read_csv(file), points], ignore_index=True) if len(points) else pd.read_csv(file)
        assert same_picture(module.DRAW[slug](again), file.with_suffix(".png")), slug
