"""Held-out text that is train text in part: told from 1 %, refused from 20 %, with a paragraph of both."""

import json
import warnings

import pytest

from scalescope.data.encoded import DataSettings, Prepared
from scalescope.data.overlap import check_overlap, check_rows_overlap, overlap
from scalescope.data.sources.files import Files
from scalescope.data.tasks.spec import TASKS
from scalescope.errors import BadInput


def paragraphs(first: int, count: int) -> list[str]:
    return [f"in the year {at} the old mill by the river was sold again" for at in range(first, first + count)]


@pytest.fixture
def folder(tmp_path):
    """Writes train text, and held-out text of 100 paragraphs of which so many are train text."""

    def write(shared: int, change=lambda text: text):
        (tmp_path / "corpus").mkdir(exist_ok=True)
        own = [change(text) for text in paragraphs(0, shared)] + paragraphs(1000, 100 - shared)
        for name, texts in (("train", paragraphs(0, 300)), ("heldout", own)):
            (tmp_path / "corpus" / f"{name}.txt").write_text("\n\n".join(["A heading", *texts]) + "\n")
        return Files(tmp_path, tasks=0)

    return write


def test_headings_and_other_texts_are_not_shared(folder):
    assert check_overlap(folder(0)) == 0
    assert overlap(["a b c"], ["a b c"]) == (0.0, "") == overlap([], [])


@pytest.mark.parametrize("change", [str, str.upper, lambda text: text.replace(" ", "  ")])
def test_a_part_is_told_with_its_share(folder, change):
    source = folder(5, change)
    with pytest.warns(UserWarning, match=r"5\.0% of the words of the held-out text .* such as"):
        assert check_overlap(source) == pytest.approx(0.05, rel=0.05)


@pytest.mark.parametrize("shared", [20, 60, 100])
def test_much_is_refused(folder, shared):
    with pytest.raises(BadInput, match=rf"{shared}\.\d% of the words .*take them out of one of both"):
        check_overlap(folder(shared, str.title))


def test_text_is_checked_before_it_is_encoded(folder, tmp_path):
    folder(40)
    settings = DataSettings("files", str(tmp_path), {"tasks": 0}, 200, 32, 4000, 1000, 32, 8, None, None)
    with warnings.catch_warnings(), pytest.raises(BadInput, match="40"):
        warnings.simplefilter("error")
        Prepared(settings, tmp_path / "cache").corpus("train")
    assert not list((tmp_path / "cache").glob("*/text"))


def rows(first: int, count: int) -> list[dict]:
    return [{"sentence": f"this is the sentence of row {k}", "label": k % 2} for k in range(first, first + count)]


def test_validation_rows_that_are_train_rows_are_told_and_many_refused():
    task = TASKS["sst2"]
    assert check_rows_overlap(task, rows(0, 50), rows(50, 50), "data") == 0
    with pytest.warns(
        UserWarning, match="5 of 50 validation rows of the task 'sst2' are train rows too, such as line 1"
    ):
        assert check_rows_overlap(task, rows(0, 50), rows(45, 50), "data") == pytest.approx(0.1)
    turned = [{**row, "label": 1 - row["label"], "source": "other"} for row in reversed(rows(20, 50))]
    with pytest.raises(BadInput, match=r"data: 30 of 50 validation rows .* line 21"):
        check_rows_overlap(task, rows(0, 50), turned, "data")


def test_rows_are_checked_before_they_are_encoded(folder, tmp_path):
    folder(0)
    (tmp_path / "tasks" / "sst2").mkdir(parents=True)
    for split, first in (("train", 0), ("validation", 10)):
        text = "".join(json.dumps(row) + "\n" for row in rows(first, 20))
        (tmp_path / "tasks" / "sst2" / f"{split}.jsonl").write_text(text)
    settings = DataSettings("files", str(tmp_path), {"tasks": 1}, 200, 32, 4000, 1000, 32, 8, None, None)
    with pytest.raises(BadInput, match="10 of 20 validation rows of the task 'sst2'"):
        Prepared(settings, tmp_path / "cache").encode("sst2")
