"""Members against their models alone, and against themselves in smaller groups."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from training.toys import ENCODER, make_task

from scalescope.model.encoder import Encoder, initialise
from scalescope.model.heads import Head, TaskModel
from scalescope.model.members import MemberDropout, Members
from scalescope.model.members import side_by_side as side_by_side_weights
from scalescope.model.optimiser import FlatAdamW
from scalescope.training.batches import training_batches
from scalescope.training.members import losses_of, predict

CPU = torch.device("cpu")
SHAPE = replace(ENCODER, layers=2, aspect_ratio=8, dropout=0.0, max_length=48)
TASKS = ["mnli", "race", "squad"]
UNUSED = "encoder.logit_bias"  # only masked-token logits read it
RATES, SEEDS = [0.01, 0.03, 0.003], [0, 1, 2]


def make_models(family: str, n_labels: int, dropout: float = 0.0, plain: bool = False) -> list[TaskModel]:
    """Models that differ in all weights; norms and biases are moved away from 1 and 0."""
    models = []
    for seed in SEEDS:
        encoder = Encoder(replace(SHAPE, dropout=dropout), seed=seed, plain=plain)
        head = Head(family, SHAPE.hidden, n_labels, dropout)
        initialise(head, SHAPE, seed + 10)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for name, parameter in [*encoder.named_parameters(), *head.named_parameters()]:
                if "norm" in name or "bias" in name:
                    parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
        models.append(TaskModel(encoder, head))
    return models


def side_by_side(models: list[TaskModel], seeds: list[int] = SEEDS) -> tuple[Members, FlatAdamW]:
    members = Members(models, seeds, CPU)
    return members, FlatAdamW(members, 0.1, members=len(models))


@pytest.fixture(params=TASKS)
def data(request):
    return make_task(request.param)


@pytest.fixture
def models(data):
    return make_models(data.task.family, data.task.n_labels)


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


def test_losses_and_gradients_are_those_of_the_single_models(models, data):
    members = Members(models, SEEDS, CPU)
    for batch in list(batches(data))[:3]:
        losses = losses_of(members(batch.tokens, batch.lengths), batch, data.train, data.task)
        members.zero_grad()
        losses.sum().backward()
        gradients = {name: parameter.grad for name, parameter in members.named_parameters()}
        for member, model in enumerate(models):
            model.zero_grad()
            loss = run_alone(model, batch, member, data)
            loss.backward()
            assert losses[member].item() == pytest.approx(loss.item(), abs=1e-5)
            for name, parameter in model.named_parameters():
                if name != UNUSED:
                    found = gradients[name][member]
                    torch.testing.assert_close(found, parameter.grad, atol=2e-6, rtol=1e-4)
        assert gradients[UNUSED] is None


def test_ten_steps_of_each_member_are_those_of_adamw_alone(models, data):
    members, together = side_by_side(models)
    optimisers = []
    for model, rate in zip(models, RATES, strict=True):
        named = [(name, value) for name, value in model.named_parameters() if name != UNUSED]
        groups = [
            {"params": [value for _, value in named if value.dim() >= 2], "weight_decay": 0.1},
            {"params": [value for _, value in named if value.dim() < 2], "weight_decay": 0.0},
        ]
        optimisers.append(torch.optim.AdamW(groups, lr=rate / 2, betas=(0.9, 0.98)))
    for batch in list(batches(data))[:10]:
        losses = losses_of(members(batch.tokens, batch.lengths), batch, data.train, data.task)
        losses.sum().backward()
        together.step([rate / 2 for rate in RATES])
        for member, (model, optimiser) in enumerate(zip(models, optimisers, strict=True)):
            model.zero_grad()
            loss = run_alone(model, batch, member, data)
            loss.backward()
            assert losses[member].item() == pytest.approx(loss.item(), abs=1e-4)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
    found = dict(members.named_parameters())
    for member, model in enumerate(models):
        for name, parameter in model.named_parameters():
            # a step moves a weight by up to its rate, 0.015;
            # some vectors move no loss (the bias of options compared): Adam makes steps of their round-off
            if parameter.dim() >= 2:
                torch.testing.assert_close(found[name][member], parameter, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("rate", [0.0, 0.1])
def test_ten_steps_are_bit_for_bit_the_same_in_any_company(data, rate):
    models, found = make_models(data.task.family, data.task.n_labels, rate), []
    for group in ([0, 1, 2], [1], [2, 1]):
        seeds, rates = [SEEDS[m] for m in group], [RATES[m] for m in group]
        members, optimiser = side_by_side([models[m] for m in group], seeds)
        for batch in list(batches(data, seeds=seeds))[:10]:
            losses_of(members(batch.tokens, batch.lengths), batch, data.train, data.task).sum().backward()
            optimiser.step(rates)
        outputs, losses = predict(members, data.evaluation, data.task, "fp32")
        at = group.index(1)
        found.append((optimiser.weights[at], outputs[at], losses[at]))
    for weights, outputs, loss in found[1:]:
        assert torch.equal(weights, found[0][0]) and loss == found[0][2]
        assert np.array_equal(np.stack(outputs), np.stack(found[0][1]))


def test_predictions_are_those_of_the_single_models_in_the_order_of_the_rows(models, data):
    outputs, _ = predict(Members(models, SEEDS, CPU), data.evaluation, data.task, "fp32")
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
    like = torch.ones(2, 100_000)
    both, second = MemberDropout(0.1, [1, 2], CPU), MemberDropout(0.1, [2], CPU)
    first_draw = both(like.shape, like)
    assert torch.equal(first_draw[1], second((1, 100_000), like)[0]) and not torch.equal(first_draw[0], first_draw[1])
    assert (first_draw == 0).float().mean(1).tolist() == pytest.approx([0.1, 0.1], abs=0.004)
    assert first_draw.mean().item() == pytest.approx(1, abs=0.004)
    assert torch.equal(both(like.shape, like)[1], second((1, 100_000), like)[0])
    assert MemberDropout(0.0, [], CPU)(like.shape, like) is None


def test_members_drop_while_they_train_and_in_evaluation_not():
    members = Members(make_models("choice", 4, dropout=0.3), SEEDS, CPU)
    tokens, lengths = torch.randint(5, 40, (3, 4, 9)), torch.full((3, 4), 9)
    assert not torch.equal(members(tokens, lengths), members(tokens, lengths))
    members.eval()
    assert torch.equal(members(tokens, lengths), members(tokens, lengths))


@pytest.mark.parametrize("plain", [False, True])
def test_members_may_each_choose_their_query_positions(plain):
    models = make_models("span", 2, plain=plain)
    encoder = side_by_side_weights([model.encoder for model in models], CPU)
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(5, 40, (3, 4, 9), generator=generator)
    at = torch.randint(9, (3, 4, 2), generator=generator)
    documents = (torch.arange(9) > 4).long().expand(3, 4, 9)
    states = encoder(tokens, at=at, documents=documents)
    assert states.shape == (3, 4, 2, SHAPE.hidden)
    states.square().sum().backward()
    gradients = dict(encoder.named_parameters())
    for member, model in enumerate(models):
        alone = model.encoder(tokens[member], at=at[member], documents=documents[member])
        torch.testing.assert_close(states[member], alone, rtol=1e-4, atol=1e-5)
        alone.square().sum().backward()
        for name, parameter in model.encoder.named_parameters():
            if parameter.grad is not None:
                own = gradients[name].grad[member]
                torch.testing.assert_close(own, parameter.grad, rtol=1e-3, atol=1e-4)
