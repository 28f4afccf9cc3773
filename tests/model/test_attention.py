"""The core of attention against plain autograd: heads narrower and wider than `NARROW`, one model and members."""

import pytest
import torch

from scalescope.model.attention import NARROW, attend, attend_backward

HEADS, BATCH, QUERIES, LENGTH, MEMBERS = 2, 3, 4, 5, 2


@pytest.mark.parametrize("dropout", [False, True], ids=["kept", "dropout"])
@pytest.mark.parametrize("mask", [None, (), (1,), (MEMBERS,)], ids=["all seen", "shared", "shared by members", "each"])
@pytest.mark.parametrize("lead", [(), (MEMBERS,)], ids=["one", "members"])
@pytest.mark.parametrize("width", [3, NARROW - 1, NARROW])
def test_values_and_gradients_are_the_plain_ones(width, lead, mask, dropout):
    if mask and not lead:
        pytest.skip("one model has no masks of members")
    torch.manual_seed(0)
    query = torch.randn(*lead, HEADS, BATCH, QUERIES, width, requires_grad=True)
    key, value = (torch.randn(*lead, HEADS, BATCH, LENGTH, width, requires_grad=True) for _ in range(2))
    bias = torch.randn(*lead, HEADS, 1, QUERIES, LENGTH, requires_grad=True)
    unseen = None if mask is None else torch.rand(*mask, 1, BATCH, 1, LENGTH) < 0.3
    kept = torch.rand(*lead, HEADS, BATCH, QUERIES, LENGTH).round() * 2 if dropout else None

    scores = query @ key.mT / width**0.5 + bias
    scores = scores if unseen is None else scores.masked_fill(unseen, -torch.inf)
    plain = scores.softmax(-1)
    mixed = (plain if kept is None else plain * kept) @ value
    above = torch.randn_like(mixed)
    wanted = torch.autograd.grad(mixed, (query, key, value, bias), above)

    with torch.no_grad():
        probabilities, found = attend(query, key, value, bias, unseen, kept)
        into_query, into_both, into_bias = attend_backward(above, query, key, value, probabilities, kept, bias.shape)
        *_, without = attend_backward(above, query, key, value, probabilities, kept, None)
    torch.testing.assert_close(probabilities, plain)
    torch.testing.assert_close(found, mixed)
    for one, other in zip((into_query, *into_both, into_bias), wanted, strict=True):
        torch.testing.assert_close(one, other)
    assert without is None
