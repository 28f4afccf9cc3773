"""Masked-language-model pretraining: batches -> curve and best checkpoint."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
import torch

from scalescope.encoder import Encoder, EncoderConfig
from scalescope.kernels import masked_cross_entropy
from scalescope.store import Run, Store, run_id
from scalescope.text.corpus import Corpus
from scalescope.text.masking import Masked, Masker
from scalescope.training.convergence import Diverged, Patience
from scalescope.training.device import autocast, pick_device
from scalescope.training.flat import FlatAdamW
from scalescope.training.schedule import schedule


@dataclass(frozen=True)
class PretrainConfig:
    """Everything that determines one pretraining run.

    Steps count batches; data identifies corpus and tokenizer.
    """

    encoder: EncoderConfig
    objective: str
    data: str
    steps: int
    batch_size: int
    learning_rate: float
    warmup_steps: int
    schedule: str
    decay_fraction: float
    weight_decay: float
    mask_rate: float
    eval_every: int
    eval_sequences: int
    patience: int
    precision: str
    seed: int

    @property
    def id(self) -> str:
        """Id of the run: "pretrain-<objective>-<model>-<hash>"."""
        return run_id(f"pretrain-{self.objective}-{self.encoder.name}", asdict(self))


Progress = Callable[[int, int, float], None]


def pretrain(
    config: PretrainConfig, train: Corpus, heldout: Corpus, store: Store, progress: Progress | None = None
) -> Run:
    """Train one encoder, or return the finished run; the best checkpoint on held-out loss is kept.

    The curve has one row per evaluation: step, tokens, split ("train": mean since the last one, "heldout"),
    loss in nats per masked token. Stops after `patience` steps without a lower held-out loss (Ivgi 2022,
    section 3.1). A run whose loss is not finite is recorded with status "failed" and without weights.
    """
    with store.claim(config.id) as done:
        if done is not None:
            return done
        return _train(config, train, heldout, store, progress)


def _train(config, train: Corpus, heldout: Corpus, store: Store, progress: Progress | None) -> Run:
    device = pick_device()
    # dropout draws from torch's global generator: fork it so that a run neither reads nor moves the caller's
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(config.seed)
        model = Encoder(config.encoder, seed=config.seed).to(device)
        patience = Patience(config.patience)
        rows: list[dict] = []
        status, stopped, reason = "finished", "budget", ""
        try:
            if _loop(config, model, train, heldout, patience, rows, progress):
                stopped = "patience"
        except Diverged as error:
            status, stopped, reason = "failed", "diverged", str(error)
    tokens_per_step = config.batch_size * train.tokens.shape[1]
    step = rows[-1]["step"] if rows else 0
    summary = {
        "step": step,
        "tokens": step * tokens_per_step,
        "flops": 6 * config.encoder.parameters * step * tokens_per_step,
        "best_step": patience.best_step,
        "loss": patience.best_loss if math.isfinite(patience.best_loss) else None,
        "stopped": stopped,
    }
    manifest = {
        "kind": "pretrain",
        "status": status,
        "config": asdict(config),
        "summary": summary,
        "reason": reason,
    }
    weights = patience.best_weights if status == "finished" else None
    curve = pd.DataFrame(rows, columns=["step", "tokens", "split", "loss"])
    return store.write(config.id, manifest=manifest, curve=curve, metrics=pd.DataFrame([summary]), weights=weights)


def _loop(config, model, train, heldout, patience: Patience, rows: list[dict], progress) -> bool:
    """Run the steps, appending to `rows`; True when patience ended them."""
    optimiser = FlatAdamW(model, config.weight_decay)
    factor = schedule(
        config.schedule,
        steps=config.steps,
        warmup_steps=config.warmup_steps,
        decay_fraction=config.decay_fraction,
    )
    masker = Masker(config.objective, train.vocabulary_size, rate=config.mask_rate)
    fixed = list(_evaluation_batches(config, masker, heldout))
    batches = masked_batches(train, masker, config.batch_size, config.seed)
    recent: list[torch.Tensor] = []
    for step in range(1, config.steps + 1):
        loss = masked_loss(model, next(batches), config.precision)
        loss.backward()
        optimiser.step(config.learning_rate * factor(step - 1))
        recent.append(loss.detach())
        if step % config.eval_every == 0 or step == config.steps:
            seen = step * config.batch_size * train.tokens.shape[1]
            mean = float(torch.stack(recent).mean())
            recent.clear()
            value = evaluate(model, fixed, config.precision)
            rows.append({"step": step, "tokens": seen, "split": "train", "loss": mean})
            rows.append({"step": step, "tokens": seen, "split": "heldout", "loss": value})
            if progress is not None:
                progress(step, config.steps, value)
            if patience.update(step, value, model):
                return True
    return False


def masked_loss(model: Encoder, masked: Masked, precision: str) -> torch.Tensor:
    """Mean cross-entropy in nats at the masked positions of one batch."""
    device = model.logit_bias.device
    inputs, at, taken, labels = (
        torch.from_numpy(array).to(device, non_blocking=True)
        for array in (masked.inputs, *masked.by_row(), masked.labels)
    )
    with autocast(device, precision):
        hidden = model(inputs, at=at).flatten(0, 1).index_select(0, taken)
        return masked_cross_entropy(hidden, model.token_embedding.weight, model.logit_bias, labels)


@torch.no_grad()
def evaluate(model: Encoder, batches: list[Masked], precision: str) -> float:
    """Held-out loss in nats: mean over all masked tokens of fixed, pre-masked batches."""
    model.eval()
    total = sum(float(masked_loss(model, batch, precision)) * len(batch.labels) for batch in batches)
    model.train()
    return total / sum(len(batch.labels) for batch in batches)


def masked_batches(corpus: Corpus, masker: Masker, batch_size: int, seed: int) -> Iterator[Masked]:
    """Endless masked batches; order and masks are drawn anew each epoch from the seed."""
    count = len(corpus.tokens)
    if count < batch_size:
        raise ValueError(f"batch_size={batch_size} is larger than the corpus of {count} sequences")
    epoch = 0
    while True:
        rng = np.random.default_rng([seed, epoch])
        order = rng.permutation(count)
        for start in range(0, count - batch_size + 1, batch_size):
            rows = np.sort(order[start : start + batch_size])
            units = corpus.units[rows] if masker.objective == "pmi" else None
            yield masker.mask(corpus.tokens[rows], units, rng)
        epoch += 1


def make_optimiser(model: torch.nn.Module, learning_rate: float, weight_decay: float) -> torch.optim.AdamW:
    """Fused AdamW, betas (0.9, 0.98); decay on matrices only."""
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.98), eps=1e-8, fused=True)


def _evaluation_batches(config: PretrainConfig, masker: Masker, heldout: Corpus) -> Iterator[Masked]:
    """The same masked held-out batches for every model and step (their seed does not depend on the run's)."""
    rng = np.random.default_rng(20220213)
    count = min(config.eval_sequences, len(heldout.tokens))
    for start in range(0, count, 128):
        rows = slice(start, min(start + 128, count))
        units = heldout.units[rows] if masker.objective == "pmi" else None
        yield masker.mask(heldout.tokens[rows], units, rng)
