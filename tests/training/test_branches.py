from dataclasses import replace

import pytest
import torch
from filelock import FileLock, Timeout
from training.toys import make_config, make_corpus

from scalescope.errors import UnknownName
from scalescope.training import loop, pretrain
from scalescope.training.branches import campaign, decay_start, log_spaced_steps, trunk_id
from scalescope.training.schedule import schedule
from scalescope.training.store import Store

TRAIN, HELDOUT = make_corpus(64, 0), make_corpus(32, 1)
CONFIG = make_config(schedule="wsd", steps=40)
BUDGETS = [20, 40, 60]


class Killed(Exception):
    """Stands for a process that ends at once."""


def same(one, other) -> bool:
    weights = other.weights()
    return one.curve.equals(other.curve) and all(torch.equal(v, weights[k]) for k, v in one.weights().items())


def count_steps(monkeypatch) -> list[int]:
    """The step numbers that are trained from now on."""
    trained, learn = [], loop.Training._learn
    monkeypatch.setattr(loop.Training, "_learn", lambda self, masked: (trained.append(self.step), learn(self, masked)))
    return trained


def kill_at(monkeypatch, step: int) -> None:
    learn = loop.Training._learn

    def until(self, masked):
        if self.step == step:
            raise Killed
        learn(self, masked)

    monkeypatch.setattr(loop.Training, "_learn", until)


def test_each_budget_is_the_run_that_pretrain_makes_alone_and_the_stable_part_is_trained_once(tmp_path, monkeypatch):
    trained = count_steps(monkeypatch)
    runs = campaign(CONFIG, BUDGETS, TRAIN, HELDOUT, Store(tmp_path / "campaign"))
    starts = [decay_start(replace(CONFIG, steps=steps)) for steps in BUDGETS]
    assert len(trained) == starts[-1] + sum(b - s for b, s in zip(BUDGETS, starts, strict=True))
    for run, steps in zip(runs, BUDGETS, strict=True):
        alone = pretrain.pretrain(replace(CONFIG, steps=steps), TRAIN, HELDOUT, Store(tmp_path / "alone"))
        assert run.id == alone.id and same(run, alone)
        assert run.manifest["summary"]["step"] == steps


def test_one_process_at_a_time_trains_the_branches_of_a_stable_part(tmp_path, monkeypatch):
    store, seen, learn = Store(tmp_path), [], loop.Training._learn

    def looking(self, masked):
        lock = FileLock(store.folder / ".locks" / f"{trunk_id(CONFIG)}.lock", timeout=0)
        with pytest.raises(Timeout):
            lock.acquire()
        seen.append(self.step)
        learn(self, masked)

    monkeypatch.setattr(loop.Training, "_learn", looking)
    campaign(CONFIG, BUDGETS, TRAIN, HELDOUT, store)
    assert seen, "trained"
    with FileLock(store.folder / ".locks" / f"{trunk_id(CONFIG)}.lock", timeout=0) as lock:
        assert lock.is_locked, "free again after it"


@pytest.mark.parametrize("step", [3, 17, 33, 45, 59])
def test_a_killed_campaign_goes_on_and_ends_with_the_same_weights(tmp_path, monkeypatch, step):
    undisturbed = campaign(CONFIG, BUDGETS, TRAIN, HELDOUT, Store(tmp_path / "undisturbed"))
    store = Store(tmp_path / "killed")
    with monkeypatch.context() as context, pytest.raises(Killed):
        kill_at(context, step)
        campaign(CONFIG, BUDGETS, TRAIN, HELDOUT, store)
    trained = count_steps(monkeypatch)
    runs = campaign(CONFIG, BUDGETS, TRAIN, HELDOUT, store)
    assert all(same(run, other) for run, other in zip(runs, undisturbed, strict=True))
    assert min(trained) >= step - step % CONFIG.eval_every or min(trained) in (16, 32)


def test_a_killed_run_goes_on_and_ends_with_the_same_weights(tmp_path, monkeypatch):
    config = make_config(steps=40, schedule="linear")
    undisturbed = pretrain.pretrain(config, TRAIN, HELDOUT, Store(tmp_path / "undisturbed"))
    store = Store(tmp_path / "killed")
    with monkeypatch.context() as context, pytest.raises(Killed):
        kill_at(context, 27)
        pretrain.pretrain(config, TRAIN, HELDOUT, store)
    trained = count_steps(monkeypatch)
    assert same(pretrain.pretrain(config, TRAIN, HELDOUT, store), undisturbed)
    assert trained == list(range(20, 40))
    assert not store.checkpoints(config.id).exists(), "a finished run leaves no checkpoint"


def test_more_budgets_later_start_at_the_last_branching_point(tmp_path, monkeypatch):
    store = Store(tmp_path)
    campaign(CONFIG, BUDGETS[:2], TRAIN, HELDOUT, store)
    assert sorted(int(p.stem) for p in store.checkpoints(trunk_id(CONFIG)).iterdir()) == [16, 32]
    trained = count_steps(monkeypatch)
    campaign(CONFIG, BUDGETS, TRAIN, HELDOUT, store)
    assert trained == list(range(32, 60))


def test_a_campaign_that_patience_ends_is_the_run_that_pretrain_makes(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "evaluate", lambda *_: 2.0)
    config = replace(CONFIG, patience=20)
    (run,) = campaign(config, [60], TRAIN, HELDOUT, Store(tmp_path / "campaign"))
    alone = pretrain.pretrain(replace(config, steps=60), TRAIN, HELDOUT, Store(tmp_path / "alone"))
    assert run.manifest == alone.manifest and run.manifest["summary"]["stopped"] == "patience"


def test_budgets_are_log_spaced_and_other_schedules_are_refused(store):
    assert log_spaced_steps(100, 1600, 5) == [100, 200, 400, 800, 1600]
    factor = schedule("wsd", steps=40, warmup_steps=5)
    assert decay_start(CONFIG) == 32 and factor(31) == 1.0 and factor(33) < 1.0
    with pytest.raises(UnknownName, match="schedule of a campaign 'linear'; did you mean 'wsd'"):
        campaign(replace(CONFIG, schedule="linear"), [40], TRAIN, HELDOUT, store)
