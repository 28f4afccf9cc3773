"""How cost grows with the members of a finetuning group, with the tokens of a pretraining, and with workers.

    python benchmarks/growth.py [--sizes 12K 98K] [--parts members together tokens workers] [--quick]

members: CPU seconds of a training step for each member (SST-2 rows of the microworld, dropout 0.1, batch 16) of groups
    of 1 to 20; `relative` is the cost a member beside that of a member alone.
together: the same of masked-language-model training side by side (batches of 32 rows of the profile) in groups of 1 to
    16; `relative` is the cost beside a run of `pretrain`, "at" 0, so that 3,600 / seconds are steps a core-hour.
tokens: CPU seconds of whole pretraining runs of both sides, set-up included, ours with its last evaluation; `relative`
    is the cost a token beside that of the side's longest run, so that 1 means cost in proportion to tokens.
workers: wall seconds a step of 4,096 tokens of pretraining for one process of one thread, one of two, and two of one
    side by side (halved: two steps at a time); `relative` is the speed beside one process of one thread. Wall seconds:
    run it on a quiet machine.
All in turns, medians. Results: results/growth.csv.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, islice, product
from pathlib import Path

import pandas as pd
import torch
from finetuning import sweep_configs
from machine import Workers, describe, destination, merge, options, progress
from pretrain_vs_trainer import BATCH, SHAPES, as_arrays, corpora, masked, our_config, ours, theirs

from scalescope.experiment import stages
from scalescope.experiment.profile import load_profile
from scalescope.model.encoder import Encoder
from scalescope.training.batches import training_batches
from scalescope.training.finetune import build_members
from scalescope.training.loop import Training, masked_batches
from scalescope.training.members import losses_of
from scalescope.training.store import Run
from scalescope.training.together import ENGINE, Group

GROUPS, STEPS, ROUNDS = (1, 2, 4, 8, 16, 20), 6, 3
TOGETHER, TOGETHER_BATCH, TOGETHER_ROWS = (1, 4, 16), 32, 512
TOKEN_STEPS = (4, 12, 28)
WORKERS = {"1 process, 1 thread": (1, 1), "1 process, 2 threads": (1, 2), "2 processes, 1 thread": (2, 1)}
WORKER_SECONDS = 2.0
SIZES = {
    "members": ("12K", "98K", "332K"),
    "together": ("12K", "98K", "332K"),
    "tokens": ("12K", "98K"),
    "workers": ("12K", "98K", "332K", "1.3M"),
}
KEYS = ["part", "parameters", "side", "at"]


def members(name: str, profile: str, quick: bool) -> list[dict]:
    """Rows for groups of growing size."""
    data = stages.prepare(load_profile(profile)).task_data("sst2")
    shape = our_config(name, profile, 1, 0.003).encoder
    untrained = Untrained(Encoder(shape, seed=0), shape)
    configs, times = sweep_configs(untrained, "sst2"), defaultdict(list)
    device = torch.device("cpu")
    for _ in range(1 if quick else ROUNDS):
        for group in GROUPS:
            own = configs[:group]
            model, optimiser = build_members(own, {untrained.id: untrained}, data.task)
            seeds, rates = [config.seed for config in own], [config.learning_rate for config in own]
            epochs = (training_batches(data.train, own[0].batch_size, epoch, seeds, device) for epoch in range(1, 99))
            for step, batch in enumerate(islice(chain.from_iterable(epochs), 2 if quick else STEPS + 1)):
                start = time.process_time()
                losses_of(model(batch.tokens, batch.lengths), batch, data.train, data.task).sum().backward()
                optimiser.step(rates)
                times[group] += [time.process_time() - start] if step else []
    alone = statistics.median(times[1])
    return [
        {
            "side": "scalescope",
            "at": group,
            "unit": "members",
            "seconds": statistics.median(each) / group,
            "relative": round(statistics.median(each) / group / alone, 3),
        }
        for group, each in times.items()
    ]


def together(name: str, profile: str, quick: bool) -> list[dict]:
    """Rows for a run alone (0) and groups of growing size, all on the same batches."""
    data, times = corpora(profile), defaultdict(list)
    config = replace(our_config(name, profile, 10**6, 0.003), batch_size=TOGETHER_BATCH, rows=TOGETHER_ROWS)
    for _ in range(1 if quick else ROUNDS):
        for group in (0, *TOGETHER):
            same = replace(config, engine=ENGINE)
            one = Group([same] * group, [None] * group, *data) if group else Training(config, *data)
            learn = one.learn if group else one._learn
            batches = masked_batches(one.train, one.masker, config.batch_size, config.seed)
            for step, batch in enumerate(islice(batches, 2 if quick else STEPS + 1)):
                seconds = cpu_seconds(lambda: learn(batch))  # noqa: B023
                times[group] += [seconds] if step else []
    alone = statistics.median(times[0])
    return [
        {
            "side": "scalescope",
            "at": group,
            "unit": "members",
            "seconds": statistics.median(each) / max(group, 1),
            "relative": round(statistics.median(each) / max(group, 1) / alone, 3),
        }
        for group, each in times.items()
    ]


class Untrained(Run):
    """A run of random weights: cost does not depend on them."""

    def __init__(self, encoder: Encoder, shape):
        super().__init__("untrained", Path(), {"config": {"encoder": shape.facts()}})
        object.__setattr__(self, "encoder", encoder)

    def weights(self) -> dict[str, torch.Tensor]:
        """Of the encoder."""
        return self.encoder.state_dict()


def tokens(name: str, profile: str, quick: bool) -> list[dict]:
    """Rows for runs of growing length, of both sides."""
    times, length = defaultdict(list), corpora(profile)[0].sequence_length
    for _ in range(1 if quick else 2):
        for steps in (2, 3) if quick else TOKEN_STEPS:
            config = our_config(name, profile, steps, 0.003)
            arrays = as_arrays(masked(config, profile, steps))
            if not times:
                theirs(config, *arrays)  # the first one imports
            times["trainer", steps].append(cpu_seconds(lambda: theirs(config, *arrays)))  # noqa: B023
            times["scalescope", steps].append(cpu_seconds(lambda: ours(config, profile)))  # noqa: B023
    each = {key: statistics.median(found) for key, found in times.items()}
    longest = max(steps for _, steps in each)
    return [
        {
            "side": side,
            "at": steps * BATCH * length,
            "unit": "tokens",
            "seconds": seconds,
            "relative": round(seconds / steps / (each[side, longest] / longest), 3),
        }
        for (side, steps), seconds in each.items()
    ]


def cpu_seconds(job: Callable[[], object]) -> float:
    """CPU seconds of a job."""
    start = time.process_time()
    job()
    return time.process_time() - start


def workers(name: str, profile: str, quick: bool) -> list[dict]:
    """Rows for one and two processes, of both sides."""
    speeds = defaultdict(list)
    with Workers(2) as pool:
        steps = {}
        for side in ("trainer", "scalescope"):
            pool.run(train, [(side, name, profile, 2, 1)] * 2)  # imports
            second = max(pool.run(train, [(side, name, profile, 3, 1)] * 2)[1])
            steps[side] = 3 if quick else max(3, int(WORKER_SECONDS / second))
        for side, kind in list(product(steps, WORKERS)) * (1 if quick else 2):
            processes, threads = WORKERS[kind]
            found = pool.run(train, [(side, name, profile, steps[side], threads)] * processes)[1]
            speeds[side, kind].append(sum(1 / second for second in found))
    each = {key: statistics.median(found) for key, found in speeds.items()}
    return [
        {
            "side": side,
            "at": kind,
            "unit": "workers",
            "seconds": 1 / speed,
            "relative": round(speed / each[side, next(iter(WORKERS))], 3),
        }
        for (side, kind), speed in each.items()
    ]


def train(side: str, name: str, profile: str, steps: int, threads: int) -> float:
    """Wall seconds a step of one pretraining, its set-up included."""
    torch.set_num_threads(threads)
    config = our_config(name, profile, steps, 0.003)
    arrays = as_arrays(masked(config, profile, steps)) if side == "trainer" else ()
    start = time.perf_counter()
    ours(config, profile) if side == "scalescope" else theirs(config, *arrays)
    seconds = time.perf_counter() - start
    torch.set_num_threads(1)
    return seconds / steps


PARTS = {"members": members, "together": together, "tokens": tokens, "workers": workers}


def main() -> None:
    """Part by part and size by size; each is written when it is done."""
    parser = options(__doc__, "growth.csv")
    parser.add_argument("--sizes", nargs="+", choices=list(SHAPES), help="otherwise " + str(SIZES))
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=list(PARTS))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    profile = "smoke" if chosen.quick else "quick"
    out = destination(chosen)
    for part in chosen.parts:
        for name in chosen.sizes or SIZES[part]:
            progress(f"{part}: {name}")
            shared = {"part": part, "parameters": our_config(name, profile, 1, 0.003).encoder.parameters}
            rows = [{**shared, **row} for row in PARTS[part](name, profile, chosen.quick)]
            merge(out, [{**row, "at": str(row["at"]), **describe()} for row in rows], KEYS)
            print(pd.DataFrame(rows).to_string(index=False, float_format="%.4g"), flush=True)
    progress(f"written to {out}")


if __name__ == "__main__":
    main()
