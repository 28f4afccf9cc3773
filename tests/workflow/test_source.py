"""What the published study and our own runs of a paper have in common: names of tables, columns and figures."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.figure import Figure

from scalescope import paths
from scalescope.errors import UnknownName
from scalescope.workflow.published import FIGURES, committed, refit
from scalescope.workflow.source import BOTH, profile_of
from scalescope.workflow.studies.live import STUDIES, Live


def ours(paper: str) -> Live:
    """A live study as its committed tables have it."""
    files = (paths.results("studies") / paper).glob("*.csv")
    return Live(paper, "studies", {file.stem: pd.read_csv(file) for file in files})


@pytest.fixture(params=BOTH)
def paper(request) -> str:
    return request.param


@pytest.fixture(autouse=True)
def no_files(tmp_path, monkeypatch):
    monkeypatch.setenv("SCALESCOPE_CACHE", str(tmp_path))


def test_a_source_is_published_or_a_profile():
    assert profile_of("published") is None
    assert profile_of("studies-smoke").studies.gadre2024.models
    with pytest.raises(UnknownName, match="unknown source 'publised'; did you mean 'published'") as told:
        profile_of("publised")
    assert "studies-smoke" in str(told.value)


def test_every_figure_of_either_source_has_a_name_for_both(paper):
    published, live = zip(*BOTH[paper].FIGURES.values(), strict=True)
    assert {each for each in published if each} == set(FIGURES[paper].SLUGS)
    assert {each for each in live if each} == set(STUDIES[paper].DRAW)


def test_both_sources_draw_the_figures_that_both_have_and_say_which_one_lacks(paper, capsys):
    for study in (refit(paper, download=False), ours(paper)):
        for name, own in BOTH[paper].FIGURES.items():
            drawn = study.draw(name)
            said = capsys.readouterr().out
            if own[study.OURS] is None:
                assert drawn is None and said == f"{study.source}: no {BOTH[paper].LACKING[name]}\n"
            else:
                assert isinstance(drawn, Figure) and said == ""


def test_tables_of_both_have_the_same_columns_but_for_the_optional_ones(paper):
    published, live = refit(paper, download=False), ours(paper)
    for name, optional in BOTH[paper].OPTIONAL.items():
        own, renamed = [set(study.table(name)) for study in (published, live)], BOTH[paper].COLUMNS.get(name, {})
        assert set(renamed.values()) <= own[0] | own[1] and set(renamed) & (own[0] | own[1]) == set()
        assert all((column in own[0]) != (column in own[1]) for column in optional)
    assert set(BOTH[paper].COLUMNS) <= set(BOTH[paper].OPTIONAL)
    assert {"text", "law", "of", "symbol", "value"} <= set(refit("gadre2024", download=False).table("fits"))


def test_what_one_source_lacks_is_in_the_other(paper):
    tables = set(committed(paper)), set(ours(paper).tables)
    for name in set(BOTH[paper].LACKING) - set(BOTH[paper].FIGURES):
        assert (name in tables[0]) != (name in tables[1]) or name == "rates", "which the committed runs are older than"


def test_a_table_that_is_not_here_is_one_plain_line_and_a_wrong_name_an_error(capsys):
    published, live = refit("lin2024", download=False), ours("lin2024")
    published.show("forecasts", ["law", "mean"])
    assert not live.has("ablation") and live.has("forecasts")
    assert capsys.readouterr().out == "published: no sealed forecasts\nstudies: no ablation of AtS\n"
    with pytest.raises(UnknownName, match="unknown table of lin2024 'forcasts'; did you mean 'forecasts'"):
        published.show("forcasts", ["law"])
    with pytest.raises(UnknownName, match="unknown table of published, lin2024 'claims'"):
        published.table("claims")


def test_a_table_is_read_with_its_uncertainty_and_without_a_column_that_the_source_has_not():
    columns = {"text": "trained on", "symbol": "symbol", "value": "value", "n_points": "points"}
    standard = refit("gadre2024", download=False).readable("fits", columns, rows="of == 'c4_val' and symbol == 'E'")
    assert list(standard) == ["symbol", "value"] and "±" in standard["value"].iloc[0] and len(standard) == 3
    interval = ours("gadre2024").readable("fits", columns, rows="symbol == 'alpha'")
    assert list(interval) == ["symbol", "value", "points"] and "[" in interval["value"].iloc[0]
    with pytest.raises(UnknownName, match="column 'n_point'"):
        ours("gadre2024").readable("fits", ["n_point"])
