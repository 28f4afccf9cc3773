"""Masked-language-model pretraining: batches -> curve and best checkpoint."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Protocol

import pandas as pd
from torch import Tensor

from scalescope import files
from scalescope.data.corpus import Corpus
from scalescope.data.masking import Masker
from scalescope.data.probes import Probes
from scalescope.model.config import EncoderConfig
from scalescope.model.encoder import Encoder
from scalescope.model.optimiser import BETA2
from scalescope.paths import run_id
from scalescope.training.checkpoint import forget_latest, keep_two
from scalescope.training.device import own_randomness, pick_device
from scalescope.training.evaluation import evaluate
from scalescope.training.interrupt import stop_button
from scalescope.training.loop import Diverged, Patience, Training, evaluation_batches
from scalescope.training.store import Run, Store

LATER = ("beta2", "start", "rows", "engine")  # fields that came after the first runs


@dataclass(frozen=True)
class PretrainConfig:
    """Everything that determines one pretraining run.

    Steps count batches; data identifies corpus and tokenizer. beta2: decay of Adam's second moment per step. start: id
    of the run whose weights it goes on from (to finetune on another text), "" for the initialisation. rows: so many
    rows of the corpus are all its training data, drawn with the seed (more rows hold fewer); 0 for the whole corpus.
    engine: "" for a run of its own, or `together.ENGINE` for one that is trained side by side with others: sums are
    rounded in another order there.
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
    beta2: float = BETA2
    start: str = ""
    rows: int = 0
    engine: str = ""

    @property
    def id(self) -> str:
        """Id of the run: "<kind>-<objective>-<model>-<hash>"."""
        return run_id(f"{self.kind}-{self.objective}-{self.encoder.name}", self.facts())

    @property
    def kind(self) -> str:
        """ "adapt" for a run that goes on from another one, else "pretrain"."""
        return "adapt" if self.start else "pretrain"

    def facts(self) -> dict:
        """The configuration as a dict, without LATER fields at their defaults, so that older runs keep their ids."""
        given = asdict(self) | {"encoder": self.encoder.facts()}
        defaults = {field.name: field.default for field in fields(self) if field.name in LATER}
        return {name: value for name, value in given.items() if name not in LATER or value != defaults[name]}


Progress = Callable[[int, int, float], None]


class MissingStart(RuntimeError):
    """The run that another one goes on from is not there."""


def pretrain(
    config: PretrainConfig,
    train: Corpus,
    heldout: Corpus,
    store: Store,
    progress: Progress | None = None,
    clock: AbstractContextManager | None = None,
    probes: Probes | None = None,
) -> Run:
    """Train one encoder, or return the finished run; the best checkpoint on held-out loss is kept.

    The curve has one row per evaluation: step, tokens, split ("train": mean since the last one, "heldout"), loss in
    nats per masked token; the metrics hold the accuracy on `probes` (step, tokens, skill, accuracy). Stops after
    `patience` steps without a lower held-out loss (Ivgi 2022, section 3.1). A run whose loss is not finite is recorded
    with status "failed" and without weights. A run that was killed goes on from its last evaluation, and one that was
    stopped (KeyboardInterrupt) from the very step; both end with the same weights as an undisturbed one. `clock` is
    entered while it trains, never to load. `progress(step, steps, loss)` is called where training begins (the loss is
    NaN where there is none yet) and after each evaluation. A run that goes on from another (`config.start`) is
    evaluated at step 0 too, so that its loss is never above the one it started from. Raises MissingStart where that run
    is not in the store, or failed.
    """
    with store.claim(config.id) as done:
        if done is not None:
            return done
        with clock or nullcontext():
            training = Training(config, train, heldout, probes, start_weights(config, store))
            return _train(training, store, progress)


def start_weights(config: PretrainConfig, store: Store) -> dict[str, Tensor] | None:
    """Weights of the run that `config` goes on from; None for the initialisation. Raises MissingStart."""
    if not config.start:
        return None
    run = store.find(config.start)
    if run is None or run.failed:
        raise MissingStart(f"{config.id} goes on from {config.start}, which {'has failed' if run else 'is not there'}")
    return run.weights()


def _train(training: Training, store: Store, progress: Progress | None) -> Run:
    training.resume(store.checkpoints(training.config.id))
    return finish(training, store, progress)


