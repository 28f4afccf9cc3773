"""The other side: Hugging Face Trainer as its users write it. Knows nothing of scalescope, arrays come from outside.

python benchmarks/trainer_side.py batches.npz shape.json     prints the peak memory of a few pretraining steps, in MB
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from machine import memory_mb, peak_mb
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)


class Rows(torch.utils.data.Dataset):
    """Rows as Trainer wants them: input ids, and labels of tokens or one label."""

    def __init__(self, inputs, labels):
        self.inputs, self.labels = inputs, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, at: int) -> dict:
        return {"input_ids": torch.from_numpy(self.inputs[at]), "labels": torch.as_tensor(self.labels[at])}


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


def bert(shape: dict, dropout: float) -> BertConfig:
    """BERT of a width, depth, heads, vocabulary and length."""
    return BertConfig(
        vocab_size=shape["vocabulary_size"],
        hidden_size=shape["hidden"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=4 * shape["hidden"],
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
        max_position_embeddings=shape["max_length"],
    )


def classifier(shape: dict, dropout: float, seed: int) -> BertForSequenceClassification:
    """BERT with a head for two labels, untrained."""
    torch.manual_seed(seed)
    return BertForSequenceClassification(bert(shape, dropout))


def pretrain(shape: dict, inputs: np.ndarray, labels: np.ndarray, steps: int, batch: int, rate: float, warmup: int):
    """CPU seconds of each step after the first, and the model.

    inputs and labels int64 [steps * batch, S], masked beforehand, -100 where nothing is hidden.
    """
    torch.manual_seed(0)
    model, clock = BertForMaskedLM(bert(shape, 0.0)), Clock()
    arguments = TrainingArguments(
        output_dir="unused",
        use_cpu=True,
        per_device_train_batch_size=batch,
        max_steps=steps,
        learning_rate=rate,
        warmup_steps=warmup,
        weight_decay=0.01,
        adam_beta2=0.98,
        max_grad_norm=1.0,
        save_strategy="no",
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
        seed=0,
    )
    trainer = InOrder(model=model, args=arguments, train_dataset=Rows(inputs, labels), callbacks=[clock])
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return list(np.diff(clock.ends)), model


@torch.no_grad()
def heldout_loss(model: BertForMaskedLM, inputs: np.ndarray, labels: np.ndarray) -> float:
    """Mean over all masked tokens, in nats."""
    model.eval()
    total = 0.0
    for start in range(0, len(inputs), 64):
        part = slice(start, start + 64)
        loss = model(torch.from_numpy(inputs[part]), labels=torch.from_numpy(labels[part])).loss
        total += float(loss) * int((labels[part] >= 0).sum())
    return total / int((labels >= 0).sum())


def finetune(model, settings: dict, train: Rows, evaluation: Rows, folder: str) -> float:
    """Best accuracy after an epoch of one run at a constant rate after warm-up.

    Evaluation batches of 32 rows: with our model 128 took twice as long or more, and Trainer is given the same benefit.
    """
    arguments = TrainingArguments(
        output_dir=folder,
        use_cpu=True,
        num_train_epochs=settings["epochs"],
        per_device_train_batch_size=settings["batch_size"],
        per_device_eval_batch_size=32,
        learning_rate=settings["learning_rate"],
        lr_scheduler_type="constant_with_warmup",
        warmup_steps=settings["warmup_steps"],
        weight_decay=settings["weight_decay"],
        adam_beta2=0.98,
        max_grad_norm=1.0,
        seed=settings["seed"],
        eval_strategy="epoch",
        save_strategy="no",
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
    )
    trainer = Trainer(
        model=model,
        args=arguments,
        data_collator=_pad,
        train_dataset=train,
        eval_dataset=evaluation,
        compute_metrics=lambda found: {"accuracy": float((found.predictions.argmax(-1) == found.label_ids).mean())},
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return max(entry["eval_accuracy"] for entry in trainer.state.log_history if "eval_accuracy" in entry)


def _pad(rows: list[dict]) -> dict:
    """Padded to the longest row of the batch, as DataCollatorWithPadding does."""
    ids = torch.nn.utils.rnn.pad_sequence([row["input_ids"] for row in rows], batch_first=True)
    labels = torch.stack([row["labels"] for row in rows])
    return {"input_ids": ids, "attention_mask": (ids != 0).long(), "labels": labels}


def main() -> None:
    torch.set_num_threads(1)
    before = memory_mb("VmRSS")
    arrays, shape = np.load(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
    inputs, labels = arrays["inputs"], arrays["labels"]
    pretrain(shape, inputs, labels, len(inputs) // shape["batch"], shape["batch"], 0.003, 1)
    print(before, peak_mb())


if __name__ == "__main__":
    main()
