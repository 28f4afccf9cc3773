"""The transformer in plain PyTorch: one pre-norm encoder, sized by aspect ratio, layers and heads.

Shapes are those of one model. E models of one shape side by side (members.py) are the same modules and the same forward
pass: tokens, states and every weight then have a leading dimension E, written "*" where both are meant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from scalescope.model import fused
from scalescope.model.config import EncoderConfig
from scalescope.model.lookups import embed, flat_rows, queries, relative_bias

Dropout = Callable[[Sequence[int], Tensor], Tensor | None]  # shape, like: factors 0 or 1 / (1 - p); None: nothing drops
FARTHEST = 32  # tokens; a longer distance counts as this one
NEIGHBOURS = {1: 4.0, 2: 2.0, -1: 1.0}  # bias at the start, by distance on the side a head watches


def self_attention(
    x: Tensor,
    scale: Tensor,
    shift: Tensor,
    w_query: Tensor,
    w_key_value: Tensor,
    w_out: Tensor,
    bias: Tensor,
    *,
    at: int | Tensor | None = None,
    unseen: Tensor | None = None,
    keep_probabilities: Tensor | None = None,
    keep: Tensor | None = None,
) -> Tensor:
    """x + softmax(q k^T / sqrt(D) + bias) v w_out^T, with q, k, v from norm(x), for x [*, B, T, H]: [*, B, Q, H].

    w_query [*, H, H], w_key_value [*, 2 H, H], w_out [*, H, H]; bias [*, A, 1 or B, 1 or Q, 1 or T] gives the number of
    heads A. `at` are the query positions: every one (None, Q = T), the first Q of each row (a number), or chosen ones
    [*, B, Q]; keys and values are of all tokens. unseen: bool, broadcast to [*, A, B, Q, T], true for keys that a query
    may not see. keep_probabilities [*, A, B, Q, T] and keep [*, B, Q, H]: dropout's factors, 0 or 1 / (1 - p).
    """

    def split(rows: Tensor) -> Tensor:  # [*, B, T, H] to [*, A, B, T, D]
        return rows.unflatten(-1, (bias.shape[-4], -1)).movedim(-2, -4)

    normed = layer_norm(x, scale, shift)
    query = split(linear(queries(normed, at), w_query))
    key, value = (split(part) for part in linear(normed, w_key_value).chunk(2, -1))
    scores = query @ key.mT / query.shape[-1] ** 0.5 + bias
    if unseen is not None:
        scores = scores.masked_fill(unseen, -torch.inf)
    probabilities = dropped(scores.softmax(-1), keep_probabilities)
    mixed = (probabilities @ value).movedim(-4, -2).flatten(-2)
    return queries(x, at) + dropped(linear(mixed, w_out), keep)


def squared_relu(x: Tensor) -> Tensor:
    """max(x, 0)^2 (So et al. 2021, Primer)."""
    return F.relu(x).square()


def feed_forward(
    x: Tensor,
    scale: Tensor,
    shift: Tensor,
    w_in: Tensor,
    w_out: Tensor,
    keep: Tensor | None = None,
    activation: Callable[[Tensor], Tensor] = squared_relu,
) -> Tensor:
    """x + activation(norm(x) w_in^T) w_out^T for x [*, B, T, H], w_in [*, F, H], w_out [*, H, F]; keep as x."""
    return x + dropped(linear(activation(linear(layer_norm(x, scale, shift), w_in)), w_out), keep)


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x [*, B, T, H] with mean 0 and variance 1, times weight [*, H], plus bias [*, H]."""
    if weight.dim() == 1:
        return F.layer_norm(x, weight.shape, weight, bias)
    weight, bias = (each.view(-1, 1, 1, x.shape[-1]) for each in (weight, bias))
    return torch.addcmul(bias, F.layer_norm(x, x.shape[-1:]), weight)


def linear(x: Tensor, weight: Tensor) -> Tensor:
    """x [*, B, T, H] times weight [*, K, H]: [*, B, T, K]."""
    return (x.flatten(-3, -2) @ weight.mT).unflatten(-2, x.shape[-3:-1])


