"""The flat optimiser against torch's own, step by step."""

import pytest
import torch
from torch import nn

from scalescope.model.optimiser import FlatAdamW


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


def test_gradients_that_were_set_to_none_change_nothing():
    networks = model(), model()
    optimisers = [FlatAdamW(network, weight_decay=0.0) for network in networks]
    for step in range(3):
        networks[1].zero_grad(set_to_none=True)
        for network, optimiser in zip(networks, optimisers, strict=True):
            gradients(network, step)
            optimiser.step(0.1)
    assert torch.equal(optimisers[0].weights, optimisers[1].weights)


RATES = [0.1, 0.01, 0.1]


class SideBySide(nn.Module):
    """Three small models in one: a table, a matrix and a vector each, of sizes that need padding."""

    def __init__(self, members: list[int]):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        shapes = (5, 3), (7, 5), (7,)
        drawn = [torch.randn(3, *shape, generator=generator)[members] for shape in shapes]
        self.table, self.matrix, self.vector = (nn.Parameter(each) for each in drawn)
        self.frozen = nn.Parameter(torch.ones(len(members), 2), requires_grad=False)

    def losses(self) -> torch.Tensor:
        products = self.matrix @ self.table + self.vector[..., None] * self.frozen[:, :1, None]
        return products.square().mean((-2, -1))


def trained(members: list[int], rates: float | list[float]) -> tuple[SideBySide, FlatAdamW]:
    network = SideBySide(members)
    optimiser = FlatAdamW(network, weight_decay=0.1, largest_norm=0.3, members=len(members))
    for _ in range(5):
        network.losses().sum().backward()
        optimiser.step(rates)
    return network, optimiser


def test_members_are_clipped_and_moved_as_if_each_was_alone():
    together, optimiser = trained([0, 1, 2], RATES)
    for member, rate in enumerate(RATES):
        alone, _ = trained([member], rate)
        for one, other in zip(together.parameters(), alone.parameters(), strict=True):
            assert torch.equal(one[member], other[0])
    assert torch.equal(together.frozen, torch.ones(3, 2)) and optimiser.weights.shape[0] == 3
    # tables are read in place: members lie a whole number of rows apart
    assert optimiser.weights.shape[1] % 3 == 0 and together.table.stride(0) == optimiser.weights.shape[1]


def test_a_member_moves_as_a_model_of_its_own():
    together, _ = trained([0, 1, 2], RATES)
    single = nn.Module()
    single.table, single.matrix, single.vector = (
        nn.Parameter(each[1].detach().clone()) for each in list(SideBySide([0, 1, 2]).parameters())[:3]
    )
    optimiser = FlatAdamW(single, weight_decay=0.1, largest_norm=0.3)
    for _ in range(5):
        (single.matrix @ single.table + single.vector[:, None]).square().mean().backward()
        optimiser.step(RATES[1])
    for name, own in single.named_parameters():
        torch.testing.assert_close(getattr(together, name)[1], own, rtol=1e-5, atol=1e-6)
    assert optimiser.weights.numel() == 15 + 35 + 7  # checkpoints of one model hold no padding
