"""Does it pay to compute products of narrow heads as their transposes? The products alone, and whole training steps.

    python benchmarks/narrow.py [--quick]

One thread, both sides in turns, medians of CPU seconds. "values": probabilities [128, 64, 64] times values of heads of
`width` dimensions [128, 64, width]; "gradients": the transposed probabilities times the same; "step": a pretraining
step of one model on 32 rows of 64 tokens. ratio: as it stands over transposed. Results: results/narrow.csv.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from machine import describe, destination, merge, options, progress

from scalescope.data.masking import Masked, Masker
from scalescope.model import attention
from scalescope.model.config import EncoderConfig
from scalescope.model.encoder import Encoder
from scalescope.model.optimiser import FlatAdamW
from scalescope.training.evaluation import masked_loss

BATCH, LENGTH, HEADS, VOCABULARY = 32, 64, 4, 2048
WIDTHS = (3, 6, 9, 12, 15, 16, 24)  # of a head: those of aspect ratio 12 with 1 to 5 layers, and the first wider ones
LAYERS = (1, 2, 3, 5)
KEYS = ["part", "width", "parameters"]


def in_turns(sides: dict[str, Callable[[], object]], rounds: int, calls: int) -> dict[str, float]:
    """Median CPU seconds of a call of each side; after a call of each that is not timed."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, call in sides.items():
            start = time.process_time()
            for _ in range(calls):
                call()
            if number:
                found[name].append((time.process_time() - start) / calls)
    return {name: statistics.median(seconds) for name, seconds in found.items()}


def products(width: int, rounds: int) -> list[dict]:
    """Rows "values" and "gradients" of one width of a head."""
    p = torch.randn(BATCH * HEADS, LENGTH, LENGTH).softmax(-1)
    v = torch.randn(BATCH * HEADS, LENGTH, width)
    values = {"plain": lambda: torch.bmm(p, v), "transposed": lambda: torch.bmm(v.mT, p.mT)}
    gradients = {"plain": lambda: torch.bmm(p.mT, v), "transposed": lambda: torch.bmm(v.mT, p)}
    timed = {"values": in_turns(values, rounds, 20), "gradients": in_turns(gradients, rounds, 20)}
    return [_row(part, width, 0, seconds) for part, seconds in timed.items()]


def step(layers: int, rounds: int) -> dict:
    """The row "step" of the model with aspect ratio 12 and so many layers."""
    config = EncoderConfig(
        aspect_ratio=12, layers=layers, heads=HEADS, vocabulary_size=VOCABULARY, max_length=LENGTH, dropout=0.0
    )
    batch = _batch()
    model = Encoder(config, seed=0)
    optimiser = FlatAdamW(model, 0.01)

    def train(narrow: int) -> None:
        attention.NARROW = narrow
        masked_loss(model, batch, "fp32").backward()
        optimiser.step(0.001)

    chosen = attention.NARROW
    seconds = in_turns({"plain": lambda: train(0), "transposed": lambda: train(chosen)}, rounds, 3)
    attention.NARROW = chosen
    return _row("step", config.hidden // HEADS, config.parameters, seconds)


def _batch() -> Masked:
    rng = np.random.default_rng(0)
    masked = Masker("mlm", VOCABULARY, rate=0.3).mask(rng.integers(10, VOCABULARY, (BATCH, LENGTH)), None, rng)
    return replace(masked, documents=np.tile(np.arange(LENGTH, dtype=np.uint8) // 16, (BATCH, 1)))


def _row(part: str, width: int, parameters: int, seconds: dict[str, float]) -> dict:
    ratio = seconds["plain"] / seconds["transposed"]
    return {"part": part, "width": width, "parameters": parameters, **seconds, "ratio": round(ratio, 3)}


def main() -> None:
    """All widths, then all sizes."""
    chosen = options(__doc__, "narrow.csv").parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rounds = 1 if chosen.quick else 15
    rows = [row for width in WIDTHS for row in products(width, rounds)]
    progress("products")
    rows += [step(layers, rounds) for layers in (LAYERS[:1] if chosen.quick else LAYERS)]
    merge(destination(chosen), [{**row, **describe()} for row in rows], KEYS)
    print(pd.DataFrame(rows).to_string(index=False))
    progress(f"written to {destination(chosen)}")


if __name__ == "__main__":
    main()
