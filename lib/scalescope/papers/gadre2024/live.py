"""Gadre 2024 live: a grid of sizes and tokens per parameter on each text, what is held out of it, its forecasts."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from scalescope.experiment import stages, study_pairs
from scalescope.experiment.profile import Profile
from scalescope.experiment.sections import has_room, token_steps
from scalescope.experiment.study_runs import FIT, HELD_OUT, Planned, Texts, branch, need_all, study_part
from scalescope.experiment.study_sections import STANDARD, Gadre2024Section
from scalescope.forecast.entry import Entry
from scalescope.papers.gadre2024 import claims, small_figures, text_figures
from scalescope.papers.gadre2024 import small as study
from scalescope.papers.gadre2024 import texts as of_texts
from scalescope.papers.ledger import HeldOut, forecast, points_digest

PAPER = "gadre2024"
PARTS = (4, 4)  # of each stage that can be trained side by side: fitted runs, held-out runs
FEWEST_MODELS = 2  # that a law of N and D is fitted to
FIT_STAGES = 1
SKILLS = {"skill": str, "accuracy": float, "run_id": str, "chance": float}  # columns of the table
ERROR = "DownstreamErrorLaw"  # what the names of forecasts of an error begin with


def section(profile: Profile) -> Gadre2024Section:
    """The part of the profile; raises ValueError for a profile without it."""
    return study_part(profile, PAPER)


def texts(profile: Profile) -> Texts:
    """The texts of the study: that of pretraining, and as much text of each dialect."""
    rows, heldout = profile.text.train_tokens // profile.text.sequence_length, profile.text.heldout_tokens
    return Texts(profile, section(profile).dialects, rows, heldout, probed=True)


def grid(profile: Profile, known: Texts, text: str = STANDARD) -> list[Planned]:
    """Every run on one text: the largest model is held out, and of every other model the run with the most tokens."""
    part, seed = section(profile), profile.studies.seeds[0]
    models = part.models_on(text)
    corpus = known[text].corpus("train")
    filled = corpus.tokens_per_row / corpus.sequence_length  # the rest is padding, which no multiplier counts
    planned = []
    for name in models:
        size = profile.model(name).config.parameters
        budgets = [round(size * count / filled) for count in sorted(part.multipliers)]
        budgets = [tokens for tokens in budgets if tokens * filled <= part.most_tokens and _room(profile, tokens)]
        _refuse_equal(profile, name, budgets)
        for place, tokens in enumerate(budgets):
            held = name == models[-1] or place == len(budgets) - 1
            config = branch(profile, known.prepared, name, part.objective, tokens, seed)
            planned.append(Planned(HELD_OUT if held else FIT, replace(config, data=known.id(text)), text))
    return planned


def _refuse_equal(profile: Profile, model: str, budgets: list[int]) -> None:
    """Raise ValueError for two budgets of one run: it would be fitted to and held out."""
    found: dict[int, int] = {}
    for tokens in budgets:
        steps = token_steps(profile.pretrain, tokens, profile.text.sequence_length)
        if steps in found:
            raise ValueError(
                f"studies.gadre2024.multipliers: {found[steps]} and {tokens} tokens (padding included) of {model} are "
                f"both {steps} steps; give multipliers that lie further apart"
            )
        found[steps] = tokens


def _room(profile: Profile, tokens: int) -> bool:
    return has_room(profile.pretrain, token_steps(profile.pretrain, tokens, profile.text.sequence_length))


def grids(profile: Profile, known: Texts) -> list[Planned]:
    """The grids of all texts, one after another."""
    return [each for text in section(profile).texts for each in grid(profile, known, text)]


def first(profile: Profile, known: Texts) -> list[list[Planned]]:
    """The runs that the laws are fitted to, of all texts.

    Raises ValueError for a text of which too few are left to fit a law to: before anything is trained.
    """
    found = [each for each in grids(profile, known) if each.role == FIT]
    for text in section(profile).texts:
        sizes = [each.config.encoder.parameters for each in found if each.text == text]
        if len(sizes) < study.LEAST_POINTS or len(set(sizes)) < FEWEST_MODELS:
            raise ValueError(
                f"studies.gadre2024: on the text {text!r} {len(sizes)} runs of {len(set(sizes))} models have room for "
                f"warm-up and decay and at most most_tokens={section(profile).most_tokens} tokens; laws need "
                f"{study.LEAST_POINTS} runs of {FEWEST_MODELS} models beside those held out"
            )
    return [found]


def held_out(profile: Profile, known: Texts) -> HeldOut:
    """Forecasts of loss and error of every held-out run, text by text, and these runs. Raises NotFinished."""
    fitted = first(profile, known)[0]
    runs, measured_skills = need_all(PAPER, profile, known, fitted), skills(known, fitted)
    held, forecasts = [each for each in grids(profile, known) if each.role == HELD_OUT], []
    for text in section(profile).texts:
        found = study.points(runs[runs["text"] == text])
        own = [each for each in held if each.text == text]
        forecasts += _forecasts(known[text].corpus("train").tokens_per_row, found, measured_skills, own)
    return HeldOut(forecasts, [held])


def _forecasts(per_row: float, found: pd.DataFrame, of_skills: pd.DataFrame, held: list[Planned]) -> list[Entry]:
    """What the laws of one text say of its held-out runs; per_row: tokens of a row; of errors where they have a law."""
    errors, digest, forecasts = _errors(of_skills, found), points_digest(found), []
    second = study.error_law(found, errors, study.AVERAGES[0])
    for name in study.LAWS:
        law = study.law(found, name)
        for each in held:
            tokens = round(each.config.steps * each.config.batch_size * per_row)
            inputs = {"parameters": each.config.encoder.parameters, "tokens": tokens}
            said = forecast(PAPER, name, law, inputs, each.config.id, digest)
            forecasts.append(said)
            if second is None:
                continue
            after = map(float, second.predict([[loss] for loss in said.quantiles.values()]))  # it rises with the loss
            errors_of = dict(zip(said.quantiles, after, strict=True))
            forecasts.append(replace(said, quantity="error", law=f"{ERROR} after {name}", quantiles=errors_of))
    return forecasts


def _errors(of_skills: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    return study.errors(of_skills[of_skills["run_id"].isin(found["run_id"])], found)


def skills(known: Texts, planned: list[Planned]) -> pd.DataFrame:
    """Accuracy of each finished run on each skill at its last step, asked in the words of its own text.

    Columns: skill, accuracy, run_id, chance; no rows for a text without skills.
    """
    probes, parts = {text: known.probes(text) for text in {each.text for each in planned}}, []
    for each in planned:
        run, asked = stages.store().find(each.config.id), probes[each.text]
        if run is None or run.failed or asked is None:
            continue
        last = run.metrics[run.metrics["step"] == run.metrics["step"].max()]
        chance = last["skill"].map({skill: asked.chance(skill) for skill in asked.skills})
        parts.append(last[["skill", "accuracy"]].assign(run_id=run.id, chance=chance))
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in SKILLS.items()})
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
    """All tables of the study from its runs and scored forecasts; the claims are judged on the standard text."""
    part, planned = section(profile), grids(profile, known)
    found = {text: study.points(runs[runs["text"] == text]) for text in part.texts}
    measured_skills = skills(known, planned)
    errors = {text: _errors(measured_skills, own) for text, own in found.items()}
    fits = {text: study.fits(own, errors[text]) for text, own in found.items()}
    predictions = {text: study.predictions(own, errors[text]) for text, own in found.items()}
    scored = {text: forecasts[forecasts["run"].isin(own["run_id"])] for text, own in found.items()}
    pairs = of_texts.pairs(found, study_pairs.losses(known, planned), part.multipliers)
    return {
        "runs": runs,
        "skills": measured_skills,
        "errors": pd.concat(errors.values(), ignore_index=True),
        "fits": of_texts.together(fits),
        "predictions": of_texts.together(predictions),
        "sensitivity": of_texts.together({text: study.sensitivity(runs[runs["text"] == text]) for text in part.texts}),
        "texts": of_texts.summary(runs, fits, predictions, scored),
        "pairs": pairs,
        "forecasts": forecasts,
        "claims": claims.judged(predictions[STANDARD], scored[STANDARD]),
    }


def _standard(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["text"] == STANDARD]


DRAW = {
    "overtraining": small_figures.draw_overtraining,
    "error_from_loss": small_figures.draw_error,
    "overtraining_texts": text_figures.draw_texts,
    "text_pairs": text_figures.draw_pairs,
}
DATA = {
    "overtraining": lambda found: small_figures.overtraining_data(_standard(found["predictions"])),
    "error_from_loss": lambda found: small_figures.error_data(
        _standard(found["predictions"]), _standard(found["fits"])
    ),
    "overtraining_texts": lambda found: text_figures.texts_data(found["predictions"]),
    "text_pairs": lambda found: text_figures.pairs_data(found["pairs"]),
}
