"""Hand-written gradients against the plain definition: halves and whole models, one and members, in both formats."""

from contextlib import nullcontext

import pytest
import torch
from model.test_lookups import agree, draw
from model.test_members import make_models
from torch import Tensor
from torch.nn import functional as F

from scalescope.model import encoder, fused
from scalescope.model.config import EncoderConfig
from scalescope.model.encoder import Encoder
from scalescope.model.members import Members

MEMBERS, CPU = 3, torch.device("cpu")
SHAPES = [(4, 5, 6, 2), (2, 9, 8, 1), (3, 1, 12, 4), (2, 7, 16, 1)]  # rows, tokens, width, heads
one_and_members = pytest.mark.parametrize("lead", [(), (MEMBERS,)], ids=["one", "members"])
kept_and_dropout = pytest.mark.parametrize("dropout", [False, True], ids=["kept", "dropout"])


def factors(dropout: bool, *shape: int) -> Tensor | None:
    torch.manual_seed(0)
    return F.dropout(torch.ones(shape), 0.3) if dropout else None


def close(coarse: list[Tensor], exact: list[Tensor], share: float = 0.05) -> None:
    """Equal to the rounding of bf16, in the format of the stream; not equal, so that something was rounded."""
    for one, other in zip(coarse, exact, strict=True):
        assert one.dtype == torch.float32 and not torch.equal(one, other)
        assert float((one - other).detach().norm() / other.detach().norm()) < share


def differentiated(output: Tensor, inputs: list[Tensor]) -> list[Tensor]:
    return [output, *torch.autograd.grad(output.square().mean(), inputs)]


@kept_and_dropout
@one_and_members
@pytest.mark.parametrize("shape", SHAPES)
def test_feed_forward(shape, lead, dropout):
    batch, length, hidden, _ = shape
    shapes = (batch, length, hidden), (hidden,), (hidden,), (4 * hidden, hidden), (hidden, 4 * hidden)
    inputs = draw(*((*lead, *each) for each in shapes))
    keep = factors(dropout, *inputs[0].shape)
    agree(fused.feed_forward(*inputs, keep), encoder.feed_forward(*inputs, keep), inputs)


def attention_inputs(shape: tuple[int, ...], lead: tuple[int, ...], queries: int, each_row: bool) -> list[Tensor]:
    batch, length, hidden, heads = shape
    bias = heads, batch if each_row else 1, queries, length
    matrices = (hidden, hidden), (2 * hidden, hidden), (hidden, hidden)
    return draw(*((*lead, *each) for each in ((batch, length, hidden), (hidden,), (hidden,), *matrices, bias)))


def unseen_keys(kind: str, shape: tuple[int, ...], lead: tuple[int, ...], queries: int) -> Tensor | None:
    batch, length = shape[:2]
    generator = torch.Generator().manual_seed(2)
    if kind == "none":
        return None
    rows = 1 if kind == "padding" else queries
    unseen = torch.rand(*lead, 1, batch, rows, length, generator=generator) < 0.4
    unseen[..., 0] = False  # a query sees something
    return unseen


@kept_and_dropout
@pytest.mark.parametrize("kind", ["none", "padding", "documents"])
@pytest.mark.parametrize("at", [None, 1, "chosen"])
@one_and_members
@pytest.mark.parametrize("shape", SHAPES)
def test_self_attention(shape, lead, at, kind, dropout):
    batch, length, hidden, heads = shape
    queries = {None: length, 1: 1, "chosen": 2}[at]
    inputs = attention_inputs(shape, lead, queries, each_row=at == "chosen")
    if at == "chosen":
        at = torch.randint(length, (*lead, batch, queries), generator=torch.Generator().manual_seed(3))
    given = {
        "at": at,
        "unseen": unseen_keys(kind, shape, lead, queries),
        "keep_probabilities": factors(dropout, *lead, heads, batch, queries, length),
        "keep": factors(dropout, *lead, batch, queries, hidden),
    }
    ours, plain = (half(*inputs, **given) for half in (fused.self_attention, encoder.self_attention))
    assert ours.shape == (*lead, batch, queries, hidden)
    agree(ours, plain, inputs)


@one_and_members
def test_under_autocast_the_products_are_in_its_format_and_the_stream_is_not(lead):
    shape = (4, 5, 6, 2)
    inputs = attention_inputs(shape, lead, shape[1], each_row=False)
    w_in, w_out = draw((*lead, 24, 6), (*lead, 6, 24))
    for matrix in (*inputs[3:6], w_in, w_out):
        matrix.data /= 6  # far from where softmax and squares amplify the rounding

    def run(half) -> list[Tensor]:
        x = half.self_attention(*inputs)
        return differentiated(half.feed_forward(x, *inputs[1:3], w_in, w_out), [*inputs, w_in, w_out])

    exact = run(encoder)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        ours, plain = run(fused), run(encoder)
    close(ours, exact)
    close(plain, exact)


def both(config: EncoderConfig) -> tuple[Encoder, Encoder]:
    """The same weights with and without hand-written gradients."""
    return Encoder(config, seed=1), Encoder(config, seed=1, plain=True)


@pytest.mark.parametrize("changes", [{}, {"activation": "gelu"}, {"positions": "absolute"}, {"dropout": 0.2}], ids=str)
@pytest.mark.parametrize("shape", [(8, 2, 2), (9, 1, 3), (6, 3, 1)])
def test_an_encoder_is_the_plain_one(shape, changes):
    models = both(EncoderConfig(*shape, 50, 16, **changes))
    generator = torch.Generator().manual_seed(0)
    tokens, at = (torch.randint(high, (3, n), generator=generator) for high, n in ((50, 12), (12, 4)))
    documents = torch.tensor([[1] * 5 + [2] * 4 + [0] * 3, [1] * 12, [1] * 3 + [2] * 7 + [0] * 2], dtype=torch.uint8)
    lengths = torch.tensor([12, 7, 3])
    for given in ({"lengths": lengths}, {"lengths": lengths, "at": 2}, {"documents": documents, "at": at}):
        found = []
        for model in models:
            torch.manual_seed(5)
            weights = [each for name, each in model.named_parameters() if name != "logit_bias"]
            found.append(differentiated(model(tokens, **given).sin(), weights))
        for ours, plain in zip(*found, strict=True):
            torch.testing.assert_close(ours, plain, rtol=1e-4, atol=1e-5 * float(plain.detach().abs().max()) + 1e-8)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("family", ["classification", "choice", "span"])
def test_members_are_the_plain_ones(family, precision):
    tokens = torch.randint(5, 40, (MEMBERS, 4, 9), generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([[9, 4, 7, 2], [8, 9, 3, 3], [1, 9, 9, 6]])
    found = []
    for plain in (False, True):
        model = Members(make_models(family, 3, dropout=0.1, plain=plain), range(MEMBERS), CPU)
        with torch.autocast("cpu", dtype=torch.bfloat16) if precision == "bf16" else nullcontext():
            outputs = model(tokens, lengths).float()
        found.append(differentiated(outputs, [each for each in model.parameters() if each.requires_grad]))
    for one, other in zip(*found, strict=True):
        if precision == "fp32":
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5 * float(other.detach().abs().max()))
        else:
            assert float((one - other).detach().norm() / other.detach().norm()) < 0.1
