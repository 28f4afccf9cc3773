"""Numeric kernels of the encoder with hand-written gradients: attention, activation, relative bias, cross-entropy.

Plain autograd gives the same numbers (tests/test_kernels.py) with more passes over memory. All of them take any
number of leading member dimensions [E, ...] in front of the shapes that their docstrings name, with weights that have
the same leading dimensions, so that an ensemble of small models runs as one batched computation.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional as F

SMALLEST_PROBABILITY = torch.finfo(torch.float32).tiny  # a loss ends at 87 nats instead of infinity


def linear(x: Tensor, weight: Tensor) -> Tensor:
    """Rows x [N, I] times weight [O, I], transposed: [N, O]."""
    return torch.matmul(x, weight.mT)


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Rows x [N, H] with mean 0 and variance 1, times weight [H], plus bias [H]."""
    if weight.dim() == 1:
        return F.layer_norm(x, weight.shape, weight, bias)
    return torch.addcmul(bias.unsqueeze(-2), F.layer_norm(x, x.shape[-1:]), weight.unsqueeze(-2))


class _SquaredReLU(Function):
    @staticmethod
    def forward(ctx, x):
        positive = x.clamp_min(0)
        ctx.save_for_backward(positive)
        return positive * positive

    @staticmethod
    def backward(ctx, grad):
        (positive,) = ctx.saved_tensors
        return (grad * positive).mul_(2)


def squared_relu(x: Tensor) -> Tensor:
    """max(x, 0)^2 (So et al. 2021, Primer)."""
    return _SquaredReLU.apply(x)


class _Attention(Function):
    @staticmethod
    def forward(ctx, query, key, value, bias, hidden, keep):
        scale = query.shape[-1] ** -0.5
        scores = torch.matmul(query, key.mT)
        torch.add(bias.to(scores.dtype), scores, alpha=scale, out=scores)
        if hidden is not None:
            scores.masked_fill_(hidden, -torch.inf)
        share = torch._softmax(scores, -1, False, out=scores)
        ctx.save_for_backward(query, key, value, share, keep)
        ctx.scale, ctx.bias_shape, ctx.bias_dtype = scale, bias.shape, bias.dtype
        return torch.matmul(share if keep is None else share * keep, value)

    @staticmethod
    def backward(ctx, grad):
        query, key, value, share, keep = ctx.saved_tensors
        grad_value = torch.matmul((share if keep is None else share * keep).mT, grad)
        grad_scores = torch.matmul(grad, value.mT)
        if keep is not None:
            grad_scores.mul_(keep)
        torch._softmax_backward_data(grad_scores, share, -1, share.dtype, grad_input=grad_scores)
        grad_bias = grad_scores.sum_to_size(ctx.bias_shape).to(ctx.bias_dtype)
        grad_query = torch.matmul(grad_scores, key).mul_(ctx.scale)
        grad_key = torch.matmul(grad_scores.mT, query).mul_(ctx.scale)
        return grad_query, grad_key, grad_value, grad_bias, None, None


def attention(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor, hidden: Tensor | None = None, keep: Tensor | None = None
) -> Tensor:
    """softmax(query key^T / sqrt(D) + bias) value, heads first: query [A, B, Q, D], key and value [A, B, T, D].

    bias [A, 1 or B, Q, T] is learned and gets its gradient from one sum. hidden: bool, broadcast to [A, B, Q, T], true
    for keys that nobody may see (padding). keep: dropout's factors on the shares, 0 or 1 / (1 - p). The scores of
    each call become the shares in place; `scaled_dot_product_attention` falls back to its slow path as soon as the
    bias needs a gradient.
    """
    return _Attention.apply(query, key, value, bias, hidden, keep)


class _RelativeBias(Function):
    @staticmethod
    def forward(ctx, table, length):
        farthest = table.shape[-1] // 2
        place = torch.arange(length, device=table.device)
        distance = (place - place[:, None]).clamp_(-farthest, farthest).add_(farthest)
        ctx.length, ctx.shape = length, table.shape
        return table.index_select(-1, distance.flatten()).unflatten(-1, (length, length))

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


def relative_bias(table: Tensor, length: int) -> Tensor:
    """Attention bias [A, T, T] from a table [A, 2 F + 1] by signed distance key - query, cut at F (T5, Raffel 2020)."""
    return _RelativeBias.apply(table, length)


class _MaskedCrossEntropy(Function):
    @staticmethod
    def forward(ctx, hidden, embedding, bias, labels):
        logits = torch.matmul(hidden, embedding.mT).float()
        logits += bias.unsqueeze(-2)
        share = torch._softmax(logits, -1, False, out=logits)
        at = labels.unsqueeze(-1)
        loss = -share.gather(-1, at).clamp_min_(SMALLEST_PROBABILITY).log_().mean((-2, -1))
        slope = share.scatter_add_(-1, at, share.new_full((), -1.0).expand_as(at)).div_(labels.shape[-1])
        ctx.save_for_backward(hidden, embedding, slope)
        return loss

    @staticmethod
    def backward(ctx, grad):
        hidden, embedding, slope = ctx.saved_tensors
        grad = grad[..., None, None]
        into = slope.to(hidden.dtype)
        return (
            torch.matmul(into, embedding.to(hidden.dtype)) * grad,
            torch.matmul(into.mT, hidden).to(embedding.dtype) * grad,
            slope.sum(-2) * grad.squeeze(-1),
            None,
        )


def masked_cross_entropy(hidden: Tensor, embedding: Tensor, bias: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy in nats of labels [M] under logits hidden [M, H] embedding^T [H, V] + bias [V].

    The logits become probabilities, and those their own gradient, in one buffer: one exponential instead of two.
    A loss of more than 87 nats counts as 87; its gradient is exact.
    """
    return _MaskedCrossEntropy.apply(hidden, embedding, bias, labels)
