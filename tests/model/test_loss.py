import torch
from model.test_lookups import agree, draw
from torch.nn import functional as F

from scalescope.model.loss import masked_cross_entropy


def test_masked_cross_entropy_of_one_model_and_of_members():
    hidden, embedding, bias = draw((3, 7, 8), (3, 11, 8), (3, 11))
    labels = torch.arange(21).view(3, 7) % 11
    plain = [
        F.cross_entropy(F.linear(*each), label) for *each, label in zip(hidden, embedding, bias, labels, strict=True)
    ]
    agree(masked_cross_entropy(hidden, embedding, bias, labels), torch.stack(plain), [hidden, embedding, bias])
    first = masked_cross_entropy(hidden[0], embedding[0], bias[0], labels[0])
    agree(first, plain[0], [hidden, embedding, bias])


def test_cross_entropy_of_the_impossible_is_finite_with_the_right_gradient():
    hidden, bias = torch.tensor([[1000.0, 0.0]], requires_grad=True), torch.zeros(2)
    loss = masked_cross_entropy(hidden, torch.eye(2), bias, torch.tensor([1]))
    assert 87 < float(loss.detach()) < 88
    torch.testing.assert_close(torch.autograd.grad(loss, hidden)[0], torch.tensor([[1.0, -1.0]]))
    assert masked_cross_entropy(hidden * torch.nan, torch.eye(2), bias, torch.tensor([1])).isnan()
