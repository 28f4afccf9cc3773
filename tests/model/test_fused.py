"""The two halves of a block against plain autograd, for one model and for members, in both formats."""

import pytest
import torch
from model.test_kernels import agree, draw
from torch.nn import functional as F

from scalescope.model import fused as blocks

HEADS, BATCH, LENGTH, HIDDEN, MEMBERS = 2, 4, 5, 6, 3


def plain_feed_forward(x, scale, shift, w_in, w_out, keep):
    inside = F.relu(F.linear(F.layer_norm(x, (HIDDEN,), scale, shift), w_in)) ** 2
    return x + F.linear(inside, w_out) * (1.0 if keep is None else keep)


def plain_attention(x, scale, shift, w_query, w_key_value, w_out, bias, asking, hidden, keep_share, keep):
    normed = F.layer_norm(x, (HIDDEN,), scale, shift)
    key, value = F.linear(normed, w_key_value).chunk(2, -1)
    query, key, value = (
        part.unflatten(-1, (HEADS, -1)).permute(2, 0, 1, 3) for part in (F.linear(normed, w_query), key, value)
    )
    at = torch.arange(BATCH * LENGTH) if asking is None else asking
    place = at.view(BATCH, -1)
    query = query.gather(2, (place % LENGTH)[None, :, :, None].expand(HEADS, -1, -1, query.shape[-1]))
    scores = query @ key.mT / query.shape[-1] ** 0.5 + bias
    if hidden is not None:
        scores = scores.masked_fill(hidden, -torch.inf)
    share = scores.softmax(-1) * (1.0 if keep_share is None else keep_share)
    mixed = (share @ value).permute(1, 2, 0, 3).reshape(len(at), HIDDEN)
    return x.reshape(-1, HIDDEN)[at] + F.linear(mixed, w_out) * (1.0 if keep is None else keep)


def weights(lead: tuple[int, ...]) -> list[torch.Tensor]:
    """Input, norm, and the matrices of attention."""
    shapes = (BATCH, LENGTH, HIDDEN), (HIDDEN,), (HIDDEN,), (HIDDEN, HIDDEN), (2 * HIDDEN, HIDDEN), (HIDDEN, HIDDEN)
    return draw(*((*lead, *shape) for shape in shapes))


def factors(*shape: int) -> torch.Tensor:
    return F.dropout(torch.ones(shape), 0.3)


def each(function, *inputs) -> torch.Tensor:
    """The same function member by member."""
    return torch.stack([function(*(part if part is None else part[at] for part in inputs)) for at in range(MEMBERS)])


@pytest.mark.parametrize("dropout", [False, True], ids=["kept", "dropout"])
@pytest.mark.parametrize("lead", [(), (MEMBERS,)], ids=["one", "members"])
def test_feed_forward(lead, dropout):
    inputs = draw((*lead, 7, HIDDEN), (*lead, HIDDEN), (*lead, HIDDEN), (*lead, 24, HIDDEN), (*lead, HIDDEN, 24))
    keep = factors(*lead, 7, HIDDEN) if dropout else None
    plain = each(plain_feed_forward, *inputs, keep) if lead else plain_feed_forward(*inputs, keep)
    agree(blocks.feed_forward(*inputs, keep), plain, inputs)


PADDED = (torch.arange(LENGTH) >= torch.tensor([5, 1, 3, 4])[:, None])[:, None]


@pytest.mark.parametrize("dropout", [False, True], ids=["kept", "dropout"])
@pytest.mark.parametrize("padded", [False, True], ids=["full", "padded"])
@pytest.mark.parametrize("asking", [None, 2, "chosen"])
def test_attention_of_one_model(asking, padded, dropout):
    inputs, queries = weights(()), LENGTH if asking is None else 2
    first = LENGTH * torch.arange(BATCH)[:, None]
    chosen = {None: None, 2: first + torch.arange(2), "chosen": first + torch.tensor([[0, 4], [2, 2], [3, 1], [4, 0]])}
    at = None if chosen[asking] is None else chosen[asking].flatten()
    (bias,) = draw((HEADS, 1 if asking != "chosen" else BATCH, queries, LENGTH))
    drops = (factors(HEADS, BATCH, queries, LENGTH), factors(BATCH * queries, HIDDEN)) if dropout else (None, None)
    hidden = PADDED if padded else None
    ours = blocks.self_attention(
        *inputs, bias, asking=at if asking == "chosen" else asking, hidden=hidden, keep_share=drops[0], keep=drops[1]
    )
    agree(ours, plain_attention(*inputs, bias, at, hidden, *drops), [*inputs, bias])


@pytest.mark.parametrize("dropout", [False, True], ids=["kept", "dropout"])
@pytest.mark.parametrize("asking", [None, 1])
def test_attention_of_members(asking, dropout):
    inputs, queries = weights((MEMBERS,)), asking or LENGTH
    at = None if asking is None else LENGTH * torch.arange(BATCH)
    (bias,) = draw((MEMBERS, HEADS, 1, queries, LENGTH))
    hidden, drops = PADDED.expand(MEMBERS, 1, *PADDED.shape), (None, None)
    if dropout:
        drops = factors(MEMBERS, HEADS, BATCH, queries, LENGTH), factors(MEMBERS, BATCH * queries, HIDDEN)
    ours = blocks.self_attention(*inputs, bias, asking=asking, hidden=hidden, keep_share=drops[0], keep=drops[1])
    ats = None if at is None else at.expand(MEMBERS, -1)
    agree(ours, each(plain_attention, *inputs, bias, ats, hidden[:, 0], *drops), [*inputs, bias])


def test_under_autocast_the_products_are_in_its_format_and_the_stream_is_not():
    inputs = weights(())
    (bias,) = draw((HEADS, 1, LENGTH, LENGTH))
    w_in, w_out = draw((24, HIDDEN), (HIDDEN, 24))
    for matrix in (*inputs[3:], w_in, w_out):
        matrix.data /= HIDDEN  # far from where softmax and squares amplify the rounding

    def run() -> list[torch.Tensor]:
        x = blocks.self_attention(*inputs, bias)
        x = blocks.feed_forward(x, *inputs[1:3], w_in, w_out)
        return [x, *torch.autograd.grad(x.square().mean(), [*inputs, bias, w_in, w_out])]

    exact = run()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        coarse = run()
    for one, other in zip(coarse, exact, strict=True):
        assert one.dtype == torch.float32 and not torch.equal(one, other)
        assert float((one - other).detach().norm() / other.detach().norm()) < 0.05
