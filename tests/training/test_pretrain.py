import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from training.toys import LENGTH, make_config, make_corpus

from scalescope.data.masking import Masker
from scalescope.training import loop
from scalescope.training import pretrain as module
from scalescope.training.loop import Training, masked_batches
from scalescope.training.pretrain import MissingStart, loss_on, pretrain
from scalescope.training.store import Store

TRAIN, HELDOUT = make_corpus(64, 0), make_corpus(32, 1)


@pytest.mark.parametrize("objective", ["mlm", "pmi"])
def test_loss_falls_below_chance_and_the_best_checkpoint_is_kept(store, objective):
    run = pretrain(make_config(objective=objective, steps=120), TRAIN, HELDOUT, store)
    summary = run.manifest["summary"]
    heldout = run.curve[run.curve["split"] == "heldout"]["loss"]
    assert summary["loss"] == heldout.min() < 0.7 * math.log(25)
    assert summary["tokens"] == 120 * 16 * LENGTH
    assert summary["flops"] == 6 * 12 * 16**2 * summary["tokens"]
    assert list(run.curve["step"].unique()) == list(range(10, 121, 10))
    assert run.weights()["token_embedding.weight"].shape == (40, 16)


def test_the_same_configuration_gives_the_same_run(tmp_path):
    first, second = (pretrain(make_config(), TRAIN, HELDOUT, Store(tmp_path / name)) for name in ("a", "b"))
    assert first.curve.equals(second.curve)
    weights = second.weights()
    assert all(torch.equal(value, weights[key]) for key, value in first.weights().items())
    other = pretrain(make_config(seed=1), TRAIN, HELDOUT, Store(tmp_path / "a"))
    assert other.id != first.id and not other.curve.equals(first.curve)


def test_ids_of_runs_that_were_trained_before_do_not_change():
    assert make_config().id == "pretrain-mlm-ar16-l1-1a99719e45"
    assert make_config(beta2=0.98, start="", rows=0).id == make_config().id
    changed = [make_config(**{name: value}).id for name, value in (("beta2", 0.9), ("start", "x"), ("rows", 32))]
    assert len({make_config().id, *changed}) == 4 and changed[1].startswith("adapt-mlm-ar16-l1-")


def test_a_run_that_goes_on_from_another_begins_with_its_weights_and_is_never_worse(store):
    base = pretrain(make_config(steps=60), TRAIN, HELDOUT, store)
    config = make_config(steps=20, eval_every=10, start=base.id, rows=32, seed=3)
    run = pretrain(config, make_corpus(64, 5), HELDOUT, store)
    heldout = run.curve[run.curve["split"] == "heldout"]
    assert heldout["step"].tolist() == [0, 10, 20]
    assert heldout["loss"].iloc[0] == pytest.approx(base.manifest["summary"]["loss"], rel=1e-6)
    assert run.manifest["kind"] == "adapt" and run.manifest["config"]["start"] == base.id
    spoiled = pretrain(make_config(steps=10, start=base.id, learning_rate=0.9), TRAIN, HELDOUT, store)
    assert spoiled.manifest["summary"]["best_step"] == 0
    assert spoiled.manifest["summary"]["loss"] == pytest.approx(base.manifest["summary"]["loss"], rel=1e-6)


def test_a_run_cannot_go_on_from_one_that_is_not_there(store):
    with pytest.raises(MissingStart, match="goes on from pretrain-x, which is not there"):
        pretrain(make_config(start="pretrain-x"), TRAIN, HELDOUT, store)


def test_a_run_that_goes_on_from_another_and_is_killed_ends_with_the_same_weights(tmp_path, monkeypatch):
    finished = []
    for name in ("whole", "killed"):
        store = Store(tmp_path / name)
        base = pretrain(make_config(steps=20), TRAIN, HELDOUT, store)
        config = make_config(steps=40, start=base.id, rows=32)
        if name == "killed":
            with monkeypatch.context() as context, pytest.raises(OSError):
                context.setattr(loop.Training, "_learn", _killed_at_25(loop.Training._learn))
                pretrain(config, TRAIN, HELDOUT, store)
        finished.append(pretrain(config, TRAIN, HELDOUT, store))
    weights = finished[1].weights()
    assert finished[0].curve.equals(finished[1].curve)
    assert all(torch.equal(value, weights[key]) for key, value in finished[0].weights().items())


