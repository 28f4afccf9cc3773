"""The transformer and its heads: one pre-norm encoder, sized by aspect ratio, layers and heads."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from scalescope.errors import UnknownName
from scalescope.model.config import EncoderConfig
from scalescope.model.fused import feed_forward, self_attention
from scalescope.model.kernels import relative_bias

# What a token budget of millions (not billions) needs: benchmarks/results/architecture.csv holds each choice beside its
# alternative. Heads that start at their neighbours are worth two nats there, embeddings of 0.1 instead of BERT's 0.02
# 0.2 to 0.6. Absolute positions, left out long ago, are not in that table.
EMBEDDING_SCALE = 0.1
FARTHEST = 32  # tokens; a longer distance counts as this one
NEIGHBOURS = {1: 4.0, 2: 2.0, -1: 1.0}  # bias at the start, by distance on the side a head watches
LOCAL_HEADS = 2  # heads that start at their neighbours, one on each side; the others start without a preference
# Squared ReLU instead of GELU, for speed: at most 0.02 nats worse in the same table, and 0.02 more without the halving.
SQUARED_RELU_SCALE = 0.5  # squared ReLU of a unit normal is twice as large as its GELU: the output starts as large


class Block(nn.Module):
    """Pre-norm block: x + attention(norm(x)), then x + feed_forward(norm(x)); feed-forward width 4 H.

    Attention scores get a learned bias per head and signed distance up to FARTHEST (beyond it the last one
    counts), as in T5 (Raffel 2020); there are no absolute positions. The heads start as neighbour watchers, see
    `initialise`. Matrices have no biases (as in PaLM, Chowdhery 2022); the feed-forward is squared ReLU (So 2021).
    """

    def __init__(self, config: EncoderConfig):
        super().__init__()
        hidden = config.hidden
        self.heads, self.dropout = config.heads, config.dropout
        self.attention_norm = nn.LayerNorm(hidden)
        self.query = nn.Linear(hidden, hidden, bias=False)
        self.key_value = nn.Linear(hidden, 2 * hidden, bias=False)
        self.distance_bias = nn.Parameter(torch.zeros(config.heads, 2 * FARTHEST + 1))
        self.attention_out = nn.Linear(hidden, hidden, bias=False)
        self.feed_norm = nn.LayerNorm(hidden)
        self.feed_in = nn.Linear(hidden, 4 * hidden, bias=False)
        self.feed_out = nn.Linear(4 * hidden, hidden, bias=False)

    def forward(self, x: Tensor, hidden_keys: Tensor | None = None, at: Tensor | None = None) -> Tensor:
        """x [B, T, H] to the same shape, or to [B, Q, H] for the tokens `at` [B, Q] alone.

        hidden_keys: bool [B, 1 or T, T], true where a query (second dimension) may not see a key (third), or None.
        Keys and values need every token; all else is done for the tokens asked for only, with the same result.
        """
        batch, length = x.shape[:2]
        bias, asking = relative_bias(self.distance_bias, length), None
        if at is None:
            bias = bias[:, None]
        else:
            bias = bias.index_select(1, at.flatten()).view(self.heads, batch, -1, length)
            asking = (at + length * torch.arange(batch, device=at.device)[:, None]).flatten()
            if hidden_keys is not None and hidden_keys.shape[1] > 1:
                hidden_keys = hidden_keys.reshape(-1, length).index_select(0, asking).view(batch, -1, length)
        x = self_attention(
            x,
            self.attention_norm.weight,
            self.attention_norm.bias,
            self.query.weight,
            self.key_value.weight,
            self.attention_out.weight,
            bias,
            asking=asking,
            hidden=hidden_keys,
            keep_share=self._keep(x, self.heads, batch, bias.shape[-2], length),
            keep=self._keep(x, batch * bias.shape[-2], x.shape[-1]),
        )
        norm = self.feed_norm
        x = feed_forward(x, norm.weight, norm.bias, self.feed_in.weight, self.feed_out.weight, self._keep(x, *x.shape))
        return x.view(batch, -1, x.shape[-1])

    def _keep(self, like: Tensor, *shape: int) -> Tensor | None:
        """Dropout's factors, 0 or 1 / (1 - p), or None where nothing is dropped."""
        return F.dropout(like.new_ones(shape), self.dropout) if self.training and self.dropout else None


def _without_global_randomness() -> AbstractContextManager:
    """PyTorch's layers draw weights of their own when they are built; `initialise` then replaces them."""
    return torch.random.fork_rng(devices=[])


