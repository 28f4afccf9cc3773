"""All parameters of a model in one buffer and all gradients in another: an optimiser step is a handful of kernels."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class FlatAdamW:
    """AdamW with gradient clipping over a model whose parameters become views of one buffer.

    betas (0.9, 0.98), eps 1e-8; decay on matrices only. A model of twelve thousand parameters has thirty tensors, so
    that clipping and updating them one by one costs more than the arithmetic. Matrices come first in the buffer, so
    that the two decays are two slices. Gradients accumulate in place until `step`, which applies and clears them.
    Do not set the gradients of the model to None.
    """

    def __init__(self, model: nn.Module, weight_decay: float, largest_norm: float = 1.0):
        parameters = sorted(model.parameters(), key=lambda parameter: parameter.dim() < 2)  # stable: matrices first
        self.largest_norm = largest_norm
        self.weights = torch.cat([parameter.detach().flatten() for parameter in parameters])
        self.gradients = torch.zeros_like(self.weights)
        start = 0
        for parameter in parameters:
            part = slice(start, start + parameter.numel())
            parameter.data = self.weights[part].view(parameter.shape)
            parameter.grad = self.gradients[part].view(parameter.shape)
            start = part.stop
        matrices = sum(parameter.numel() for parameter in parameters if parameter.dim() >= 2)
        groups = []
        for part, decay in ((slice(matrices), weight_decay), (slice(matrices, None), 0.0)):
            flat = nn.Parameter(self.weights[part])
            flat.grad = self.gradients[part]
            groups.append({"params": [flat], "weight_decay": decay})
        self.optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-8, fused=True)

    def step(self, learning_rate: float) -> None:
        """Clip the gradients to the largest norm, update at this rate, and clear the gradients."""
        norm = torch.linalg.vector_norm(self.gradients)
        self.gradients *= (self.largest_norm / (norm + 1e-6)).clamp_(max=1.0)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        self.optimiser.step()
        self.gradients.zero_()

    def state(self) -> dict[str, Tensor]:
        """Weights, both moments and the step count, as needed to go on with the same numbers."""
        moments = [self.optimiser.state[group["params"][0]] for group in self.optimiser.param_groups]
        return {
            "weights": self.weights.clone(),
            "first": torch.cat([each["exp_avg"] for each in moments]),
            "second": torch.cat([each["exp_avg_sq"] for each in moments]),
            "step": moments[0]["step"].clone(),
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from what `state` returned, in place."""
        self.weights.copy_(state["weights"])
        start = 0
        for group in self.optimiser.param_groups:
            (flat,) = group["params"]
            part = slice(start, start + flat.numel())
            self.optimiser.state[flat] = {
                "step": state["step"].clone(),
                "exp_avg": state["first"][part].to(flat.device, copy=True),
                "exp_avg_sq": state["second"][part].to(flat.device, copy=True),
            }
            start = part.stop
