"""Pretraining beside Hugging Face Trainer with BertForMaskedLM: tokens a second, share of peak, held-out loss, memory.

    python benchmarks/pretrain_vs_trainer.py [--sizes 12K 98K] [--parts speed loss memory] [--quick]

Both sides get the same masked batches of the microworld (profile quick), the same shape (layers, hidden, heads, feed-
forward width 4 H, vocabulary), the same batch, AdamW, clipping, schedule, and no dropout. Trainer's batches are masked
beforehand, ours within the timed step. Needs the extra [bench]. Results: results/pretrain_vs_trainer.csv.

speed: one thread, CPU seconds a step (other programs do not count), rounds of both sides in turns, medians.
`share_of_peak` counts 6 N tokens for both sides, although ours leaves out what the loss does not read (the last block
works at masked positions only); `share_executed` counts the products of the blocks that are computed.
loss: both sides train the same number of tokens at the same two rates; the lower held-out loss of each is told.
memory: peak resident memory of a process that does nothing else; `own_mb` is what lies above its imports.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from machine import Workers, describe, destination, matmul_peak, memory_mb, merge, options, peak_mb, progress

from scalescope.data.corpus import Corpus
from scalescope.data.masking import Masked
from scalescope.experiment import stages
from scalescope.experiment.profile import load_profile
from scalescope.model.config import EncoderConfig
from scalescope.training.loop import Training, masked_batches
from scalescope.training.pretrain import PretrainConfig

SHAPES = {"12K": (32, 1), "98K": (32, 2), "332K": (32, 3), "1.3M": (64, 3)}  # aspect ratio, layers
HEADS, BATCH, SEED = 4, 64, 0
RATES = (0.003, 0.01)
LOSS_STEPS = {"12K": 200, "98K": 120, "332K": 60, "1.3M": 30}  # of 4,096 tokens: about a minute of Trainer each
ROUNDS, ROUND_SECONDS = 4, 4.0  # of Trainer
KEYS = ["parameters", "side"]


@lru_cache
def corpora(profile: str) -> tuple[Corpus, Corpus]:
    """Train and held-out text of a profile."""
    prepared = stages.prepare(load_profile(profile))
    return prepared.corpus("train"), prepared.corpus("heldout")


def our_config(name: str, profile: str, steps: int, rate: float) -> PretrainConfig:
    """Our configuration of a size."""
    train, _ = corpora(profile)
    return PretrainConfig(
        encoder=EncoderConfig(*SHAPES[name], HEADS, train.vocabulary_size, train.sequence_length),
        objective="mlm",
        data="benchmark",
        steps=steps,
        batch_size=BATCH,
        learning_rate=rate,
        warmup_steps=max(steps // 20, 1),
        schedule="linear",
        decay_fraction=0.2,
        weight_decay=0.01,
        mask_rate=0.15,
        eval_every=steps,
        eval_sequences=512,
        patience=steps,
        precision="fp32",
        seed=SEED,
    )


def shape_of(config: PretrainConfig) -> dict:
    """The same for the other side."""
    return {**config.encoder.facts(), "hidden": config.encoder.hidden, "batch": config.batch_size}


def as_arrays(batches: list[Masked]) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and labels [rows, S], with -100 where nothing is hidden."""
    labels = [np.full(batch.inputs.size, -100, np.int64) for batch in batches]
    for flat, batch in zip(labels, batches, strict=True):
        flat[batch.positions] = batch.labels
    inputs = np.concatenate([batch.inputs for batch in batches])
    return inputs, np.concatenate(labels).reshape(inputs.shape)


def masked(config: PretrainConfig, profile: str, steps: int) -> list[Masked]:
    """The batches that ours trains on."""
    training = Training(config, *corpora(profile))
    return list(islice(masked_batches(training.train, training.masker, BATCH, SEED), steps))


def ours(config: PretrainConfig, profile: str) -> tuple[list[float], float]:
    """CPU seconds of each step after the first, and the held-out loss at the end (its evaluation is not timed)."""
    training, ends = Training(config, *corpora(profile)), []
    learn = training._learn
    training._learn = lambda batch: (learn(batch), ends.append(time.process_time()))
    for _ in training.advance(config.steps):
        pass
    return list(np.diff(ends)), training.rows[-1]["loss"]


def theirs(config: PretrainConfig, inputs: np.ndarray, labels: np.ndarray):
    """CPU seconds of each step after the first, and Trainer's model."""
    from trainer_side import pretrain  # here, so that the memory of our side is without transformers

    shape = shape_of(config)
    return pretrain(shape, inputs, labels, config.steps, BATCH, config.learning_rate, config.warmup_steps)


