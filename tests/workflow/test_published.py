"""The published studies as files: with the data they are computed, without it they are the committed ones."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from published_data import folder, table
from typer.testing import CliRunner

from scalescope import paths
from scalescope.cli import app
from scalescope.papers import published
from scalescope.papers.besiroglu2024 import figures as besiroglu2024
from scalescope.papers.gadre2024 import figures as gadre2024
from scalescope.papers.gallery import CAPTIONS
from scalescope.papers.lin2024 import figures as lin2024
from scalescope.papers.reference import reference
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
    for number in FIGURES[paper][0]:
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
    for slug in FIGURES[paper][0].values():
        files = [paths.figures("published", paper) / f"{slug}.{suffix}" for suffix in ("png", "svg", "csv")]
        assert all(file.is_file() for file in files) and slug in CAPTIONS
        assert "point" not in set(pd.read_csv(files[2])["kind"])


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
    assert set(refitted["kind"]) == {"count"}


def test_a_figure_draws_its_measurements():
    data = table("gadre2024")
    _, drawn = gadre2024.figure3(data)
    assert (drawn["kind"] == "point").sum() == 2 * 104
    _, cells = gadre2024.figure5(data)
    assert len(cells) == 3 * 8 * 3


def test_figures_of_lin_and_besiroglu_hold_their_tables():
    _, cells = lin2024.figure4(committed("lin2024")["selection"])
    assert cells["method"].nunique() == 7
    figure, drawn = lin2024.figure1(table("lin2024"), committed("lin2024")["fits"])
    assert (drawn["kind"] == "point").sum() == 3 * 6 * 14 and len(figure.axes) == 3
    policy = committed("besiroglu2024")["policy"]
    _, line = besiroglu2024.figure3(policy, 25.66)
    assert len(line) == len(policy) and folder("lin2024") is not None
