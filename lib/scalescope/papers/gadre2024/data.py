"""Gadre et al. (2024): 104 over-trained language models, their losses on 8 sets and errors on 46 tasks.

Source: "Language models scale reliably with over-training and on downstream tasks", arXiv:2403.08540; files of
github.com/mlfoundations/scaling (MIT), one JSON per model and one per evaluation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

# the 17 tasks on which the paper's 154M, C4 model at M = 320 beats chance by ten points
SUBSET = (
    "bigbench_operators",
    "pubmed_qa_labeled",
    "hellaswag_zeroshot",
    "boolq",
    "arc_easy",
    "coqa",
    "bigbench_dyck_languages",
    "lambada_openai",
    "bigbench_novel_concepts",
    "winograd",
    "bigbench_cs_algorithms",
    "commonsense_qa",
    "bigbench_qa_wikidata",
    "hellaswag",
    "copa",
    "squad",
    "piqa",
)
CHINCHILLA = 20  # tokens per parameter that the authors call a multiplier of 1


def read(folder: Path) -> pd.DataFrame:
    """One row per model and evaluation: loss (nats per token) with its 95 % interval, or error in [0, 1].

    `parameters` counts embeddings, as the authors' laws do. Two more "tasks" are the paper's averages: "avg" (46
    tasks) and "avg_subset" (17). `chance` is the error of guessing at random. Rows are sorted by data set, flops
    and evaluation.
    """
    about = pd.read_csv(folder / "eval_metadata.csv").set_index("Eval Task")
    baseline = (1 - about["Random baseline"] / 100).to_dict()
    rows = []
    for path in sorted((folder / "models").glob("*.json")):
        model = json.loads(path.read_text(encoding="utf-8"))
        scores = json.loads((folder / "evals" / f"evaluation_{path.stem}_heavy.json").read_text(encoding="utf-8"))
        about = _about(model)
        rows += [about | loss for loss in _losses(model)]
        rows += [about | error for error in _errors(scores["eval_metrics"]["icl"], baseline)]
    table = pd.DataFrame(rows)
    return table.sort_values(["dataset", "flops", "quantity", "evaluation"], kind="stable", ignore_index=True)


def _about(model: dict[str, Any]) -> dict[str, Any]:
    settings = model["hyperparameters"]
    parameters, tokens = int(settings["params"]), int(settings["tokens"])
    return {
        "name": model["name"],
        "dataset": model["dataset_name"],
        "model": settings["model"].split("/")[-1].split(".")[0],
        "parameters": parameters,
        "parameters_no_embedding": int(settings["params_no_embed"]),
        "tokens": tokens,
        "token_multiplier": CHINCHILLA * float(settings["chinchilla_multiplier"]),
        "flops": 6.0 * parameters * tokens,
        "learning_rate": float(settings["lr"]),
    }


def _losses(model: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for result in model["results"]:
        parts = result["val_data"][0].split("/")
        name = parts[-1].split(".")[0] if "de-en" in parts[-2] else parts[-2]
        ends = {"low": result["loss_sequences_lower_95"], "high": result["loss_sequences_upper_95"]}
        found.append({"quantity": "loss", "evaluation": name, "value": result["loss"]} | ends)
    return found


def _errors(accuracies: dict[str, float], baseline: dict[str, float]) -> list[dict[str, Any]]:
    """Errors of all tasks and their two averages, each with that of guessing at random."""
    tasks = {task: (1 - accuracy, baseline[task]) for task, accuracy in accuracies.items()}
    means = {"avg": _mean(tasks, tasks), "avg_subset": _mean(tasks, SUBSET)}
    return [
        {"quantity": "error", "evaluation": task, "value": error, "chance": chance}
        for task, (error, chance) in (tasks | means).items()
    ]


def _mean(values: dict[str, tuple[float, float]], tasks: Iterable[str]) -> tuple[float, float]:
    chosen = [values[task] for task in tasks]
    return sum(error for error, _ in chosen) / len(chosen), sum(chance for _, chance in chosen) / len(chosen)
