"""Finetuning sweep of 4 rates x 5 seeds on two tasks: scalescope side by side against Hugging Face Trainer run by run.

Same rows, steps, batch size, dropout and one thread on both sides; seconds are CPU time of whole runs (training,
evaluation after each epoch and, for scalescope, run folders), medians where there are several. Trainer trains the
same model with the same start (its metric is compared) and BERT of the same shape (what a user would pick). It is
measured on a few runs and reported per run. Rows are drawn: one word tells the label, with some labels wrong.
"""

from __future__ import annotations

import argparse
import csv
import platform
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from transformers import BertConfig, BertForSequenceClassification, PrinterCallback, Trainer, TrainingArguments

from scalescope.encoder import Encoder, EncoderConfig
from scalescope.store import Store
from scalescope.tasks.arrays import without_spans
from scalescope.tasks.spec import TASKS
from scalescope.training.finetune import FinetuneConfig, TaskData, build_models, finetune

RATES, SEEDS = (0.001, 0.002, 0.004, 0.008), (0, 1, 2, 3, 4)
LENGTHS = {"sst2": (6, 20), "mrpc": (25, 45)}
SHAPES = {12_288: (32, 1), 98_304: (32, 2), 331_776: (32, 3)}
VOCABULARY, EPOCHS, BATCH, WRONG = 2048, 2, 16, 0.1


def draw(rows: int, lengths: tuple[int, int], seed: int):
    """Features of `rows` random sequences whose second token tells the label, save for a share of them."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, rows)
    shown = np.where(rng.random(rows) < WRONG, 1 - labels, labels)
    tokens = [rng.integers(20, VOCABULARY, rng.integers(*lengths)) for _ in range(rows)]
    for row, label in zip(tokens, shown, strict=True):
        row[0], row[rng.integers(1, len(row))] = 2, 5 + label
    return without_spans(tokens, labels, 1, np.ones(rows), 0)


class Rows(torch.utils.data.Dataset):
    """Features as Trainer wants them."""

    def __init__(self, features):
        self.features = features

    def __len__(self):
        return self.features.n_features

    def __getitem__(self, at):
        start, stop = self.features.starts[at : at + 2]
        return {"input_ids": self.features.tokens[start:stop].astype(np.int64), "label": self.features.labels[at]}


def collate(rows: list[dict]) -> dict:
    """Padded to the longest row of the batch, as DataCollatorWithPadding does."""
    ids = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(r["input_ids"]) for r in rows], batch_first=True)
    labels = torch.tensor([int(r["label"]) for r in rows])
    return {"input_ids": ids, "attention_mask": (ids != 0).long(), "labels": labels}


class Same(torch.nn.Module):
    """scalescope's model with the interface of transformers."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, labels):
        """Loss and logits."""
        logits = self.model(input_ids, attention_mask.sum(1))
        return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}


def bert(shape: EncoderConfig) -> BertForSequenceClassification:
    """BERT of the same width, depth, heads and vocabulary."""
    config = BertConfig(
        vocab_size=VOCABULARY, hidden_size=shape.hidden, num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads, intermediate_size=4 * shape.hidden, max_position_embeddings=64,
    )  # fmt: skip
    return BertForSequenceClassification(config)


