"""Reading tables: embeddings of tokens, attention bias by distance, states at query positions.

Plain indexing gives the same numbers and gradients (tested), more slowly: a table's gradient is the sum over all that
read a row. "*" is nothing, or the member dimension E.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional as F


class _EmbedMembers(Function):
    @staticmethod
    def forward(ctx, weight, tokens):
        ctx.save_for_backward(tokens)
        ctx.shape, (members, vocabulary, hidden) = weight.shape, weight.shape
        stride, rest = divmod(weight.stride(0), hidden)
        if rest or not weight[0].is_contiguous():
            weight, stride = weight.contiguous(), vocabulary
        # members that lie a whole number of rows apart are read as one table, without a copy
        table = weight.as_strided(((members - 1) * stride + vocabulary, hidden), (hidden, 1))
        return table.index_select(0, flat_rows(tokens.flatten(1), stride)).view(*tokens.shape, hidden)

    @staticmethod
    def backward(ctx, grad):
        (tokens,) = ctx.saved_tensors
        members, vocabulary, hidden = ctx.shape
        table = grad.new_zeros(members * vocabulary, hidden)
        table.index_add_(0, flat_rows(tokens.flatten(1), vocabulary), grad.reshape(-1, hidden))
        return table.view(ctx.shape), None


def embed(weight: Tensor, tokens: Tensor) -> Tensor:
    """weight[tokens]: rows [*, B, T, H] of weight [*, V, H] for tokens [*, B, T], each member from its own table."""
    return F.embedding(tokens, weight) if weight.dim() == 2 else _EmbedMembers.apply(weight, tokens)


def queries(x: Tensor, at: int | Tensor | None) -> Tensor:
    """The rows [*, B, Q, H] of x [*, B, T, H] at all positions (None), the first Q (a number), or chosen [*, B, Q]."""
    if not isinstance(at, Tensor):
        return x[..., :at, :]
    return x.flatten(0, -2).index_select(0, flat_rows(at, x.shape[-2])).view(*at.shape, x.shape[-1])


def flat_rows(at: Tensor, length: int) -> Tensor:
    """Rows at [*, Q] of tables [*, length, H], as rows of all tables one below the other [. * Q]."""
    count = at.shape[:-1].numel()
    tables = torch.arange(0, count * length, length, device=at.device).view(*at.shape[:-1], 1)
    return at.flatten() if count == 1 else (at + tables).flatten()


class _RelativeBias(Function):
    @staticmethod
    def forward(ctx, table, length):
        ctx.length, ctx.shape = length, table.shape
        distance = _distances(length, table.shape[-1] // 2, table.device)
        return table.index_select(-1, distance).unflatten(-1, (length, length))

    @staticmethod
    def backward(ctx, grad):
        length, width = ctx.length, ctx.shape[-1]
        # rows of 2 T - 1 cut out of rows of 2 T: each row moves one place, so that a distance becomes a column
        skewed = F.pad(grad.flip(-2), (0, length)).flatten(-2)[..., : length * (2 * length - 1)]
        by_distance = skewed.unflatten(-1, (length, 2 * length - 1)).sum(-2)
        beyond = length - 1 - width // 2
        if beyond <= 0:
            return F.pad(by_distance, (-beyond, -beyond)), None
        inside = by_distance[..., beyond : beyond + width].clone()
        inside[..., 0] += by_distance[..., :beyond].sum(-1)
        inside[..., -1] += by_distance[..., beyond + width :].sum(-1)
        return inside, None


@lru_cache(maxsize=256)  # one for each length of a batch
def _distances(length: int, farthest: int, device: torch.device) -> Tensor:
    """Column of the table for each pair of positions, [T * T]."""
    place = torch.arange(length, device=device)
    return (place - place[:, None]).clamp_(-farthest, farthest).add_(farthest).flatten()


def relative_bias(table: Tensor, length: int) -> Tensor:
    """Attention bias [*, A, T, T] from a table [*, A, 2 F + 1] by distance key - query, cut at F (T5, Raffel 2020)."""
    return _RelativeBias.apply(table, length)
