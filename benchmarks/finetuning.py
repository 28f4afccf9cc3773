"""Finetuning sweep of 4 rates x 5 seeds on two tasks, the whole machine: scalescope beside Trainer run by run.

    python benchmarks/finetuning.py [--sizes 12K 98K] [--tasks sst2] [--quick]

Both sides: microworld rows (SST-2 is short, 11 tokens a row, BoolQ long, 35), the same encoder pretrained for 0.3 M
tokens, same steps, batch, rates, warm-up, decay, dropout 0.1 and an evaluation after each epoch. Two workers of one
thread: ours takes ten members each, Trainer half of the runs each; also one Trainer of two threads. The first run of
each worker (imports) is not counted. Wall seconds, in turns, medians; run it on a quiet machine.

Trainer is timed on two seeds of all rates (8 runs; BERT on one, 4 runs; run by run with two threads: 4) and scaled to
20 runs: `sweep_seconds` of its rows is an extrapolation, `runs_timed` says of how many. "same model" is our encoder
under Trainer, so that its metric can be compared, run by run (`difference`: ours minus theirs, same rate and seed);
"BERT" is what a user would pick, of the same shape and without pretraining, so its metric is left out.
"""

from __future__ import annotations

import math
import statistics
import tempfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from machine import Workers, describe, destination, merge, options, peak_mb, progress

from scalescope.data.encoded import TaskData
from scalescope.data.tasks.features import Features
from scalescope.experiment import stages
from scalescope.experiment.profile import load_profile
from scalescope.model.config import EncoderConfig
from scalescope.training.finetune import FinetuneConfig, build_models, finetune
from scalescope.training.pretrain import PretrainConfig, pretrain
from scalescope.training.store import Run, Store

RATES, SEEDS = (0.0007, 0.0015, 0.003, 0.006), (0, 1, 2, 3, 4)
SHAPES = {"12K": (32, 1), "98K": (32, 2), "332K": (32, 3)}  # aspect ratio, layers
TRAIN_ROWS = {"12K": 800, "98K": 400, "332K": 240}  # fewer where a run costs more
OUR_TURNS = {"12K": 3, "98K": 2, "332K": 2}
TASKS, EVALUATION_ROWS, EPOCHS, BATCH, WARMUP = ("sst2", "boolq"), 300, 2, 16, 0.1
KEYS = ["parameters", "task", "side"]


@lru_cache
def rows_of(profile: str, task: str, train: int) -> TaskData:
    """The first rows of a task of the profile's world, as many as the benchmark needs."""
    settings = load_profile(profile)
    needed = {"train_rows": max(TRAIN_ROWS.values()), "eval_rows": EVALUATION_ROWS}
    settings = settings.model_copy(update={"finetune": settings.finetune.model_copy(update=needed)})
    data = stages.prepare(settings).task_data(task)
    held = first(data.evaluation, EVALUATION_ROWS)
    return TaskData(data.task, first(data.train, train), held, data.rows[: held.n_examples])


def first(features: Features, rows: int) -> Features:
    """The first rows of a task with one feature a row."""
    rows = min(rows, features.n_examples)
    starts = features.starts[: rows + 1]
    cut = {name: getattr(features, name)[:rows] for name in ("example", "labels", "span_start", "span_end")}
    return replace(
        features,
        **cut,
        starts=starts,
        tokens=features.tokens[: starts[-1]],
        n_examples=rows,
        context_start=features.context_start[:rows],
    )


