"""What a smaller budget costs the tasks, on the world of seed 1: pretraining tokens, finetuning rows, batch size.

    python benchmarks/budget.py [--sizes 111K] [--quick]

The text, tasks and rates of the profile `thorough`, but for the seed of its world, which is that of no profile. One
model is pretrained for 700 and for 320 steps and finetuned on all rows and on half of them (two pretraining and two
finetuning seeds; each error is that of the best of three rates). `instead` minus `choice` is `difference`, with the
standard error over the four pairs. About ten CPU-minutes at 111 K; errors, not times: a loaded machine does no harm.
Results: results/budget.csv.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from machine import describe, destination, merge, options, progress

from scalescope.encoder import EncoderConfig
from scalescope.pipeline import stages
from scalescope.pipeline.profile import Profile, load_profile
from scalescope.store import Run, Store
from scalescope.training.data import of_task
from scalescope.training.finetune import FinetuneConfig, finetune
from scalescope.training.pretrain import PretrainConfig, pretrain

SHAPES = {"14K": (12, 2), "111K": (12, 4), "373K": (12, 6)}  # aspect ratio, layers
TASKS = ("squad", "sst2", "cola", "mnli", "qnli", "squad_v2")
SEEDS, LONG, SHORT = (0, 1), 700, 320
# pretraining steps, share of the rows, and a batch of 16 where thorough has 32; each question is two of them
HALF_LONG, HALF, SMALL, ALL = (LONG, 2, False), (SHORT, 2, False), (SHORT, 2, True), (SHORT, 1, False)
QUESTIONS = {
    "320 steps of pretraining instead of 700": (HALF_LONG, HALF),
    "batches of 16 instead of 32": (HALF, SMALL),
    "all rows instead of half": (HALF, ALL),
}
KEYS = ["question", "parameters", "task"]


def world(quick: bool, share: int = 1) -> Profile:
    """The profile with the world of seed 1 and one in `share` of its rows."""
    profile = load_profile("smoke" if quick else "thorough")
    names = {name: of_task(profile.finetune.train_rows, name) or 0 for name in profile.tasks}
    rows = {"default": 1, **{name: max(count // share, 1) for name, count in names.items()}}
    source = profile.source.model_copy(update={"options": {**profile.source.options, "seed": 1}})
    settings = profile.finetune.model_copy(update={"train_rows": rows})
    return profile.model_copy(update={"source": source, "finetune": settings})


def pretrained(name: str, steps: int, seed: int, quick: bool, store: Store) -> Run:
    """One pretraining run with the settings of the profile."""
    profile = world(quick)
    prepared, settings = stages.prepare(profile), profile.pretrain
    train, heldout = prepared.corpus("train"), prepared.corpus("heldout")
    config = PretrainConfig(
        encoder=EncoderConfig(*SHAPES[name], 2, train.vocabulary_size, train.sequence_length), objective="mlm",
        data=prepared.corpus_id, steps=10 if quick else steps, batch_size=settings.batch_size,
        learning_rate=settings.learning_rate, warmup_steps=settings.warmup_steps, schedule=settings.schedule,
        decay_fraction=0.2, weight_decay=settings.weight_decay, mask_rate=settings.mask_rate, eval_every=steps,
        eval_sequences=settings.eval_sequences, patience=steps, precision="fp32", seed=seed,
    )  # fmt: skip
    return pretrain(config, train, heldout, store)


def errors(name: str, task: str, variant: tuple[int, int, bool], quick: bool, store: Store) -> np.ndarray:
    """Error at the best rate of each pretraining and finetuning seed."""
    steps, share, small = variant
    profile = world(quick, share)
    prepared, settings = stages.prepare(profile), profile.finetune
    batch = 16 if small else of_task(settings.batch_size, task)
    found = []
    for seed in SEEDS:
        start = pretrained(name, steps, seed, quick, store)
        configs = [
            FinetuneConfig(
                pretrained=start.id, model=name, objective="mlm", task=task, data=prepared.task_id(task),
                epochs=settings.epochs, batch_size=batch, learning_rate=rate, warmup_fraction=settings.warmup_fraction,
                dropout=settings.dropout, weight_decay=settings.weight_decay, precision="fp32", seed=own,
            )
            for rate in settings.learning_rates for own in SEEDS
        ]  # fmt: skip
        runs = finetune(configs, start, prepared.task_data(task), store)
        values = np.array([run.manifest["summary"]["value"] for run in runs]).reshape(-1, len(SEEDS))
        found.append(1 - values[values.mean(axis=1).argmax()])
    return np.concatenate(found)


def rows_of(name: str, task: str, quick: bool, store: Store) -> list[dict]:
    """Rows of the table for one size and task; the batch only where thorough has one of 32."""
    large = of_task(world(quick).finetune.batch_size, task) == 32
    asked = [question for question, (_, other) in QUESTIONS.items() if large or not other[2]]
    known = {variant: errors(name, task, variant, quick, store) for key in asked for variant in QUESTIONS[key]}
    rows = []
    for question in asked:
        choice, other = (known[variant] for variant in QUESTIONS[question])
        gap, train = other - choice, of_task(world(quick, QUESTIONS[question][1][1]).finetune.train_rows, task)
        rows.append({
            "question": question, "parameters": EncoderConfig(*SHAPES[name], 2, 64, 64).parameters, "task": task,
            "rows": train, "choice": choice.mean(), "instead": other.mean(), "difference": gap.mean(),
            "difference_se": gap.std(ddof=1) / len(gap) ** 0.5, "pairs": len(gap),
        })  # fmt: skip
    return rows


def main() -> None:
    """Size by size, task by task; each is written when it is done."""
    parser = options(__doc__, "budget.csv")
    parser.add_argument("--sizes", nargs="+", default=["111K"], choices=list(SHAPES))
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    out = destination(chosen)
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen.sizes:
            for task in chosen.tasks:
                progress(f"{name}: {task}")
                rows = rows_of(name, task, chosen.quick, Store(Path(folder)))
                merge(out, [{**row, **describe()} for row in rows], KEYS)
                print(pd.DataFrame(rows).to_string(index=False, float_format="%.3f"), flush=True)
    progress(f"written to {out}")


if __name__ == "__main__":
    main()
