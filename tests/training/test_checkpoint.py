"""Checkpoints that are cut, changed or half-written: found, moved aside, and training goes on from the one before."""

import shutil

import numpy as np
import pytest
import torch
from killed import kill_points
from training.test_branches import Killed, count_steps, kill_at, same
from training.toys import make_config, make_corpus

from scalescope import files
from scalescope.training import pretrain
from scalescope.training.checkpoint import LATEST, PREVIOUS, keep_two, newest_first, read_state, write_state
from scalescope.training.store import Store

TRAIN, HELDOUT = make_corpus(64, 0), make_corpus(32, 1)
CONFIG = make_config(steps=40)
TENSORS = {"weights": torch.arange(12.0).view(3, 4), "step": torch.tensor(3.0), "half": torch.ones(3).bfloat16()}


@pytest.fixture
def killed(store, monkeypatch):
    """A run that was killed at step 37: states of step 30 and, before it, of step 20."""
    with monkeypatch.context() as context, pytest.raises(Killed):
        kill_at(context, 37)
        pretrain.pretrain(CONFIG, TRAIN, HELDOUT, store)
    folder = store.checkpoints(CONFIG.id)
    assert sorted(path.name for path in folder.iterdir()) == [LATEST, PREVIOUS]
    return folder


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return pretrain.pretrain(CONFIG, TRAIN, HELDOUT, Store(tmp_path_factory.mktemp("undisturbed")))


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


def changed_weight(path):
    content = bytearray(path.read_bytes())
    content[-1000] ^= 4
    path.write_bytes(content)


def of_before(path):
    from safetensors.torch import load_file, save_file

    save_file(load_file(path), path)


@pytest.mark.parametrize("damage", [cut, empty, changed_weight, of_before])
@pytest.mark.parametrize(("names", "first"), [([LATEST], 20), ([LATEST, PREVIOUS], 0), ([PREVIOUS], 30)])
def test_training_goes_on_from_the_last_whole_state(
    store, killed, undisturbed, monkeypatch, capsys, damage, names, first
):
    for name in names:
        damage(killed / name)
    trained = count_steps(monkeypatch)
    assert same(pretrain.pretrain(CONFIG, TRAIN, HELDOUT, store), undisturbed)
    assert trained == list(range(first, 40))
    read = [name for name in names if damage is not changed_weight or (name, first) != (PREVIOUS, 30)]
    assert capsys.readouterr().err.count("damaged: checkpoint") == len(read), "what is not needed is not read"


def test_a_flipped_bit_is_found_or_changes_nothing(tmp_path):
    path, rng = tmp_path / "a.safetensors", np.random.default_rng(0)
    write_state(path, TENSORS, {"step": 3, "rows": [1.5]})
    whole = path.read_bytes()
    found = 0
    for _ in range(60):
        content = bytearray(whole)
        content[rng.integers(len(content))] ^= 1 << rng.integers(8)
        path.write_bytes(content)
        try:
            facts, tensors = read_state(path)
        except files.Damaged as fault:
            found += "a.safetensors" in str(fault)
        else:
            assert facts == {"step": 3, "rows": [1.5]} and all(torch.equal(tensors[k], v) for k, v in TENSORS.items())
    assert found > 40


def test_a_state_that_cannot_be_read_is_not_moved(tmp_path, monkeypatch):
    write_state(tmp_path / LATEST, TENSORS, {"step": 3})

    def refused(self, *_):
        raise PermissionError(13, "no", str(self))

    with monkeypatch.context() as context, pytest.raises(PermissionError):
        context.setattr(type(tmp_path), "open", refused)
        list(newest_first(tmp_path, 0, 10))
    assert [facts["step"] for facts, _ in newest_first(tmp_path, 0, 10)] == [3]
    assert list(newest_first(tmp_path, 3, 10)) == list(newest_first(tmp_path, 0, 2)) == []


def test_killed_at_any_point_of_a_save_there_is_a_whole_state(tmp_path):
    folder = tmp_path / "states"
    folder.mkdir()
    write_state(folder / LATEST, TENSORS, {"step": 1})
    shutil.copytree(folder, tmp_path / "before")
    for survived in kill_points(lambda: write_state(keep_two(folder), TENSORS, {"step": 2})):
        steps = [facts["step"] for facts, _ in newest_first(folder, 0, 10)]
        assert steps == [2, 1] if survived else steps in ([1], [2, 1])
        shutil.rmtree(folder)
        shutil.copytree(tmp_path / "before", folder)
