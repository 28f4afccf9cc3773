"""How long, and at which rates, training on a dialect has to go on before its loss says what its data can teach.

    python benchmarks/adaptation.py [--models ar12-l2] [--rows 8 128 1024 8192] [--steps 48 192 768 3072]
        [--rates 0.001 0.002 0.005 0.01 0.02 0.04] [--quick]

The microworld of seed 1, which no study reads. Models pretrained on 655,360 tokens (padding included) go on from there
on so many rows of the dialect words40, linear decay after a warm-up, held-out loss measured twelve times and the lowest
kept, as in the live studies; one seed. A law of the loss in rows says something about data only if more steps would not
lower it: `end` says whether the lowest loss was the last one measured, `edge` whether the rate is the highest tried.
Results: results/adaptation.csv, one row per model, rows, steps and rate, with `best` for the rate of the lowest loss.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pandas as pd
from machine import describe, destination, merge, options, progress

from scalescope.experiment.profile import Profile, load_profile
from scalescope.experiment.study_runs import FIT, Planned, Texts, adapted, branch, train
from scalescope.papers.barnett2024.live import section

DIALECT, TOKENS, SEED = "words40", 655_360, 0
KEYS = ["model", "rows", "steps", "learning_rate"]
EVALUATIONS = 12
MOST_ROWS = 16_384  # of the dialect, whichever of them are asked for: part of its identity


def main() -> None:
    """Train the grid and write its table."""
    parser = options(__doc__, "adaptation.csv")
    parser.add_argument("--models", nargs="+", default=["ar12-l2"])
    parser.add_argument("--rows", nargs="+", type=int, default=[8, 128, 1024, 8192])
    parser.add_argument("--steps", nargs="+", type=int, default=[48, 192, 768, 3072])
    parser.add_argument("--rates", nargs="+", type=float, default=[0.001, 0.002, 0.005, 0.01, 0.02, 0.04])
    chosen = parser.parse_args()
    profile = development(chosen.quick)
    if chosen.quick:
        chosen.models, chosen.rows, chosen.steps, chosen.rates = [section(profile).model], [8], [4], chosen.rates[:2]
    dialect = {DIALECT: section(profile).dialects.get(DIALECT) or next(iter(section(profile).dialects.values()))}
    texts = Texts(profile, dialect, MOST_ROWS, section(profile).adapt.heldout_tokens)
    for model in chosen.models:
        rows = grid(profile, texts, model, chosen)
        merge(destination(chosen), [{**row, **describe()} for row in rows], KEYS)


def development(quick: bool) -> Profile:
    """The profile of the studies on a smaller text of the world of seed 1."""
    profile = load_profile("studies-smoke" if quick else "studies")
    changed = {"seed": 1} if quick else {"seed": 1, "train_articles": 60_000}
    source = profile.source.model_copy(update={"options": {**profile.source.options, **changed}})
    text = profile.text if quick else profile.text.model_copy(update={"train_tokens": 1_400_000})
    return profile.model_copy(update={"name": "adaptation", "source": source, "text": text})


def grid(profile: Profile, texts: Texts, model: str, chosen) -> list[dict]:
    """One row per number of rows, steps and rate, in that order."""
    base = branch(profile, texts.prepared, model, "mlm", section(profile).budgets[0] if chosen.quick else TOKENS, SEED)
    train(profile, texts, [Planned(FIT, base)])
    part, found = section(profile).adapt, []
    for count in chosen.rows:
        cells = list(product(chosen.steps, chosen.rates))
        first = adapted(profile, texts, part, DIALECT, count, 0.01, SEED, base, base)
        planned = [
            Planned(
                FIT,
                replace(
                    first,
                    steps=steps,
                    learning_rate=rate,
                    warmup_steps=max(1, round(part.warmup_fraction * steps)),
                    eval_every=max(1, steps // EVALUATIONS),
                ),
                DIALECT,
                base,
            )
            for steps, rate in cells
        ]
        for (steps, rate), run in zip(cells, train(profile, texts, planned), strict=True):
            summary = run.manifest["summary"]
            found.append(
                {
                    "model": model,
                    "rows": count,
                    "steps": steps,
                    "learning_rate": rate,
                    "loss": summary["loss"],
                    "best_step": summary["best_step"],
                    "end": summary["best_step"] >= steps,
                    "edge": rate == max(chosen.rates),
                }
            )
        table = pd.DataFrame(found[-len(cells) :])
        lowest = table.groupby("steps")["loss"].transform("min")
        for each, best in zip(found[-len(cells) :], table["loss"] == lowest, strict=True):
            each["best"] = bool(best)
        said = "; ".join(f"{row.steps} steps {row.loss:.3f} at {row.learning_rate:g}" for row in _best(table))
        progress(f"{model}, {count} rows: {said}")
    return found


def _best(table: pd.DataFrame):
    return table.loc[table.groupby("steps")["loss"].idxmin()].itertuples()


if __name__ == "__main__":
    main()
