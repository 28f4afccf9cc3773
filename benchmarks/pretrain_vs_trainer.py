"""Pretraining beside Hugging Face Trainer with BertForMaskedLM: tokens a second, share of peak, loss, memory.

    python benchmarks/pretrain_vs_trainer.py                  writes benchmarks/results/pretrain_vs_trainer.csv
    python benchmarks/pretrain_vs_trainer.py --loss-steps 0   speed only

Both sides get the same masked batches of the microworld (profile quick), the same shape (layers, hidden, heads, feed-
forward width 4 H, vocabulary), the same batch, AdamW, clipping, schedule and no dropout. Trainer's batches are masked
beforehand, ours within the timed step. One thread; process time (other programs do not count); rounds of both sides
take turns; medians over steps. Needs the extra [bench].

`share_of_peak` counts 6 N tokens for both sides, although ours leaves out what the loss does not read (the last
block works at masked positions only); `share_executed` counts the matrix products of the blocks that are computed.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from transformers import BertConfig, BertForMaskedLM, Trainer, TrainerCallback, TrainingArguments

from scalescope.encoder import EncoderConfig
from scalescope.pipeline import stages
from scalescope.pipeline.profile import load_profile
from scalescope.text.masking import Masked
from scalescope.training.loop import Training, masked_batches
from scalescope.training.pretrain import PretrainConfig

SHAPES = {"12K": (32, 1), "98K": (32, 2), "332K": (32, 3), "1.3M": (64, 3)}  # aspect ratio, layers
HEADS, BATCH, SEED = 4, 64, 0
OUR_RATE, BERT_RATES = 0.01, (0.001, 0.003, 0.01)  # BERT's best of three, ours as profile quick has it


class Rows(torch.utils.data.Dataset):
    """Masked batches as single rows, in their order."""

    def __init__(self, batches: list[Masked]):
        self.inputs = np.concatenate([batch.inputs for batch in batches])
        self.labels = np.concatenate([labels_of(batch) for batch in batches])

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, at: int) -> dict:
        return {"input_ids": torch.from_numpy(self.inputs[at]), "labels": torch.from_numpy(self.labels[at])}


class InOrder(Trainer):
    """Trainer that takes the rows as they come."""

    def _get_train_sampler(self, *_):
        return torch.utils.data.SequentialSampler(self.train_dataset)


class Clock(TrainerCallback):
    """Process time at the end of each step."""

    def __init__(self):
        self.ends: list[float] = []

    def on_step_end(self, *_, **__):
        self.ends.append(time.process_time())


def labels_of(batch: Masked) -> np.ndarray:
    """Labels [B, S] with -100 where nothing is hidden."""
    labels = np.full(batch.inputs.size, -100, np.int64)
    labels[batch.positions] = batch.labels
    return labels.reshape(batch.inputs.shape)


def our_config(shape: tuple[int, int], vocabulary: int, length: int, steps: int) -> PretrainConfig:
    return PretrainConfig(
        encoder=EncoderConfig(*shape, HEADS, vocabulary, length), objective="mlm", data="benchmark", steps=steps,
        batch_size=BATCH, learning_rate=OUR_RATE, warmup_steps=max(steps // 20, 1), schedule="linear",
        decay_fraction=0.2, weight_decay=0.01, mask_rate=0.15, eval_every=steps, eval_sequences=512, patience=steps,
        precision="fp32", seed=SEED,
    )  # fmt: skip


def ours(config: PretrainConfig, train, heldout) -> tuple[list[float], float]:
    """CPU seconds of each step, and the held-out loss at the end (evaluation is not timed)."""
    training, ends = Training(config, train, heldout), [time.process_time()]
    learn = training._learn
    training._learn = lambda masked: (learn(masked), ends.append(time.process_time()))
    for _ in training.advance(config.steps):
        pass
    return list(np.diff(ends)), training.rows[-1]["loss"]


def trainers(config: PretrainConfig, batches: list[Masked], fixed: list[Masked], rate: float):
    """The same of Hugging Face Trainer."""
    shape = config.encoder
    torch.manual_seed(SEED)
    model = BertForMaskedLM(BertConfig(
        vocab_size=shape.vocabulary_size, hidden_size=shape.hidden, num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads, intermediate_size=4 * shape.hidden, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0, max_position_embeddings=shape.max_length,
    ))  # fmt: skip
    clock = Clock()
    arguments = TrainingArguments(
        output_dir="unused", use_cpu=True, per_device_train_batch_size=BATCH, max_steps=config.steps,
        learning_rate=rate, warmup_steps=config.warmup_steps, weight_decay=config.weight_decay, adam_beta2=0.98,
        max_grad_norm=1.0, save_strategy="no", logging_strategy="no", report_to=[], disable_tqdm=True, seed=SEED,
    )  # fmt: skip
    InOrder(model=model, args=arguments, train_dataset=Rows(batches), callbacks=[clock]).train()
    return list(np.diff(clock.ends)), bert_loss(model, fixed)


@torch.no_grad()
def bert_loss(model: BertForMaskedLM, batches: list[Masked]) -> float:
    """Held-out loss in nats on the same masked tokens as ours."""
    model.eval()
    total = sum(
        float(model(torch.from_numpy(b.inputs), labels=torch.from_numpy(labels_of(b))).loss) * len(b.labels)
        for b in batches
    )
    return total / sum(len(batch.labels) for batch in batches)


def matmul_peak() -> float:
    """Best floating-point operations a CPU second of square products from 256 to 1,024."""
    best = 0.0
    for size in (256, 512, 1024):
        left, right = torch.randn(2, size, size)
        for _ in range(12):
            start = time.process_time()
            left @ right
            best = max(best, 2 * size**3 / (time.process_time() - start))
    return best


def executed_share(config: PretrainConfig, rows_masked: float) -> float:
    """Part of the blocks' products that ours computes: of the last block all but keys and values at some rows only."""
    layers = config.encoder.layers
    return (layers - 1 + (2 + 10 * rows_masked) / 12) / layers


