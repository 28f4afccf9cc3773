"""Forward pass of several task models of one shape at once: one batched product where each alone has its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from scalescope.model.encoder import EncoderConfig, input_scale
from scalescope.model.fused import feed_forward, self_attention
from scalescope.model.kernels import layer_norm, relative_bias
from scalescope.model.stack import Stack

EMBEDDING = "encoder.token_embedding.weight"
NORMS, MATRICES = ("attention_norm", "feed_norm"), ("query", "key_value", "attention_out", "feed_in", "feed_out")
BLOCK = ["distance_bias", *(f"{n}.weight" for n in (*NORMS, *MATRICES)), *(f"{n}.bias" for n in NORMS)]
LEVELS = 2**16  # a dropout rate is a number of these


class Dropout:
    """Scaled 0/1 masks; every member draws its own bits from a generator of its own."""

    def __init__(self, rate: float, seeds: Sequence[int], device: torch.device):
        self.rate, self.dropped = rate, round(rate * LEVELS)
        self.generators = [torch.Generator(device).manual_seed(seed) for seed in seeds]

    def __call__(self, x: Tensor) -> Tensor:
        """x [E, ...] with dropped elements zero and the others scaled up."""
        return x if self.dropped == 0 else x * self.mask(x.shape, x)

    def mask(self, shape: Sequence[int], like: Tensor) -> Tensor | None:
        """Factors [E, ...], 0 or 1 / (1 - p), in the number format of `like`; None where nothing is dropped."""
        if self.dropped == 0:
            return None
        members, count = shape[0], math.prod(shape[1:])
        bits = torch.empty(members, -(-count // 4), dtype=torch.int64, device=like.device)
        for row, generator in zip(bits, self.generators, strict=True):
            row.random_(-(2**63), None, generator=generator)
        kept = bits.view(torch.int16)[:, :count] >= self.dropped - LEVELS // 2
        return kept.to(like.dtype).mul_(LEVELS / (LEVELS - self.dropped)).view(shape)


NO_DROPOUT = Dropout(0.0, [], torch.device("cpu"))


class Lookup(torch.autograd.Function):
    """Rows of tokens [E, N] from a leaf [E, V, H]; `table` [M, H] is the memory behind it, `stride` rows a member."""

    @staticmethod
    def forward(ctx, weight: Tensor, tokens: Tensor, table: Tensor, stride: int) -> Tensor:
        ctx.save_for_backward(tokens)
        ctx.shape = weight.shape
        return table.index_select(0, _rows(tokens, stride)).view(*tokens.shape, -1)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (tokens,) = ctx.saved_tensors
        members, vocabulary, hidden = ctx.shape
        table = gradient.new_zeros(members * vocabulary, hidden)
        table.index_add_(0, _rows(tokens, vocabulary), gradient.reshape(-1, hidden))
        return table.view(ctx.shape), None, None, None


def _rows(tokens: Tensor, stride: int) -> Tensor:
    return (tokens + stride * torch.arange(len(tokens), device=tokens.device)[:, None]).flatten()


class Ensemble:
    """E members of one shape; outputs of each are those of a TaskModel with its weights.

    Dropout masks are those of the member's own stream. Where the head reads only [CLS] (classification and
    choice), the last block computes nothing else: the other tokens only give it keys and values.
    """

    def __init__(self, shape: EncoderConfig, family: str, stack: Stack):
        self.shape, self.family, self.stack = shape, family, stack

    def __call__(self, tokens: Tensor, lengths: Tensor, dropout: Dropout = NO_DROPOUT) -> Tensor:
        """Head outputs [E, B, n] of tokens [E, B, T] with lengths [E, B]; span tasks [E, B, T, 2]."""
        span, weights = self.family == "span", self.stack.weights
        members, batch, length = tokens.shape
        x = Lookup.apply(weights[EMBEDDING], tokens.flatten(1), *self.stack.table(EMBEDDING))
        x = dropout(x * input_scale(self.shape.hidden))
        padding = None
        if int(lengths.min()) < length:
            padding = (torch.arange(length, device=tokens.device) >= lengths[..., None])[:, None, :, None, :]
        for layer in range(self.shape.layers):
            asking = None if span or layer < self.shape.layers - 1 else 1
            x = self._block(f"encoder.blocks.{layer}.", x.view(members, batch, length, -1), asking, padding, dropout)
        x = layer_norm(x, weights["encoder.final_norm.weight"], weights["encoder.final_norm.bias"])
        if not span:
            x = torch.tanh(affine(x, weights["head.dense.weight"], weights["head.dense.bias"]))
        outputs = affine(dropout(x), weights["head.out.weight"], weights["head.out.bias"])
        return outputs.view(members, batch, length, 2) if span else outputs

    def _block(self, name: str, x: Tensor, asking: int | None, padding: Tensor | None, dropout: Dropout) -> Tensor:
        """x [E, B, T, H] to [E, B * Q, H]: the Q first tokens of each row ask (None: all), all of them answer."""
        members, batch, length, hidden = x.shape
        queries = asking or length
        weights = {key: self.stack.weights[name + key] for key in BLOCK}
        bias = relative_bias(weights["distance_bias"], length)[:, :, None, :queries]
        x = self_attention(
            x,
            weights["attention_norm.weight"],
            weights["attention_norm.bias"],
            weights["query.weight"],
            weights["key_value.weight"],
            weights["attention_out.weight"],
            bias,
            asking=asking,
            hidden=padding,
            keep_share=dropout.mask((members, self.shape.heads, batch, queries, length), x),
            keep=dropout.mask((members, batch * queries, hidden), x),
        )
        return feed_forward(
            x,
            weights["feed_norm.weight"],
            weights["feed_norm.bias"],
            weights["feed_in.weight"],
            weights["feed_out.weight"],
            dropout.mask(x.shape, x),
        )


def affine(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x [E, N, H] times weight [E, K, H], plus bias [E, K]: [E, N, K]."""
    if weight.shape[1] == 1:  # the batched product rounds a single column otherwise for one member than for several
        return (x * weight).sum(2, keepdim=True) + bias[:, None]
    return torch.baddbmm(bias[:, None], x, weight.mT)
