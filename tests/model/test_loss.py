import torch
from model.test_lookups import agree, draw
from torch.nn import functional as F

from scalescope.model import loss
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
    found = masked_cross_entropy(hidden, torch.eye(2), bias, torch.tensor([1]))
    assert 87 < float(found.detach()) < 88
    torch.testing.assert_close(torch.autograd.grad(found, hidden)[0], torch.tensor([[1.0, -1.0]]))
    assert masked_cross_entropy(hidden * torch.nan, torch.eye(2), bias, torch.tensor([1])).isnan()


def test_a_member_has_the_very_loss_and_gradient_that_it_has_alone():
    weights = draw((3, 7, 8), (3, 11, 8), (3, 11))
    labels = torch.arange(21).view(3, 7) % 11
    losses = masked_cross_entropy(*weights, labels)
    together = torch.autograd.grad(losses.sum(), weights)
    for member in range(3):
        own = [weight[member].detach().requires_grad_() for weight in weights]
        alone = masked_cross_entropy(*own, labels[member])
        assert torch.equal(alone, losses[member])
        for gradient, weight in zip(together, torch.autograd.grad(alone, own), strict=True):
            assert torch.equal(gradient[member], weight)


def test_an_evaluation_gives_the_loss_without_a_gradient_being_computed(monkeypatch):
    weights, labels = draw((3, 7, 8), (3, 11, 8), (3, 11)), torch.arange(21).view(3, 7) % 11
    expected, learns = masked_cross_entropy(*weights, labels), []
    plain = loss._loss_and_slopes
    monkeypatch.setattr(loss, "_loss_and_slopes", lambda *found: learns.append(found[0]) or plain(*found))
    with torch.no_grad():
        assert torch.equal(masked_cross_entropy(*weights, labels), expected.detach())
    assert learns == [False] * 3


def test_under_autocast_the_gradient_is_as_fine_as_the_states():
    states, embedding, bias = draw((7, 8), (11, 8), (11,))
    with torch.autocast("cpu", torch.bfloat16):
        found = masked_cross_entropy(states, embedding, bias, torch.arange(7))
    for gradient in torch.autograd.grad(found, (states, embedding)):
        assert not torch.equal(gradient, gradient.bfloat16().float())
