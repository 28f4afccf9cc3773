"""AdamW on one buffer of weights and one of gradients, for one model or members: a step is a handful of kernels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

BETA2 = 0.98  # decay of the second moment per step
ALIGNMENT = 16  # floats: every member and every weight of it starts at the same offset within a vector register


class FlatAdamW:
    """AdamW (Loshchilov 2019) with gradient clipping over weights that become views of one buffer [*, P].

    betas (0.9, `beta2`), eps 1e-8; decay on matrices only. A model of twelve thousand parameters has thirty tensors, so
    that clipping and updating them one by one costs more than the arithmetic. Matrices come first in the buffer, so
    that the two decays are two slices; frozen weights stay outside. Gradients of one model accumulate in place until
    `step` applies and clears them; those of members, whose weights are not dense, are copied by it.

    members: how many models lie side by side in the leading dimension of every weight (see members.py); each is clipped
    by its own norm and may have its own rate.
    """

    def __init__(
        self,
        model: nn.Module,
        weight_decay: float,
        largest_norm: float = 1.0,
        beta2: float = BETA2,
        members: int | None = None,
    ):
        lead = [] if members is None else [members]
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        parameters = sorted(trained, key=lambda parameter: parameter.dim() < 2 + len(lead))  # stable: matrices first
        places, decayed, size = _places(parameters, len(lead))
        self.largest_norm, self.beta2 = largest_norm, beta2
        self.weights = torch.zeros(*lead, size, device=parameters[0].device)
        self.gradients, self.first, self.second = (torch.zeros_like(self.weights) for _ in range(3))
        self.steps = torch.zeros((), device=self.weights.device)
        self.trained = []
        for parameter, place in zip(parameters, places, strict=True):
            self.weights[..., place] = parameter.detach().flatten(len(lead))
            parameter.data = self.weights[..., place].view(parameter.shape)
            self.trained.append((parameter, self.gradients[..., place].view(parameter.shape)))
            parameter.grad = None if members else self.trained[-1][1]
        buffers = (self.weights, self.gradients, self.first, self.second)
        rows = [[buffer.view(-1, size)[member] for buffer in buffers] for member in range(members or 1)]
        parts = ((slice(decayed), weight_decay), (slice(decayed, None), 0.0))
        self.parts = [([[buffer[part] for buffer in row] for row in rows], decay) for part, decay in parts]

    def step(self, learning_rate: float | Sequence[float]) -> None:
        """Clip the gradients to the largest norm, update at this rate (or one per member), and clear the gradients."""
        for parameter, place in self.trained:
            if parameter.grad is not None and parameter.grad is not place:
                place.copy_(parameter.grad)
                parameter.grad = place if self.weights.dim() == 1 else None
        norm = torch.linalg.vector_norm(self.gradients, dim=-1, keepdim=True)
        self.gradients *= (self.largest_norm / (norm + 1e-6)).clamp_(max=1.0)
        self.steps += 1
        for members, decay in self.parts:
            rates = learning_rate if isinstance(learning_rate, Sequence) else [learning_rate] * len(members)
            for rate in dict.fromkeys(rates):
                same = [member for member, own in zip(members, rates, strict=True) if own == rate]
                self._update(*map(list, zip(*same, strict=True)), lr=rate, weight_decay=decay)
        self.gradients.zero_()

    def _update(self, weights, gradients, first, second, **rates: float) -> None:
        """The kernel behind torch.optim.AdamW(fused=True), whose first use imports the compiler: 5 s a process."""
        counts, fixed = [self.steps] * len(weights), {"eps": 1e-8, "amsgrad": False, "maximize": False}
        betas = {"beta1": 0.9, "beta2": self.beta2}
        torch._fused_adamw_(weights, gradients, first, second, [], counts, **rates, **betas, **fixed)

    def state(self) -> dict[str, Tensor]:
        """Weights, both moments and the step count, as needed to go on with the same numbers."""
        return {name: buffer.clone() for name, buffer in self._buffers().items()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from what `state` returned, in place."""
        for name, buffer in self._buffers().items():
            buffer.copy_(state[name])

    def _buffers(self) -> dict[str, Tensor]:
        return {"weights": self.weights, "first": self.first, "second": self.second, "step": self.steps}


def _places(parameters: Sequence[Tensor], lead: int) -> tuple[list[slice], int, int]:
    """Where each weight lies in the buffer of a member; the end of those that decay, and of all.

    Members (lead 1) are aligned, so that the numbers of a member are the same in any place, and lie a whole number of
    embeddings apart, so that `lookups.embed` reads them without a copy.
    """
    step, places, end, decayed = ALIGNMENT if lead else 1, [], 0, 0
    for parameter in parameters:
        shape = parameter.shape[lead:]
        places.append(slice(end, end + shape.numel()))
        end = -(-places[-1].stop // step) * step
        decayed = end if len(shape) >= 2 else decayed
    apart = math.lcm(step, parameters[0].shape[-1]) if lead else 1
    return places, decayed, -(-end // apart) * apart
