"""A folder of real data: what is read, and how each fault in it is named."""

import gzip
import json
import os
from pathlib import Path

import pytest

from scalescope.schema import UnknownName
from scalescope.text.files import Files
from scalescope.text.source import BadInput, Source, open_source

TRAIN = "first paragraph\nsecond one\n\nnext article\n"


@pytest.fixture
def folder(tmp_path):
    for part in ("corpus", "tasks/sst2"):
        (tmp_path / part).mkdir(parents=True)
    (tmp_path / "corpus" / "wiki-01.txt").write_text("last article", encoding="utf-8")
    (tmp_path / "corpus" / "wiki-00.txt.gz").write_bytes(gzip.compress(TRAIN.encode()))
    (tmp_path / "corpus" / "wiki-heldout.txt").write_text("\n\nheld naïve\n\n\nout\n", encoding="utf-8")
    (tmp_path / "corpus" / "other-test-raw.txt").write_text("aside\n", encoding="utf-8")
    (tmp_path / "corpus" / "README.md").write_text("not text\n", encoding="utf-8")
    lines = [json.dumps({"sentence": f"fine {index}", "label": index % 2}) for index in range(4)]
    (tmp_path / "tasks/sst2/train.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "tasks/sst2/validation.jsonl.gz").write_bytes(gzip.compress("\n".join(lines[:2]).encode()))
    return tmp_path


def test_articles_of_each_split(folder):
    source = open_source("files", folder=folder)
    assert isinstance(source, Source)
    assert list(source.articles("train")) == [
        ["first paragraph", "second one"],
        ["next article"],
        ["last article"],
    ]
    assert list(source.articles("heldout")) == [["held naïve"], ["out"]]
    assert [path.name for path in source.left_aside] == ["other-test-raw.txt"]


def test_only_whole_words_of_a_name_count(folder):
    (folder / "corpus" / "latest-dump.txt").write_text("newest article\n", encoding="utf-8")
    assert ["newest article"] in list(Files(folder).articles("train"))


def test_rows_plain_and_gzipped(folder):
    source = Files(folder)
    assert [row["label"] for row in source.rows("sst2", "train")] == [0, 1, 0, 1]
    assert source.rows("sst2", "validation") == source.rows("sst2", "train")[:2]


def fingerprints(folder: Path) -> tuple[str, str]:
    return Files(folder).corpus_fingerprint, Files(folder).task_fingerprint("sst2")


def test_text_and_each_task_have_a_fingerprint_that_follows_their_own_content_only(folder):
    text, rows = fingerprints(folder)
    (folder / "corpus" / "other-test-raw.txt").write_text("changed, but not in use\n")
    (folder / "tasks/mine").mkdir()
    for name in ("train", "test"):
        (folder / f"tasks/mine/{name}.jsonl").write_text("{}\n")
    (folder / "tasks/sst2/test.jsonl").write_text("{}\n")
    assert fingerprints(folder) == (text, rows)
    (folder / "tasks/sst2/train.jsonl").write_text('{"sentence": "x", "label": 0}\n')
    other_rows = fingerprints(folder)
    assert other_rows[0] == text and other_rows[1] != rows
    (folder / "corpus" / "wiki-01.txt").write_text("lost article", encoding="utf-8")  # same size
    assert fingerprints(folder)[0] != text and fingerprints(folder)[1] == other_rows[1]
    with pytest.raises(BadInput, match=r"no folder .*cola"):
        Files(folder).task_fingerprint("cola")


def test_missing_and_empty_folder(tmp_path):
    with pytest.raises(BadInput, match=r"nowhere does not exist; it should hold corpus/\*\.txt"):
        Files(tmp_path / "nowhere")
    with pytest.raises(BadInput, match=r"is empty, without corpus/; it should hold"):
        Files(tmp_path)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "notes.md").write_text("x")
    with pytest.raises(BadInput, match=r"holds corpus, without tasks/"):
        Files(tmp_path)
    (tmp_path / "tasks" / "sst2").mkdir(parents=True)
    with pytest.raises(BadInput, match="no train text"):
        Files(tmp_path)
    (tmp_path / "corpus" / "a.txt").write_text("x")
    with pytest.raises(BadInput, match="no heldout text"):
        Files(tmp_path)