def dropped(x: Tensor, factors: Tensor | None) -> Tensor:
    """x times dropout's factors."""
    return x if factors is None else x * factors


class Block(nn.Module):
    """Pre-norm block: x + attention(norm(x)), then x + feed_forward(norm(x)); feed-forward width 4 H.

    With relative positions the attention scores get a learned bias per head and signed distance up to FARTHEST (beyond
    it the last one counts), as in T5 (Raffel 2020). Matrices have no biases (as in PaLM, Chowdhery 2022). Each half has
    the hand-written gradient of fused.py where there is one for this configuration; plain: neither has.
    """

    def __init__(self, config: EncoderConfig, plain: bool = False):
        super().__init__()
        hidden, self.heads = config.hidden, config.heads
        self.attention_norm = nn.LayerNorm(hidden)
        self.query = nn.Linear(hidden, hidden, bias=False)
        self.key_value = nn.Linear(hidden, 2 * hidden, bias=False)
        table = torch.zeros(config.heads, 2 * FARTHEST + 1)
        self.distance_bias = nn.Parameter(table) if config.positions == "relative" else None
        self.attention_out = nn.Linear(hidden, hidden, bias=False)
        self.feed_norm = nn.LayerNorm(hidden)
        self.feed_in = nn.Linear(hidden, 4 * hidden, bias=False)
        self.feed_out = nn.Linear(4 * hidden, hidden, bias=False)
        activation = {"squared_relu": squared_relu, "gelu": F.gelu}[config.activation]
        plain_feed = plain or activation is not squared_relu
        self.self_attention = self_attention if plain else fused.self_attention
        self.feed_forward = partial(feed_forward, activation=activation) if plain_feed else fused.feed_forward

    def forward(self, x: Tensor, unseen: Tensor | None, at: int | Tensor | None, dropout: Dropout) -> Tensor:
        """x [*, B, T, H] to [*, B, Q, H] of the query positions `at` (None, a number, or [*, B, Q]).

        unseen: bool [*, 1, B, 1 or T, T], true where a query (the fourth) may not see a key (the last), or None. Keys
        and values need every token; all else is done for the query positions only, with the same result.
        """
        lead, (batch, length, hidden) = x.shape[:-3], x.shape[-3:]
        count = at.shape[-1] if isinstance(at, Tensor) else at or length
        if unseen is not None and unseen.shape[-2] > 1:
            unseen = queries(unseen, at[..., None, :, :] if isinstance(at, Tensor) else at)
        x = self.self_attention(
            x,
            self.attention_norm.weight,
            self.attention_norm.bias,
            self.query.weight,
            self.key_value.weight,
            self.attention_out.weight,
            x.new_zeros(self.heads, 1, 1, 1) if self.distance_bias is None else self._bias(length, at),
            at=at,
            unseen=unseen,
            keep_probabilities=dropout((*lead, self.heads, batch, count, length), x),
            keep=dropout((*lead, batch, count, hidden), x),
        )
        norm, w_in, w_out = self.feed_norm, self.feed_in.weight, self.feed_out.weight
        return self.feed_forward(x, norm.weight, norm.bias, w_in, w_out, dropout(x.shape, x))

    def _bias(self, length: int, at: int | Tensor | None) -> Tensor:
        """The rows [*, A, 1 or B, Q, T] of the relative bias that belong to the query positions."""
        bias = relative_bias(self.distance_bias, length)
        if not isinstance(at, Tensor):
            return bias[..., None, :at, :]
        tables, rows = bias.movedim(-3, 0).flatten(1, -2), flat_rows(at.flatten(-2), length)  # [A, * T, T] and [* B Q]
        return tables.index_select(1, rows).view(self.heads, *at.shape, length).movedim(0, -4)


def torch_dropout(rate: float, training: bool) -> Dropout:
    """Dropout from torch's global generator."""
    return lambda shape, like: F.dropout(like.new_ones(shape), rate) if training and rate else None


def without_global_randomness() -> AbstractContextManager:
    """PyTorch's layers draw weights of their own when they are built; `initialise` then replaces them."""
    return torch.random.fork_rng(devices=[])


