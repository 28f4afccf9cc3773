"""Barnett 2024 live: which runs there are, in which order, and what is forecast before the last of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pandas as pd

from scalescope.experiment.profile import Profile
from scalescope.experiment.study_rates import chosen_rates
from scalescope.experiment.study_runs import FIT, HELD_OUT, Planned, Texts, adapted, branch, need_all, study_part
from scalescope.experiment.study_sections import Barnett2024Section
from scalescope.papers.barnett2024 import claims, prelearned
from scalescope.papers.barnett2024 import figures as drawing
from scalescope.papers.barnett2024 import fits as study
from scalescope.papers.ledger import HeldOut, final_losses, forecast, points_digest

PAPER = "barnett2024"
PARTS = (4, 4, 1, 1)  # of each stage that can be trained side by side: pretraining, dialects; held out: the same
FIT_STAGES = 2
SPLITS = (1.0, 0.25, 4.0)  # of the recommended tokens of pretraining: the recommendation, and less and more of them


def section(profile: Profile) -> Barnett2024Section:
    """The part of the profile; raises ValueError for a profile without it."""
    return study_part(profile, PAPER)


def texts(profile: Profile) -> Texts:
    """The texts of the study."""
    part = section(profile)
    return Texts(profile, part.dialects, 2 * max(part.rows), part.adapt.heldout_tokens)


def first(profile: Profile, known: Texts) -> list[list[Planned]]:
    """Runs that the law is fitted to: pretraining, then what goes on from it on every dialect, and from scratch.

    The corner of most pretraining and most rows is left out on every dialect: it is held out.
    """
    part, seeds = section(profile), profile.studies.seeds
    largest = max(part.budgets), max(part.rows)
    pretrained, others = [], []
    for seed in seeds:
        bases = {
            tokens: branch(profile, known.prepared, part.model, part.objective, tokens, seed)
            for tokens in sorted(part.budgets)
        }
        pretrained += [Planned(FIT, config) for config in bases.values()]
        scratch = bases[max(bases)]
        for name, rows, rate in product(part.dialects, sorted(part.rows), part.adapt.learning_rates):
            settings = (profile, known, part.adapt, name, rows, rate, seed)
            others.append(Planned(FIT, adapted(*settings, None, scratch), name))
            others += [
                Planned(FIT, adapted(*settings, base, scratch), name, base)
                for tokens, base in bases.items()
                if (tokens, rows) != largest
            ]
    return [pretrained, others]


def held_out(profile: Profile, known: Texts) -> HeldOut:
    """The corner of every dialect, and three splits of one budget on one dialect, with their forecasts.

    Each is trained at the rate that was best at the nearest cell of the grid. Raises NotFinished where a run that the
    law is fitted to is missing.
    """
    runs = fitted_runs(profile, known)
    points = study.points(runs)
    part, seed = section(profile), profile.studies.seeds[0]
    base = branch(profile, known.prepared, part.model, part.objective, max(part.budgets), seed)
    corner = runs[(runs["kind"] == "pretrain") & (runs["text"] == "standard") & (runs["seed"] == seed)]
    forecasts, last = [], []
    for name in part.dialects:
        law, own = study.law(points, name), points[points["text"] == name]
        inputs = {"pretrain_tokens": corner["pretrain_tokens"].max(), "finetune_tokens": own["finetune_tokens"].max()}
        rate = study.nearest_rate(own, **inputs)
        config = adapted(profile, known, part.adapt, name, max(part.rows), rate, seed, base, base)
        forecasts.append(forecast(PAPER, f"TransferLaw, {name}", law, inputs, config.id, points_digest(own)))
        last.append(Planned(HELD_OUT, config, name, base))
    splits, bases, more = _splits(profile, known, points, base)
    law, name = study.law(points, part.check_dialect), f"TransferLaw, {part.check_dialect}, {claims.SPLIT}"
    digest = points_digest(points[points["text"] == part.check_dialect])
    for inputs, planned in zip(splits[study.INPUTS].to_dict("records"), more, strict=True):
        forecasts.append(forecast(PAPER, name, law, inputs, planned.config.id, digest))
    return HeldOut(forecasts, [bases, [*last, *more]], {"splits": splits})


def _splits(profile: Profile, known: Texts, points: pd.DataFrame, base) -> tuple[pd.DataFrame, list, list]:
    """The recommended split of a budget and two others of the same price: table, pretraining runs, last runs."""
    part = section(profile)
    per_step = profile.pretrain.batch_size * profile.text.sequence_length
    bases, last, rows = [], [], []
    own = points[points["text"] == part.check_dialect]
    per_row = float((own["finetune_tokens"] / own["rows"]).mean())
    per_padded = float(own["pretrain_tokens"].max()) / max(part.budgets)
    for split in study.splits(points, part.check_dialect, part.check_price, SPLITS).to_dict("records"):
        steps = max(round(split["pretrain_tokens"] / per_padded / per_step), profile.pretrain.warmup_steps + 2)
        count = min(max(round(split["finetune_tokens"] / per_row), 1), 2 * max(part.rows))
        start = replace(base, steps=steps)
        tokens = {"pretrain_tokens": steps * per_step * per_padded, "finetune_tokens": count * per_row}
        rate = study.nearest_rate(own, **tokens)
        config = adapted(profile, known, part.adapt, part.check_dialect, count, rate, base.seed, start, base)
        if config.id in {each.config.id for each in last}:  # in whole steps and rows the same split as another one
            continue
        bases.append(Planned(HELD_OUT, start))
        last.append(Planned(HELD_OUT, config, part.check_dialect, start))
        rows.append({**split, **tokens, "run_id": config.id})
    return pd.DataFrame(rows), bases, last


def fitted_runs(profile: Profile, known: Texts) -> pd.DataFrame:
    """Table "runs" of what the law is fitted to; raises NotFinished where one is missing."""
    return need_all(PAPER, profile, known, [each for stage in first(profile, known) for each in stage])


def tables(
    profile: Profile, known: Texts, runs: pd.DataFrame, forecasts: pd.DataFrame, held: HeldOut
) -> dict[str, pd.DataFrame]:
    """All tables of the study from its runs and scored forecasts."""
    found, without = study.points(runs), study.scratch(runs)
    fitted = study.fits(found)
    last = runs[(runs["kind"] == "adapt") & (runs["role"] == HELD_OUT) & (runs["status"] == "finished")]
    said = forecasts.loc[forecasts["law"].str.endswith(claims.SPLIT), ["run", "mean", "low", "high", "actual"]]
    splits = held.tables["splits"].merge(said, how="left", left_on="run_id", right_on="run").drop(columns="run")
    result = {
        "runs": runs,
        "rates": chosen_rates(runs),
        "texts": known.table(),
        "fits": fitted,
        "exponents": study.exponents_compared(fitted),
        "gaps": study.gaps(found),
        "prelearned": prelearned.compared(found, fitted, last),
        "effective_data": study.effective_data(found, without),
        "allocation": study.allocation(found, section(profile).prices),
        "forecasts": forecasts,
        "splits": splits,
    }
    return {**result, "claims": claims.judged(result, study.rank_correlation(found))}


measured = final_losses

DRAW = {
    "loss_against_finetuning": drawing.draw_loss,
    "gap_against_distance": drawing.draw_gap,
    "iso_loss": drawing.draw_iso_loss,
}
DATA = {
    "loss_against_finetuning": lambda found: drawing.loss_data(found["runs"], found["fits"]),
    "gap_against_distance": lambda found: drawing.gap_data(found["gaps"]),
    "iso_loss": lambda found: drawing.iso_loss_data(found["fits"], found["runs"]),
}
