"""What would teach the skills that stay at chance: more tokens, another rate, more masks, undiluted text?

    python benchmarks/skills.py [--profile thorough] [--world 1] [--layers 5] [--variants "as it is" ...] [--quick]

The largest model of the profile's ladder is pretrained on the world of another seed than those that are read, in ways
that differ in one thing from the profile; all read the beginning of one text, four times as long as the profile's. A
column per skill: accuracy on masked answers, one row what the most frequent answer gives; `above`: skills above that by
1.96 standard errors, as in the scorecards. "same alone": documents with a verdict of that skill only, read more than
once, and `above` is of that skill. "verdicts always masked": beside what is drawn, in every document that begins with
a verdict. Then errors on tasks after finetuning as the profile does (better of its rates by two seeds; `_sd` between
those). Two processes of one thread; resumes from the run store. Results: results/skills.csv.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context

import numpy as np
import pandas as pd
import torch
from machine import describe, destination, merge, options, progress

from scalescope.data.corpus import Corpus
from scalescope.data.encoded import Prepared
from scalescope.data.masking import Masked, Masker
from scalescope.data.packing import pack
from scalescope.data.probes import Probes
from scalescope.data.tokenizer import CLS, MASK
from scalescope.experiment import stages
from scalescope.experiment.finetuning import finetune_configs
from scalescope.experiment.profile import Profile, load_profile
from scalescope.papers.ivgi2022.scorecard import above_chance
from scalescope.training.finetune import finetune
from scalescope.training.loop import Training
from scalescope.training.pretrain import finish
from scalescope.training.store import Run

TIMES = 4  # the text, in texts of the profile
CHANCE, ALONE, ALWAYS = "the most frequent answer", " alone", "verdicts always masked"
# objective, and what differs from the profile's pretraining; "steps": times its steps
VARIANTS: dict[str, tuple[str, dict]] = {
    "as it is": ("mlm", {}),
    "as it is, another seed": ("mlm", {"seed": 1}),
    "as it is, PMI": ("pmi", {}),
    ALWAYS: ("mlm", {}),
    "half the rate": ("mlm", {"learning_rate": 0.005}),
    **{skill + ALONE: ("mlm", {}) for skill in ("same", "grammar", "answered", "whether", "chosen")},
    "four times the tokens": ("mlm", {"steps": TIMES}),
    f"{ALWAYS}, four times the tokens": ("mlm", {"steps": TIMES}),
}
TASKS = ("sst2", "mnli", "cola", "mrpc", "qnli", "boolq")
SEEDS = (0, 1)  # of finetuning
KEYS = ["profile", "world", "parameters", "variant"]


@dataclass(frozen=True)
class VerdictMasker(Masker):
    """Hides what Masker draws and, in every document that begins with one of `verdicts` (pieces), that verdict."""

    verdicts: tuple[int, ...] = ()

    def mask(self, tokens: np.ndarray, unit_starts: np.ndarray | None, rng: np.random.Generator) -> Masked:
        """As Masker.mask; a verdict is always replaced with [MASK]."""
        drawn = super().mask(tokens, unit_starts, rng)
        asked = np.flatnonzero(begins(tokens, self.verdicts))
        positions = np.union1d(drawn.positions, asked)
        drawn.inputs.reshape(-1)[asked] = MASK
        return Masked(drawn.inputs, positions, tokens.reshape(-1)[positions].astype(np.int64))


def main() -> None:
    """Variant by variant, the shorter first; each is written when it is done."""
    parser = options(__doc__, "skills.csv")
    parser.add_argument("--profile", default="thorough")
    parser.add_argument("--world", type=int, default=1, help="seed of the microworld")
    parser.add_argument("--layers", type=int, default=5)
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=list(VARIANTS))
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.profile, chosen.layers, chosen.variants = "smoke", 2, ["as it is", ALWAYS, "same" + ALONE]
    profile = on_longer_text(load_profile(chosen.profile), chosen.world)
    prepared = stages.prepare(profile)
    prepared.encode()
    model = next(spec for spec in profile.all_models() if spec.role == "ladder" and spec.config.layers == chosen.layers)
    named = {"profile": chosen.profile, "world": chosen.world, "parameters": model.config.parameters}
    asked = {name: prepared.probes.chance(name) for name in prepared.probes.skills}
    merge(destination(chosen), [{**named, "variant": CHANCE, **asked, **describe()}], KEYS)
    with ProcessPoolExecutor(2, get_context("spawn"), torch.set_num_threads, (1,)) as workers:
        for variant, row in zip(
            chosen.variants, workers.map(partial(measured, profile, model.name), chosen.variants), strict=True
        ):
            merge(destination(chosen), [{**named, "variant": variant, **row, **describe()}], KEYS)
            progress(f"{variant}: {row['loss']:.3f} nats, {row['above']} skills above chance")


def on_longer_text(profile: Profile, world: int) -> Profile:
    """The profile on the world of another seed, with TIMES its text."""
    content = profile.model_dump()
    content["source"]["options"]["seed"] = world
    content["source"]["options"]["train_articles"] *= TIMES
    content["text"]["train_tokens"] *= TIMES
    return Profile.model_validate(content)


def measured(profile: Profile, model: str, variant: str) -> dict:
    """The row of a variant: tokens, loss, accuracies of all skills, errors of tasks but after one skill alone."""
    prepared = stages.prepare(profile)
    run = pretrained(profile, prepared, model, variant)
    last = run.metrics[run.metrics["step"] == run.metrics["step"].max()].set_index("skill")["accuracy"]
    row = {name: run.manifest["summary"][name] for name in ("tokens", "loss")}
    taught = [variant.removesuffix(ALONE)] if variant.endswith(ALONE) else list(last.index)
    chance = pd.Series({skill: prepared.probes.chance(skill) for skill in taught})
    row |= {"above": int(above_chance(last[taught], chance).sum()), **last}
    for task in () if variant.endswith(ALONE) else [task for task in TASKS if task in profile.tasks]:
        values = errors(profile, prepared, model, variant, task, run)
        row |= {f"{task}_error": np.mean(values), f"{task}_sd": np.std(values, ddof=1)}
    return row


def pretrained(profile: Profile, prepared: Prepared, model: str, variant: str) -> Run:
    """The run of a variant, trained or loaded."""
    objective, changes = VARIANTS[variant]
    config = stages.pretrain_config(profile, prepared, profile.model(model), objective)
    changes = changes | {"steps": round(config.steps * changes.get("steps", 1)), "patience": config.steps * TIMES}
    config = replace(config, **changes)
    train, heldout, masker = prepared.corpus("train"), prepared.corpus("heldout"), None
    if variant.endswith(ALONE):
        train = alone(train, prepared.probes, variant.removesuffix(ALONE))
        config = replace(config, data=f"{config.data}; {variant}")
    elif variant.startswith(ALWAYS):
        config = replace(config, data=f"{config.data}; {ALWAYS}")
        verdicts = tuple(token for choices in prepared.probes.choices for token in choices)
        masker = VerdictMasker(objective, train.vocabulary_size, config.mask_rate, verdicts)
    store = stages.store()
    with store.claim(config.id) as done:
        if done is not None:
            return done
        training = Training(config, train, heldout, prepared.probes)
        if masker is not None:
            training.masker = masker  # the batches of the evaluation were drawn before
        training.resume(store.checkpoints(config.id))
        return finish(training, store)


def alone(corpus: Corpus, probes: Probes, skill: str) -> Corpus:
    """The documents of a corpus that begin with a verdict of one skill, packed anew."""
    row, place = np.nonzero(begins(corpus.tokens, probes.choices[probes.skills.index(skill)]))
    numbers = corpus.documents[row, place]
    kept = [corpus.tokens[r][corpus.documents[r] == number] for r, number in zip(row, numbers, strict=True)]
    return Corpus(*pack(kept, corpus.sequence_length), None, corpus.vocabulary_size)


def begins(tokens: np.ndarray, pieces: tuple[int, ...]) -> np.ndarray:
    """Bool of the shape of tokens [B, S]: true for one of these pieces right behind [CLS]."""
    after = np.zeros(tokens.shape, dtype=bool)
    after[:, 1:] = tokens[:, :-1] == CLS
    return after & np.isin(tokens, pieces)


def errors(profile: Profile, prepared: Prepared, model: str, variant: str, task: str, run: Run) -> list[float]:
    """Errors of the finetuning seeds at the rate that is better on average."""
    objective = VARIANTS[variant][0]
    rates = profile.finetune.learning_rates
    members = [(rate, seed) for rate in rates for seed in SEEDS]
    configs = finetune_configs(profile, prepared, profile.model(model), objective, task, run, members)
    runs = finetune(configs, run, prepared.task_data(task), stages.store())
    found = np.array([1 - each.manifest["summary"]["value"] for each in runs]).reshape(len(rates), -1)
    return found[found.mean(axis=1).argmin()].tolist()


if __name__ == "__main__":
    main()
