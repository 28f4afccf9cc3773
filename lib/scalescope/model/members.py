"""Several models of one shape side by side: one batched product where each alone has its own."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

from scalescope.model.heads import TaskModel

Model = TypeVar("Model", bound=nn.Module)
LEVELS = 2**16  # a dropout rate is a number of these


def side_by_side(models: Sequence[Model], device: torch.device) -> Model:
    """The weights of models of one shape in a copy of the first: every weight is [E, ...]."""
    own, named = copy.deepcopy(models[0]), [dict(model.named_parameters()) for model in models]
    for name, parameter in own.named_parameters():
        parameter.data = torch.stack([member[name].detach() for member in named]).to(device)
    return own


def weights_of(model: nn.Module, member: int) -> dict[str, Tensor]:
    """The weights of one member, by name, as its own model has them."""
    return {name: weight[member] for name, weight in model.state_dict().items()}


class Members(TaskModel):
    """E task models as one: every weight is [E, ...], and the forward pass is that of `TaskModel`.

    Outputs of each member are those of its model, for tokens [E, B, T] with lengths [E, B]. While it trains, each
    member draws its dropout from a stream of its own, so that its numbers do not depend on its company; `seeds` [E]
    start them. What no task trains, the bias of the masked-token logits, is frozen.
    """

    def __init__(self, models: Sequence[TaskModel], seeds: Sequence[int], device: torch.device):
        own = side_by_side(models, device)
        super().__init__(own.encoder, own.head)
        self.count = len(models)
        self.encoder.logit_bias.requires_grad_(False)
        self.dropout = MemberDropout(own.head.dropout, seeds, device)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Head outputs [E, B, n] of tokens [E, B, T] with lengths [E, B]; span tasks [E, B, T, 2]."""
        return super().forward(tokens, lengths, self.dropout if self.training else None)


class MemberDropout:
    """Dropout's factors for members; every member draws its own bits from a generator of its own."""

    def __init__(self, rate: float, seeds: Sequence[int], device: torch.device):
        self.dropped = round(rate * LEVELS)
        self.generators = [torch.Generator(device).manual_seed(seed) for seed in seeds]

    def __call__(self, shape: Sequence[int], like: Tensor) -> Tensor | None:
        """Factors [E, ...], 0 or 1 / (1 - p), in the number format of `like`; None where nothing is dropped."""
        if self.dropped == 0:
            return None
        members, count = shape[0], math.prod(shape[1:])
        bits = torch.empty(members, -(-count // 4), dtype=torch.int64, device=like.device)
        for row, generator in zip(bits, self.generators, strict=True):
            row.random_(-(2**63), None, generator=generator)
        kept = bits.view(torch.int16)[:, :count] >= self.dropped - LEVELS // 2
        return kept.to(like.dtype).mul_(LEVELS / (LEVELS - self.dropped)).view(shape)
