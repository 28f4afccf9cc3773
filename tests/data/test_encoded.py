import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from killed import kill_points

from scalescope import files
from scalescope.data import encoded
from scalescope.data.encoded import DataSettings, Prepared
from scalescope.errors import BadInput

SETTINGS = DataSettings(
    kind="microworld", folder=None,
    options={"seed": 0, "entities": 200, "train_articles": 300, "heldout_articles": 60, "task_train": 40,
             "task_validation": 30},
    vocabulary_size=400, sequence_length=32, train_tokens=6400, heldout_tokens=1600, max_length=32, stride=12,
    train_rows={"default": 20, "cola": 10}, eval_rows=None,
)  # fmt: skip


@pytest.fixture
def prepared(tmp_path):
    return Prepared(SETTINGS, tmp_path)


def test_corpus_and_tasks_are_built_once_and_read_back(prepared, tmp_path, monkeypatch):
    train, heldout = prepared.corpus("train"), prepared.corpus("heldout")
    assert train.tokens.shape == (200, 32) and heldout.tokens.shape == (50, 32)
    assert train.tokens.max() < train.vocabulary_size == prepared.tokenizer.get_vocab_size() <= 400
    first = prepared.task_data("squad")
    monkeypatch.setattr(Prepared, "_encode_corpus", lambda *_: pytest.fail("encoded again"))
    monkeypatch.setattr(Prepared, "_encode_task", lambda *_: pytest.fail("encoded again"))
    again = Prepared(SETTINGS, tmp_path)
    assert (again.corpus("train").tokens == train.tokens).all()
    data = again.task_data("squad")
    assert data.rows == first.rows and (data.train.tokens == first.train.tokens).all()


def test_task_data_of_before_is_left_alone_and_made_anew(prepared):
    old = prepared.folder / prepared.task_id("sst2")
    old.mkdir(parents=True)
    (old / "train.npz").write_text("of another format")
    assert prepared.task_data("sst2").train.n_examples == 20
    assert (old / "train.npz").read_text() == "of another format"


def test_row_limits_are_drawn_without_touching_the_order(prepared):
    assert len(prepared.train_rows("mnli")) == 20 and len(prepared.train_rows("cola")) == 10
    rows = prepared.source.rows("mnli", "train")
    places = [rows.index(row) for row in prepared.train_rows("mnli")]
    assert places == sorted(places)
    assert prepared.task_data("mnli").evaluation.n_examples == 30


def test_a_task_with_other_rows_leaves_the_text_and_the_other_tasks_alone(tmp_path):
    data, settings = tmp_path / "data", replace(SETTINGS, kind="files", folder=str(tmp_path / "data"), options={})
    for name, text in (
        ("corpus/a", "a word\n"),
        ("corpus/heldout", "another\n"),
        *((f"tasks/{t}/{s}", "{}\n") for t in ("sst2", "cola") for s in ("train", "validation")),
    ):
        path = data / f"{name}.{'txt' if 'corpus' in name else 'jsonl'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    before = Prepared(settings, tmp_path)
    ids = before.corpus_id, before.task_id("cola"), before.task_id("sst2")
    (data / "tasks/sst2/train.jsonl").write_text("{}\n{}\n")
    after = Prepared(settings, tmp_path)
    assert (after.corpus_id, after.task_id("cola")) == ids[:2] and after.task_id("sst2") != ids[2]


def flip(path: Path, rng: np.random.Generator) -> None:
    """Change one random bit of a file."""
    content = bytearray(path.read_bytes())
    content[rng.integers(len(content))] ^= 1 << rng.integers(8)
    path.write_bytes(content)


