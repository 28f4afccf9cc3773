"""Losses and fill-in accuracies of an encoder on masked batches."""

from __future__ import annotations

import numpy as np
import torch

from scalescope.data.masking import Masked
from scalescope.data.probes import Probes
from scalescope.model.encoder import Encoder
from scalescope.model.loss import masked_cross_entropy
from scalescope.training.device import autocast


def masked_loss(model: Encoder, masked: Masked, precision: str) -> torch.Tensor:
    """Mean cross-entropy in nats at the masked positions of one batch; nothing else is computed to the end.

    A number, or one per member [E] where models stand side by side: they all read the same batch.
    """
    device = model.logit_bias.device
    labels = torch.from_numpy(masked.labels).to(device, non_blocking=True)
    with autocast(device, precision):
        states = masked_states(model, masked)
        labels = labels.expand(*states.shape[:-2], -1)
        return masked_cross_entropy(states, model.token_embedding.weight, model.logit_bias, labels)


def masked_states(model: Encoder, masked: Masked) -> torch.Tensor:
    """Last states [*, M, H] of the masked positions of one batch."""
    device, members = model.logit_bias.device, model.logit_bias.shape[:-1]
    arrays = (masked.inputs, *masked.by_row(), masked.documents)
    inputs, at, taken, documents = (
        None if array is None else torch.from_numpy(array).to(device, non_blocking=True) for array in arrays
    )
    if members:
        inputs, at, documents = (None if x is None else x.expand(*members, *x.shape) for x in (inputs, at, documents))
    return model(inputs, at=at, documents=documents).flatten(-3, -2).index_select(-2, taken)


@torch.no_grad()
def evaluate(model: Encoder, batches: list[Masked], precision: str) -> np.ndarray:
    """Held-out loss in nats [*]: mean over all masked tokens of fixed, pre-masked batches."""
    model.eval()
    total = sum(masked_loss(model, batch, precision).double() * len(batch.labels) for batch in batches)
    model.train()
    return (total / sum(len(batch.labels) for batch in batches)).cpu().numpy()


@torch.no_grad()
def accuracies(model: Encoder, probes: Probes, precision: str) -> dict[str, float]:
    """Share of masked answer tokens that the model gets right, by skill; among the skill's choices if it has any."""
    model.eval()
    device, found = model.logit_bias.device, {}
    for skill, choices in zip(probes.skills, probes.choices, strict=True):
        batch = probes.batch(skill)
        with autocast(device, precision):
            states = masked_states(model, batch)
        logits = states.float() @ model.token_embedding.weight.T + model.logit_bias
        allowed = torch.tensor(choices or range(logits.shape[1]), device=device)
        predicted = allowed[logits[:, allowed].argmax(dim=1)]
        found[skill] = float((predicted.cpu() == torch.from_numpy(batch.labels)).double().mean())
    model.train()
    return found
