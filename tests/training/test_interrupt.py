"""The stop button: nothing that is trained is lost, and one line says that it goes on."""

import os
import signal
import threading
from dataclasses import replace

import pytest
from training.test_branches import BUDGETS, count_steps, same
from training.test_branches import CONFIG as LONG
from training.test_finetune import make_config as finetune_config
from training.toys import make_config, make_corpus, make_task

from scalescope.training import finetune as finetuning
from scalescope.training import loop
from scalescope.training.branches import campaign
from scalescope.training.finetune import finetune
from scalescope.training.interrupt import stop_button
from scalescope.training.pretrain import pretrain
from scalescope.training.store import Store

TRAIN, HELDOUT = make_corpus(64, 0), make_corpus(32, 1)


@pytest.fixture(autouse=True)
def listening():
    """A process that a shell starts in the background ignores SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


CONFIG = make_config(steps=40, encoder=replace(make_config().encoder, dropout=0.1))


def press_in_step(monkeypatch, step: int, times: int = 1) -> None:
    """SIGINT in the middle of a step: the weights are updated, nothing else is."""
    original = loop.FlatAdamW.step

    def pressed(self, rate):
        original(self, rate)
        if int(self.steps) == step:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(loop.FlatAdamW, "step", pressed)


@pytest.mark.parametrize(("step", "goes_on"), [(7, 7), (20, 20), (33, 33)])
def test_a_stopped_run_goes_on_from_the_very_step_and_ends_with_the_same_weights(
    store, tmp_path, monkeypatch, capsys, step, goes_on
):
    undisturbed = pretrain(CONFIG, TRAIN, HELDOUT, Store(tmp_path / "undisturbed"))
    with monkeypatch.context() as context, pytest.raises(KeyboardInterrupt):
        press_in_step(context, step)
        pretrain(CONFIG, TRAIN, HELDOUT, store)
    assert f"{CONFIG.id} goes on from step {goes_on} of 40" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    trained = count_steps(monkeypatch)
    assert same(pretrain(CONFIG, TRAIN, HELDOUT, store), undisturbed)
    assert trained == list(range(goes_on, 40))


def test_pressed_twice_it_stops_at_once_and_goes_on_from_the_last_evaluation(store, tmp_path, monkeypatch, capsys):
    undisturbed = pretrain(CONFIG, TRAIN, HELDOUT, Store(tmp_path / "undisturbed"))
    with monkeypatch.context() as context, pytest.raises(KeyboardInterrupt):
        press_in_step(context, 27, times=2)
        pretrain(CONFIG, TRAIN, HELDOUT, store)
    assert "goes on from step 20 of 40" in capsys.readouterr().err
    assert same(pretrain(CONFIG, TRAIN, HELDOUT, store), undisturbed)


def test_an_interrupt_from_a_callback_keeps_the_evaluation_it_was_told_of(store, monkeypatch):
    def tell(step, *_):
        if step == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pretrain(CONFIG, TRAIN, HELDOUT, store, tell)
    trained = count_steps(monkeypatch)
    pretrain(CONFIG, TRAIN, HELDOUT, store)
    assert trained == list(range(30, 40))


def test_pressed_in_the_last_step_the_run_is_kept_and_its_caller_stops(store, monkeypatch):
    press_in_step(monkeypatch, 40)
    with pytest.raises(KeyboardInterrupt):
        pretrain(CONFIG, TRAIN, HELDOUT, store)
    assert store.find(CONFIG.id) is not None


def test_a_stopped_campaign_goes_on_in_its_stable_part(store, tmp_path, monkeypatch):
    undisturbed = campaign(LONG, BUDGETS, TRAIN, HELDOUT, Store(tmp_path / "undisturbed"))
    with monkeypatch.context() as context, pytest.raises(KeyboardInterrupt):
        press_in_step(context, 25)
        campaign(LONG, BUDGETS, TRAIN, HELDOUT, store)
    trained = count_steps(monkeypatch)
    runs = campaign(LONG, BUDGETS, TRAIN, HELDOUT, store)
    assert min(trained) == 25 and all(same(a, b) for a, b in zip(runs, undisturbed, strict=True))


def test_finished_members_are_kept_and_counted(store, pretrained, monkeypatch, capsys):
    configs = [finetune_config(pretrained, "cola", seed=seed) for seed in range(3)]
    original, trained = finetuning._train, []

    def interrupted(wanted, *rest):
        if trained:
            raise KeyboardInterrupt
        trained.extend(wanted)
        return original(wanted, *rest)

    monkeypatch.setattr(finetuning, "members_together", lambda *_: 2)
    with monkeypatch.context() as context, pytest.raises(KeyboardInterrupt):
        context.setattr(finetuning, "_train", interrupted)
        finetune(configs, pretrained, make_task("cola"), store)
    assert "2 of 3 runs of ar16-l1 on cola are finished and kept" in capsys.readouterr().err
    later = []
    monkeypatch.setattr(finetuning, "_train", lambda wanted, *rest: later.extend(wanted) or original(wanted, *rest))
    assert len(finetune(configs, pretrained, make_task("cola"), store)) == 3 and later == configs[2:]


def test_elsewhere_than_in_the_main_thread_nothing_is_held_back():
    found = []

    def enter():
        with stop_button() as pressed:
            found.append(pressed())

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert found == [False]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stop_button() as pressed:
            os.kill(os.getpid(), signal.SIGINT)
            assert not pressed() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
