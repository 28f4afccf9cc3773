"""Su 2024 live: models at several batch sizes at a constant rate, each rule changed once, and a held-out curve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from scalescope.experiment import stages
from scalescope.experiment.profile import Profile
from scalescope.experiment.study_runs import (
    FIT,
    HELD_OUT,
    Planned,
    Texts,
    context_text,
    need_all,
    study_part,
    with_context,
)
from scalescope.experiment.study_sections import Su2024Section
from scalescope.model.optimiser import BETA2
from scalescope.papers.ledger import HeldOut, forecast, points_digest
from scalescope.papers.su2024 import claims
from scalescope.papers.su2024 import figures as drawing
from scalescope.papers.su2024 import fits as study
from scalescope.training.pretrain import PretrainConfig

PAPER = "su2024"
PARTS = (4, 1)  # of each stage that can be trained side by side: fitted runs, the held-out run
FIT_STAGES = 1
HALF = 0.5
# each rule changed once: half-life of beta2 kept, power of the rate in the batch size, warm-up in tokens (factor), and
# the length of a row (factor)
VARIANTS = {
    study.STANDARD: {},
    "beta2 the same per step": {"keep": False},
    "rate the same": {"power": 0.0},
    "rate linear in the batch": {"power": 1.0},
    "warm-up three times as long": {"warmup": 3.0},
    "half the context": {"context": HALF},
}
FORECAST_AT = 8  # steps of the held-out curve that are forecast, evenly spaced in their logarithm


def section(profile: Profile) -> Su2024Section:
    """The part of the profile; raises ValueError for a profile without it."""
    return study_part(profile, PAPER)


def texts(profile: Profile) -> Texts:
    """The text of the study: that of pretraining, whole and in rows of half the length."""
    return Texts(profile, {}, 0, 0, [_row_length(profile, HALF)])


def _row_length(profile: Profile, context: float) -> int:
    return round(context * profile.text.sequence_length)


def config(
    profile: Profile,
    known: Texts,
    model: str,
    batch: int,
    power: float | None = None,
    warmup: float = 1.0,
    keep: bool = True,
    context: float = 1.0,
) -> PretrainConfig:
    """One run at a batch size under the rules of the section, or with one of them changed.

    power: of the rate in the batch size. warmup: factor of the tokens of the warm-up. keep: the half-life of Adam's
    second moment in tokens (beta2^(B / B_0)), else beta2 per step. context: factor of the tokens of a row; batch sizes
    count rows, however long.
    """
    part, text = section(profile), known.prepared
    if context != 1:
        length = _row_length(profile, context)
        profile, text = with_context(profile, length), known[context_text(length)]
    base = stages.pretrain_config(profile, text, profile.model(model), part.objective)
    share = batch / base.batch_size
    steps = part.steps(batch, base.batch_size, profile.text.sequence_length)
    return replace(
        base,
        schedule="constant",
        batch_size=batch,
        steps=steps,
        seed=profile.studies.seeds[0],
        patience=10**9,
        learning_rate=base.learning_rate * share ** (part.rate_power if power is None else power),
        warmup_steps=max(1, min(round(warmup * base.warmup_steps / share), steps // 4)),
        beta2=BETA2**share if keep else BETA2,
        eval_every=max(1, steps // part.evaluations),
    )


def planned(profile: Profile, known: Texts) -> dict[str, list[Planned]]:
    """The fitted runs by variant; a variant whose configuration is the standard one has no run of its own."""
    part = section(profile)
    found: dict[str, list[Planned]] = {}
    for variant, changes in VARIANTS.items():
        models = part.models if variant == study.STANDARD else [part.variant_model]
        made = [config(profile, known, model, batch, **changes) for model in models for batch in part.batch_sizes]
        text = context_text(_row_length(profile, changes["context"])) if "context" in changes else study.STANDARD
        found[variant] = [Planned(FIT, each, text) for each in made]
    return found


def first(profile: Profile, known: Texts) -> list[list[Planned]]:
    """The runs that the law is fitted to, and those of the variants."""
    unique = {each.config.id: each for runs in planned(profile, known).values() for each in runs}
    return [list(unique.values())]


def held_out(profile: Profile, known: Texts) -> HeldOut:
    """The loss of a larger model at a batch size never used, at FORECAST_AT of its steps. Raises NotFinished."""
    part = section(profile)
    need_all(PAPER, profile, known, first(profile, known)[0])
    found = study.points(curves(profile, known))
    law, digest = study.law(found), points_digest(found)
    target = config(profile, known, part.target_model, part.target_batch_size)
    evaluated = np.arange(target.eval_every, target.steps + 1, target.eval_every)
    evaluated = evaluated[evaluated >= study.AFTER_WARMUP * target.warmup_steps]
    wanted = np.geomspace(evaluated[0], evaluated[-1], FORECAST_AT)
    at = sorted({int(evaluated[np.abs(np.log(evaluated / step)).argmin()]) for step in wanted})
    inputs = {"parameters": target.encoder.parameters, "batch_size": target.batch_size}
    forecasts = [forecast(PAPER, "TrajectoryLaw", law, {**inputs, "steps": step}, target.id, digest) for step in at]
    return HeldOut(forecasts, [[Planned(HELD_OUT, target)]])


def curves(profile: Profile, known: Texts) -> pd.DataFrame:
    """Held-out loss of every finished run at every evaluation, one row each; a run counts in each of its variants."""
    part, parts = section(profile), []
    target = Planned(HELD_OUT, config(profile, known, part.target_model, part.target_batch_size))
    for variant, runs in (*planned(profile, known).items(), (study.STANDARD, [target])):
        for each in runs:
            run = stages.store().find(each.config.id)
            if run is None:
                continue
            heldout = run.curve.loc[run.curve["split"] == "heldout", ["step", "loss"]]
            rules = {name: getattr(each.config, name) for name in ("batch_size", "warmup_steps")}
            own = {"run_id": run.id, "role": each.role, "parameters": each.config.encoder.parameters, **rules}
            parts.append(heldout.assign(variant=variant, **own))
    columns = ["run_id", "role", "variant", "parameters", "batch_size", "warmup_steps", "step", "loss"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def measured(forecasts: pd.DataFrame, runs: pd.DataFrame) -> pd.Series:
    """The held-out loss of the run of each forecast at the step that it is about; NaN where it is not trained."""
    values = []
    for row in forecasts.itertuples():
        run, step = stages.store().find(row.run), int(float(row.inputs.rpartition("steps=")[2]))
        heldout = run.curve[(run.curve["split"] == "heldout") & (run.curve["step"] == step)] if run else pd.DataFrame()
        values.append(float(heldout["loss"].iloc[0]) if len(heldout) else np.nan)
    return pd.Series(values, index=forecasts.index, dtype=float)


def tables(
    profile: Profile, known: Texts, runs: pd.DataFrame, forecasts: pd.DataFrame, held: HeldOut
) -> dict[str, pd.DataFrame]:
    """All tables of the study from its runs and scored forecasts."""
    part, every = section(profile), curves(profile, known)
    law, sizes = study.law(study.points(every)), [profile.model(name).config.parameters for name in part.models]
    contours = study.contours(every[every["role"] == FIT])
    critical = study.critical(contours)
    losses = sorted(critical.loc[critical["variant"] == study.STANDARD, "loss"].quantile([0.25, 0.75]).round(2))
    target = profile.model(part.target_model).config.parameters
    result = {
        "runs": runs,
        "curves": every,
        "contours": contours,
        "critical": critical,
        "fits": study.fits(law),
        "variants": study.variants(critical, profile.model(part.variant_model).config.parameters, list(VARIANTS)[1:]),
        "answers": study.answers(law, [*sizes, target], losses),
        "forecasts": forecasts,
    }
    return {**result, "claims": claims.judged(result, study.critical_slope(critical))}


DRAW = {"curves": drawing.draw_curves, "contours": drawing.draw_contours, "critical_batch": drawing.draw_critical}
DATA = {
    "curves": lambda found: drawing.curves_data(found["curves"], found["fits"], found["forecasts"]),
    "contours": lambda found: drawing.contours_data(found["contours"]),
    "critical_batch": lambda found: drawing.critical_data(found["critical"], found["fits"]),
}
