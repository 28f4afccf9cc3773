"""Task heads, and an encoder with one: what finetuning trains. "*" is nothing, or the member dimension (members.py)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from scalescope.errors import check_name
from scalescope.model.encoder import Dropout, Encoder, dropped, torch_dropout, without_global_randomness


class Head(nn.Module):
    """Task head (Ivgi 2022, section 3): an MLP with one hidden layer on CLS, or start/end scores per token.

    family "classification" gives [*, B, n_labels], "choice" one score per option [*, B, 1], "span" [*, B, T, 2].
    """

    def __init__(self, family: str, hidden: int, n_labels: int, dropout: float):
        super().__init__()
        outputs = {"classification": n_labels, "choice": 1, "span": 2}
        check_name("head", family, outputs)
        self.dropout = dropout
        with without_global_randomness():
            self.dense = nn.Linear(hidden, hidden) if family != "span" else None
            self.out = nn.Linear(hidden, outputs[family])

    @property
    def reads(self) -> int | None:
        """How many of the first positions it reads; None for all."""
        return 1 if self.dense is not None else None

    def forward(self, states: Tensor, dropout: Dropout | None = None) -> Tensor:
        """Outputs of the states [*, B, Q, H] of the positions that it reads."""
        dropout = dropout or torch_dropout(self.dropout, self.training)
        if self.dense is None:
            rows = states.flatten(-3, -2)
        else:
            rows = torch.tanh(affine(states[..., 0, :], self.dense.weight, self.dense.bias))
        outputs = affine(dropped(rows, dropout(rows.shape, rows)), self.out.weight, self.out.bias)
        return outputs.unflatten(-2, states.shape[-3:-1]) if self.dense is None else outputs


class TaskModel(nn.Module):
    """An encoder with a task head."""

    def __init__(self, encoder: Encoder, head: Head):
        super().__init__()
        self.encoder, self.head = encoder, head

    def forward(self, tokens: Tensor, lengths: Tensor, dropout: Dropout | None = None) -> Tensor:
        """Head outputs of tokens [*, B, T] with lengths [*, B]."""
        return self.head(self.encoder(tokens, lengths, self.head.reads, dropout=dropout), dropout)


def affine(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x [*, N, H] times weight [*, K, H], plus bias [*, K]: [*, N, K]."""
    if weight.dim() == 2:
        return F.linear(x, weight, bias)
    if weight.shape[1] == 1:  # the batched product rounds a single column otherwise for one member than for several
        return (x * weight).sum(2, keepdim=True) + bias[:, None]
    return torch.baddbmm(bias[:, None], x, weight.mT)
