"""How fast this machine trains: a few real steps of a few sizes, pretraining alone and finetuning in groups.

On a CPU everything is timed in CPU seconds, so that other programs do not enter.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from scalescope.data.encoded import of_task
from scalescope.data.masking import Masker
from scalescope.data.tasks.arrays import Features, without_spans
from scalescope.data.tasks.spec import TASKS
from scalescope.experiment.profile import ModelSpec, Profile
from scalescope.model.config import EncoderConfig
from scalescope.model.encoder import Encoder, initialise
from scalescope.model.heads import Head, TaskModel
from scalescope.model.members import Members
from scalescope.model.optimiser import FlatAdamW
from scalescope.training.batches import training_batches
from scalescope.training.device import autocast, pick_device
from scalescope.training.evaluation import masked_loss
from scalescope.training.members import losses_of, members_together
from scalescope.training.policy import pick_precision
from scalescope.workflow.plan import Speeds, compute_per_token, finetune_tokens
from scalescope.workflow.task_sizes import example_tokens

TIMED_MODELS = 4
TIMED_FLOPS = 2e10  # a step that is timed computes no more than this
TIMED_SECONDS = 0.6
MOST_STEPS = 12
MATRIX = 768  # side of the matrices whose product gives the machine's rate
HEADS = {"span": "squad", "classification": "sst2"}  # what is timed: every token asks in the last layer, or one does


def measure(profile: Profile, random_state: int = 0) -> Speeds:
    """Seconds a token of each model on one thread, and the machine's rate of matrix products.

    A few sizes are timed and the others interpolated in between. Larger models than can be timed within seconds
    are scaled by their FLOPs from the largest timed one.
    """
    torch.set_num_threads(1)
    specs = sorted(profile.all_models(), key=lambda spec: _compute(profile, spec))
    sequence = profile.text.sequence_length
    small = [s for s in specs if _compute(profile, s) * sequence <= TIMED_FLOPS] or specs[:1]
    chosen = [small[at] for at in sorted({round(at) for at in np.linspace(0, len(small) - 1, TIMED_MODELS)})]
    sizes = np.log([_compute(profile, spec) for spec in specs])
    at = np.log([_compute(profile, spec) for spec in chosen])

    def every(seconds: list[float]) -> dict[str, float]:
        found = np.exp(np.interp(sizes, at, np.log(seconds)) + np.maximum(sizes - at[-1], 0.0))
        return {spec.name: float(value) for spec, value in zip(specs, found, strict=True)}

    return Speeds(
        every([time_pretraining(profile, spec, random_state) for spec in chosen]),
        every([time_finetuning(profile, spec, random_state) for spec in chosen]),
        matrix_rate(),
    )


def matrix_rate() -> float:
    """FLOP/s of float32 matrix products on one thread of this machine (on a GPU: of the GPU)."""
    one = torch.randn(MATRIX, MATRIX, generator=torch.Generator().manual_seed(0)).to(pick_device())
    return 2 * MATRIX**3 / _fastest(lambda: one @ one)


def time_pretraining(profile: Profile, spec: ModelSpec, random_state: int) -> float:
    """Seconds a token of real pretraining steps on random tokens."""
    config = replace(spec.config, dropout=0.0)
    length, settings = profile.text.sequence_length, profile.pretrain
    precision = pick_precision(settings.precision, config.hidden)
    rows = _at_most(settings.batch_size, _compute(profile, spec) * length)
    rng = np.random.default_rng(random_state)
    tokens = rng.integers(5, config.vocabulary_size, (rows, length)).astype(np.uint16)
    masked = Masker("mlm", config.vocabulary_size, rate=settings.mask_rate).mask(tokens, None, rng)
    model = Encoder(config, seed=random_state).to(pick_device())
    optimiser = FlatAdamW(model, settings.weight_decay)

    def step() -> None:
        masked_loss(model, masked, precision).backward()
        optimiser.step(settings.learning_rate)

    return _fastest(step) / tokens.size


def time_finetuning(profile: Profile, spec: ModelSpec, random_state: int) -> float:
    """Seconds a token and member of real finetuning steps of a group on random rows.

    The group is the grid of learning rates, as far as memory and TIMED_FLOPS allow; heads of spans and of classes
    count by the tokens of their tasks.
    """
    tokens = {"span": 0, "classification": 0}
    for name in profile.tasks:
        tokens["span" if TASKS[name].family == "span" else "classification"] += finetune_tokens(profile, name)
    kinds = [kind for kind, count in tokens.items() if count]
    spent = sum(_time_group(profile, spec, kind, random_state) * tokens[kind] for kind in kinds)
    return spent / sum(tokens.values())


def _time_group(profile: Profile, spec: ModelSpec, kind: str, random_state: int) -> float:
    settings, task, span = profile.finetune, TASKS[HEADS[kind]], kind == "span"
    config = replace(spec.config, dropout=settings.dropout)
    lengths = [example_tokens(TASKS[name], settings.max_length) / TASKS[name].group for name in profile.tasks]
    length = round(float(np.mean(lengths)))
    sizes = [of_task(settings.batch_size, name) for name in profile.tasks if (TASKS[name].family == "span") == span]
    rows = _at_most(round(float(np.mean(sizes))), _compute(profile, spec) * length)
    features = _random_features(config, rows, length, random_state)
    size = min(len(settings.learning_rates), members_together(config, features, rows))
    size = _at_most(size, _compute(profile, spec) * length * rows)
    seeds, device = list(range(size)), pick_device()
    encoder, head = Encoder(config, seed=0), Head(kind, config.hidden, task.n_labels, config.dropout)
    initialise(head, config, 0)
    model = Members([TaskModel(encoder, head)] * size, seeds, device)
    optimiser = FlatAdamW(model, settings.weight_decay, members=size)
    precision, rate = pick_precision(settings.precision, config.hidden), settings.learning_rates[0]

    def step() -> None:
        batch = next(training_batches(features, rows, 1, seeds, device))
        with autocast(device, precision):
            outputs = model(batch.tokens, batch.lengths)
        losses_of(outputs.float(), batch, features, task).sum().backward()
        optimiser.step(rate)

    return _fastest(step) / (size * rows * length)


def _random_features(config: EncoderConfig, rows: int, length: int, random_state: int) -> Features:
    """Rows of one length without meaning."""
    rng = np.random.default_rng(random_state)
    tokens = list(rng.integers(5, config.vocabulary_size, (rows, length)))
    return without_spans(tokens, np.zeros(rows, np.int32), 1, np.ones(rows, np.int32), 0)


def _at_most(wanted: int, flops_each: float) -> int:
    return max(1, min(wanted, int(TIMED_FLOPS / flops_each)))


def _compute(profile: Profile, spec: ModelSpec) -> float:
    return compute_per_token(spec.config, profile.pretrain.mask_rate)


def _fastest(step: Callable[[], object]) -> float:
    """Seconds of the fastest of several steps after the first."""
    on_gpu = pick_device().type == "cuda"
    now = time.perf_counter if on_gpu else time.process_time
    seconds: list[float] = []
    while sum(seconds[1:]) < TIMED_SECONDS and len(seconds) < MOST_STEPS:
        start = now()
        step()
        if on_gpu:
            torch.cuda.synchronize()
        seconds.append(now() - start)
    return max(min(seconds[1:] or seconds), 1e-9)
