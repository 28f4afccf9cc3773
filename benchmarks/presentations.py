"""Does finetuning on real rows feel the pretraining once rows are presented more often?

    python benchmarks/presentations.py --data FOLDER [--tasks mnli sst2] [--models ar32-l1 ar32-l2]
        [--passes 1 3] [--rates 0.001 0.003 0.01] [--profile wikipedia-full]

In wikipedia-full every row of MNLI is seen once, and pretrained models stay at the loss of guessing, ln 3, while models
from scratch leave it. Here the same models (from the store: run the profile first) are finetuned with other numbers of
passes and rates; the learning rate decays over all passes, the best epoch is kept, as in the profile; one seed.
Results: results/presentations.csv, one row per task, model, start ("mlm" or "scratch"), passes and rate, with `best`
for the rate of the lowest error.
"""

from __future__ import annotations

import argparse

import pandas as pd
from machine import describe, destination, merge, options, progress

from scalescope.experiment import stages
from scalescope.experiment.finetuning import finetune_configs, trainer
from scalescope.experiment.profile import Profile, load_profile
from scalescope.experiment.rows import finetune_rows
from scalescope.tables import SCRATCH
from scalescope.training.device import use_threads

KEYS = ["profile", "task", "model", "start", "passes", "learning_rate"]
STARTS = ("mlm", SCRATCH)
SEED = 0


def main() -> None:
    """Finetune every cell and write the table."""
    parser = options(__doc__, "presentations.csv")
    parser.add_argument("--data", help="folder with corpus/ and tasks/, for a profile of the source 'files'")
    parser.add_argument("--profile", default="wikipedia-full")
    parser.add_argument("--tasks", nargs="+", default=["mnli", "sst2"])
    parser.add_argument("--models", nargs="+", default=["ar32-l1", "ar32-l2"])
    parser.add_argument("--passes", nargs="+", type=int, default=[1, 3])
    parser.add_argument("--rates", nargs="+", type=float, default=[0.001, 0.003, 0.01])
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.tasks, chosen.models, chosen.passes, chosen.rates = chosen.tasks[:1], chosen.models[:1], [1], [0.003]
    profile = load_profile(chosen.profile, data=chosen.data)
    for model in chosen.models:
        for task in chosen.tasks:
            for passes in chosen.passes:
                rows = cells(profile, model, task, passes, chosen)
                merge(destination(chosen), [{**row, **describe()} for row in rows], KEYS)


def cells(profile: Profile, model: str, task: str, passes: int, chosen: argparse.Namespace) -> list[dict]:
    """One row per start and rate of one model, task and number of passes; all of them are trained side by side."""
    tuning = profile.finetune.model_copy(update={"epochs": passes, "learning_rates": chosen.rates})
    own = profile.model_copy(update={"finetune": tuning})
    prepared, spec = stages.prepare(own), own.model(model)
    use_threads(spec.config.parameters)
    data = prepared.task_data(task)
    starts = {start: stages.pretrained_run(own, prepared, spec, start) for start in STARTS}
    members = [(rate, SEED) for rate in chosen.rates]
    configs = {start: finetune_configs(own, prepared, spec, start, task, run, members) for start, run in starts.items()}
    done = trainer(own, data)([config for part in configs.values() for config in part], list(starts.values()))
    by_id, found = {run.id: run for run in done}, []
    for start, part in configs.items():
        runs = [by_id[config.id] for config in part]
        table = finetune_rows(own, spec, start, data.task.metric, task, runs, 0)
        for row in table.itertuples():
            found.append(
                {
                    "profile": profile.name,
                    "task": task,
                    "model": model,
                    "parameters": spec.config.parameters,
                    "start": start,
                    "passes": passes,
                    "learning_rate": row.learning_rate,
                    "epoch": row.epoch,
                    "error": row.error,
                    "value_se": row.value_se,
                    "loss": row.loss,
                    "best": row.error == table["error"].min(),
                }
            )
    lowest = pd.DataFrame(found).groupby("start")["error"].min()
    said = ", ".join(f"{start} {error:.3f}" for start, error in lowest.items())
    progress(f"{model}, {task}, {passes} passes: {said}")
    return found


if __name__ == "__main__":
    main()
