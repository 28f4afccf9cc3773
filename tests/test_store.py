import json
import multiprocessing
import os
import time

import pandas as pd
import pytest
import torch

from scalescope.store import Store, run_id

CURVE = pd.DataFrame({"step": [1, 2], "loss": [2.0, 1.0]})
METRICS = pd.DataFrame({"value": [0.5]})
ROWS = pd.DataFrame({"example": [0], "label": [1], "predicted": [1], "score": [1.0]})


def write(store: Store, run: str = "run-1", **more):
    manifest = {"status": "finished", "config": {"a": 1}, "summary": {}}
    weights = {"w": torch.arange(4.0)}
    return store.write(run, manifest=manifest, curve=CURVE, metrics=METRICS, rows=ROWS, weights=weights, **more)


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


@pytest.mark.parametrize(
    "name", ["manifest.json", "curve.parquet", "metrics.parquet", "rows.parquet", "model.safetensors"]
)
@pytest.mark.parametrize("damage", ["cut", "gone", "flipped"])
def test_a_damaged_run_counts_as_missing_and_is_kept_aside(tmp_path, name, damage):
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
    assert list(tmp_path.glob("run-1.damaged-*/run-1"))
    assert write(store).id == "run-1"


def test_a_write_that_fails_leaves_nothing_and_says_where(tmp_path, monkeypatch):
    store = Store(tmp_path)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(OSError, match=r"cannot write run run-1 below .*No space left"):
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
