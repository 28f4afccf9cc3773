"""Gadre 2024 live: a grid of sizes and tokens per parameter, what is held out of it, and its forecasts."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from scalescope.experiment import stages
from scalescope.experiment.profile import Profile
from scalescope.experiment.sections import has_room, token_steps
from scalescope.experiment.study_runs import FIT, HELD_OUT, Planned, Texts, branch, need_all
from scalescope.experiment.study_sections import Gadre2024Section
from scalescope.papers.gadre2024 import claims, small_figures
from scalescope.papers.gadre2024 import small as study
from scalescope.papers.ledger import HeldOut, forecast, points_digest

PAPER = "gadre2024"
PARTS = (4, 4)  # of each stage that can be trained side by side: fitted runs, held-out runs
FIT_STAGES = 1
ERROR = "DownstreamErrorLaw"  # what the names of forecasts of an error begin with


def section(profile: Profile) -> Gadre2024Section:
    """The part of the profile; raises ValueError for a profile without it."""
    found = profile.studies and profile.studies.gadre2024
    if not found:
        raise ValueError(f"profile {profile.name!r} has no section 'studies.{PAPER}'; 'studies' and 'studies-smoke' do")
    return found


def texts(profile: Profile) -> Texts:
    """The text of the study: that of pretraining alone."""
    return Texts(profile, {}, 0, 0)


def grid(profile: Profile, known: Texts) -> list[Planned]:
    """Every run: the largest model is held out, and of every other model the run with the most tokens."""
    part, seed = section(profile), profile.studies.seeds[0]
    corpus = known.prepared.corpus("train")
    filled = corpus.tokens_per_row / corpus.sequence_length  # the rest is padding, which no multiplier counts
    planned = []
    for name in part.models:
        size = profile.model(name).config.parameters
        budgets = [round(size * count / filled) for count in sorted(part.multipliers)]
        budgets = [tokens for tokens in budgets if tokens * filled <= part.most_tokens and _room(profile, tokens)]
        for place, tokens in enumerate(budgets):
            held = name == part.models[-1] or place == len(budgets) - 1
            config = branch(profile, known.prepared, name, part.objective, tokens, seed)
            planned.append(Planned(HELD_OUT if held else FIT, config))
    return planned


def _room(profile: Profile, tokens: int) -> bool:
    return has_room(profile.pretrain, token_steps(profile.pretrain, tokens, profile.text.sequence_length))


def first(profile: Profile, known: Texts) -> list[list[Planned]]:
    """The runs that the laws are fitted to."""
    return [[each for each in grid(profile, known) if each.role == FIT]]


def held_out(profile: Profile, known: Texts) -> HeldOut:
    """Forecasts of loss and error of every held-out run, and these runs. Raises NotFinished."""
    fitted = first(profile, known)[0]
    found = study.points(need_all(PAPER, profile, known, fitted))
    errors = study.errors(skills(known, fitted), found)
    digest, corpus = points_digest(found), known.prepared.corpus("train")
    held, forecasts = [each for each in grid(profile, known) if each.role == HELD_OUT], []
    second = study.error_law(found, errors, study.AVERAGES[0])
    for name in study.LAWS:
        law = study.law(found, name)
        for each in held:
            tokens = round(each.config.steps * each.config.batch_size * corpus.tokens_per_row)
            inputs = {"parameters": each.config.encoder.parameters, "tokens": tokens}
            said = forecast(PAPER, name, law, inputs, each.config.id, digest)
            after = map(float, second.predict([[loss] for loss in said.quantiles.values()]))  # it rises with the loss
            errors_of = dict(zip(said.quantiles, after, strict=True))
            error = replace(said, quantity="error", law=f"{ERROR} after {name}", quantiles=errors_of)
            forecasts += [said, error]
    return HeldOut(forecasts, [held])


def skills(known: Texts, planned: list[Planned]) -> pd.DataFrame:
    """Accuracy of each finished run on each skill at its last step: run_id, skill, accuracy, chance."""
    probes, parts = known.prepared.probes, []
    for each in planned:
        run = stages.store().find(each.config.id)
        if run is None or run.failed or probes is None:
            continue
        last = run.metrics[run.metrics["step"] == run.metrics["step"].max()]
        chance = last["skill"].map({skill: probes.chance(skill) for skill in probes.skills})
        parts.append(last[["skill", "accuracy"]].assign(run_id=run.id, chance=chance))
    return pd.concat(parts, ignore_index=True)


def measured(forecasts: pd.DataFrame, runs: pd.DataFrame) -> pd.Series:
    """The loss, or the error over all skills, of the run of each forecast; NaN for one that is not trained yet."""
    losses = runs.drop_duplicates("run_id").set_index("run_id")["loss"]
    errors = {run: _error(run) for run in forecasts["run"].unique()}
    of_error = forecasts["law"].str.startswith(ERROR)
    return forecasts["run"].map(errors).where(of_error, forecasts["run"].map(losses)).astype(float)


def _error(run: str) -> float:
    found = stages.store().find(run)
    if found is None or found.failed:
        return float("nan")
    last = found.metrics[found.metrics["step"] == found.metrics["step"].max()]
    return 1 - float(last["accuracy"].mean())


def tables(
    profile: Profile, known: Texts, runs: pd.DataFrame, forecasts: pd.DataFrame, held: HeldOut
) -> dict[str, pd.DataFrame]:
    """All tables of the study from its runs and scored forecasts."""
    found = study.points(runs)
    measured_skills = skills(known, grid(profile, known))
    errors = study.errors(measured_skills, found)
    predictions = study.predictions(found, errors)
    return {
        "runs": runs,
        "skills": measured_skills,
        "errors": errors,
        "fits": study.fits(found, errors),
        "predictions": predictions,
        "sensitivity": study.sensitivity(runs),
        "forecasts": forecasts,
        "claims": claims.judged(predictions, forecasts),
    }


DRAW = {"overtraining": small_figures.draw_overtraining, "error_from_loss": small_figures.draw_error}
DATA = {
    "overtraining": lambda found: small_figures.overtraining_data(found["predictions"]),
    "error_from_loss": lambda found: small_figures.error_data(found["predictions"], found["fits"]),
}
