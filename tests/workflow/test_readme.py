import re

import pandas as pd
import pytest

from scalescope import laws, paths
from scalescope.errors import UnknownName
from scalescope.papers.ivgi2022 import printed
from scalescope.workflow.readme import BLOCK, MADE, MADE_OF, PAGES, laws_of, verdicts_of, with_results

WORDS = {"twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16}


@pytest.fixture(scope="module")
def readme():
    return (paths.root() / "README.md").read_text(encoding="utf-8")


def test_the_tables_of_the_pages_are_those_of_the_committed_results():
    found = {page: (paths.root() / page).read_text(encoding="utf-8") for page in PAGES}
    assert {block["name"] for text in found.values() for block in BLOCK.finditer(text)} == {*MADE, *MADE_OF}
    for page, text in found.items():
        assert with_results(text) == text, f"{page}: run `scalescope study`"


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_links_to_is_there(page):
    path = paths.root() / page
    links = re.findall(r"\]\(([^)#:]+)[^):]*\)", path.read_text(encoding="utf-8"))
    assert links and not [link for link in links if not (path.parent / link).exists()]


def test_a_mark_that_nothing_fills_is_refused():
    for mark in ("<!-- result of quick -->\nold\n<!-- end of result -->", "<!-- results -->\n<!-- end of results -->"):
        with pytest.raises(UnknownName, match="mark in a README"):
            with_results(mark)


def test_studies_of_several_profiles_stand_side_by_side(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "results", lambda name: tmp_path / name)
    for profile, study in (("one", "lin2024"), ("two", "lin2024"), ("two", "su2024")):
        (tmp_path / profile / study).mkdir(parents=True)
        (tmp_path / profile / study / "claims.csv").write_text(f"id,verdict\nS1,holds\nS2,{study[:3]}\n")
    scores = "kind,paper,targets,error,coverage\nfinetuned,Lin 2024,37,0.105,0.7027\n"
    (tmp_path / "two" / "five_laws").mkdir()
    (tmp_path / "two" / "five_laws" / "scores.csv").write_text(scores)
    lines = verdicts_of("one two").splitlines()
    assert lines[2].startswith("| lin2024 | [1 of 2](one/lin2024/claims.csv), not S2 | [1 of 2](two/")
    assert lines[3].startswith("| su2024 | – | [1 of 2]")
    assert laws_of("two").splitlines()[2] == "| finetuned | Lin 2024 | 10 % off, 70 % held (37) |"


def test_the_numbers_in_its_sentences_are_those_of_the_tables(readme):
    cells = printed.check()
    same, of = (int(number) for number in re.search(r"(\d+) of (\d+) printed cells", readme).groups())
    assert (same, of) == ((cells["status"] == printed.SAME).sum(), len(cells))
    cost = pd.read_csv(paths.root() / "benchmarks" / "results" / "pipeline_cost.csv")
    whole = cost[(cost["profile"] == "quick") & (cost["part"] == "all")].iloc[-1]
    seconds = int(re.search(r"about ([\d,]+) core-seconds", readme)[1].replace(",", ""))
    assert seconds == pytest.approx(whole["cpu_seconds"], rel=0.05)
    memory = float(re.search(r"([\d.]+) GB of memory", readme)[1])
    assert memory == pytest.approx(whole["peak_mb"] / 1000, rel=0.05)


def test_it_counts_the_laws_that_are_exported(readme):
    exported = [getattr(laws, name) for name in laws.__all__]
    fitted = {one for one in exported if isinstance(one, type) and issubclass(one, laws.ScalingLaw) and one.inputs}
    said = re.search(r"(\w+) laws share that interface", readme)[1]
    assert WORDS[said.lower()] == len(fitted - {laws.ScalingLaw, laws.CurveLaw})


def test_what_is_said_of_real_text_is_what_its_tables_hold():
    folder = paths.results("wikipedia-full") / "ivgi2022"
    text = " ".join((paths.results("wikipedia-full").parent / "README.md").read_text(encoding="utf-8").split())
    off = (
        pd.read_csv(folder / "target_loss.csv")
        .query("law == 'power law' and without == 0")
        .set_index("objective")["off"]
    )
    assert f"{100 * off['mlm']:.1f} % above the law of the ladder after MLM, {100 * off['pmi']:.1f} % after PMI" in text
    beside = pd.read_csv(folder / "beside_paper.csv")
    whole = beside[beside["same_train"]]
    below = whole[whole["difference"] < 0]
    assert below[["objective", "task", "parameters"]].to_numpy().tolist() == [["pmi", "cola", 98304]]
    assert "all errors but one (CoLA, PMI, 98 K) lie above the paper's" in text
    assert (whole["difference"].abs() < 2 * (whole["bar"] + whole["bar_paper"])).all()