def _killed_at_25(learn):
    def until(training, masked):
        if training.step == 25:
            raise OSError("killed")
        learn(training, masked)

    return until


def test_a_share_of_the_rows_is_all_that_a_run_sees(store):
    small = Training(make_config(rows=16, seed=1), TRAIN, HELDOUT)
    large = Training(make_config(rows=32, seed=1), TRAIN, HELDOUT)
    assert small.train.n_sequences == 16
    assert np.array_equal(small.train.tokens, large.train.tokens[:16]), "more rows hold fewer"
    other = Training(make_config(rows=16, seed=2), TRAIN, HELDOUT)
    assert not np.array_equal(small.train.tokens, other.train.tokens)


def test_a_finished_run_is_never_trained_again(store, monkeypatch):
    run = pretrain(make_config(), TRAIN, HELDOUT, store)
    monkeypatch.setattr(module, "_train", lambda *_: pytest.fail("trained again"))
    assert pretrain(make_config(), TRAIN, HELDOUT, store).curve.equals(run.curve)


def test_a_loss_that_is_not_finite_is_recorded_as_failed(store, monkeypatch):
    losses = iter([3.0, math.nan])
    monkeypatch.setattr(loop, "evaluate", lambda *_: next(losses))
    run = pretrain(make_config(), TRAIN, HELDOUT, store)
    assert run.failed and run.manifest["summary"]["stopped"] == "diverged"
    assert "nan at step 20" in run.manifest["reason"]
    assert run.curve["step"].max() == 20 and not (run.folder / "model.safetensors").exists()
    assert pretrain(make_config(), TRAIN, HELDOUT, store).failed


def test_patience_ends_a_run_that_no_longer_improves(store, monkeypatch):
    monkeypatch.setattr(loop, "evaluate", lambda *_: 2.0)
    run = pretrain(make_config(patience=20), TRAIN, HELDOUT, store)
    assert run.manifest["summary"]["stopped"] == "patience"
    assert (run.manifest["summary"]["step"], run.manifest["summary"]["best_step"]) == (30, 10)


def test_global_random_state_is_left_alone(store):
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    pretrain(make_config(steps=10), TRAIN, HELDOUT, store)
    assert torch.equal(before, torch.random.get_rng_state())


def test_masks_and_order_are_new_each_epoch_and_cover_the_corpus():
    batches = masked_batches(TRAIN, Masker("mlm", 40), 16, seed=0)
    epochs = [[next(batches) for _ in range(4)] for _ in range(2)]
    starts = [np.sort(np.concatenate([b.inputs[:, 0] for b in epoch])) for epoch in epochs]
    assert all(len(rows) == 64 for rows in starts)
    assert not np.array_equal(epochs[0][0].positions, epochs[1][0].positions)
    with pytest.raises(ValueError, match="batch_size=65 is larger than the corpus of 64"):
        next(masked_batches(TRAIN, Masker("mlm", 40), 65, seed=0))


def test_bf16_learns_as_well_as_fp32(tmp_path):
    losses = {
        precision: pretrain(
            make_config(precision=precision, steps=120), TRAIN, HELDOUT, Store(tmp_path / precision)
        ).manifest["summary"]["loss"]
        for precision in ("fp32", "bf16")
    }
    assert losses["bf16"] == pytest.approx(losses["fp32"], abs=0.15)


def test_on_its_own_text_a_run_has_the_loss_that_was_recorded(pretrained):
    assert loss_on(pretrained, make_config(), make_corpus(32, 1)) == pretrained.manifest["summary"]["loss"]


def test_a_text_that_a_run_does_not_know_costs_more(pretrained):
    text = make_corpus(32, 1)
    shuffled = np.random.default_rng(0).permuted(text.tokens, axis=1)
    assert (
        loss_on(pretrained, make_config(), replace(text, tokens=shuffled))
        > 1.2 * pretrained.manifest["summary"]["loss"]
    )


def test_a_text_in_other_pieces_is_refused(pretrained):
    with pytest.raises(ValueError, match="knows 40 pieces, the text has 41"):
        loss_on(pretrained, make_config(), replace(make_corpus(32, 1), vocabulary_size=41))
