"""An ensemble against its members as single task models, and against itself in smaller groups."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from training.toys import ENCODER, make_task

from scalescope.model.encoder import Encoder, Head, TaskModel, initialise
from scalescope.model.ensemble import Dropout, Ensemble
from scalescope.model.stack import Stack
from scalescope.training.batches import training_batches
from scalescope.training.members import UNUSED, losses_of, predict

CPU = torch.device("cpu")
SHAPE = replace(ENCODER, layers=2, aspect_ratio=8, dropout=0.0, max_length=48)
TASKS = ["mnli", "race", "squad"]
RATES, SEEDS = [0.01, 0.03, 0.003], [0, 1, 2]


def make_models(family: str, n_labels: int) -> list[TaskModel]:
    """Members that differ in all weights; norms and biases are moved away from 1 and 0."""
    models = []
    for seed in SEEDS:
        encoder, head = Encoder(SHAPE, seed=seed), Head(family, SHAPE.hidden, n_labels, 0.0)
        initialise(head, SHAPE.layers, seed + 10)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for name, parameter in [*encoder.named_parameters(), *head.named_parameters()]:
                if "norm" in name or "bias" in name:
                    parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
        models.append(TaskModel(encoder, head))
    return models


def make_ensemble(models: list[TaskModel], family: str, rates: list[float]) -> Ensemble:
    stack = Stack(models, learning_rates=rates, weight_decay=0.1, device=CPU, unused=UNUSED)
    return Ensemble(SHAPE, family, stack)


@pytest.fixture(params=TASKS)
def data(request):
    return make_task(request.param)


@pytest.fixture
def models(data):
    return make_models(data.task.family, data.task.n_labels)


@pytest.fixture
def ensemble(models, data):
    return make_ensemble(models, data.task.family, RATES)


def run_alone(model: TaskModel, batch, member: int, data) -> torch.Tensor:
    """The loss of one member from the plain task model, written down once more."""
    tokens, lengths, index = batch.tokens[member], batch.lengths[member], batch.index[member]
    outputs, cross_entropy = model(tokens, lengths), torch.nn.functional.cross_entropy
    real, features = batch.real, data.train
    if data.task.family == "span":
        outputs = outputs.masked_fill((torch.arange(tokens.shape[1]) >= lengths[:, None])[:, :, None], -1e4)[:real]
        ends = [torch.from_numpy(ends[index[:real]]).long() for ends in (features.span_start, features.span_end)]
        return sum(cross_entropy(outputs[..., at], ends[at]) for at in (0, 1)) / 2
    labels = torch.from_numpy(features.labels[features.example[index[: real : features.group]]]).long()
    return cross_entropy(outputs.view(-1, data.task.n_labels)[: len(labels)], labels)


def batches(data, epoch: int = 1, seeds=SEEDS):
    return training_batches(data.train, 12, epoch, seeds, CPU)


def test_losses_and_gradients_are_those_of_the_single_models(models, ensemble, data):
    for batch in list(batches(data))[:3]:
        losses = losses_of(ensemble(batch.tokens, batch.lengths), batch, data.train, data.task)
        ensemble.stack.differentiate(losses)
        gradients = {name: ensemble.stack._view(ensemble.stack.gradient, name) for name in ensemble.stack.names}
        for member, model in enumerate(models):
            model.zero_grad()
            loss = run_alone(model, batch, member, data)
            loss.backward()
            assert losses[member].item() == pytest.approx(loss.item(), abs=1e-5)
            for name, parameter in model.named_parameters():
                if name not in UNUSED:
                    found = gradients[name][member]
                    torch.testing.assert_close(found, parameter.grad, atol=2e-6, rtol=1e-4)


def test_ten_steps_of_each_member_are_those_of_adamw_alone(models, ensemble, data):
    optimisers = []
    for model, rate in zip(models, RATES, strict=True):
        named = [(name, value) for name, value in model.named_parameters() if name not in UNUSED]
        groups = [
            {"params": [value for _, value in named if value.dim() >= 2], "weight_decay": 0.1},
            {"params": [value for _, value in named if value.dim() < 2], "weight_decay": 0.0},
        ]
        optimisers.append(torch.optim.AdamW(groups, lr=rate / 2, betas=(0.9, 0.98)))
    for batch in list(batches(data))[:10]:
        losses = losses_of(ensemble(batch.tokens, batch.lengths), batch, data.train, data.task)
        ensemble.stack.step(losses, 0.5)
        for member, (model, optimiser) in enumerate(zip(models, optimisers, strict=True)):
            model.zero_grad()
            loss = run_alone(model, batch, member, data)
            loss.backward()
            assert losses[member].item() == pytest.approx(loss.item(), abs=1e-4)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
    for member, model in enumerate(models):
        for name, parameter in model.named_parameters():
            # a step moves a weight by up to its rate, 0.015;
            # some vectors move no loss (the bias of options compared): Adam makes steps of their round-off
            if name not in UNUSED and parameter.dim() >= 2:
                torch.testing.assert_close(ensemble.stack.weights[name][member], parameter, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("rate", [0.0, 0.1])
def test_ten_steps_are_bit_for_bit_the_same_in_any_company(models, data, rate):
    found = []
    for group in ([0, 1, 2], [1], [2, 1]):
        ensemble = make_ensemble([models[m] for m in group], data.task.family, [RATES[m] for m in group])
        seeds = [SEEDS[m] for m in group]
        dropout = Dropout(rate, seeds, CPU)
        for batch in list(batches(data, seeds=seeds))[:10]:
            outputs = ensemble(batch.tokens, batch.lengths, dropout)
            ensemble.stack.step(losses_of(outputs, batch, data.train, data.task), 1.0)
        outputs, losses = predict(ensemble, data.evaluation, data.task, "fp32")
        at = group.index(1)
        found.append((ensemble.stack.flat[at].detach().clone(), outputs[at], losses[at]))
    for flat, outputs, loss in found[1:]:
        assert torch.equal(flat, found[0][0]) and loss == found[0][2]
        assert np.array_equal(np.stack(outputs), np.stack(found[0][1]))


def test_predictions_are_those_of_the_single_models_in_the_order_of_the_rows(models, ensemble, data):
    outputs, _ = predict(ensemble, data.evaluation, data.task, "fp32")
    features = data.evaluation
    for example in (0, 17, 59):
        index = np.arange(example * features.group, (example + 1) * features.group)
        tokens, lengths = torch.from_numpy(features.padded(index)), torch.from_numpy(features.lengths[index])
        for member, model in enumerate(models):
            alone = model(tokens, lengths).detach().numpy()
            if data.task.family == "span":
                inside = slice(*features.starts[example : example + 2])
                found = np.stack([end[inside] for end in outputs[member]], 1)
                np.testing.assert_allclose(found, alone[0], atol=1e-5)
            else:
                np.testing.assert_allclose(outputs[member][example], alone.reshape(-1), atol=1e-5)


def test_dropout_masks_are_drawn_per_member_at_the_asked_rate_and_keep_the_mean():
    x = torch.ones(2, 100_000)
    both, second = Dropout(0.1, [1, 2], CPU), Dropout(0.1, [2], CPU)
    first_draw = both(x)
    assert torch.equal(first_draw[1], second(x[1:])[0]) and not torch.equal(first_draw[0], first_draw[1])
    assert (first_draw == 0).float().mean(1).tolist() == pytest.approx([0.1, 0.1], abs=0.004)
    assert first_draw.mean().item() == pytest.approx(1, abs=0.004)
    assert torch.equal(both.mask(x.shape, x)[1], second.mask((1, *x.shape[1:]), x)[0])
    assert Dropout(0.0, [], CPU).mask(x.shape, x) is None
    assert Dropout(0.0, [], CPU)(x) is x
