"""In how many tasks does error fall with pretraining tokens, and what would raise it? On a development world.

    python benchmarks/tokens.py [--profile thorough] [--world 1] [--variants "as it is" ...] [--quick]

The section "budgets" of the profile (one model, five budgets of tokens, each finetuned on every task) on the world of
another seed than those that are read: as it is, and with six finetuning seeds, with three times the rows, and with
budgets four times as large (on a text four times as long). Slope of ln error
against ln tokens with its 95 % interval over runs drawn within budgets, as in the scorecards; `errors`: means, the
smallest budget first. Two processes of one thread; resumes from the run store. Results: results/tokens.csv.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import pandas as pd
import torch
from machine import describe, destination, merge, options, progress
from skills import TIMES, on_longer_text

from scalescope.experiment.budgets import branch_configs, budgets
from scalescope.experiment.profile import Profile, load_profile
from scalescope.experiment.stages import prepare, store
from scalescope.papers.ivgi2022.scorecard import law_of_tokens
from scalescope.training.branches import campaign

SEEDS, ROWS, TOKENS = "six seeds", "three times the rows", "four times the tokens"
VARIANTS = ["as it is", SEEDS, ROWS, TOKENS]
OBJECTIVE = "mlm"
KEYS = ["profile", "world", "variant", "task"]


def main() -> None:
    """Variant by variant, its pretraining first; each task is written when it is done."""
    parser = options(__doc__, "tokens.csv")
    parser.add_argument("--profile", default="thorough")
    parser.add_argument("--world", type=int, default=1, help="seed of the microworld")
    parser.add_argument("--variants", nargs="+", default=VARIANTS, choices=VARIANTS)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.profile, chosen.variants = "smoke", VARIANTS[:2]
    profile = load_profile(chosen.profile)
    profiles = {name: varied(profile, chosen.world, name) for name in chosen.variants}
    with ProcessPoolExecutor(2, get_context("spawn"), torch.set_num_threads, (1,)) as workers:
        list(workers.map(pretrained, profiles.values()))
        for variant, own in profiles.items():
            for row in workers.map(partial(measured, own), own.tasks):
                named = {"profile": chosen.profile, "world": chosen.world, "variant": variant}
                merge(destination(chosen), [{**named, **row, **describe()}], KEYS)
                progress(f"{variant}, {row['task']}: {row['errors']}, slope at most {row['high']:.3f}")


def varied(profile: Profile, world: int, variant: str) -> Profile:
    """The profile on the world of another seed, changed as a variant says."""
    content = (on_longer_text(profile, world) if variant == TOKENS else profile).model_dump()
    source, finetune = content["source"]["options"], content["finetune"]
    source["seed"] = world
    if variant == SEEDS:
        content["budgets"]["seeds"] = list(range(6))
    elif variant == ROWS:
        finetune["train_rows"] = {task: n * 3 for task, n in finetune["train_rows"].items()}
        source["task_train"] *= 3
    elif variant == TOKENS:
        content["pretrain"] |= {"steps": profile.pretrain.steps * TIMES, "patience": profile.pretrain.steps * TIMES}
    return Profile.model_validate(content)


def pretrained(profile: Profile) -> None:
    """Train the runs of all budgets, which share their stable part."""
    prepared = prepare(profile)
    configs = branch_configs(profile, prepared, OBJECTIVE)
    corpora = prepared.corpus("train"), prepared.corpus("heldout")
    campaign(configs[0], [config.steps for config in configs], *corpora, store(), probes=prepared.probes)


def measured(profile: Profile, task: str) -> dict:
    """The row of a task: mean errors of the budgets and the slope of its law."""
    content = profile.model_dump() | {"tasks": [task]}
    points = budgets(Profile.model_validate(content), OBJECTIVE)
    law = law_of_tokens(points)
    low, high = law.intervals_["slope"]
    means = points.groupby("budget_tokens")["error"].mean()
    return {
        "task": task,
        "parameters": points["parameters"].iloc[0],
        "budgets": " ".join(f"{tokens:.3g}" for tokens in pd.unique(points["tokens"])),
        "n_points": len(points),
        "errors": " ".join(f"{mean:.3f}" for mean in means),
        "slope": law.params_["slope"],
        "low": low,
        "high": high,
    }


if __name__ == "__main__":
    main()