class Encoder(nn.Module):
    """Bidirectional pre-norm transformer with tied masked-token logits; plain: without hand-written gradients."""

    def __init__(self, config: EncoderConfig, *, seed: int, plain: bool = False):
        super().__init__()
        self.config = config
        with without_global_randomness():
            self.token_embedding = nn.Embedding(config.vocabulary_size, config.hidden)
            if config.positions == "absolute":
                self.position_embedding = nn.Embedding(config.max_length, config.hidden)
            self.blocks = nn.ModuleList(Block(config, plain) for _ in range(config.layers))
        self.final_norm = nn.LayerNorm(config.hidden)
        self.logit_bias = nn.Parameter(torch.zeros(config.vocabulary_size))
        initialise(self, config, seed)

    def forward(
        self,
        tokens: Tensor,
        lengths: Tensor | None = None,
        at: int | Tensor | None = None,
        documents: Tensor | None = None,
        dropout: Dropout | None = None,
    ) -> Tensor:
        """States [*, B, T, H] of tokens [*, B, T], or [*, B, Q, H] of the query positions `at` alone.

        lengths [*, B] hides the padding behind them; documents [*, B, T] keeps attention among tokens of the same
        number (several documents packed into a row; [PAD] has a number of its own). With `at`, the first so many
        positions or chosen ones [B, Q], the last block computes nothing that its result does not need: a masked-token
        loss reads one token in seven, a classifier one in each sequence. dropout: in place of torch's, with the
        configuration's rate while the model trains.
        """
        config, length = self.config, tokens.shape[-1]
        if length > config.max_length:
            raise ValueError(f"sequence of {length} tokens is longer than max_length={config.max_length}")
        dropout = dropout or torch_dropout(config.dropout, self.training)
        x = embed(self.token_embedding.weight, tokens)
        if config.positions == "absolute":
            x = x + embed(self.position_embedding.weight, places(tokens, documents))
        x = dropped(x * config.hidden**config.input_exponent, dropout(x.shape, x))
        unseen = None
        if documents is not None:
            unseen = (documents[..., :, None] != documents[..., None, :]).unsqueeze(-4)
        elif lengths is not None and int(lengths.min()) < length:
            unseen = (torch.arange(length, device=tokens.device) >= lengths[..., None])[..., None, :, None, :]
        for block in self.blocks[:-1]:
            x = block(x, unseen, None, dropout)
        x = self.blocks[-1](x, unseen, at, dropout)
        return layer_norm(x, self.final_norm.weight, self.final_norm.bias)


def places(tokens: Tensor, documents: Tensor | None) -> Tensor:
    """Position of each token [*, B, T] in its row, or in its document."""
    place = torch.arange(tokens.shape[-1], device=tokens.device).expand(tokens.shape)
    if documents is None:
        return place
    begins = F.pad(documents[..., 1:] != documents[..., :-1], (1, 0))
    return place - (place * begins).cummax(-1).values


def initialise(module: nn.Module, config: EncoderConfig, seed: int) -> None:
    """Draw all weights from a generator of their own; no global random state is read or changed.

    Matrices have standard deviation 1 / sqrt(fan-in), those that write to the residual stream times
    1 / (2 L)^residual_exponent, feed_out also times feed_scale; embeddings have embedding_scale, biases are zero. The
    distance bias of local_heads heads watches the previous token and the next in turn (NEIGHBOURS); further heads start
    without a preference.
    """
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in module.named_parameters():
        with torch.no_grad():
            if name.endswith("distance_bias"):
                parameter.zero_()
                for head in range(min(len(parameter), config.local_heads)):
                    side = 1 if head % 2 else -1
                    for offset, value in NEIGHBOURS.items():
                        parameter[head, FARTHEST + side * offset] = value
            elif "embedding" in name:
                parameter.normal_(0.0, config.embedding_scale, generator=generator)
            elif parameter.dim() == 2:
                scale = parameter.shape[1] ** -0.5
                if name.endswith(("attention_out.weight", "feed_out.weight")):
                    scale *= 1 / (2 * config.layers) ** config.residual_exponent
                if name.endswith("feed_out.weight"):
                    scale *= config.feed_scale
                parameter.normal_(0.0, scale, generator=generator)
            elif name.endswith("bias"):
                parameter.zero_()
