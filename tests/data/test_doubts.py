"""A folder's text and rows are checked before they are encoded."""

import json

import pytest

from scalescope.data.encoded import DataSettings, Prepared
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