def measure(name: str, train, heldout, steps: int, rounds: int, loss_steps: int) -> list[dict]:
    """Two rows: Trainer and ours."""
    config = our_config(SHAPES[name], train.vocabulary_size, train.sequence_length, steps)
    fixed = Training(config, train, heldout).fixed
    batches = list(islice(masked_batches(train, Training(config, train, heldout).masker, BATCH, SEED), steps))
    times: dict[str, list[float]] = {"trainer": [], "scalescope": []}
    peaks = []
    for _ in range(rounds):
        peaks.append(matmul_peak())
        times["trainer"] += trainers(config, batches, fixed, BERT_RATES[0])[0][2:]
        times["scalescope"] += ours(config, train, heldout)[0][2:]
    losses = compare_losses(config, train, heldout, fixed, loss_steps) if loss_steps else {}
    peak, tokens = max(peaks), BATCH * train.sequence_length
    most = statistics.mean(batch.by_row()[0].shape[1] for batch in batches) / train.sequence_length
    rows = []
    for side, each in times.items():
        second = statistics.median(each)
        share = 6 * config.encoder.parameters * tokens / second / peak
        executed = share * (executed_share(config, most) if side == "scalescope" else 1.0)
        rows.append({
            "parameters": config.encoder.parameters, "side": side, "tokens_per_second": round(tokens / second),
            "ratio": round(statistics.median(times["trainer"]) / second, 2), "share_of_peak": round(share, 3),
            "share_executed": round(executed, 3), "peak_gflops": round(peak / 1e9, 1),
            "loss": losses.get(side), "loss_tokens": loss_steps * tokens if losses else None,
        })  # fmt: skip
    return rows


def compare_losses(config: PretrainConfig, train, heldout, fixed: list[Masked], steps: int) -> dict[str, float]:
    """Held-out loss in nats after the same tokens; Trainer at its best of three rates."""
    longer = replace(config, steps=steps, warmup_steps=max(steps // 20, 1), eval_every=steps)
    masker = Training(longer, train, heldout).masker
    batches = list(islice(masked_batches(train, masker, BATCH, SEED), steps))
    theirs = min(trainers(longer, batches, fixed, rate)[1] for rate in BERT_RATES)
    return {"trainer": round(theirs, 3), "scalescope": round(ours(longer, train, heldout)[1], 3)}


def peak_memory(name: str, side: str) -> float:
    """Peak resident megabytes of a process of its own that trains one side for a few steps."""
    done = subprocess.run(
        [sys.executable, __file__, "--memory-of", name, side], check=True, capture_output=True, text=True
    )
    return float(done.stdout.split()[-1])


def memory_of(name: str, side: str, train, heldout) -> float:
    config = our_config(SHAPES[name], train.vocabulary_size, train.sequence_length, 4)
    if side == "scalescope":
        ours(config, train, heldout)
    else:
        masker = Training(config, train, heldout).masker
        batches = list(islice(masked_batches(train, masker, BATCH, SEED), 4))
        trainers(config, batches, batches[:1], BERT_RATES[0])
    # not ru_maxrss, which a new process inherits from the one that started it
    status = Path("/proc/self/status")
    peak = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")] if status.is_file() else []
    return int(peak[0].split()[1]) / 1024 if peak else float("nan")


def machine() -> str:
    """Processor, cores and threads used."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    capability = torch.backends.cpu.get_cpu_capability()
    return f"{model}, {capability}, torch {torch.__version__}, {torch.get_num_threads()} thread"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--loss-steps", type=int, default=300)
    parser.add_argument("--memory-of", nargs=2, metavar=("SIZE", "SIDE"))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "pretrain_vs_trainer.csv")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    prepared = stages.prepare(load_profile("quick"))
    train, heldout = prepared.corpus("train"), prepared.corpus("heldout")
    if chosen.memory_of:
        print(memory_of(*chosen.memory_of, train, heldout))
        return
    rows = []
    for name in chosen.sizes:
        found = measure(name, train, heldout, chosen.steps, chosen.rounds, chosen.loss_steps)
        rows += [{**row, "peak_mb": round(peak_memory(name, row["side"]))} for row in found]
        print(pd.DataFrame(rows[-2:]).to_string(index=False, header=len(rows) == 2), flush=True)
        pd.DataFrame(rows).assign(machine=machine()).to_csv(chosen.out, index=False)


if __name__ == "__main__":
    main()
