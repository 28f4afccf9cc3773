"""The flat optimiser against torch's own, step by step."""

import pytest
import torch
from torch import nn

from scalescope.model.flat import FlatAdamW


def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 7), nn.Linear(7, 3))


def gradients(network: nn.Module, step: int) -> None:
    rows = torch.randn(4, 5, generator=torch.Generator().manual_seed(step))
    network(rows).square().mean().backward()


@pytest.mark.parametrize("beta2", [0.98, 0.7])
def test_steps_equal_those_of_torch_with_clipping_and_decay_on_matrices(beta2):
    ours, theirs = model(), model()
    flat = FlatAdamW(ours, weight_decay=0.1, largest_norm=0.01, beta2=beta2)
    matrices = [p for p in theirs.parameters() if p.dim() == 2]
    vectors = [p for p in theirs.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    reference = torch.optim.AdamW(groups, betas=(0.9, beta2), eps=1e-8)
    for step in range(10):
        for network in (ours, theirs):
            gradients(network, step)
        flat.step(0.01 * (step + 1))
        nn.utils.clip_grad_norm_(theirs.parameters(), 0.01)
        for group in reference.param_groups:
            group["lr"] = 0.01 * (step + 1)
        reference.step()
        reference.zero_grad()
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(one, other, rtol=1e-5, atol=1e-6)


def test_a_loaded_state_goes_on_with_the_same_numbers():
    one, other = model(), model()
    first, second = FlatAdamW(one, weight_decay=0.1), FlatAdamW(other, weight_decay=0.1)
    gradients(one, 0)
    first.step(0.1)
    second.load(first.state())
    for network, optimiser in ((one, first), (other, second)):
        gradients(network, 1)
        optimiser.step(0.1)
    assert torch.equal(first.weights, second.weights)
    assert set(first.state()) == {"weights", "first", "second", "step"}


def test_nothing_is_left_of_a_gradient_after_its_step():
    network = model()
    flat = FlatAdamW(network, weight_decay=0.0)
    gradients(network, 0)
    assert flat.gradients.abs().max() > 0
    flat.step(0.1)
    assert flat.gradients.abs().max() == 0
    assert flat.weights[:10].tolist() == pytest.approx(network[0].weight.flatten()[:10].tolist())
