"""Runs on disk: whole, damaged, unreadable, half-written, claimed."""

import errno
import json
import multiprocessing
import os
import shutil
import time

import pandas as pd
import pytest
import torch

from scalescope import files
from scalescope.paths import run_id
from scalescope.training.store import Store

CURVE = pd.DataFrame({"step": [1, 2], "loss": [2.0, 1.0]})
METRICS = pd.DataFrame({"value": [0.5]})
ROWS = pd.DataFrame({"example": [0], "label": [1], "predicted": [1], "score": [1.0]})
NAMES = ["manifest.json", "curve.parquet", "metrics.parquet", "rows.parquet", "model.safetensors"]


def write(store: Store, run: str = "run-1", **more):
    manifest = {"status": "finished", "config": {"a": 1}, "summary": {"loss": 1.25}}
    weights = {"w": torch.arange(4.0)}
    return store.write(run, manifest=manifest, curve=CURVE, metrics=METRICS, rows=ROWS, weights=weights, **more)


def aside(folder) -> list:
    return list(folder.glob("run-1.damaged-*/run-1"))


def test_ids_derive_from_the_whole_configuration():
    assert run_id("x", {"a": 1, "b": 2}) == run_id("x", {"b": 2, "a": 1})
    assert run_id("x", {"a": 1}) != run_id("x", {"a": 2})
    assert len(run_id("x", {}).removeprefix("x-")) == 10


def test_a_run_comes_back_as_it_was_written(tmp_path):
    store = Store(tmp_path)
    write(store)
    found = store.find("run-1")
    pd.testing.assert_frame_equal(found.curve, CURVE)
    pd.testing.assert_frame_equal(found.rows, ROWS)
    assert torch.equal(found.weights()["w"], torch.arange(4.0))
    assert found.manifest["config"] == {"a": 1} and not found.failed
    assert store.find("run-2") is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("damage", ["cut", "gone", "flipped"])
def test_a_damaged_run_counts_as_missing_and_only_a_claim_moves_it(tmp_path, capsys, name, damage):
    store = Store(tmp_path)
    path = write(store).folder / name
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :])
    assert store.find("run-1") is None
    assert path.parent.is_dir() and not aside(tmp_path), "a reader moves nothing"
    with store.claim("run-1") as done:
        assert done is None and not path.parent.exists()
        assert write(store).id == "run-1"
    assert len(aside(tmp_path)) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2 and all(name in line and line.startswith("damaged: ") for line in told)


def other_run(manifest: dict) -> None:
    manifest["id"] = "run-2"


def other_loss(manifest: dict) -> None:
    manifest["summary"]["loss"] = 1.5


def other_status(manifest: dict) -> None:
    manifest["status"] = "failed"


def no_checksum(manifest: dict) -> None:
    del manifest["checksum"]


def nothing(manifest: dict) -> None:
    manifest.clear()


@pytest.mark.parametrize("change", [other_run, other_loss, other_status, no_checksum, nothing])
def test_a_changed_manifest_is_found(tmp_path, change):
    store = Store(tmp_path)
    path = write(store).folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    assert store.find("run-1") is None


def test_the_folder_of_another_run_under_this_id_is_found(tmp_path, capsys):
    store = Store(tmp_path)
    write(store, "run-2")
    shutil.copytree(tmp_path / "run-2", tmp_path / "run-1")
    assert store.find("run-1") is None and store.find("run-2") is not None
    assert "holds the run 'run-2'" in capsys.readouterr().err


@pytest.mark.parametrize("code", [errno.EACCES, errno.EMFILE, errno.EIO])
def test_a_run_that_cannot_be_read_is_no_damaged_run(tmp_path, monkeypatch, code):
    store = Store(tmp_path)
    write(store)

    def refused(path):
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr(files, "digest", refused)
    with pytest.raises(OSError, match=r"cannot read run run-1 .*it is left as it is") as raised:
        store.find("run-1")
    assert raised.value.errno == code
    with pytest.raises(OSError), store.claim("run-1"):
        pass
    monkeypatch.undo()
    assert store.find("run-1") is not None and not aside(tmp_path)


def test_a_write_that_fails_leaves_nothing_and_says_where(tmp_path, monkeypatch):
    store = Store(tmp_path)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(OSError, match=r"cannot write .*run-1 .*MB free.*No space left"):
        write(store)
    assert not list(tmp_path.glob("*run-1*"))


def test_half_written_runs_are_invisible_and_go_when_their_run_is_claimed(tmp_path):
    for name in (".run-1.abc", ".run-12.abc"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text(json.dumps({"files": {}}))
    assert Store(tmp_path).find("run-1") is None
    with Store(tmp_path).claim("run-1") as done:
        assert done is None
    assert not (tmp_path / ".run-1.abc").exists() and (tmp_path / ".run-12.abc").exists()


def _hold(folder, ready):
    with Store(folder).claim("run-1"):
        ready.set()
        time.sleep(60)


def test_claim_waits_for_the_other_process_and_survives_its_death(tmp_path):
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    other = context.Process(target=_hold, args=(tmp_path, ready))
    other.start()
    assert ready.wait(20)
    os.kill(other.pid, 9)
    other.join()
    with Store(tmp_path).claim("run-1") as done:
        assert done is None
        write(Store(tmp_path))
    with Store(tmp_path).claim("run-1") as done:
        assert done is not None
