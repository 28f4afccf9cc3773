"""Masked-language-model runs side by side: each is the run that it would be alone, and the one of `pretrain`."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from training.toys import ENCODER, make_config, make_corpus

from scalescope.training import together as module
from scalescope.training.pretrain import MissingStart, pretrain
from scalescope.training.store import Store
from scalescope.training.together import ENGINE, train_together

TRAIN, HELDOUT = make_corpus(64, 0), make_corpus(32, 1)
SHAPE = replace(ENCODER, dropout=0.0, layers=2, aspect_ratio=8)
RATES = (0.002, 0.01, 0.03)


def config(**changes):
    return make_config(**{"encoder": SHAPE, "engine": ENGINE, "steps": 24, "eval_every": 8, "rows": 32} | changes)


@pytest.fixture
def group(store):
    bases = [pretrain(config(engine="", rows=0, steps=steps), TRAIN, HELDOUT, store) for steps in (8, 40)]
    starts = ["", *(base.id for base in bases)]
    return [config(start=start, learning_rate=rate) for start in starts for rate in RATES]


@pytest.mark.parametrize("changes", [{}, {"objective": "pmi"}, {"rows": 0}])
def test_members_are_the_runs_that_pretrain_makes_of_them(store, group, changes):
    group = [replace(each, **changes) for each in group]
    runs = train_together(group, TRAIN, HELDOUT, store)
    for each, run in zip(group, runs, strict=True):
        alone = pretrain(replace(each, engine=""), TRAIN, HELDOUT, store)
        assert run.id == each.id != alone.id and run.manifest["kind"] == alone.manifest["kind"]
        assert run.curve[["step", "tokens", "split"]].equals(alone.curve[["step", "tokens", "split"]])
        np.testing.assert_allclose(run.curve["loss"], alone.curve["loss"], rtol=2e-4)
        for key in ("step", "tokens", "flops", "best_step", "stopped"):
            assert run.manifest["summary"][key] == alone.manifest["summary"][key]
        assert run.manifest["summary"]["loss"] == run.curve.query("split == 'heldout'")["loss"].min()
        weights = alone.weights()
        for name, value in run.weights().items():
            torch.testing.assert_close(value, weights[name], rtol=1e-2, atol=2e-3)


def test_a_member_does_not_depend_on_its_company(tmp_path, store, group):
    together = train_together(group, TRAIN, HELDOUT, store)
    for name, parts in {"alone": [[each] for each in group], "pairs": [group[4:], group[:4]]}.items():
        other = Store(tmp_path / name)
        for start in {each.start for each in group if each.start}:
            _copy(store, other, start)
        found = {run.id: run for part in parts for run in train_together(part, TRAIN, HELDOUT, other)}
        for run in together:
            assert run.curve.equals(found[run.id].curve)
            weights = found[run.id].weights()
            assert all(torch.equal(value, weights[key]) for key, value in run.weights().items())


def _copy(store: Store, other: Store, run: str) -> None:
    found = store.find(run)
    other.write(run, manifest=dict(found.manifest), curve=found.curve, metrics=found.metrics, weights=found.weights())


def test_what_is_finished_is_loaded_and_only_the_rest_is_trained(store, group, monkeypatch):
    first = train_together(group[:2], TRAIN, HELDOUT, store)
    trained, original = [], module.Group.run
    monkeypatch.setattr(
        module.Group, "run", lambda self, progress: trained.extend(self.members) or original(self, progress)
    )
    runs = train_together([group[0], group[0], group[2], group[1]], TRAIN, HELDOUT, store)
    assert [member.config for member in trained] == [group[2]]
    assert [run.id for run in runs] == [first[0].id, first[0].id, group[2].id, first[1].id]
    trained.clear()
    train_together(group[:3], TRAIN, HELDOUT, store)
    assert not trained


def test_memory_decides_how_many_train_at_once_and_changes_no_number(tmp_path, store, group, monkeypatch):
    whole = train_together(group[:3], TRAIN, HELDOUT, store)
    sizes, original = [], module.Group.run
    monkeypatch.setattr(module, "fitting", lambda *_: 2)
    monkeypatch.setattr(
        module.Group, "run", lambda self, progress: sizes.append(len(self.members)) or original(self, progress)
    )
    parts = train_together(group[:3], TRAIN, HELDOUT, Store(tmp_path / "parts"))
    assert sizes == [2, 1] and all(one.curve.equals(other.curve) for one, other in zip(whole, parts, strict=True))


def test_a_member_that_diverges_is_recorded_and_the_others_stay_as_they_are(store, group):
    wild = replace(group[0], learning_rate=1e30)
    failed, healthy = train_together([wild, group[1]], TRAIN, HELDOUT, store)
    assert failed.failed and "evaluation loss" in failed.manifest["reason"]
    alone = pretrain(replace(group[1], engine=""), TRAIN, HELDOUT, store)
    assert healthy.manifest["summary"]["loss"] == pytest.approx(alone.manifest["summary"]["loss"], rel=2e-4)


def test_patience_ends_a_member_and_training_when_none_is_left(store, group):
    spoiled = [replace(each, learning_rate=rate, patience=8) for each, rate in ((group[3], 0.9), (group[3], 0.8))]
    told = []
    runs = train_together(spoiled, TRAIN, HELDOUT, store, lambda *each: told.append(each))
    assert [run.manifest["summary"]["stopped"] for run in runs] == ["patience", "patience"]
    assert [step for step, *_ in told] == [0, 8] and all(math.isfinite(loss) for *_, loss in told)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 1}, "differ in learning_rate and start only"),
        ({"engine": ""}, "have engine='members side by side; 1', got ''"),
        ({"encoder": replace(SHAPE, dropout=0.1)}, "have no dropout, got 0.1"),
    ],
)
def test_what_cannot_train_together_is_refused(store, group, changes, message):
    others = [replace(group[0], **changes)]
    with pytest.raises(ValueError, match=message):
        train_together([group[0], *others] if "seed" in changes else others, TRAIN, HELDOUT, store)


def test_a_member_whose_start_is_not_there_is_refused(store):
    with pytest.raises(MissingStart, match="goes on from pretrain-x, which is not there"):
        train_together([config(start="pretrain-x")], TRAIN, HELDOUT, store)
