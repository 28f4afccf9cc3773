"""A folder of real data: what is read, and how each fault in it is named."""

import gzip
import json
import os
import shutil
from pathlib import Path

import pytest

from scalescope.data.sources.base import Source
from scalescope.data.sources.file_names import split_of
from scalescope.data.sources.files import Files
from scalescope.data.sources.open import open_source
from scalescope.errors import BadInput, UnknownName

pytestmark = pytest.mark.filterwarnings("ignore:.*not read")
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
    with pytest.warns(UserWarning, match=r"not read: other-test-raw.txt \('test' in its name"):
        source = open_source("files", folder=folder)
    assert isinstance(source, Source)
    assert list(source.articles("train")) == [["first paragraph", "second one"], ["next article"], ["last article"]]
    assert list(source.articles("heldout")) == [["held naïve"], ["out"]]
    used = {path for split in source.corpus_files.values() for path in split}
    assert {path.name for path in (folder / "corpus").iterdir()} - {path.name for path in used} == {
        "README.md",
        "other-test-raw.txt",
    }


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


@pytest.mark.parametrize(
    ("name", "split"),
    [
        *((name, "train") for name in ("wiki.txt", "latest-dump.txt.gz", "Contest.txt", "withheld_outcomes.txt")),
        *((name, "heldout") for name in ("a-heldout.txt", "wiki-held-out.txt", "Heldout2.txt", "HeldOut.txt.gz")),
        *((name, "heldout") for name in ("HELD_OUT.txt", "holdout.txt", "wiki heldout test.txt")),
        *((name, "test") for name in ("wiki_test.txt", "wikiTest.txt", "TEST.txt", "test2.txt.gz")),
        *((name, "dev") for name in ("dev.txt", "wiki.dev.txt", "DEV1.txt")),
        ("eval.txt", "eval"),
        ("wiki-testset.txt", "testset"),
        ("Val.txt", "val"),
        ("x-Validation.txt", "validation"),
        ("._wiki.txt", "hidden"),
        (".DS_Store", "hidden"),
        ("README.txt", "about the data"),
        ("README.md", "about the data"),
        ("ReadMe-wiki.txt", "about the data"),
        ("LICENSE.txt", "about the data"),
        ("wiki.TXT", "does not end in"),
        ("wiki.json", "does not end in"),
        ("wiki.txt.bz2", "does not end in"),
    ],
)
def test_what_a_name_says(name, split):
    assert split in split_of(name)


def test_held_out_text_must_not_be_train_text(folder):
    (folder / "corpus" / "wiki-heldout.txt").write_bytes(TRAIN.encode())  # the train file is gzipped
    with pytest.raises(BadInput, match=r"wiki-heldout\.txt holds the same text as .*wiki-00\.txt\.gz"):
        Files(folder)


def test_validation_rows_must_not_be_the_train_rows(folder):
    rows = (folder / "tasks/sst2/train.jsonl").read_bytes()
    (folder / "tasks/sst2/validation.jsonl.gz").write_bytes(gzip.compress(rows))
    for split in ("train", "validation"):
        with pytest.raises(BadInput, match=r"holds the same text as .*jsonl"):
            Files(folder).rows("sst2", split)


def test_a_text_both_plain_and_gzipped(folder):
    (folder / "corpus" / "wiki-00.txt").write_text(TRAIN)
    with pytest.raises(BadInput, match=r"wiki-00\.txt is there gzipped too"):
        Files(folder)


@pytest.mark.parametrize("name", ["corpus/more.txt", "corpus/x-heldout.txt.gz"])
@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a link to nothing"])
def test_what_is_no_plain_file_is_refused_by_name(folder, name, kind):
    _make(folder / name, kind)
    with pytest.raises(BadInput, match=rf"{Path(name).name} is {kind}; a plain file is expected"):
        Files(folder)


@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a link to nothing"])
def test_rows_that_are_no_plain_file(folder, kind):
    (folder / "tasks/sst2/train.jsonl").unlink()
    _make(folder / "tasks/sst2/train.jsonl", kind)
    for split in ("train", "validation"):  # the other split looks at it too
        with pytest.raises(BadInput, match=rf"train\.jsonl is {kind}"):
            Files(folder).rows("sst2", split)
    with pytest.raises(BadInput, match=rf"train\.jsonl is {kind}"):
        Files(folder).task_fingerprint("sst2")


def _make(path, kind):
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere")


