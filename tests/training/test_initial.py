import torch
from training.toys import ENCODER, make_config, make_corpus, make_task

from scalescope.training.finetune import finetune
from scalescope.training.initial import InitialConfig, initial
from scalescope.training.loop import Training


def test_it_is_the_encoder_that_pretraining_starts_from(store):
    run = initial(InitialConfig(ENCODER, seed=0), store)
    start = Training(make_config(), make_corpus(64, 0), make_corpus(32, 1)).model.state_dict()
    assert run.weights().keys() == start.keys()
    assert all(torch.equal(value, start[name].cpu()) for name, value in run.weights().items())
    summary = run.manifest["summary"]
    assert (summary["tokens"], summary["loss"], run.failed, len(run.curve)) == (0, None, False, 0)


def test_it_is_written_once_and_its_seed_decides(store, monkeypatch):
    first = initial(InitialConfig(ENCODER, seed=0), store)
    monkeypatch.setattr(type(store), "write", lambda *_, **__: 1 / 0)
    assert initial(InitialConfig(ENCODER, seed=0), store).id == first.id
    assert InitialConfig(ENCODER, seed=1).id != first.id


def test_it_can_be_finetuned(store):
    from training.test_finetune import make_config as finetune_config

    start = initial(InitialConfig(ENCODER, seed=0), store)
    (run,) = finetune([finetune_config(start, "cola", objective="scratch")], start, make_task("cola"), store)
    assert run.id.startswith("finetune-cola-scratch-") and run.manifest["summary"]["value"] > 0.9
