import pytest
import torch
from torch.nn import functional as F

from scalescope.model import kernels


def draw(*shapes: tuple[int, ...]) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=generator).requires_grad_() for shape in shapes]


def agree(ours, plain, inputs: list[torch.Tensor]) -> None:
    """Same values and same gradients, for a random gradient from above, to 1e-5 relative."""
    generator = torch.Generator().manual_seed(1)
    above = torch.randn(plain.shape, generator=generator)
    gradients = [torch.autograd.grad(output, inputs, above, retain_graph=True) for output in (ours, plain)]
    torch.testing.assert_close(ours, plain, rtol=1e-5, atol=1e-5)
    for mine, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-5 * float(theirs.abs().max()))


@pytest.mark.parametrize("members", [(), (3,)], ids=["one", "members"])
@pytest.mark.parametrize("length", [1, 3, 4, 5, 6, 12])
def test_relative_bias_and_the_gradient_of_every_distance(members, length):
    farthest = 4
    (table,) = draw((*members, 2, 2 * farthest + 1))
    place = torch.arange(length)
    distance = (place - place[:, None]).clamp(-farthest, farthest) + farthest
    agree(kernels.relative_bias(table, length), table[..., distance], [table])


def test_masked_cross_entropy_of_one_model_and_of_members():
    hidden, embedding, bias = draw((3, 7, 8), (3, 11, 8), (3, 11))
    labels = torch.arange(21).view(3, 7) % 11
    plain = [
        F.cross_entropy(F.linear(*each), label) for *each, label in zip(hidden, embedding, bias, labels, strict=True)
    ]
    agree(kernels.masked_cross_entropy(hidden, embedding, bias, labels), torch.stack(plain), [hidden, embedding, bias])
    first = kernels.masked_cross_entropy(hidden[0], embedding[0], bias[0], labels[0])
    agree(first, plain[0], [hidden, embedding, bias])


def test_cross_entropy_of_the_impossible_is_finite_with_the_right_gradient():
    hidden, bias = torch.tensor([[1000.0, 0.0]], requires_grad=True), torch.zeros(2)
    loss = kernels.masked_cross_entropy(hidden, torch.eye(2), bias, torch.tensor([1]))
    assert 87 < float(loss.detach()) < 88
    torch.testing.assert_close(torch.autograd.grad(loss, hidden)[0], torch.tensor([[1.0, -1.0]]))
    assert kernels.masked_cross_entropy(hidden * torch.nan, torch.eye(2), bias, torch.tensor([1])).isnan()


def test_layer_norm_of_members_is_that_of_each():
    x, gain, bias = draw((3, 7, 8), (3, 8), (3, 8))
    each = [F.layer_norm(row, (8,), scale, shift) for row, scale, shift in zip(x, gain, bias, strict=True)]
    agree(kernels.layer_norm(x, gain, bias), torch.stack(each), [x, gain, bias])