def test_missing_task_and_file(folder):
    with pytest.raises(BadInput, match=r"no folder .*sst for the task 'sst'; nearest there: 'sst2'"):
        Files(folder).rows("sst", "train")
    (folder / "tasks/sst2/validation.jsonl.gz").unlink()
    with pytest.raises(BadInput, match=r"has no validation\.jsonl or"):
        Files(folder).rows("sst2", "validation")
    (folder / "tasks/sst2/train.jsonl.gz").write_bytes(b"")
    with pytest.raises(BadInput, match="more than one"):
        Files(folder).rows("sst2", "train")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"train\.jsonl is empty"),
        ("\n \n", r"train\.jsonl is empty"),
        ('{"sentence": "a", "label": 0}\n{"sentence": "b", "lab', r"train\.jsonl, line 2 is broken JSON"),
        ('{"sentence": "a"}\n[1, 2]\n', r"line 2 holds list where an object"),
        ('{"sentence": "a"}\n\n{"sentence": "b"}\n', r"line 2 is blank"),
    ],
)
def test_broken_rows(folder, content, message):
    (folder / "tasks/sst2/train.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(BadInput, match=message):
        Files(folder).rows("sst2", "train")


def test_broken_gzip(folder):
    path = folder / "tasks/sst2/validation.jsonl.gz"
    whole = gzip.compress(b"".join(b'{"n": %d}\n' % (index * 7919) for index in range(5000)))
    path.write_bytes(whole[:-1000])
    with pytest.raises(BadInput, match=r"validation\.jsonl\.gz is broken gzip after line [1-9]\d+"):
        Files(folder).rows("sst2", "validation")
    path.write_bytes(whole[:5000] + b"\x00\xff\x00\xff" * 4 + whole[5016:])
    with pytest.raises(BadInput, match="is broken gzip"):
        Files(folder).rows("sst2", "validation")
    path.write_bytes(b"this is no gzip")
    with pytest.raises(BadInput, match="is broken gzip after line 0"):
        Files(folder).rows("sst2", "validation")


def test_text_that_is_not_utf8(folder):
    (folder / "corpus" / "wiki-01.txt").write_bytes(b"good line\nna\xefve line\n")
    with pytest.raises(BadInput, match=r"wiki-01\.txt, line 2, byte 3 \(0xef\) is not UTF-8"):
        list(Files(folder).articles("train"))


def test_corpus_file_without_text(folder):
    (folder / "corpus" / "wiki-01.txt").write_text("\n\n")
    with pytest.raises(BadInput, match=r"wiki-01\.txt is empty"):
        list(Files(folder).articles("train"))


def test_unknown_names(folder):
    with pytest.raises(UnknownName, match="did you mean 'heldout'"):
        list(Files(folder).articles("held"))
    with pytest.raises(UnknownName, match="did you mean 'validation'"):
        Files(folder).rows("sst2", "valid")
    with pytest.raises(UnknownName, match="did you mean 'files'"):
        open_source("file", folder=folder)
    with pytest.raises(UnknownName, match="did you mean 'folder'"):
        open_source("files", foldr=folder)


@pytest.mark.skipif("DATA" not in os.environ, reason="set DATA to the folder of real data")
def test_real_folder():
    source = Files(Path(os.environ["DATA"]))
    heldout = list(source.articles("heldout"))
    assert len(heldout) == 120
    assert sum(len(paragraph.split()) for article in heldout for paragraph in article) == 287_510
    assert sum(1 for _ in source.articles("train")) == 2_923
    assert len(source.left_aside) == 2
