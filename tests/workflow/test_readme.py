from scalescope import paths
from scalescope.workflow.readme import MARKED, with_results


def test_the_tables_of_the_readme_are_those_of_the_committed_results():
    text = (paths.root() / "README.md").read_text(encoding="utf-8")
    assert MARKED.search(text), "the README shows no results"
    assert with_results(text) == text, "run `scalescope study`"