def finish(
    training: Training, store: Store, progress: Progress | None = None, shared: tuple[int, Path] | None = None
) -> Run:
    """Train from where `training` stands to the end of its configuration, and record the run under its id.

    shared: a step, and the folder in which the state is kept when it gets there (see campaign.py).
    """
    config, folder = training.config, store.checkpoints(training.config.id)
    status, stopped, reason = "finished", "budget", ""
    with stop_button() as pressed:
        try:
            exhausted = False
            if shared is not None and training.step < shared[0]:
                exhausted = _run(training, *shared, progress, pressed)
                if not exhausted:
                    training.save(shared[1] / f"{shared[0]}.safetensors")
                    forget_latest(shared[1])
            if exhausted or _run(training, config.steps, folder, progress, pressed):
                stopped = "patience"
        except Diverged as error:
            status, stopped, reason = "failed", "diverged", str(error)
        run = record(training, store, status, stopped, reason)
        shutil.rmtree(folder, ignore_errors=True)
    if pressed():  # during the last step: this run is finished, but its caller is to stop
        raise KeyboardInterrupt
    return run


def _run(training: Training, until: int, folder: Path, progress: Progress | None, pressed: Callable[[], bool]) -> bool:
    """Train to a step, with a checkpoint in `folder` after each evaluation; True when patience ended it."""
    saved = training.step
    if progress is not None:
        progress(saved, training.config.steps, training.rows[-1]["loss"] if training.rows else math.nan)
    try:
        for exhausted in training.advance(until, pressed):
            if not exhausted and training.step < until:
                training.save(keep_two(folder))
                saved = training.step
            if progress is not None:
                progress(training.step, training.config.steps, training.rows[-1]["loss"])
            if exhausted:
                return True
        if training.step < until:
            training.save(keep_two(folder))
            saved = training.step
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        files.say(
            f"stopped: {training.config.id} goes on from step {saved} of {training.config.steps} when it runs again"
        )
        raise
    return False


class Trained(Protocol):
    """What a run is recorded from: its configuration, best checkpoint, curve and skills."""

    config: PretrainConfig
    patience: Patience
    rows: list[dict]
    skills: list[dict]


def record(training: Trained, store: Store, status: str, stopped: str, reason: str) -> Run:
    """Write a run into the store. stopped: "budget", "patience" or "diverged", whose reason is told."""
    config, patience, rows = training.config, training.patience, training.rows
    step, tokens = (rows[-1]["step"], rows[-1]["tokens"]) if rows else (0, 0)
    summary = {
        "step": step,
        "tokens": tokens,
        "flops": 6 * config.encoder.parameters * tokens,
        "best_step": patience.best_step,
        "loss": patience.best_loss if math.isfinite(patience.best_loss) else None,
        "stopped": stopped,
    }
    manifest = {"kind": config.kind, "status": status, "config": config.facts(), "summary": summary, "reason": reason}
    weights = patience.best_weights if status == "finished" else None
    curve = pd.DataFrame(rows, columns=["step", "tokens", "split", "loss"])
    skills = pd.DataFrame(training.skills, columns=["step", "tokens", "skill", "accuracy"])
    return store.write(config.id, manifest=manifest, curve=curve, metrics=skills, weights=weights)


def loss_on(run: Run, config: PretrainConfig, heldout: Corpus) -> float:
    """Held-out loss in nats per masked token of the kept weights of a run, measured as its own is.

    config: the configuration of the run. heldout: of any text in the same pieces; on that of the run itself this is its
    recorded loss. Raises ValueError for a text of another vocabulary, FileNotFoundError for a run without weights.
    """
    if heldout.vocabulary_size != config.encoder.vocabulary_size:
        raise ValueError(
            f"run {run.id} knows {config.encoder.vocabulary_size} pieces, the text has {heldout.vocabulary_size}"
        )
    with own_randomness():
        model = Encoder(config.encoder, seed=config.seed).to(pick_device())
    model.load_state_dict(run.weights())
    masker = Masker(config.objective, heldout.vocabulary_size, rate=config.mask_rate)
    return float(evaluate(model, list(evaluation_batches(heldout, masker, config.eval_sequences)), config.precision))