def test_hidden_files_are_not_part_of_the_fingerprint(folder):
    first, rows = Files(folder).corpus_fingerprint, Files(folder).task_fingerprint("sst2")
    (folder / "corpus" / "._wiki-00.txt").write_bytes(b"\xff\xff")
    (folder / "tasks/sst2/._train.jsonl").write_bytes(b"\xff\xff")
    assert Files(folder).corpus_fingerprint == first and Files(folder).task_fingerprint("sst2") == rows


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
        ('{"a": 1}\n{"a": 1, "label": 1, "label": 0}', r"line 2: field 'label' is there twice, with 1 and with 0"),
        ('{"answers": {"text": [], "text": ["a"]}}', r"line 1: field 'text' is there twice"),
        ('{"a": "nice \\ud83d film"}', r"line 1: field 'a' holds half of a surrogate pair, \\ud83d"),
        ('{"a": {"b": ["x", "\\udE00"]}}', r"line 1: field 'a' holds half of a surrogate pair, \\ude00"),
        ('{"a\\ud83d": 1}', r"half of a surrogate pair"),
        ("[" * 100_000, r"line 1 is nested too deeply"),
        ('{"a": ' * 100_000, r"line 1 is nested too deeply"),
        ('{"label": ' + "9" * 10_000 + "}", r"line 1: field 'label' holds 9{80}\.\.\., a whole number of 10000 digits"),
        ('{"a": [0, -9223372036854775808]}', r"field 'a' holds -9223372036854775808, a whole number of 19 digits"),
        ('{"a": 1e999}', r"field 'a' holds 1e999, a number out of range"),
        ('{"a": [[NaN]]}', r"field 'a' holds NaN, which is no JSON number"),
        ('{"a": -Infinity}', r"field 'a' holds -Infinity"),
        ("1e999", r"line 1 holds a number where an object"),
        ('{"a": "b\x00"}', r"line 1, character 9 is NUL"),
    ],
)
def test_broken_rows(folder, content, message):
    (folder / "tasks/sst2/train.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(BadInput, match=message):
        Files(folder).rows("sst2", "train")


def test_a_whole_surrogate_pair_is_one_character(folder):
    (folder / "tasks/sst2/train.jsonl").write_text('{"sentence": "\\ud83d\\ude00 \\\\ud83d", "label": 1}')
    assert Files(folder).rows("sst2", "train")[0]["sentence"] == "\U0001f600 \\ud83d"


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


@pytest.mark.skipif(not os.environ.get("DATA"), reason="set DATA to the folder of real data")
def test_real_folder():
    source = Files(Path(os.environ["DATA"]))
    heldout = list(source.articles("heldout"))
    assert len(heldout) == 120
    assert sum(len(paragraph.split()) for article in heldout for paragraph in article) == 287_510
    assert sum(1 for _ in source.articles("train")) == 2_923
    used = {path.name for split in source.corpus_files.values() for path in split}
    assert len({path.name for path in (source.folder / "corpus").glob("*.txt.gz")} - used) == 2


def test_text_alone_can_be_read_where_tasks_are_not_asked_for(folder):
    shutil.rmtree(folder / "tasks")
    with pytest.raises(BadInput, match="without tasks/"):
        open_source("files", folder=folder)
    source = open_source("files", folder=folder, tasks=0)
    assert len(list(source.articles("train"))) == 3
    with pytest.raises(BadInput, match=r"no folder .*tasks/sst2"):
        source.rows("sst2", "train")


def test_a_name_that_may_be_evaluation_text_is_read_and_told(folder):
    for name in ("wikitest", "latest-news", "crossval2", "wiki"):
        (folder / "corpus" / f"{name}.txt").write_text(f"{name} article\n")
    with pytest.warns(UserWarning, match="read as train text") as told:
        source = Files(folder)
    (doubts,) = [str(warning.message) for warning in told if "read as train text" in str(warning.message)]
    assert "wikitest.txt ('wikitest' in its name ends in 'test')" in doubts and "'crossval'" in doubts
    assert "wiki.txt" not in doubts and "wiki-0" not in doubts
    assert ["wikitest article"] in list(source.articles("train"))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_of_any_kind_of_end_are_lines(folder, end):
    for path in (folder / "corpus").iterdir():
        path.unlink()
    text = end.join(["one two", "three", "", "four", ""])
    (folder / "corpus" / "a.txt").write_bytes(text.encode())
    (folder / "corpus" / "a-heldout.txt").write_bytes(b"five")
    assert list(Files(folder).articles("train")) == [["one two", "three"], ["four"]]


def test_an_empty_folder_of_tasks_is_named(folder):
    shutil.rmtree(folder / "tasks")
    (folder / "tasks").mkdir()
    with pytest.raises(BadInput, match="tasks is empty"):
        Files(folder)


@pytest.mark.parametrize("task", ["", None, 3, "../x"])
def test_what_cannot_be_the_name_of_a_task(folder, task):
    with pytest.raises(BadInput, match="a task is named as its folder"):
        Files(folder).rows(task, "train")
