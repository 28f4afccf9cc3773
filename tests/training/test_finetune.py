from dataclasses import replace

import numpy as np
import pytest
from training import toys
from training.toys import make_task

from scalescope.data.tasks.metrics import matthews
from scalescope.data.tasks.noise import standard_error
from scalescope.model.config import EncoderConfig
from scalescope.training import finetune as module
from scalescope.training import members
from scalescope.training.finetune import FinetuneConfig, finetune
from scalescope.training.initial import InitialConfig, initial


def make_config(pretrained, task: str, **changes) -> FinetuneConfig:
    settings = {
        "pretrained": pretrained.id,
        "model": "ar16-l1",
        "objective": "mlm",
        "task": task,
        "data": "toy",
        "epochs": 3,
        "batch_size": 12,
        "learning_rate": 0.01,
        "warmup_fraction": 0.1,
        "dropout": 0.0,
        "weight_decay": 0.0,
        "precision": "fp32",
        "seed": 0,
    }
    return FinetuneConfig(**{**settings, **changes})


@pytest.mark.parametrize("name", ["mnli", "race", "cola"])
def test_a_task_that_one_word_decides_is_learned(store, pretrained, name):
    (run,) = finetune([make_config(pretrained, name)], pretrained, make_task(name), store)
    assert run.manifest["summary"]["value"] > 0.9
    assert list(run.metrics["epoch"]) == [1, 2, 3]
    best = run.metrics.loc[run.metrics["value"].idxmax()]
    summary = run.manifest["summary"]
    assert (summary["epoch"], summary["value"], summary["loss_at_best"]) == (best.epoch, best.value, best.loss)
    assert summary["loss"] == run.metrics["loss"].min() and summary["flops"] == 6 * 3072 * summary["tokens"]


@pytest.mark.parametrize("name", ["mnli", "race"])
def test_a_member_is_the_same_run_alone_in_company_and_after_the_others(store, pretrained, tmp_path, name, monkeypatch):
    data, elsewhere = make_task(name), type(store)(tmp_path / "b")
    rates_seeds = [(0.01, 0), (0.003, 0), (0.01, 1), (0.003, 2)]
    configs = [make_config(pretrained, name, dropout=0.1, learning_rate=r, seed=s) for r, s in rates_seeds]
    together = finetune(configs, pretrained, data, store)
    assert [run.id for run in together] == [config.id for config in configs]
    assert len({tuple(run.metrics["loss"]) for run in together}) == 4
    (alone,) = finetune([configs[2]], pretrained, data, elsewhere)
    trained = []
    original = module._train
    monkeypatch.setattr(module, "_train", lambda missing, *rest: trained.extend(missing) or original(missing, *rest))
    later = finetune(configs, pretrained, data, elsewhere)
    assert trained == [configs[0], configs[1], configs[3]]
    assert later[2].metrics.equals(alone.metrics)
    for one, other in zip(together, later, strict=True):
        assert one.metrics.equals(other.metrics) and one.manifest == other.manifest


def test_a_member_that_diverges_fails_alone(store, pretrained, tmp_path):
    data = make_task("mnli")
    configs = [make_config(pretrained, "mnli", learning_rate=rate) for rate in (0.01, 1e30)]
    healthy, broken = finetune(configs, pretrained, data, store)
    assert broken.failed and broken.manifest["summary"]["value"] is None
    assert "nan at epoch 1" in broken.manifest["reason"]
    (alone,) = finetune(configs[:1], pretrained, data, type(store)(tmp_path / "b"))
    assert not healthy.failed and healthy.metrics.equals(alone.metrics)


def test_a_group_differs_in_rate_seed_and_pretraining_only(store, pretrained):
    configs = [make_config(pretrained, "mnli", epochs=epochs) for epochs in (1, 2)]
    with pytest.raises(ValueError, match="learning_rate, seed, pretrained and objective only"):
        finetune(configs, pretrained, make_task("mnli"), store)


def test_members_of_several_pretraining_runs_are_the_same_runs_as_alone(store, pretrained, tmp_path):
    data, elsewhere = make_task("mnli"), type(store)(tmp_path / "b")
    shape = EncoderConfig(**pretrained.manifest["config"]["encoder"])
    scratch = initial(InitialConfig(replace(shape, dropout=0.0), seed=3), store)
    configs = [
        make_config(pretrained, "mnli", epochs=1, seed=0),
        make_config(scratch, "mnli", epochs=1, seed=0, objective="scratch"),
        make_config(scratch, "mnli", epochs=1, seed=1, objective="scratch"),
    ]
    together = finetune(configs, [pretrained, scratch], data, store)
    assert [run.id for run in together] == [config.id for config in configs]
    for config, start, found in zip(configs, (pretrained, scratch, scratch), together, strict=True):
        (alone,) = finetune([config], start, data, elsewhere)
        assert alone.metrics.equals(found.metrics) and alone.manifest == found.manifest