class Encoder(nn.Module):
    """Bidirectional pre-norm transformer with relative positions and tied masked-token logits."""

    def __init__(self, config: EncoderConfig, *, seed: int):
        super().__init__()
        self.config = config
        with _without_global_randomness():
            self.token_embedding = nn.Embedding(config.vocabulary_size, config.hidden)
            self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.final_norm = nn.LayerNorm(config.hidden)
        self.logit_bias = nn.Parameter(torch.zeros(config.vocabulary_size))
        initialise(self, config.layers, seed)

    def forward(
        self, tokens: Tensor, lengths: Tensor | None = None, at: Tensor | None = None, documents: Tensor | None = None
    ) -> Tensor:
        """Hidden states [B, T, H] of tokens [B, T], or [B, Q, H] of the positions `at` [B, Q] alone.

        lengths [B] hides the padding behind them; documents [B, T] keeps attention among tokens of the same number
        (several documents packed into a row; [PAD] has a number of its own). With `at` the last block computes
        nothing that its result does not need: a masked-token loss reads one token in seven, a classifier one in each
        sequence.
        """
        length = tokens.shape[1]
        if length > self.config.max_length:
            raise ValueError(f"sequence of {length} tokens is longer than max_length={self.config.max_length}")
        x = F.dropout(
            self.token_embedding(tokens) * input_scale(self.config.hidden), self.config.dropout, self.training
        )
        unseen = None
        if documents is not None:
            unseen = documents[:, :, None] != documents[:, None, :]
        elif lengths is not None and int(lengths.min()) < length:
            unseen = (torch.arange(length, device=tokens.device) >= lengths[:, None])[:, None]
        for block in self.blocks[:-1]:
            x = block(x, unseen)
        return self.final_norm(self.blocks[-1](x, unseen, at))


class Head(nn.Module):
    """Task head (Ivgi 2022, section 3): an MLP with one hidden layer on CLS, or start/end scores per token.

    family "classification" gives [B, n_labels], "choice" one score per option [B, 1], "span" [B, T, 2].
    """

    def __init__(self, family: str, hidden: int, n_labels: int, dropout: float):
        super().__init__()
        families = ("classification", "choice", "span")
        if family not in families:
            raise UnknownName("head", family, families)
        self.family, self.dropout = family, dropout
        outputs = {"classification": n_labels, "choice": 1, "span": 2}[family]
        with _without_global_randomness():
            self.dense = nn.Linear(hidden, hidden) if family != "span" else None
            self.out = nn.Linear(hidden, outputs)

    def forward(self, hidden: Tensor) -> Tensor:
        if self.dense is None:
            return self.out(F.dropout(hidden, self.dropout, self.training))
        pooled = torch.tanh(self.dense(hidden[:, 0]))
        return self.out(F.dropout(pooled, self.dropout, self.training))


class TaskModel(nn.Module):
    """An encoder with a task head."""

    def __init__(self, encoder: Encoder, head: Head):
        super().__init__()
        self.encoder, self.head = encoder, head

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Head outputs of tokens [B, T] with lengths [B]."""
        return self.head(self.encoder(tokens, lengths))


def input_scale(hidden: int) -> float:
    """Factor of the token embeddings on their way in (Vaswani 2017, section 3.4); the logits read them without it.

    Together with `residual_scale` worth 0.12 nats at two layers and 0.32 at four (same table): without both the token
    drowns in the sum of many random blocks.
    """
    return hidden**0.5


def residual_scale(layers: int) -> float:
    """Size at the start of what one half of a block adds: 1 / (2 L), where GPT-2 has 1 / sqrt(2 L)."""
    return 1 / (2 * layers)


def initialise(module: nn.Module, layers: int, seed: int) -> None:
    """Draw all weights from a generator of their own; no global random state is read or changed.

    Matrices have standard deviation 1 / sqrt(fan-in), those that write to the residual stream times
    `residual_scale`; embeddings have EMBEDDING_SCALE, biases are zero. The distance bias starts with one head that
    watches the previous token and one that watches the next (NEIGHBOURS); further heads start without a preference.
    """
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in module.named_parameters():
        with torch.no_grad():
            if name.endswith("distance_bias"):
                parameter.zero_()
                for head in range(min(len(parameter), LOCAL_HEADS)):
                    side = 1 if head % 2 else -1
                    for offset, value in NEIGHBOURS.items():
                        parameter[head, FARTHEST + side * offset] = value
            elif "embedding" in name:
                parameter.normal_(0.0, EMBEDDING_SCALE, generator=generator)
            elif parameter.dim() == 2:
                scale = parameter.shape[1] ** -0.5
                if name.endswith(("attention_out.weight", "feed_out.weight")):
                    scale *= residual_scale(layers)
                if name.endswith("feed_out.weight"):
                    scale *= SQUARED_RELU_SCALE
                parameter.normal_(0.0, scale, generator=generator)
            elif name.endswith("bias"):
                parameter.zero_()
