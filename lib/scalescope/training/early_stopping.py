"""Early stopping by patience in steps, with the best checkpoint kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch


class Diverged(RuntimeError):
    """A loss that is not finite; the run stops and is recorded as failed."""


@dataclass
class Patience:
    """Stops when the evaluation loss has not decreased for `steps` steps (Ivgi 2022, section 3.1)."""

    steps: int
    best_loss: float = math.inf
    best_step: int = 0
    best_weights: dict[str, torch.Tensor] = field(default_factory=dict, repr=False)

    def update(self, step: int, loss: float, weights: Callable[[], Mapping[str, torch.Tensor]]) -> bool:
        """Record one evaluation; True when training should stop. Raises Diverged for a non-finite loss.

        `weights()`, those of the model by name, is asked for the best one only.
        """
        if not math.isfinite(loss):
            raise Diverged(f"evaluation loss {loss} at step {step}")
        if loss < self.best_loss:
            self.best_loss, self.best_step = loss, step
            self.best_weights = {k: v.detach().cpu().clone() for k, v in weights().items()}
        return step - self.best_step >= self.steps
