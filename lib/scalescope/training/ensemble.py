"""Forward pass of several task models of one shape at once: one batched product where each alone has its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from scalescope.encoder import FARTHEST, EncoderConfig
from scalescope.training.stack import Stack

EMBEDDING = "encoder.token_embedding.weight"
LEVELS = 2**16  # a dropout rate is a number of these


class Dropout:
    """Scaled 0/1 masks; every member draws its own bits from a generator of its own."""

    def __init__(self, rate: float, seeds: Sequence[int], device: torch.device):
        self.rate, self.dropped = rate, round(rate * LEVELS)
        self.generators = [torch.Generator(device).manual_seed(seed) for seed in seeds]

    def __call__(self, x: Tensor) -> Tensor:
        """x [E, ...] with dropped elements zero and the others scaled up."""
        return x if self.dropped == 0 else x * self._mask(x)

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        """x + dropout(y)."""
        return x + y if self.dropped == 0 else torch.addcmul(x, y, self._mask(y))

    def _mask(self, x: Tensor) -> Tensor:
        count = x[0].numel()
        bits = torch.empty(len(x), -(-count // 4), dtype=torch.int64, device=x.device)
        for row, generator in zip(bits, self.generators, strict=True):
            row.random_(-(2**63), None, generator=generator)
        kept = bits.view(torch.int16)[:, :count] >= self.dropped - LEVELS // 2
        return kept.to(x.dtype).mul_(LEVELS / (LEVELS - self.dropped)).view(x.shape)


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


class DistanceBias(torch.autograd.Function):
    """Bias [E, h, 2 FARTHEST + 1] by distance as [E, 1, h, Q, T]; the first Q of T tokens ask."""

    @staticmethod
    def forward(ctx, bias: Tensor, asking: int, length: int) -> Tensor:
        diagonals = torch.arange(1 - asking, length, device=bias.device).clamp(-FARTHEST, FARTHEST) + FARTHEST
        ctx.save_for_backward(F.one_hot(diagonals, bias.shape[-1]).to(bias.dtype))
        return bias.index_select(2, diagonals).unfold(2, length, 1).flip(2)[:, None]

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (diagonals,) = ctx.saved_tensors
        members, _, heads, asking, _ = gradient.shape
        # skewed, the diagonals of the rectangle, each of one distance, become columns to add up
        skewed = F.pad(gradient.flip(3), (0, asking)).view(members, heads, -1)[:, :, : asking * len(diagonals)]
        sums = skewed.view(members, heads, asking, len(diagonals)).sum(2)
        return torch.bmm(sums, diagonals.expand(members, -1, -1)), None, None


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
        x = dropout(Lookup.apply(weights[EMBEDDING], tokens.flatten(1), *self.stack.table(EMBEDDING)))
        padding = None
        if int(lengths.min()) < length:
            padding = (torch.arange(length, device=tokens.device) >= lengths[..., None])[:, :, None, None, :]
        for layer in range(self.shape.layers):
            asking = 1 if layer == self.shape.layers - 1 and not span else length
            x = self._block(layer, x, asking, length, padding, dropout)
        x = F.layer_norm(x, (self.shape.hidden,))
        scale, shift = weights["encoder.final_norm.weight"], weights["encoder.final_norm.bias"]
        if span:
            x = dropout(torch.addcmul(shift[:, None], x, scale[:, None]))
            return self._linear("head.out", x).view(members, batch, length, 2)
        x = dropout(torch.tanh(linear(x, *self._folded("encoder.final_norm", "head.dense"))))
        return self._linear("head.out", x)

    def _block(self, layer: int, x: Tensor, asking: int, length: int, padding: Tensor | None, dropout: Dropout):
        """x [E, B * T, H] to [E, B * Q, H]: the Q first tokens of each row ask, all of them answer."""
        name, hidden, heads = f"encoder.blocks.{layer}.", self.shape.hidden, self.shape.heads
        members = len(x)
        weight, bias = self._folded(name + "attention_norm", name + "qkv", (hidden // heads) ** -0.5)
        normed = F.layer_norm(x, (hidden,))
        if asking == length:
            query, key, value = _split_heads(linear(normed, weight, bias), 3, heads, length, hidden)
        else:
            x, asked = (part.view(members, -1, length, hidden)[:, :, 0] for part in (x, normed))
            query = _split_heads(linear(asked, weight[:, :hidden], bias[:, :hidden]), 1, heads, 1, hidden)[0]
            key, value = _split_heads(linear(normed, weight[:, hidden:], bias[:, hidden:]), 2, heads, length, hidden)
        scores = torch.bmm(query, key.transpose(1, 2)).view(members, -1, heads, asking, length)
        scores = scores + DistanceBias.apply(self.stack.weights[name + "distance_bias"], asking, length)
        if padding is not None:
            scores = scores.masked_fill_(padding, -torch.inf)
        mixed = torch.bmm(dropout(scores.softmax(-1)).view(-1, asking, length), value)
        mixed = mixed.view(members, -1, heads, asking, hidden // heads).transpose(2, 3).reshape(members, -1, hidden)
        x = dropout.add(x, self._linear(name + "attention_out", mixed))
        fed = linear(F.layer_norm(x, (hidden,)), *self._folded(name + "feed_norm", name + "feed_in"))
        return dropout.add(x, self._linear(name + "feed_out", F.gelu(fed, approximate="tanh")))

    def _linear(self, name: str, x: Tensor) -> Tensor:
        return linear(x, self.stack.weights[name + ".weight"], self.stack.weights[name + ".bias"])

    def _folded(self, norm: str, name: str, query_scale: float | None = None) -> tuple[Tensor, Tensor]:
        """Weight and bias of a linear map after a norm, with the norm's scale and shift (and 1 / sqrt(d)) in them.

        The same function with fewer passes over the activations.
        """
        weights = self.stack.weights
        weight, bias = weights[name + ".weight"], weights[name + ".bias"]
        bias = bias + (weight * weights[norm + ".bias"][:, None]).sum(2)
        weight = weight * weights[norm + ".weight"][:, None]
        if query_scale is None:
            return weight, bias
        rows = weight.new_ones(weight.shape[1])
        rows[: weight.shape[2]] = query_scale
        return weight * rows[:, None], bias * rows


def linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x [E, N, H] times weight [E, K, H], plus bias [E, K]: [E, N, K]."""
    if weight.shape[1] == 1:  # the batched product rounds a single column otherwise for one member than for several
        return (x * weight).sum(2, keepdim=True) + bias[:, None]
    return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2))


def _split_heads(x: Tensor, parts: int, heads: int, length: int, hidden: int) -> Tensor:
    """x [E, B * T, parts * H] as [parts, E * B * heads, T, H / heads]."""
    members, size = len(x), hidden // heads
    x = x.view(members, -1, length, parts, heads, size).permute(3, 0, 1, 4, 2, 5)
    return x.reshape(parts, -1, length, size)
