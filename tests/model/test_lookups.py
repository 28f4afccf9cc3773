"""Tables read by index, against plain indexing: values and gradients."""

import pytest
import torch

from scalescope.model import lookups


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
    agree(lookups.relative_bias(table, length), table[..., distance], [table])


def test_embeddings_of_one_model_and_of_members_with_the_gradient_of_every_row():
    (tables,) = draw((3, 7, 4))
    tokens = torch.randint(7, (3, 2, 5), generator=torch.Generator().manual_seed(0))
    plain = torch.stack([table[own] for table, own in zip(tables, tokens, strict=True)])
    agree(lookups.embed(tables, tokens), plain, [tables])
    (table,) = draw((7, 4))
    agree(lookups.embed(table, tokens[0]), table[tokens[0]], [table])


@pytest.mark.parametrize(("apart", "copied"), [(28, False), (36, False), (30, True)])
def test_embeddings_are_read_in_place_from_members_a_whole_number_of_rows_apart(apart, copied, monkeypatch):
    buffer = torch.arange(3 * apart, dtype=torch.float32).view(3, apart)
    tables = buffer[:, :28].view(3, 7, 4)
    tokens = torch.tensor([[[0, 6]], [[3, 3]], [[6, 1]]])
    copies, original = [], torch.Tensor.contiguous
    monkeypatch.setattr(torch.Tensor, "contiguous", lambda self: copies.append(self) or original(self))
    found = lookups.embed(tables, tokens)
    assert torch.equal(found, torch.stack([table[own] for table, own in zip(tables, tokens, strict=True)]))
    assert bool(copies) == copied


def test_queries_are_the_rows_at_positions():
    (x,) = draw((2, 3, 5, 4))
    at = torch.randint(5, (2, 3, 2), generator=torch.Generator().manual_seed(0))
    assert torch.equal(lookups.queries(x, None), x) and torch.equal(lookups.queries(x, 2), x[:, :, :2])
    chosen = lookups.queries(x, at)
    for member in range(2):
        assert torch.equal(chosen[member], x[member, torch.arange(3)[:, None], at[member]])
        assert torch.equal(chosen[member], lookups.queries(x[member], at[member]))