def test_members_without_their_pretraining_run_or_of_another_shape_are_refused(store, pretrained):
    other = initial(InitialConfig(replace(toys.ENCODER, layers=2, dropout=0.0), seed=0), store)
    configs = [make_config(run, "mnli") for run in (pretrained, other)]
    with pytest.raises(ValueError, match=rf"{other.id}, which is not among .*{pretrained.id}"):
        finetune(configs, pretrained, make_task("mnli"), store)
    with pytest.raises(ValueError, match="encoders of 2 shapes"):
        finetune(configs, [pretrained, other], make_task("mnli"), store)


def test_a_span_task_runs_and_is_scored(store, pretrained):
    runs = finetune([make_config(pretrained, "squad", seed=s) for s in (0, 1)], pretrained, make_task("squad"), store)
    assert all(np.isfinite(run.metrics["loss"]).all() for run in runs)
    assert all(run.manifest["summary"]["value"] > 0.9 for run in runs)


def test_a_group_too_large_for_memory_is_split_and_gives_the_same_runs(store, pretrained, tmp_path, monkeypatch):
    data = make_task("mnli")
    configs = [make_config(pretrained, "mnli", epochs=1, seed=seed) for seed in range(3)]
    together = finetune(configs, pretrained, data, store)
    sizes = []
    original = module._train
    monkeypatch.setattr(module, "_train", lambda group, *rest: sizes.append(len(group)) or original(group, *rest))
    monkeypatch.setattr(members, "BYTES_TOGETHER", 1.2e6)
    parts = finetune(configs, pretrained, data, type(store)(tmp_path / "b"))
    assert sizes == [2, 1]
    assert all(one.metrics.equals(other.metrics) for one, other in zip(together, parts, strict=True))


def test_a_group_on_a_gpu_takes_half_of_what_is_free_there(pretrained, monkeypatch):
    shape, train = module._shape(pretrained, 0.0), make_task("mnli").train
    monkeypatch.setattr(members, "BYTES_TOGETHER", 3e6)
    wanted = members.members_together(shape, train, 8)
    monkeypatch.setattr(members.torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(members.torch.cuda, "mem_get_info", lambda: (6e6, 9e9))
    assert members.members_together(shape, train, 8) == wanted > 1
    monkeypatch.setattr(members.torch.cuda, "mem_get_info", lambda: (1.0, 9e9))
    assert members.members_together(shape, train, 8) == 1


@pytest.mark.parametrize("name", ["cola", "race", "squad"])
def test_a_run_keeps_what_became_of_each_example(store, pretrained, name):
    data = make_task(name)
    (run,) = finetune([make_config(pretrained, name, learning_rate=1e-5, epochs=1)], pretrained, data, store)
    rows, summary = run.rows, run.manifest["summary"]
    assert list(rows.columns) == ["example", "label", "predicted", "score"] and len(rows) == 60
    value = matthews(rows["predicted"], rows["label"]) if name == "cola" else rows["score"].mean()
    assert summary["value"] == pytest.approx(value)
    assert summary["value_se"] == pytest.approx(standard_error(data.task.metric, rows))
    assert "rows.parquet" in run.manifest["files"]
    assert 0 < rows["score"].mean() < 1 and summary["value_se"] > 0


def test_the_examples_are_those_of_the_best_epoch(store, pretrained, monkeypatch):
    values, original = iter((0.5, 0.9, 0.9)), module.evaluate

    def marked(*given):
        found, rows = original(*given)
        value = next(values)
        return found | {"value": value}, rows.assign(score=value)

    monkeypatch.setattr(module, "evaluate", marked)
    (run,) = finetune([make_config(pretrained, "mnli")], pretrained, make_task("mnli"), store)
    assert (run.manifest["summary"]["epoch"], run.rows["score"].unique().tolist()) == (2, [0.9])


def test_a_failed_run_keeps_no_examples(store, pretrained):
    (run,) = finetune([make_config(pretrained, "mnli", learning_rate=1e30)], pretrained, make_task("mnli"), store)
    assert run.manifest["summary"]["value_se"] is None
    with pytest.raises(FileNotFoundError):
        _ = run.rows
