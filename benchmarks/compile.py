"""Does torch.compile pay? Pretraining steps of the encoder as it is, and compiled.

    python benchmarks/compile.py [--sizes 12K 98K] [--quick]

One thread, the same model and masked batches on both sides, in turns, medians of wall seconds a step (run it on a quiet
machine). `compile_seconds` is what the first steps take more than later ones: a process pays it once for each model
shape, and the pipeline has a process for each model. `break_even_tokens` is how many tokens a run must have before
compiling has paid for itself (empty: never). Needs a C++ compiler. Results: results/compile.csv.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pandas as pd
import torch
from machine import describe, destination, merge, options, progress
from pretrain_vs_trainer import BATCH, RATES, SHAPES, masked, our_config

from scalescope.data.masking import Masked
from scalescope.model.encoder import Encoder
from scalescope.model.optimiser import FlatAdamW
from scalescope.training.evaluation import masked_loss

FIRST, STEPS, ROUNDS = 4, 10, 3  # batches whose shapes may be compiled anew, then timed ones, in turns
SIZES = ("12K", "98K", "332K")
KEYS = ["parameters", "side"]


def compare(name: str, profile: str, quick: bool) -> list[dict]:
    """Rows of both sides for one size."""
    config = our_config(name, profile, FIRST + STEPS, RATES[0])
    batches = masked(config, profile, FIRST + (2 if quick else STEPS))
    sides = {"as it is": trainer_of(config, None), "compiled": trainer_of(config, torch.compile)}
    first = {side: sum(seconds_of(step, batches[:FIRST])) for side, step in sides.items()}
    times: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(1 if quick else ROUNDS):
        for side, step in sides.items():
            times[side] += seconds_of(step, batches[FIRST:])
    each = {side: statistics.median(found) for side, found in times.items()}
    extra, gain = first["compiled"] - FIRST * each["compiled"], each["as it is"] - each["compiled"]
    tokens = BATCH * config.encoder.max_length
    shared = {"parameters": config.encoder.parameters}
    return [
        {
            **shared,
            "side": side,
            "step_seconds": round(second, 5),
            "ratio": round(each["as it is"] / second, 3),
            "compile_seconds": round(extra, 1) if side == "compiled" else 0.0,
            "break_even_tokens": round(extra / gain * tokens, -3) if side == "compiled" and gain > 0 else None,
        }
        for side, second in each.items()
    ]


def trainer_of(config, compiler: Callable | None) -> Callable[[Masked], None]:
    """A training step of a fresh model."""
    model = Encoder(config.encoder, seed=config.seed)
    optimiser = FlatAdamW(model, config.weight_decay)
    if compiler is not None:
        model.forward = compiler(model.forward)

    def step(batch: Masked) -> None:
        masked_loss(model, batch, config.precision).backward()
        optimiser.step(config.learning_rate)

    return step


def seconds_of(step: Callable[[Masked], None], batches: list[Masked]) -> list[float]:
    """Wall seconds of each step."""
    found = []
    for batch in batches:
        start = time.perf_counter()
        step(batch)
        found.append(time.perf_counter() - start)
    return found


def main() -> None:
    """Size by size; each is written when it is done."""
    parser = options(__doc__, "compile.csv")
    parser.add_argument("--sizes", nargs="+", default=list(SIZES), choices=list(SHAPES))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    out = destination(chosen)
    for name in chosen.sizes:
        progress(name)
        rows = compare(name, "smoke" if chosen.quick else "quick", chosen.quick)
        merge(out, [{**row, **describe()} for row in rows], KEYS)
        print(pd.DataFrame(rows).to_string(index=False), flush=True)
    progress(f"written to {out}")


if __name__ == "__main__":
    main()
