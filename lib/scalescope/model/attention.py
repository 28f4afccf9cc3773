"""softmax(q k^T / sqrt(D) + bias) v and its gradients, for fused.py: without autograd, and in what a core can cache.

Scores of one member [A, B, Q, T] are passed over five times, those of all members are larger than any cache. So on a
CPU members take turns.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

NARROW = 16  # columns below which a product is computed transposed


def attend(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor, unseen: Tensor | None, kept: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Probabilities [*, A, B, Q, T] and what they mix of the values [*, A, B, Q, D].

    query [*, A, B, Q, D]; key, value [*, A, B, T, D]; bias broadcasts to the scores, unseen too (true: not seen); kept:
    factors of the probabilities (dropout), which the returned ones do not hold.
    """
    probabilities = query.new_empty(*query.shape[:-1], key.shape[-2])
    mixed = _room(query.shape, query)
    for q, k, v, own_bias, own_unseen, own_kept, scores, out in _each(
        query, key, value, bias, unseen, kept, probabilities, mixed
    ):
        torch.bmm(flat(q), flat(k).mT, out=flat(scores))
        torch.add(own_bias, scores, alpha=q.shape[-1] ** -0.5, out=scores)
        if own_unseen is not None:
            scores.masked_fill_(own_unseen, -torch.inf)
        torch._softmax(scores, -1, False, out=scores)
        _product(scores if own_kept is None else scores * own_kept, v, out)
    return probabilities, mixed


def attend_backward(
    grad: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    probabilities: Tensor,
    kept: Tensor | None,
    bias_shape: torch.Size | None,
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Gradients of query [*, A, B, Q, D], of key and value [2, *, A, B, T, D], and of a bias of this shape, if any."""
    grad_query, grad_both = _room(query.shape, query), _room((2, *key.shape), key)
    grad_bias = None if bias_shape is None else query.new_empty(bias_shape)
    factor = query.shape[-1] ** -0.5
    for above, q, k, v, p, own_kept, into_query, into_key, into_value, into_bias in _each(
        grad, query, key, value, probabilities, kept, grad_query, *grad_both, grad_bias
    ):
        _product((p if own_kept is None else p * own_kept).mT, above, into_value)
        slopes = torch.bmm(flat(above), flat(v).mT).view(p.shape)
        if own_kept is not None:
            slopes.mul_(own_kept)
        torch._softmax_backward_data(slopes, p, -1, p.dtype, grad_input=slopes)
        if into_bias is not None:
            into_bias.copy_(slopes.sum_to_size(into_bias.shape))
        _product(slopes.mT, q, into_key, factor)
        _product(slopes, k, into_query, factor)
    return grad_query, grad_both, grad_bias


def flat(x: Tensor) -> Tensor:
    """[*, T, D] as one batch of matrices [*, T, D]."""
    return x.flatten(0, -3)


def scaled_product(left: Tensor, right: Tensor, factor: float, out: Tensor | None = None) -> Tensor:
    """factor * left right, without a pass for the factor."""
    if out is None:
        out = left.new_empty(*left.shape[:-1], right.shape[-1])
    product = torch.addmm if out.dim() == 2 else torch.baddbmm
    return product(out, left, right, beta=0, alpha=factor, out=out)


def _room(shape: Sequence[int], like: Tensor) -> Tensor:
    """An empty tensor [*, T, D] for what `_product` gives."""
    if shape[-1] >= NARROW:
        return like.new_empty(shape)
    return like.new_empty((*shape[:-2], shape[-1], shape[-2])).mT


def _product(left: Tensor, right: Tensor, out: Tensor, factor: float = 1.0) -> None:
    """factor * left right [*, T, D] into `out`, where D is narrow (a head has few dimensions) as its transpose.

    A product with few columns takes several times as long on a CPU as the same one with few rows, most of all if its
    left side is transposed (benchmarks/results/narrow.csv).
    """
    left, right, out = flat(left), flat(right), flat(out)
    if right.shape[-1] < NARROW:
        left, right, out = right.mT, left.mT, out.mT
    scaled_product(left, right, factor, out=out)


def _each(first: Tensor, *others: Tensor | None) -> list[tuple]:
    """Tensors member by member where `first` [E, A, B, Q, D] has members and is on a CPU, else as they are, once."""
    if first.dim() < 5 or first.is_cuda:
        return [(first, *others)]
    return [tuple(_own(x, member) for x in (first, *others)) for member in range(len(first))]


def _own(x: Tensor | None, member: int) -> Tensor | None:
    """What one member has of a tensor that may be the same for all."""
    if x is None or x.dim() < 5:
        return x
    return x[member if len(x) > 1 else 0]
