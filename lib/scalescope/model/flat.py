"""All parameters of a model in one buffer and all gradients in another: an optimiser step is a handful of kernels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

BETA2 = 0.98  # decay of the second moment per step


class FlatAdamW:
    """AdamW with gradient clipping over a model whose parameters become views of one buffer.

    betas (0.9, `beta2`), eps 1e-8; decay on matrices only. A model of twelve thousand parameters has thirty tensors, so
    that clipping and updating them one by one costs more than the arithmetic. Matrices come first in the buffer, so
    that the two decays are two slices. Gradients accumulate in place until `step`, which applies and clears them.
    Do not set the gradients of the model to None.
    """

    def __init__(self, model: nn.Module, weight_decay: float, largest_norm: float = 1.0, beta2: float = BETA2):
        parameters = sorted(model.parameters(), key=lambda parameter: parameter.dim() < 2)  # stable: matrices first
        self.largest_norm, self.beta2 = largest_norm, beta2
        self.weights = torch.cat([parameter.detach().flatten() for parameter in parameters])
        self.gradients = torch.zeros_like(self.weights)
        start = 0
        for parameter in parameters:
            part = slice(start, start + parameter.numel())
            parameter.data = self.weights[part].view(parameter.shape)
            parameter.grad = self.gradients[part].view(parameter.shape)
            start = part.stop
        matrices = sum(parameter.numel() for parameter in parameters if parameter.dim() >= 2)
        self.decays = (slice(matrices), weight_decay), (slice(matrices, None), 0.0)
        self.first, self.second = torch.zeros_like(self.weights), torch.zeros_like(self.weights)
        self.steps = torch.zeros((), device=self.weights.device)

    def step(self, learning_rate: float) -> None:
        """Clip the gradients to the largest norm, update at this rate, and clear the gradients."""
        norm = torch.linalg.vector_norm(self.gradients)
        self.gradients *= (self.largest_norm / (norm + 1e-6)).clamp_(max=1.0)
        self.steps += 1
        for part, decay in self.decays:
            buffers = ([each[part]] for each in (self.weights, self.gradients, self.first, self.second))
            fused_adamw(*buffers, self.steps, learning_rate, decay, self.beta2)
        self.gradients.zero_()

    def state(self) -> dict[str, Tensor]:
        """Weights, both moments and the step count, as needed to go on with the same numbers."""
        return {name: buffer.clone() for name, buffer in self._buffers().items()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from what `state` returned, in place."""
        for name, buffer in self._buffers().items():
            buffer.copy_(state[name])

    def _buffers(self) -> dict[str, Tensor]:
        return {"weights": self.weights, "first": self.first, "second": self.second, "step": self.steps}


def fused_adamw(
    weights: list[Tensor],
    gradients: list[Tensor],
    first: list[Tensor],
    second: list[Tensor],
    steps: Tensor,
    learning_rate: float,
    weight_decay: float,
    beta2: float = BETA2,
) -> None:
    """One AdamW step (Loshchilov 2019) in place, betas (0.9, `beta2`), eps 1e-8; `steps` counts this one already.

    The kernel behind torch.optim.AdamW(fused=True), whose first use imports the compiler: 5 s a process.
    """
    torch._fused_adamw_(
        weights,
        gradients,
        first,
        second,
        [],
        [steps] * len(weights),
        lr=learning_rate,
        beta1=0.9,
        beta2=beta2,
        weight_decay=weight_decay,
        eps=1e-8,
        amsgrad=False,
        maximize=False,
    )
