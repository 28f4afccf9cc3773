"""A folder's text and rows are checked before they are encoded."""

import json
import os
import warnings
from pathlib import Path

import pytest

from scalescope.data.doubts import check_files_rows, check_files_text
from scalescope.data.encoded import DataSettings, Prepared
from scalescope.data.sources.files import Files
from scalescope.data.tasks.spec import TASKS
from scalescope.errors import BadInput

LINES = [f"in the year {at} the old mill by the river was sold again" for at in range(300)]


@pytest.fixture
def prepared(tmp_path):
    def write(lines, rows=()):
        (tmp_path / "corpus").mkdir()
        (tmp_path / "corpus" / "train.txt").write_text("\n".join(lines))
        (tmp_path / "corpus" / "heldout.txt").write_text("\n".join(line.replace("mill", "barn") for line in LINES[:50]))
        (tmp_path / "tasks" / "sst2").mkdir(parents=True)
        for split in ("train", "validation"):
            own = [row | {"sentence": f"{row['sentence']} of {split}"} for row in rows]
            text = "".join(json.dumps(row) + "\n" for row in own)
            (tmp_path / "tasks" / "sst2" / f"{split}.jsonl").write_text(text or "{}\n")
        settings = DataSettings("files", str(tmp_path), {}, 200, 32, 4000, 1000, 32, 8, None, None)
        return Prepared(settings, tmp_path / "cache")

    return write


def test_text_is_looked_at_before_it_is_encoded(prepared):
    with pytest.raises(BadInput, match=r"train.txt seems to be JSON"):
        prepared(["A heading", *(json.dumps({"text": line}) for line in LINES)]).encode()


def test_marks_are_told_when_text_is_encoded(prepared):
    with pytest.warns(UserWarning, match="train.txt: 300 of 300 lines .* HTML"):
        prepared([f"<p>{line}</p>" for line in LINES]).encode()


def test_rows_are_looked_at_before_they_are_encoded(prepared):
    rows = [{"sentence": line, "label": at % 2} for at, line in enumerate(LINES[:20])]
    with pytest.raises(
        BadInput, match=r"train.jsonl: 40 of 60 rows .* repeat an earlier row, such as line 21 is line 1"
    ):
        prepared(LINES, rows * 3).encode("sst2")


@pytest.mark.skipif(not os.environ.get("DATA"), reason="set DATA to the folder of real data")
@pytest.mark.filterwarnings("ignore:.*(not read|identical options)")
def test_real_text_and_rows_draw_no_warning():
    source = Files(Path(os.environ["DATA"]))
    rows = {name: {split: source.rows(name, split) for split in ("train", "validation")} for name in TASKS}
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        check_files_text(source)
        for name, task in TASKS.items():
            check_files_rows(source, task, rows[name])
    assert not found