def pretrained_run(name: str, profile: str, folder: Path, steps: int) -> Run:
    """A short pretraining of one size, kept in the folder."""
    prepared = stages.prepare(load_profile(profile))
    train, heldout = prepared.corpus("train"), prepared.corpus("heldout")
    config = PretrainConfig(
        encoder=EncoderConfig(*SHAPES[name], 4, train.vocabulary_size, train.sequence_length),
        objective="mlm",
        data="benchmark",
        steps=steps,
        batch_size=32,
        learning_rate=0.01,
        warmup_steps=max(steps // 20, 1),
        schedule="linear",
        decay_fraction=0.2,
        weight_decay=0.01,
        mask_rate=0.15,
        eval_every=steps,
        eval_sequences=128,
        patience=steps,
        precision="fp32",
        seed=0,
    )
    return pretrain(config, train, heldout, Store(folder))


def our_share(configs: list[FinetuneConfig], data: tuple, folder: Path) -> tuple[list[float], float]:
    """Metric of each member of a group, and the peak memory of this worker."""
    store = Store(folder)
    with tempfile.TemporaryDirectory() as fresh:
        runs = finetune(configs, store.find(configs[0].pretrained), rows_of(*data), Store(Path(fresh)))
    return [run.manifest["summary"]["value"] for run in runs], peak_mb()


def trainer_share(kind: str, configs: list[FinetuneConfig], data: tuple, folder: Path, threads: int = 1):
    """The same of Trainer, one run after another."""
    import trainer_side

    torch.set_num_threads(threads)
    pretrained, given = Store(folder).find(configs[0].pretrained), rows_of(*data)
    train, held = (trainer_side.Rows(token_rows(part), labels_of(part)) for part in (given.train, given.evaluation))
    values = []
    for config in configs:
        settings = {**vars(config), "warmup_steps": math.ceil(WARMUP * steps_of(given.train))}
        if kind == "BERT":
            shape = EncoderConfig(**pretrained.manifest["config"]["encoder"])
            model = trainer_side.classifier({**vars(shape), "hidden": shape.hidden}, config.dropout, config.seed)
        else:
            model = Same(build_models([config], {pretrained.id: pretrained}, given.task)[0])
        values.append(trainer_side.finetune(model, settings, train, held, str(folder / "unused")))
    torch.set_num_threads(1)
    return values, peak_mb()


class Same(torch.nn.Module):
    """scalescope's model with the interface of transformers."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, labels):
        """Loss and logits."""
        logits = self.model(input_ids, attention_mask.sum(1))
        return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}


def token_rows(features: Features) -> list[np.ndarray]:
    """Token ids of each row."""
    return np.split(features.tokens.astype(np.int64), features.starts[1:-1])


def labels_of(features: Features) -> np.ndarray:
    """Label of each row."""
    return features.labels.astype(np.int64)


def steps_of(train: Features) -> int:
    """Optimiser steps of a run."""
    return EPOCHS * math.ceil(train.n_examples / BATCH)


def compare(name: str, task: str, pretrained: Run, folder: Path, profile: str, quick: bool) -> list[dict]:
    """Rows of the table for one size and task."""
    data = (profile, task, 32 if quick else TRAIN_ROWS[name])
    configs = sweep_configs(pretrained, task)
    few = configs[: 4 if quick else 8]
    turns: dict[str, list] = {}
    with Workers(2) as our_workers, Workers(2) as their_workers:
        warm_up(our_workers, their_workers, configs[:1], data, folder)

        def ours():
            turns.setdefault("scalescope", []).append(
                our_workers.run(our_share, [(configs[at::2], data, folder) for at in (0, 1)])
            )

        def theirs(kind: str, runs: list[FinetuneConfig], threads: int = 1):
            shares = [runs] if threads == 2 else [runs[0::2], runs[1::2]]
            side = f"trainer, {kind}" + (", one process of 2 threads" if threads == 2 else "")
            turns.setdefault(side, []).append(
                their_workers.run(trainer_share, [(kind, share, data, folder, threads) for share in shares])
            )

        half = len(few) // 2
        for kind, runs in (("same model", few[:half]), ("same model", few[half:]), ("BERT", few[:half])):
            if len(turns.get("scalescope", [])) < OUR_TURNS[name]:
                ours()
            theirs(kind, runs)
        for run in few[:2], few[2:4]:
            theirs("same model", run, threads=2)
    return tabulate(turns, configs, pretrained, rows_of(*data).train)


def sweep_configs(pretrained: Run, task: str) -> list[FinetuneConfig]:
    """All members, seed by seed."""
    shared = {
        "pretrained": pretrained.id,
        "model": "benchmark",
        "objective": "mlm",
        "task": task,
        "data": "benchmark",
        "epochs": EPOCHS,
        "batch_size": BATCH,
        "warmup_fraction": WARMUP,
        "dropout": 0.1,
        "weight_decay": 0.01,
        "precision": "fp32",
    }
    return [FinetuneConfig(**shared, learning_rate=rate, seed=seed) for seed in SEEDS for rate in RATES]


def warm_up(ours: Workers, theirs: Workers, one: list[FinetuneConfig], data: tuple, folder: Path) -> None:
    """Imports, rows and first kernels of all workers."""
    ours.run(our_share, [(one, data, folder)] * 2)
    short = (*data[:2], 32)
    theirs.run(trainer_share, [("same model", one, short, folder)] * 2)
    theirs.run(rows_of, [data] * 2)


def tabulate(turns: dict[str, list], configs: list[FinetuneConfig], pretrained: Run, train: Features) -> list[dict]:
    """Seconds of 20 runs, ratios and metrics of each side."""
    count, ours = len(configs), turns["scalescope"]
    shares = ours[0][1]
    our_values = np.empty(count)
    our_values[0::2], our_values[1::2] = shares[0][0], shares[1][0]
    our_seconds = statistics.median(wall for wall, _ in ours)
    shape = EncoderConfig(**pretrained.manifest["config"]["encoder"])
    rows = []
    for side, found in turns.items():
        runs = [sum(len(values) for values, _ in results) for _, results in found]
        seconds = statistics.median(wall * count / own for (wall, _), own in zip(found, runs, strict=True))
        values = our_values if side == "scalescope" else in_order(found)
        row = {
            "parameters": shape.parameters,
            "task": configs[0].task,
            "side": side,
            "tokens_a_row": round(train.tokens_mean, 1),
            "steps_a_run": steps_of(train),
            "members": count,
            "runs_timed": count * len(ours) if side == "scalescope" else sum(runs),
            "sweep_seconds": round(seconds, 2),
            "ratio": round(seconds / our_seconds, 2),
        }
        if "BERT" not in side and "threads" not in side:
            row |= {"metric_mean": values.mean(), "metric_se": standard_error(values)}
        if side == "trainer, same model":
            gap = our_values[: len(values)] - values
            row |= {"pairs": len(gap), "difference": gap.mean(), "difference_se": standard_error(gap)}
        rows.append({**row, "worker_peak_mb": round(max(mb for _, results in found for _, mb in results))})
    return rows


def in_order(found: list) -> np.ndarray:
    """Metrics of Trainer's runs in the order of the configurations: each turn dealt them out to its workers in turn."""
    values = []
    for _, results in found:
        dealt = np.empty(sum(len(own) for own, _ in results))
        for at, (own, _) in enumerate(results):
            dealt[at :: len(results)] = own
        values.append(dealt)
    return np.concatenate(values)


def standard_error(values: np.ndarray) -> float:
    """Of the mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def main() -> None:
    """Size by size and task by task; each is written when it is done."""
    parser = options(__doc__, "finetuning.csv")
    parser.add_argument("--sizes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=TASKS)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    profile = "smoke" if chosen.quick else "quick"
    out = destination(chosen)
    for task in chosen.tasks:
        rows_of(profile, task, 32)  # encoded once, before any worker asks
    for name in chosen.sizes:
        with tempfile.TemporaryDirectory() as folder:
            progress(f"{name}: pretraining")
            pretrained = pretrained_run(name, profile, Path(folder), 5 if chosen.quick else 150)
            for task in chosen.tasks:
                progress(f"{name}: {task}")
                rows = compare(name, task, pretrained, Path(folder), profile, chosen.quick)
                merge(out, [{**row, **describe()} for row in rows], KEYS)
                print(pd.DataFrame(rows).to_string(index=False, float_format="%.3f"), flush=True)
    progress(f"written to {out}")


if __name__ == "__main__":
    main()
