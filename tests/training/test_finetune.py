import math

import numpy as np
import pytest
import torch
from training.toys import make_task

from scalescope.training import finetune as module
from scalescope.training.batches import evaluation_batches, pad, training_batches
from scalescope.training.finetune import FinetuneConfig, build_model, finetune, predict


def make_config(pretrained, task: str, **changes) -> FinetuneConfig:
    settings = {
        "pretrained": pretrained.id, "model": "ar16-l1", "objective": "mlm", "task": task, "data": "toy",
        "epochs": 3, "batch_size": 12, "learning_rate": 0.01, "warmup_fraction": 0.1, "dropout": 0.0,
        "weight_decay": 0.0, "precision": "fp32", "seed": 0,
    }  # fmt: skip
    return FinetuneConfig(**{**settings, **changes})


@pytest.mark.parametrize("name", ["mnli", "race", "cola"])
def test_a_task_that_one_word_decides_is_learned(store, pretrained, name):
    run = finetune(make_config(pretrained, name), pretrained, make_task(name), store)
    assert run.manifest["summary"]["value"] > 0.9
    assert list(run.metrics["epoch"]) == [1, 2, 3]
    best = run.metrics.loc[run.metrics["value"].idxmax()]
    summary = run.manifest["summary"]
    assert (summary["epoch"], summary["value"], summary["loss_at_best"]) == (best.epoch, best.value, best.loss)
    assert summary["loss"] == run.metrics["loss"].min() and summary["flops"] == 6 * 3072 * summary["tokens"]


def test_same_seed_same_run_other_seed_other_run(store, pretrained, tmp_path):
    data = make_task("mnli")
    first = finetune(make_config(pretrained, "mnli", dropout=0.1), pretrained, data, store)
    again = finetune(make_config(pretrained, "mnli", dropout=0.1), pretrained, data, type(store)(tmp_path / "b"))
    other = finetune(make_config(pretrained, "mnli", dropout=0.1, seed=1), pretrained, data, store)
    assert first.id == again.id and first.metrics.equals(again.metrics)
    assert not first.metrics["loss"].equals(other.metrics["loss"])


def test_a_diverging_run_is_recorded_as_failed(store, pretrained, monkeypatch):
    monkeypatch.setattr(module, "evaluate", lambda *_: (math.nan, math.inf))
    run = finetune(make_config(pretrained, "mnli"), pretrained, make_task("mnli"), store)
    assert run.failed and run.manifest["summary"]["value"] is None and "inf at epoch 1" in run.manifest["reason"]


@pytest.mark.parametrize("name", ["mnli", "race"])
def test_predictions_come_back_in_the_order_of_the_rows(pretrained, name):
    data = make_task(name)
    model = build_model(make_config(pretrained, name), pretrained, data.task).eval()
    logits, _ = predict(model, data.evaluation, data.task)
    group = data.evaluation.group
    for example in (0, 17, 59):
        index = np.arange(example * group, (example + 1) * group)
        batch = pad(data.evaluation, index, torch.device("cpu"))
        alone = model(batch.tokens, batch.lengths).detach().numpy().reshape(-1)
        np.testing.assert_allclose(logits[example], alone, atol=1e-5)


@pytest.mark.parametrize("name", ["mnli", "race"])
def test_every_example_is_in_one_batch_and_groups_stay_together(name):
    features = make_task(name).train
    rng = np.random.default_rng(0)
    for batches in (training_batches(features, 12, rng), evaluation_batches(features, 12)):
        batches = list(batches)
        assert sorted(np.concatenate(batches)) == list(range(features.n_features))
        for index in batches:
            groups = index.reshape(-1, features.group)
            assert (np.diff(groups, axis=1) == 1).all() and (groups[:, 0] % features.group == 0).all()


def test_little_of_a_training_batch_is_padding():
    features = make_task("mnli").train
    padded = sum(features.padded(index).size for index in training_batches(features, 12, np.random.default_rng(0)))
    assert padded / len(features.tokens) < 1.15
