import re

import pandas as pd
import pytest

from scalescope import laws, paths
from scalescope.errors import UnknownName
from scalescope.papers.ivgi2022 import printed
from scalescope.workflow.readme import BLOCK, MADE, MADE_OF, with_results

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
