"""What would raise R2: another grid of finetuning rates, more passes, or more rows? On a development world.

    python benchmarks/ceiling.py [--profile thorough] [--world 1] [--layers 1 2 3 4] [--tasks squad sst2 mnli cola]
        [--variants "as it is" ...] [--quick]

The ladder of the profile (MLM, all its pretraining seeds) is pretrained on the world of another seed than those that
are read, then finetuned as the profile does but for the variant. R2 of the power law over all seeds, and `ceiling`,
that of the means of the sizes: no curve through the sizes has more (as in the table fit_ceiling). `errors`, `rates`:
mean errors of the sizes, the smallest first, and the best rate of each. Two processes of one thread; resumes from the
run store. Results: results/ceiling.csv.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import pandas as pd
import torch
from machine import describe, destination, merge, options, progress
from sklearn.metrics import r2_score

from scalescope.errors import UnknownName
from scalescope.experiment import stages
from scalescope.experiment.finetuning import finetune, tuned_rows
from scalescope.experiment.profile import Profile, load_profile
from scalescope.laws import PowerLaw

# times the rows of the profile, and what else changes of its finetuning
VARIANTS: dict[str, tuple[int, dict]] = {
    "as it is": (1, {}),
    "four rates": (1, {"learning_rates": [0.0007, 0.002, 0.006, 0.02]}),
    "three passes": (1, {"epochs": 3}),
    "three times the rows": (3, {}),  # as many steps as three passes, no row twice
    "three times the rows, near rates": (3, {"learning_rates": [0.0015, 0.003]}),
}
KEYS = ["profile", "world", "variant", "task"]
OBJECTIVE = "mlm"


def main() -> None:
    """Pretrain the ladder, then variant by variant; each is written when it is done."""
    parser = options(__doc__, "ceiling.csv")
    parser.add_argument("--profile", default="thorough")
    parser.add_argument("--world", type=int, default=1, help="seed of the microworld")
    parser.add_argument("--layers", nargs="+", type=int, default=[1, 2, 3, 4])
    parser.add_argument("--tasks", nargs="+", default=["squad", "sst2", "mnli", "cola"])
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=list(VARIANTS))
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.profile, chosen.layers, chosen.tasks, chosen.variants = "smoke", [1, 2, 3], ["sst2"], ["as it is"]
    profile = on_world(load_profile(chosen.profile), chosen.world, chosen.layers)
    for task in chosen.tasks:
        if task not in profile.tasks:
            parser.error(str(UnknownName(f"task of profile {chosen.profile!r}", task, profile.tasks)))
    models = [spec.name for spec in reversed(profile.all_models()) if spec.role == "ladder"]  # the longest first
    places = [(model, place) for model in models for place in range(len(profile.pretrain.seeds))]
    with ProcessPoolExecutor(2, get_context("spawn"), torch.set_num_threads, (1,)) as workers:
        for row in workers.map(partial(pretrained, profile), places):
            progress(f"{row['layers']} layers, pretraining seed {row['pretrain_seed']}: {row['loss']:.3f} nats")
        for variant in chosen.variants:
            own = varied(profile, variant)
            for task in chosen.tasks:
                points = pd.concat(workers.map(partial(tuned, own, task), models))
                row = {"profile": chosen.profile, "world": chosen.world, "variant": variant, "task": task}
                row |= judged(points)
                merge(destination(chosen), [{**row, **describe()}], KEYS)
                progress(f"{variant}, {task}: R2 {row['r2']:.3f}, ceiling {row['ceiling']:.3f}")


def pretrained(profile: Profile, which: tuple[str, int]) -> dict:
    """The row of the table "pretrain" of a model and a place among the pretraining seeds."""
    model, place = which
    return stages.pretrain(profile, model, OBJECTIVE, place=place).iloc[0].to_dict()


def tuned(profile: Profile, task: str, model: str) -> pd.DataFrame:
    """The tuned runs of a model on a task."""
    return tuned_rows(profile, finetune(profile, model, OBJECTIVE, [task]))


def on_world(profile: Profile, world: int, layers: list[int]) -> Profile:
    """The profile on the world of another seed, its ladder of these layers, which alone is finetuned."""
    content = profile.model_dump()
    content["source"]["options"]["seed"] = world
    content["models"]["ladder"]["layers"] = layers
    content["finetune"] |= {"roles": ["ladder"], "fixed_rate_objectives": [], "from_scratch": False}
    return Profile.model_validate(content | {"budgets": None})


def varied(profile: Profile, variant: str) -> Profile:
    """The profile with the finetuning of a variant, which leaves the names of its pretraining runs as they are."""
    content, (times, changes) = profile.model_dump(), VARIANTS[variant]
    content["finetune"] |= changes
    rows = content["finetune"]["train_rows"]
    content["finetune"]["train_rows"] = {task: n * times for task, n in rows.items()}
    content["source"]["options"]["task_train"] *= times
    return Profile.model_validate(content)


def judged(points: pd.DataFrame) -> dict:
    """What the tuned runs of one task say of its law: errors, scatter, R2 and its ceiling, rates."""
    sizes, errors = points["parameters"].astype(float), points["error"].astype(float)
    by_size = errors.groupby(sizes)
    means = by_size.mean()
    law = PowerLaw(n_boot=0, warn_beyond=None).fit(sizes, errors, groups=sizes)
    best = points.groupby("parameters")["learning_rate"].first()
    return {
        "n_sizes": len(means),
        "n_points": len(points),
        "errors": " ".join(f"{mean:.3f}" for mean in means),
        "sd_within": float((by_size.var() * (by_size.size() - 1)).sum() / (len(errors) - len(means))) ** 0.5,
        "r2": r2_score(errors, law.predict(sizes)),
        "ceiling": r2_score(errors, by_size.transform("mean")),
        "rates": " ".join(f"{rate:g}" for rate in best),
    }


if __name__ == "__main__":
    main()