def test_a_flipped_bit_anywhere_in_the_cache_is_found_and_mended(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(encoded, "PROBES", 20)
    options = SETTINGS.options | {"train_articles": 60, "heldout_articles": 20}
    settings = replace(SETTINGS, options=options, train_tokens=1600, heldout_tokens=640)
    prepared = Prepared(settings, tmp_path)

    def contents(folder: Path) -> dict[str, bytes]:
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def opened() -> None:
        again = Prepared(settings, tmp_path)
        assert (again.corpus("train").tokens == tokens).all()
        assert again.task_data("sst2").rows == rows

    tokens, rows = np.array(prepared.corpus("train").tokens), prepared.task_data("sst2").rows
    folders = [prepared.folder / "text", prepared.folder / "tasks" / prepared.task_id("sst2")]
    before, rng = [contents(folder) for folder in folders], np.random.default_rng(0)
    names = [folder / name for folder, content in zip(folders, before, strict=True) for name in content]
    assert {"tokens.npy", "units.npy", "tokenizer.json", "rows.jsonl", "labels.npy"} <= {path.name for path in names}
    for path in names:
        flip(path, rng)
        opened()
        assert capsys.readouterr().err.count("damaged: ") == 1
        assert [contents(folder) for folder in folders] == before
        shutil.rmtree(next(prepared.folder.rglob("*.damaged-*")))
    opened()
    assert capsys.readouterr().err == "" and not list(prepared.folder.rglob("*.damaged-*"))


def test_a_build_that_is_killed_at_any_point_is_made_again(prepared, tmp_path):
    prepared.corpus("train")
    folder = prepared.folder / "tasks" / prepared.task_id("sst2")
    for survived in kill_points(lambda: Prepared(SETTINGS, tmp_path).task_data("sst2"), every=23):
        assert not folder.is_dir() or not files.faults(folder)
        if folder.is_dir():
            break
        assert not survived
    assert Prepared(SETTINGS, tmp_path).task_data("sst2").train.n_examples == 20
    assert len([path for path in folder.parent.iterdir() if path.is_dir()]) == 1


def test_ids_change_with_what_they_name_and_with_nothing_else(prepared, tmp_path):
    other = Prepared(replace(SETTINGS, train_rows={"default": 20, "cola": 11}), tmp_path)
    assert other.corpus_id == prepared.corpus_id
    assert other.task_id("cola") != prepared.task_id("cola") and other.task_id("mnli") == prepared.task_id("mnli")
    assert Prepared(replace(SETTINGS, vocabulary_size=500), tmp_path).corpus_id != prepared.corpus_id
    world = {**SETTINGS.options, "seed": 1}
    assert Prepared(replace(SETTINGS, options=world), tmp_path).corpus_id != prepared.corpus_id


def test_a_build_that_is_interrupted_leaves_nothing_behind(prepared, monkeypatch):
    def interrupted(self, into):
        (into / "half").write_text("x")
        raise KeyboardInterrupt

    monkeypatch.setattr(Prepared, "_encode_corpus", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepared.corpus("train")
    assert not [path for path in prepared.folder.iterdir() if path.is_dir()]


def test_held_out_text_that_the_tokenizer_cannot_read_is_refused(tmp_path):
    data = tmp_path / "data"
    (data / "tasks" / "sst2").mkdir(parents=True)
    (data / "tasks" / "sst2" / "train.jsonl").write_text('{"sentence": "fine", "label": 1}')
    (data / "corpus").mkdir()
    (data / "corpus" / "wiki.txt").write_text(
        "\n".join(f"the {n} quick brown foxes jump over dogs" for n in range(300))
    )
    (data / "corpus" / "wiki-heldout.txt").write_text("\u044f\u0437\u044b\u043a \u044f\u0437\u044b\u043a\n" * 300)
    settings = replace(SETTINGS, kind="files", folder=str(data), options={}, train_tokens=640, heldout_tokens=320)
    with pytest.raises(BadInput, match=r"the heldout text: 100% of its pieces are \[UNK\] .*\u044f\u0437\u044b\u043a"):
        Prepared(settings, tmp_path / "cache").corpus("heldout")
