"""The weights of several models of one shape in one buffer, with their gradients and their optimiser."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from scalescope.model.flat import fused_adamw

ALIGNMENT = 16  # floats: every member and every weight starts at the same offset within a vector register


class Stack:
    """Weights of E models as `weights[name]` [E, *shape], all of them views of one buffer [E, P].

    Matrices come first (they decay), then vectors; `unused` names are left out. Each member has its own
    learning rate, gradient clipping and AdamW state (betas 0.9 and 0.98; decay on matrices only).
    """

    def __init__(
        self,
        models: Sequence[nn.Module],
        *,
        learning_rates: Sequence[float],
        weight_decay: float,
        device: torch.device,
        unused: Sequence[str] = (),
    ):
        named = [dict(model.named_parameters()) for model in models]
        self.names = sorted((n for n in named[0] if n not in unused), key=lambda name: named[0][name].dim() < 2)
        self.shapes = {name: named[0][name].shape for name in self.names}
        self.places, end, decayed = {}, 0, 0
        for name in self.names:
            self.places[name] = (end, end + self.shapes[name].numel())
            end = -(-self.places[name][1] // ALIGNMENT) * ALIGNMENT
            decayed = end if len(self.shapes[name]) >= 2 else decayed
        width = self.shapes[self.names[0]][-1]
        end = -(-end // math.lcm(ALIGNMENT, width)) * math.lcm(ALIGNMENT, width)
        self.flat = torch.zeros(len(models), end, device=device)
        self.gradient = torch.zeros_like(self.flat)
        self.weights = {name: self._view(self.flat, name).requires_grad_() for name in self.names}
        with torch.no_grad():
            for name in self.names:
                self.weights[name].copy_(torch.stack([member[name] for member in named]))
        self.moments = torch.zeros_like(self.flat), torch.zeros_like(self.flat)
        self.steps = torch.zeros((), device=device)
        self.groups = list(self._groups(learning_rates, decayed, weight_decay))

    def step(self, losses: Tensor, factor: float) -> None:
        """One AdamW step of every member on its own loss (losses [E]) at `factor` times its own rate."""
        self.differentiate(losses)
        norms = torch.linalg.vector_norm(self.gradient, dim=1, keepdim=True)
        self.gradient.mul_((1.0 / (norms + 1e-6)).clamp(max=1.0))
        self.steps += 1
        for rate, decay, buffers in self.groups:
            fused_adamw(*buffers, self.steps, rate * factor, decay)

    def differentiate(self, losses: Tensor) -> None:
        """Fill `gradient` [E, P]; a member's loss has no gradient in the weights of another."""
        found = torch.autograd.grad(losses.sum(), list(self.weights.values()))
        for name, value in zip(self.names, found, strict=True):
            self._view(self.gradient, name).copy_(value)

    def table(self, name: str) -> tuple[Tensor, int]:
        """The first weight [E, V, H] as the whole buffer [M, H], and how many rows lie between two members."""
        assert self.names[0] == name, f"{name} is not the first weight, {self.names[0]} is"
        width = self.shapes[name][-1]
        return self.flat.view(-1, width), self.flat.shape[1] // width

    def _view(self, buffer: Tensor, name: str) -> Tensor:
        start, stop = self.places[name]
        return buffer[:, start:stop].view(len(buffer), *self.shapes[name])

    def _groups(self, learning_rates: Sequence[float], decayed: int, weight_decay: float) -> Iterator[tuple]:
        """Rate, decay, and the rows of weights, gradients and both moments of the members with that rate."""
        for rate in dict.fromkeys(learning_rates):
            members = [member for member, own in enumerate(learning_rates) if own == rate]
            for part, decay in ((slice(0, decayed), weight_decay), (slice(decayed, None), 0.0)):
                buffers = (self.flat.detach(), self.gradient, *self.moments)
                yield rate, decay, [[buffer[member, part] for member in members] for buffer in buffers]
