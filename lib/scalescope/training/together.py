"""Masked-language-model trainings that read the same batches, side by side: other rates, other weights to start from.

What a run reads (rows, order, masks) depends on its seed and its text alone. So runs of one seed on the same rows are
members of one model (see model/members.py), whatever they go on from; benchmarks/results/growth.csv: what that saves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial

import torch

from scalescope.data.corpus import Corpus
from scalescope.data.masking import Masked, Masker
from scalescope.model.encoder import Encoder
from scalescope.model.members import side_by_side, weights_of
from scalescope.model.optimiser import FlatAdamW
from scalescope.training.device import own_randomness, pick_device
from scalescope.training.evaluation import evaluate, masked_loss
from scalescope.training.interrupt import telling_what_is_kept
from scalescope.training.loop import Diverged, Patience, evaluation_batches, masked_batches
from scalescope.training.members import fitting
from scalescope.training.pretrain import PretrainConfig, Progress, record, start_weights
from scalescope.training.schedule import schedule
from scalescope.training.store import Run, Store

# enters run ids: change it with anything that changes the numbers of a member beyond rounding
ENGINE = "members side by side; 1"
COPIES = 3  # of the logits of a batch: themselves, their gradient, and what a product needs


@dataclass
class Member:
    """What one member has shown so far; `ended` says why it takes no further part ("patience", "diverged")."""

    config: PretrainConfig
    patience: Patience
    rows: list[dict] = field(default_factory=list)
    skills: list[dict] = field(default_factory=list)
    ended: str = ""
    reason: str = ""

    def note(self, step: int, tokens: int, train: float | None, heldout: float, weights) -> None:
        """One evaluation: rows of the curve, and the weights if they are the best so far."""
        losses = {"heldout": heldout} if train is None else {"train": train, "heldout": heldout}
        self.rows += [{"step": step, "tokens": tokens, "split": k, "loss": v} for k, v in losses.items()]
        try:
            self.ended = "patience" if self.patience.update(step, heldout, weights) else ""
        except Diverged as error:
            self.rows.pop()
            self.ended, self.reason = "diverged", str(error)


def group_of(config: PretrainConfig) -> PretrainConfig:
    """What the members of one group have in common: all but the rate and the start."""
    return replace(config, learning_rate=0.0, start="")


def train_together(
    configs: Sequence[PretrainConfig],
    train: Corpus,
    heldout: Corpus,
    store: Store,
    progress: Progress | None = None,
    clock: AbstractContextManager | None = None,
) -> list[Run]:
    """Train the members of one group (`group_of`), or return finished runs, in the order of `configs`.

    Each is what `pretrain` would make of it but for the order of sums, with curve, best checkpoint and patience of its
    own. A member's result does not depend on the others: trained alone, in another group, or later, it is the same run.
    A group that is stopped or killed begins again; members that are finished are kept. `progress(step, steps, loss)` is
    called at each evaluation with the mean loss of the members, `clock` entered while they train. Raises ValueError
    for configurations of several groups, of another engine or with dropout, and MissingStart where a run that one goes
    on from is not in the store, or failed.
    """
    _check(configs)
    ids = sorted({config.id for config in configs})
    what = f"{configs[0].encoder.name} on {configs[0].rows} rows"
    with telling_what_is_kept(store, ids, what), ExitStack() as claims:
        # in one order everywhere, so that two processes never wait for each other
        found = {id: claims.enter_context(store.claim(id)) for id in ids}
        missing = list({config.id: config for config in configs if found[config.id] is None}.values())
        size = _fitting(configs[0], train)
        for first in range(0, len(missing), size):
            with clock or nullcontext():
                part = missing[first : first + size]
                starts = {config.start: start_weights(config, store) for config in part}
                group = Group(part, [starts[config.start] for config in part], train, heldout)
                group.run(progress)
            for member in group.members:
                status = "failed" if member.reason else "finished"
                found[member.config.id] = record(member, store, status, member.ended or "budget", member.reason)
    return [found[config.id] for config in configs]


class Group:
    """Members that train together: one model with a leading dimension for them, one optimiser, the same batches."""

    def __init__(
        self,
        configs: Sequence[PretrainConfig],
        starts: Sequence[dict[str, torch.Tensor] | None],
        train: Corpus,
        heldout: Corpus,
    ):
        self.config, self.step = configs[0], 0
        self.members = [Member(config, Patience(config.patience)) for config in configs]
        with own_randomness():
            models = [Encoder(config.encoder, seed=config.seed) for config in configs]
        for model, weights in zip(models, starts, strict=True):
            if weights is not None:
                model.load_state_dict(weights)
        self.model = side_by_side(models, pick_device())
        config = self.config
        self.optimiser = FlatAdamW(self.model, config.weight_decay, beta2=config.beta2, members=len(models))
        self.masker = Masker(config.objective, train.vocabulary_size, rate=config.mask_rate)
        self.train = train.drawn(config.rows, config.seed) if config.rows else train
        self.fixed = list(evaluation_batches(heldout, self.masker, config.eval_sequences))
        self.recent: list[torch.Tensor] = []
        self.factor = schedule(
            config.schedule, steps=config.steps, warmup_steps=config.warmup_steps, decay_fraction=config.decay_fraction
        )

    def run(self, progress: Progress | None = None) -> None:
        """Train to the end of the configuration, or until no member is left."""
        config = self.config
        if any(member.config.start for member in self.members):
            self._evaluate(progress)
        for masked in masked_batches(self.train, self.masker, config.batch_size, config.seed):
            if self.step >= config.steps or all(member.ended for member in self.members):
                return
            self.learn(masked)
            if self.step % config.eval_every == 0 or self.step == config.steps:
                self._evaluate(progress)

    def learn(self, masked: Masked) -> None:
        """One step of every member on one batch."""
        losses, factor = masked_loss(self.model, masked, self.config.precision), self.factor(self.step)
        losses.sum().backward()
        self.optimiser.step([member.config.learning_rate * factor for member in self.members])
        self.recent.append(losses.detach())
        self.step += 1

    def _evaluate(self, progress: Progress | None) -> None:
        seen = round(self.step * self.config.batch_size * self.train.tokens_per_row)
        values = evaluate(self.model, self.fixed, self.config.precision)
        means = [None] * len(self.members)
        if self.recent:
            means = [float(own.mean()) for own in torch.stack(self.recent).cpu().double().unbind(1)]
            self.recent.clear()
        for place, (member, mean, value) in enumerate(zip(self.members, means, values, strict=True)):
            if not member.ended and (self.step or member.config.start):
                member.note(self.step, seen, mean, float(value), partial(weights_of, self.model, place))
        if progress is not None:
            progress(self.step, self.config.steps, float(values.mean()))


def _check(configs: Sequence[PretrainConfig]) -> None:
    if len({group_of(config) for config in configs}) != 1:
        raise ValueError("members of one group may differ in learning_rate and start only")
    if configs[0].engine != ENGINE:
        raise ValueError(f"runs that are trained side by side have engine={ENGINE!r}, got {configs[0].engine!r}")
    if configs[0].encoder.dropout:
        raise ValueError(f"runs that are trained side by side have no dropout, got {configs[0].encoder.dropout}")


def _fitting(config: PretrainConfig, train: Corpus) -> int:
    """How many members of this configuration fit side by side."""
    length, logits = train.tokens.shape[1], 0
    if pick_device().type == "cuda":  # elsewhere those of one member at a time
        masked = math.ceil(config.mask_rate * config.batch_size * length)
        logits = COPIES * masked * config.encoder.vocabulary_size
    return fitting(config.encoder, config.batch_size, length, logits)