def speed(name: str, profile: str, quick: bool) -> dict[str, dict]:
    """Columns of each side: tokens a CPU second, ratio, shares of the peak."""
    probe = our_config(name, profile, 3, RATES[0])
    second = min(theirs(probe, *as_arrays(masked(probe, profile, 3)))[0])
    steps = 3 if quick else int(np.clip(ROUND_SECONDS / second, 4, 30)) + 1
    config = our_config(name, profile, steps, RATES[0])
    batches = masked(config, profile, steps)
    arrays, times, peaks = as_arrays(batches), {"trainer": [], "scalescope": []}, []
    for _ in range(1 if quick else ROUNDS):
        peaks.append(matmul_peak())
        times["trainer"] += theirs(config, *arrays)[0]
        times["scalescope"] += ours(config, profile)[0]
    tokens, peak = BATCH * config.encoder.max_length, max(peaks)
    most = statistics.mean(batch.by_row()[0].shape[1] for batch in batches) / config.encoder.max_length
    found = {}
    for side, each in times.items():
        second = statistics.median(each)
        share = 6 * config.encoder.parameters * tokens / second / peak
        executed = share * (executed_share(config.encoder.layers, most) if side == "scalescope" else 1.0)
        found[side] = {
            "tokens_per_second": round(tokens / second),
            "ratio": round(statistics.median(times["trainer"]) / second, 2),
            "share_of_peak": round(share, 3),
            "share_executed": round(executed, 3),
            "peak_gflops": round(peak / 1e9, 1),
            "timed_steps": len(each),
        }
    return found


def executed_share(layers: int, rows_masked: float) -> float:
    """Part of the blocks' products that ours computes: of the last block all but keys and values at some rows only."""
    return (layers - 1 + (2 + 10 * rows_masked) / 12) / layers


def loss(name: str, profile: str, quick: bool) -> dict[str, dict]:
    """Columns of each side: held-out loss after the same tokens, at the better of two rates."""
    steps = 4 if quick else LOSS_STEPS[name]
    with Workers(2) as workers:
        both = {
            side: workers.run(loss_of, [(side, name, profile, steps, rate) for rate in RATES])[1]
            for side in ("trainer", "scalescope")
        }
    tokens = steps * BATCH * corpora(profile)[0].sequence_length
    return {
        side: {"loss": round(min(found), 3), "loss_rate": RATES[int(np.argmin(found))], "loss_tokens": tokens}
        for side, found in both.items()
    }


def loss_of(side: str, name: str, profile: str, steps: int, rate: float) -> float:
    """Held-out loss of one run, on the same masked tokens for both sides."""
    config = our_config(name, profile, steps, rate)
    if side == "scalescope":
        return ours(config, profile)[1]
    from trainer_side import heldout_loss

    fixed = Training(config, *corpora(profile)).fixed
    return heldout_loss(theirs(config, *as_arrays(masked(config, profile, steps)))[1], *as_arrays(fixed))


def memory(name: str, profile: str, _quick: bool) -> dict[str, dict]:
    """Columns of each side: peak of a process of its own that trains four steps."""
    config, here = our_config(name, profile, 4, RATES[0]), Path(__file__).parent
    with tempfile.TemporaryDirectory() as folder:
        inputs, labels = as_arrays(masked(config, profile, 4))
        np.savez(Path(folder, "batches.npz"), inputs=inputs, labels=labels)
        Path(folder, "shape.json").write_text(json.dumps(shape_of(config)))
        commands = {
            "trainer": [str(here / "trainer_side.py"), "batches.npz", "shape.json"],
            "scalescope": [str(Path(__file__).resolve()), "--memory-of", name, "--profile", profile],
        }
        found = {}
        for side, command in commands.items():
            command[0] = str(Path(command[0]).resolve())
            done = subprocess.run([sys.executable, *command], check=True, capture_output=True, text=True, cwd=folder)
            before, peak = map(float, done.stdout.split()[-2:])
            found[side] = {"peak_mb": round(peak), "own_mb": round(peak - before)}
    return found


def main() -> None:
    """Size by size, part by part; each size is written when it is done."""
    parser = options(__doc__, "pretrain_vs_trainer.csv")
    parser.add_argument("--sizes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=list(PARTS))
    parser.add_argument("--profile", default="quick", help="whose text")
    parser.add_argument("--memory-of", choices=list(SHAPES), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.memory_of:
        before = memory_mb("VmRSS")
        ours(our_config(chosen.memory_of, chosen.profile, 4, RATES[0]), chosen.profile)
        print(before, peak_mb())
        return
    profile = "smoke" if chosen.quick else chosen.profile
    out = destination(chosen)
    for name in chosen.sizes:
        parameters = our_config(name, profile, 1, RATES[0]).encoder.parameters
        rows = {side: {"parameters": parameters, "side": side} for side in ("trainer", "scalescope")}
        for part in chosen.parts:
            progress(f"{name}: {part}")
            for side, columns in PARTS[part](name, profile, chosen.quick).items():
                rows[side] |= columns
        merge(out, [{**row, **describe()} for row in rows.values()], KEYS)
        print(pd.DataFrame(rows.values()).to_string(index=False), flush=True)
    progress(f"written to {out}")


PARTS = {"speed": speed, "loss": loss, "memory": memory}

if __name__ == "__main__":
    main()
