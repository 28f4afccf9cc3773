"""What the encoder's choices are worth in nats, and finetuning dropout in metric units, on a world of its own.

    python benchmarks/architecture.py [--sizes 14K 111K] [--parts pretraining dropout] [--quick]

The microworld of seed 1: not the one of any profile. Each choice against its alternative, all else the same, the same
seeds on both sides: `difference` is alternative minus choice (positive: the choice is better, for a loss), with the
standard error over seeds of the paired differences. About ten CPU-minutes; two workers. Losses, not times: a loaded
machine does no harm. Results: results/architecture.csv.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from machine import Workers, describe, destination, merge, options, progress

from scalescope.data.encoded import DataSettings, Prepared
from scalescope.model.config import EncoderConfig
from scalescope.paths import cache
from scalescope.training.finetune import FinetuneConfig, finetune
from scalescope.training.pretrain import PretrainConfig, pretrain
from scalescope.training.store import Store

SHAPES = {"14K": (12, 2), "111K": (12, 4)}  # aspect ratio, layers
SEEDS, STEPS, BATCH = (0, 1, 2), 250, 32  # 0.5 M tokens
RATES, FINETUNE_SEEDS = (0.0007, 0.0015, 0.003), (0, 1, 2)
# the configuration of the encoder that each alternative changes
ALTERNATIVES = {
    "GELU instead of squared ReLU": {"activation": "gelu", "feed_scale": 1.0},
    "squared ReLU that does not start at half size": {"feed_scale": 1.0},
    "embeddings of 0.02 instead of 0.1": {"embedding_scale": 0.02},
    "tokens that enter as their embeddings": {"input_exponent": 0.0},
    "blocks that start at 1 / sqrt(2 L)": {"residual_exponent": 0.5},
    "both of these": {"input_exponent": 0.0, "residual_exponent": 0.5},
    "distance bias from zero instead of neighbours": {"local_heads": 0},
    "learned absolute positions instead of relative": {"positions": "absolute"},
}
CHOICE = "as it is"
DROPOUT = "finetuning dropout 0.1 instead of 0"
KEYS = ["alternative", "parameters"]


@lru_cache
def world(quick: bool) -> Prepared:
    """Text and SST-2 rows of the microworld of seed 1."""
    articles, rows = (600, 96) if quick else (9000, 1200)
    return Prepared(
        DataSettings(
            kind="microworld", folder=None, vocabulary_size=512 if quick else 2048, sequence_length=64,
            train_tokens=30_000 if quick else 650_000, heldout_tokens=5_000 if quick else 50_000, max_length=64,
            stride=24, train_rows=rows, eval_rows=rows // 2,
            options={
                "seed": 1, "entities": 300 if quick else 8000, "train_articles": articles, "heldout_articles": 400,
                "task_train": rows, "task_validation": rows // 2,
            },
        ),
        cache(),
    )  # fmt: skip


def losses(share: list[tuple], quick: bool, folder: Path) -> list[float]:
    """Held-out loss in nats of each (size, alternative, seed)."""
    return [pretrained(*one, quick, folder).manifest["summary"]["loss"] for one in share]


def pretrained(name: str, alternative: str, seed: int, quick: bool, folder: Path):
    """One pretraining run; those of the encoder as it is are found again by its id."""
    data, steps = world(quick), 10 if quick else STEPS
    train, heldout = data.corpus("train"), data.corpus("heldout")
    shape = (*SHAPES[name], 2, train.vocabulary_size, train.sequence_length)
    config = PretrainConfig(
        encoder=EncoderConfig(*shape, **ALTERNATIVES.get(alternative, {})),
        objective="mlm",
        data="benchmark",
        steps=steps,
        batch_size=BATCH,
        learning_rate=0.01,
        warmup_steps=max(steps // 20, 1),
        schedule="linear",
        decay_fraction=0.2,
        weight_decay=0.01,
        mask_rate=0.15,
        eval_every=max(steps // 4, 1),
        eval_sequences=512,
        patience=steps,
        precision="fp32",
        seed=seed,
    )
    return pretrain(config, train, heldout, Store(folder))


def errors(share: list[tuple], quick: bool, folder: Path) -> list[float]:
    """SST-2 error of each (size, dropout, pretraining seed): mean over seeds of the best rate."""
    return [finetuned(*one, quick, folder) for one in share]


def finetuned(name: str, dropout: float, seed: int, quick: bool, folder: Path) -> float:
    """Mean over finetuning seeds of the error at the rate with the lowest one."""
    start = pretrained(name, CHOICE, seed, quick, folder)
    configs = [
        FinetuneConfig(
            pretrained=start.id,
            model=name,
            objective="mlm",
            task="sst2",
            data="benchmark",
            epochs=2,
            batch_size=16,
            learning_rate=rate,
            warmup_fraction=0.1,
            dropout=dropout,
            weight_decay=0.01,
            precision="fp32",
            seed=own,
        )
        for rate in RATES
        for own in FINETUNE_SEEDS
    ]
    runs = finetune(configs, start, world(quick).task_data("sst2"), Store(folder))
    values = np.array([run.manifest["summary"]["value"] for run in runs]).reshape(len(RATES), -1)
    return float(1 - values.mean(axis=1).max())


def measure(
    workers: Workers, function: Callable, name: str, variants: list, quick: bool, folder: Path
) -> dict[object, np.ndarray]:
    """One value a seed of each variant; the workers share the runs."""
    seeds = SEEDS[:2] if quick else SEEDS
    todo = [(name, variant, seed) for variant in variants for seed in seeds]
    _, found = workers.run(function, [(todo[0::2], quick, folder), (todo[1::2], quick, folder)])
    values = np.empty(len(todo))
    values[0::2], values[1::2] = found
    return dict(zip(variants, values.reshape(len(variants), -1), strict=True))


def row(alternative: str, parameters: int, quantity: str, choice: np.ndarray, other: np.ndarray) -> dict:
    """One row of the table."""
    gap = other - choice
    return {
        "alternative": alternative,
        "parameters": parameters,
        "quantity": quantity,
        "choice": choice.mean(),
        "choice_sd": choice.std(ddof=1),
        "instead": other.mean(),
        "difference": gap.mean(),
        "difference_se": gap.std(ddof=1) / len(gap) ** 0.5,
        "lowest": gap.min(),
        "highest": gap.max(),
        "seeds": len(gap),
    }


def compare(workers: Workers, part: str, name: str, quick: bool, folder: Path) -> list[dict]:
    """Rows of one part and size."""
    aspect_ratio, layers = SHAPES[name]
    parameters = 12 * layers * (layers * aspect_ratio) ** 2
    if part == "dropout":
        found = measure(workers, errors, name, [0.0, 0.1], quick, folder)
        return [row(DROPOUT, parameters, "SST-2 error", found[0.0], found[0.1])]
    found = measure(workers, losses, name, [CHOICE, *ALTERNATIVES], quick, folder)
    rows = [row(other, parameters, "held-out loss, nats", found[CHOICE], found[other]) for other in ALTERNATIVES]
    tokens = (10 if quick else STEPS) * BATCH * 64
    return [{**each, "tokens": tokens} for each in rows]


def main() -> None:
    """Size by size; each part is written when it is done."""
    parser = options(__doc__, "architecture.csv")
    parser.add_argument("--sizes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--parts", nargs="+", default=["pretraining", "dropout"], choices=["pretraining", "dropout"])
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    out = destination(chosen)
    progress("building the world")
    world(chosen.quick).task_data("sst2")
    with tempfile.TemporaryDirectory() as folder, Workers(2) as workers:
        for name in chosen.sizes:
            for part in chosen.parts:
                progress(f"{name}: {part}")
                rows = compare(workers, part, name, chosen.quick, Path(folder))
                merge(out, [{**each, **describe()} for each in rows], KEYS)
                print(pd.DataFrame(rows).to_string(index=False, float_format="%.3f"), flush=True)
    progress(f"written to {out}")


if __name__ == "__main__":
    main()
