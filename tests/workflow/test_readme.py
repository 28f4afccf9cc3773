import re

import pandas as pd
import pytest

from scalescope import laws, paths
from scalescope.errors import UnknownName
from scalescope.papers.ivgi2022 import printed
from scalescope.workflow.readme import BLOCK, MADE, MADE_OF, laws_of, verdicts_of, with_results

WORDS = {"twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16}


@pytest.fixture(scope="module")
def readme():
    return (paths.root() / "README.md").read_text(encoding="utf-8")


def test_the_tables_of_the_readme_are_those_of_the_committed_results(readme):
    assert {found["name"] for found in BLOCK.finditer(readme)} == {*MADE, *MADE_OF}
    assert with_results(readme) == readme, "run `scalescope study`"


def test_a_mark_that_nothing_fills_is_refused():
    for mark in ("<!-- result of quick -->\nold\n<!-- end of result -->", "<!-- results -->\n<!-- end of results -->"):
        with pytest.raises(UnknownName, match="mark in README"):
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
    assert lines[2].startswith("| lin2024 | [1 of 2](data/results/one/lin2024/claims.csv), not S2 | [1 of 2](data/")
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