def run_trainer(model, config: FinetuneConfig, data: TaskData, folder: str) -> tuple[float, float]:
    """CPU seconds and best accuracy of one run."""
    start = time.process_time()
    steps = EPOCHS * -(-data.train.n_features // BATCH)
    arguments = TrainingArguments(
        output_dir=folder, num_train_epochs=EPOCHS, per_device_train_batch_size=BATCH, per_device_eval_batch_size=128,
        learning_rate=config.learning_rate, lr_scheduler_type="constant_with_warmup", weight_decay=config.weight_decay,
        warmup_steps=int(config.warmup_fraction * steps), adam_beta2=0.98, seed=config.seed, eval_strategy="epoch",
        save_strategy="no", logging_strategy="no", report_to=[], disable_tqdm=True, use_cpu=True,
    )  # fmt: skip
    trainer = Trainer(
        model=model, args=arguments, data_collator=collate, train_dataset=Rows(data.train),
        eval_dataset=Rows(data.evaluation),
        compute_metrics=lambda found: {"accuracy": float((found.predictions.argmax(-1) == found.label_ids).mean())},
    )  # fmt: skip
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    value = max(entry["eval_accuracy"] for entry in trainer.state.log_history if "eval_accuracy" in entry)
    return time.process_time() - start, value


def compare(size: int, name: str, rows: int, trainer_runs: int) -> list[dict]:
    """Table rows of one size and task: growth with members, the whole sweep, Trainer."""
    aspect_ratio, layers = SHAPES[size]
    shape = EncoderConfig(aspect_ratio, layers, 4, VOCABULARY, 64)
    data = TaskData(TASKS[name], draw(rows, LENGTHS[name], 1), draw(rows // 2, LENGTHS[name], 2), [{}] * (rows // 2))
    shared = {
        "pretrained": "pretrain-drawn", "model": shape.name, "objective": "mlm", "task": name, "data": "drawn",
        "epochs": EPOCHS, "batch_size": BATCH, "warmup_fraction": 0.1, "dropout": 0.1, "weight_decay": 0.01,
        "precision": "fp32",
    }  # fmt: skip
    configs = [FinetuneConfig(**shared, learning_rate=rate, seed=seed) for seed in SEEDS for rate in RATES]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        pretrained = Store(Path(folder)).write(
            "pretrain-drawn", manifest={"config": {"encoder": asdict(shape)}, "status": "finished"},
            curve=pd.DataFrame(), metrics=pd.DataFrame(), weights=Encoder(shape, seed=0).state_dict(),
        )  # fmt: skip
        finetune(configs[:1], pretrained, data, Store(Path(folder, "warm")))
        for members in (1, 4, len(configs)):
            start = time.process_time()
            runs = finetune(configs[:members], pretrained, data, Store(Path(folder, str(members))))
            seconds = (time.process_time() - start) / members
            values = [run.manifest["summary"]["value"] for run in runs]
            found.append({"side": "scalescope", "runs": members, "cpu_seconds": seconds, "values": values})
        for side in ("trainer, same model", "trainer, BERT"):
            timed = []
            for config in configs[: trainer_runs + 1]:  # the first one imports and warms up
                model = Same(build_models([config], pretrained, data.task)[0]) if "same" in side else bert(shape)
                timed.append(run_trainer(model, config, data, folder))
            timed = timed[1:] or timed
            seconds, values = float(np.median([t for t, _ in timed])), [value for _, value in timed]
            found.append({"side": side, "runs": len(timed), "cpu_seconds": seconds, "values": values})
    best = next(row["cpu_seconds"] for row in found if row["runs"] == len(configs))
    steps = EPOCHS * -(-rows // BATCH)
    return [
        {
            "parameters": size, "task": name, "side": row["side"], "runs": row["runs"], "steps_a_run": steps,
            "cpu_seconds_a_run": round(row["cpu_seconds"], 3), "against_sweep": round(row["cpu_seconds"] / best, 2),
            "accuracy_mean": round(float(np.mean(row["values"])), 3),
            "accuracy_sd": round(float(np.std(row["values"])), 3), "machine": platform.machine(),
        }
        for row in found
    ]  # fmt: skip


def main() -> None:
    """Print and write the table, size by size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--rows", type=int, default=320)
    parser.add_argument("--trainer-runs", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "finetuning.csv")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    table: list[dict] = []
    for size in arguments.sizes:
        for name in LENGTHS:
            table += compare(size, name, arguments.rows, arguments.trainer_runs)
            arguments.out.parent.mkdir(parents=True, exist_ok=True)
            with arguments.out.open("w", newline="") as file:
                writer = csv.DictWriter(file, list(table[0]))
                writer.writeheader()
                writer.writerows(table)
            print(pd.DataFrame(table[-5:]).to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
