"""Does finetuning feel the pretraining? Rows of text, heads and mask rate, judged by loss, verdicts and tasks.

    python benchmarks/instrument.py [--sizes 111K] [--parts rows heads finetuning masking rates] [--quick]

The microworld of seed 1, which no profile uses. Every variant sees the same number of tokens without padding, with two
pretraining seeds; all are evaluated on the same held-out documents. `verdict_error` is the share of masked verdicts
that the model fills in wrongly, over all skills that have choices; the task columns are errors after finetuning on
3,000 rows (one epoch, better of two rates, mean over the pretraining seeds and two finetuning seeds each, `_sd` their
deviation; the part "rates" has one rate each). `tokens_per_second` is relative to the first variant of the same part.
About 45 CPU-minutes at 111 K. Results: results/instrument.csv.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from machine import describe, destination, merge, options, progress

from scalescope.data.corpus import Corpus
from scalescope.data.encoded import DataSettings, Prepared
from scalescope.data.tokenizer import CLS
from scalescope.model.config import EncoderConfig
from scalescope.model.encoder import Encoder
from scalescope.paths import cache
from scalescope.training.evaluation import accuracies
from scalescope.training.finetune import FinetuneConfig, finetune
from scalescope.training.pretrain import PretrainConfig, pretrain
from scalescope.training.store import Run, Store

SHAPES = {"14K": (12, 2), "111K": (12, 4)}  # aspect ratio, layers
TASKS = ("sst2", "mnli", "cola", "squad")
RATES, SEEDS = (0.0015, 0.004), (0, 1)
TOKENS, BATCH = 2_000_000, 32  # of a run, without padding
CHOICE = "documents packed, attention within each"
# part: variants; each changes how rows are made, the encoder's or the pretraining configuration
PARTS: dict[str, dict[str, dict]] = {
    "rows": {
        CHOICE: {},
        "documents packed, attention across": {"rows": "across"},
        "running text, cut anywhere": {"rows": "running"},
        "one document per row, padded": {"rows": "padded"},
    },
    "heads": {
        "two of four heads start at neighbours": {},
        "all four heads start at neighbours": {"local_heads": 4},
        "two heads, at neighbours": {"heads": 2},
    },
    "finetuning": {"rate falls to zero": {}, "constant rate": {"schedule": "constant"}},
    "masking": {f"{rate:.0%} masked": {"mask_rate": rate} for rate in (0.15, 0.30, 0.40)},
    "rates": {f"finetuned at {rate:g}": {"rates": (rate,)} for rate in (0.0015, 0.003, 0.006, 0.012)},
}
FINETUNING = ("rates", "schedule")  # what does not change pretraining
KEYS = ["part", "variant", "parameters"]
SECONDS: dict[str, float] = {}  # of each run when it was trained: parts share their first variant


@lru_cache
def world(quick: bool) -> Prepared:
    """Text, probes and rows of the microworld of seed 1."""
    articles, rows, evaluated = (3000, 96, 64) if quick else (120_000, 3000, 2000)
    return Prepared(
        DataSettings(
            kind="microworld", folder=None, vocabulary_size=512 if quick else 2048, sequence_length=64,
            train_tokens=60_000 if quick else 2_600_000, heldout_tokens=5_000 if quick else 60_000, max_length=64,
            stride=24, train_rows=rows, eval_rows=evaluated,
            options={
                "seed": 1, "entities": 300 if quick else 20_000, "train_articles": articles, "heldout_articles": 4000,
                "task_train": rows, "task_validation": evaluated,
            },
        ),
        cache(),
    )  # fmt: skip


def laid_out(corpus: Corpus, rows: str | None) -> Corpus:
    """The documents of a corpus in rows of another kind."""
    if rows is None:
        return corpus
    if rows == "across":
        return replace(corpus, documents=(corpus.tokens > 0).astype(np.uint8))
    length = corpus.sequence_length
    flat = corpus.tokens.reshape(-1)
    flat = flat[flat > 0]
    if rows == "running":
        text = flat[flat != CLS]
        text = text[: len(text) // (length - 1) * (length - 1)].reshape(-1, length - 1)
        tokens = np.concatenate([np.full((len(text), 1), CLS, np.uint16), text], axis=1)
    else:
        starts = np.flatnonzero(flat == CLS)
        sizes = np.diff(starts, append=len(flat))
        tokens = np.zeros((len(starts), length), np.uint16)
        place = np.arange(length) < sizes[:, None]
        tokens[place] = flat
        tokens = np.random.default_rng(0).permutation(tokens)  # packing had sorted them by length
    return Corpus(tokens, (tokens > 0).astype(np.uint8), None, corpus.vocabulary_size)


def pretrained(name: str, variant: dict, seed: int, quick: bool, store: Store) -> tuple[Run, float]:
    """One pretraining run and the CPU seconds that it took."""
    prepared = world(quick)
    train, heldout = laid_out(prepared.corpus("train"), variant.get("rows")), prepared.corpus("heldout")
    batch = BATCH
    if variant.get("rows") == "padded":  # as many tokens per step as the others
        batch = round(BATCH * prepared.corpus("train").tokens_per_row / train.tokens_per_row)
    made = str({key: variant[key] for key in variant if key not in FINETUNING})
    steps = 10 if quick else round(TOKENS / batch / train.tokens_per_row)
    config = PretrainConfig(
        encoder=EncoderConfig(
            *SHAPES[name],
            variant.get("heads", 4),
            train.vocabulary_size,
            train.sequence_length,
            local_heads=variant.get("local_heads", 2),
        ),
        objective="mlm",
        data=made,
        steps=steps,
        batch_size=batch,
        learning_rate=0.01,
        warmup_steps=max(steps // 10, 1),
        schedule="linear",
        decay_fraction=0.2,
        weight_decay=0.01,
        mask_rate=variant.get("mask_rate", 0.3),
        eval_every=steps,
        eval_sequences=512,
        patience=steps,
        precision="fp32",
        seed=seed,
    )
    started = time.process_time()
    run = pretrain(config, train, heldout, store)
    return run, SECONDS.setdefault(run.id, time.process_time() - started)


def errors(run: Run, name: str, task: str, variant: dict, quick: bool, store: Store) -> list[float]:
    """Errors of the finetuning seeds at the better rate."""
    prepared, rates = world(quick), variant.get("rates", RATES)
    configs = [
        FinetuneConfig(
            pretrained=run.id,
            model=name,
            objective="mlm",
            task=task,
            data=prepared.task_id(task),
            epochs=1,
            batch_size=16,
            learning_rate=rate,
            warmup_fraction=0.1,
            dropout=0.0,
            weight_decay=0.01,
            precision="fp32",
            seed=seed,
            schedule=variant.get("schedule", "linear"),
        )
        for rate in rates
        for seed in SEEDS
    ]
    runs = finetune(configs, run, prepared.task_data(task), store)
    found = np.array([1 - run.manifest["summary"]["value"] for run in runs]).reshape(len(rates), -1)
    return found[found.mean(axis=1).argmin()].tolist()


def row(part: str, label: str, variant: dict, name: str, quick: bool, store: Store) -> dict:
    """One row of the table; tokens_per_second is absolute here."""
    runs, seconds = zip(*(pretrained(name, variant, seed, quick, store) for seed in SEEDS), strict=True)
    verdicts, probes = [], world(quick).probes
    for run in runs:
        model = Encoder(EncoderConfig(**run.manifest["config"]["encoder"]), seed=0)
        model.load_state_dict(run.weights())
        found = accuracies(model, probes, "fp32")
        verdicts += [1 - found[skill] for skill, choices in zip(probes.skills, probes.choices, strict=True) if choices]
    tokens = sum(run.manifest["summary"]["tokens"] for run in runs)
    found = {
        "part": part,
        "variant": label,
        "parameters": EncoderConfig(*SHAPES[name], 2, 64, 64).parameters,
        "tokens": tokens // len(runs),
        "tokens_per_second": tokens / sum(seconds),
        "loss": np.mean([run.manifest["summary"]["loss"] for run in runs]),
        "verdict_error": np.mean(verdicts),
    }
    for task in TASKS:
        values = [value for run in runs for value in errors(run, name, task, variant, quick, store)]
        found |= {task: np.mean(values), f"{task}_sd": np.std(values, ddof=1)}
    return found


def main() -> None:
    """Part by part; each is written when it is done."""
    parser = options(__doc__, "instrument.csv")
    parser.add_argument("--sizes", nargs="+", default=["111K"], choices=list(SHAPES))
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=list(PARTS))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    out = destination(chosen)
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen.sizes:
            for part in chosen.parts:
                rows = []
                for label, variant in PARTS[part].items():
                    progress(f"{name}: {label}")
                    rows.append(row(part, label, variant, name, chosen.quick, Store(Path(folder))))
                first = rows[0]["tokens_per_second"]
                rows = [each | {"tokens_per_second": each["tokens_per_second"] / first} for each in rows]
                merge(out, [{**each, **describe()} for each in rows], KEYS)
                print(pd.DataFrame(rows).to_string(index=False, float_format="%.3f"), flush=True)
    progress(f"written to {out}")


if __name__ == "__main__":
    main()
