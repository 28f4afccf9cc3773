"""One masked-language-model training as a state that moves from step to step, can be saved, and goes on bit for bit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from scalescope.data.corpus import Corpus
from scalescope.data.masking import Masked, Masker
from scalescope.data.probes import Probes
from scalescope.model.encoder import Encoder
from scalescope.model.optimiser import FlatAdamW
from scalescope.training.checkpoint import newest_first, read_state, write_state
from scalescope.training.device import own_randomness, pick_device
from scalescope.training.evaluation import accuracies, evaluate, masked_loss
from scalescope.training.schedule import schedule

EVALUATION_BATCH = 128
EVALUATION_SEED = 20220213  # the same masked held-out batches for every model, run and step


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


class Training:
    """Model, optimiser, curve, skills and early stopping of one run after `step` steps.

    The skills are measured at the first, second, fourth, eighth ... evaluation and at the last step.
    `weights`: what the model starts from in place of its initialisation (then it is evaluated at step 0, too).
    What a step draws (order, masks, dropout) depends on the seed and the step alone, so that weights, moments and
    curve are the whole state.
    """

    def __init__(
        self,
        config,
        train: Corpus,
        heldout: Corpus,
        probes: Probes | None = None,
        weights: dict[str, torch.Tensor] | None = None,
    ):
        self.config, self.probes, self.step = config, probes, 0
        self.train = train.drawn(config.rows, config.seed) if config.rows else train
        with own_randomness():
            self.model = Encoder(config.encoder, seed=config.seed).to(pick_device())
        if weights is not None:
            self.model.load_state_dict(weights)
        self.optimiser = FlatAdamW(self.model, config.weight_decay, beta2=config.beta2)
        self.masker = Masker(config.objective, train.vocabulary_size, rate=config.mask_rate)
        self.fixed = list(evaluation_batches(heldout, self.masker, config.eval_sequences))
        self.patience = Patience(config.patience)
        self.rows: list[dict] = []
        self.skills: list[dict] = []
        self.recent: list[torch.Tensor] = []
        self.factor = schedule(
            config.schedule, steps=config.steps, warmup_steps=config.warmup_steps, decay_fraction=config.decay_fraction
        )

    def advance(self, until: int, stopped: Callable[[], bool] = lambda: False) -> Iterator[bool]:
        """Train up to step `until`, or until `stopped()`; yields after each evaluation whether patience has run out.

        Raises Diverged for a loss that is not finite.
        """
        config = self.config
        if config.start and not self.rows:
            yield self._evaluate()
        for masked in masked_batches(self.train, self.masker, config.batch_size, config.seed, self.step):
            if self.step >= until or stopped():
                return
            with own_randomness() if config.encoder.dropout else nullcontext():
                self._learn(masked)
            if self.step % config.eval_every == 0 or self.step == config.steps:
                yield self._evaluate()

    def _learn(self, masked: Masked) -> None:
        if self.config.encoder.dropout:
            torch.manual_seed(self.config.seed * 1_000_003 + self.step)
        loss = masked_loss(self.model, masked, self.config.precision)
        loss.backward()
        self.optimiser.step(self.config.learning_rate * self.factor(self.step))
        self.recent.append(loss.detach())
        self.step += 1

    def _evaluate(self) -> bool:
        seen = round(self.step * self.config.batch_size * self.train.tokens_per_row)
        value = float(evaluate(self.model, self.fixed, self.config.precision))
        if self.recent:
            mean = float(torch.stack(self.recent).mean())
            self.rows.append({"step": self.step, "tokens": seen, "split": "train", "loss": mean})
            self.recent.clear()
        self.rows.append({"step": self.step, "tokens": seen, "split": "heldout", "loss": value})
        number = self.step // self.config.eval_every
        if self.probes is not None and (self.step == self.config.steps or number & (number - 1) == 0):
            found = accuracies(self.model, self.probes, self.config.precision)
            self.skills += [{"step": self.step, "tokens": seen, "skill": k, "accuracy": v} for k, v in found.items()]
        return self.patience.update(self.step, value, self.model.state_dict)

    def save(self, path: Path) -> None:
        """Write the whole state to one file, whole or not at all."""
        tensors = {f"optimiser.{name}": value for name, value in self.optimiser.state().items()}
        tensors |= {f"best.{name}": value for name, value in self.patience.best_weights.items()}
        if self.recent:
            tensors["recent"] = torch.stack(self.recent)
        facts = {"step": self.step, "rows": self.rows, "skills": self.skills, "best_step": self.patience.best_step}
        facts["best_loss"] = self.patience.best_loss if self.rows else None
        write_state(path, tensors, facts)

    def resume(self, folder: Path, most: int | None = None) -> None:
        """Go on from the whole state in a folder with the highest step, up to `most`; nothing happens without one."""
        for facts, tensors in newest_first(folder, self.step, self.config.steps if most is None else most):
            self._restore(facts, tensors)
            return

    def load(self, path: Path) -> None:
        """Go on from a file that `save` wrote, under this or a longer configuration of the same run."""
        self._restore(*read_state(path))

    def _restore(self, facts: dict, tensors: dict[str, torch.Tensor]) -> None:
        self.optimiser.load(_named(tensors, "optimiser."))
        self.step, self.rows, self.skills = facts["step"], facts["rows"], facts["skills"]
        self.recent = list(tensors["recent"].to(self.model.logit_bias.device)) if "recent" in tensors else []
        if self.rows:
            self.patience.best_loss, self.patience.best_step = facts["best_loss"], facts["best_step"]
            self.patience.best_weights = _named(tensors, "best.")


def masked_batches(corpus: Corpus, masker: Masker, batch_size: int, seed: int, first: int = 0) -> Iterator[Masked]:
    """Endless masked batches from step `first` on; each epoch has an order of its own, each step its own masks."""
    per_epoch = len(corpus.tokens) // batch_size
    if not per_epoch:
        raise ValueError(f"batch_size={batch_size} is larger than the corpus of {len(corpus.tokens)} sequences")
    order, step = None, first
    while True:
        epoch, place = divmod(step, per_epoch)
        if order is None or place == 0:
            order = np.random.default_rng([seed, epoch]).permutation(len(corpus.tokens))
        rows = np.sort(order[place * batch_size : (place + 1) * batch_size])
        yield _mask(corpus, masker, rows, np.random.default_rng([seed, epoch, place]))
        step += 1


def evaluation_batches(heldout: Corpus, masker: Masker, sequences: int) -> Iterator[Masked]:
    """Masked batches of the first held-out sequences, the same for every model and step."""
    rng = np.random.default_rng(EVALUATION_SEED)
    count = min(sequences, len(heldout.tokens))
    for start in range(0, count, EVALUATION_BATCH):
        yield _mask(heldout, masker, slice(start, min(start + EVALUATION_BATCH, count)), rng)


def _mask(corpus: Corpus, masker: Masker, rows: np.ndarray | slice, rng: np.random.Generator) -> Masked:
    units = corpus.units[rows] if masker.objective == "pmi" else None
    masked = masker.mask(corpus.tokens[rows], units, rng)
    return replace(masked, documents=np.array(corpus.documents[rows]))


def _named(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
