"""Lin 2024 live: a zoo of small pretrained models, one task at sizes that double, and the choice of one model early."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pandas as pd

from scalescope.experiment.profile import Profile
from scalescope.experiment.study_rates import chosen_rates
from scalescope.experiment.study_runs import FIT, HELD_OUT, Planned, Texts, adapted, branch, need_all, study_part
from scalescope.experiment.study_sections import STANDARD, Lin2024Section, ZooMember
from scalescope.papers.ledger import HeldOut, final_losses, forecast, points_digest
from scalescope.papers.lin2024 import claims
from scalescope.papers.lin2024 import small as study
from scalescope.papers.lin2024 import small_figures as drawing

PAPER = "lin2024"
PARTS = (4, 4, 4)  # of each stage that can be trained side by side: the zoo, what a budget pays for, held-out sizes
FIT_STAGES = 2


def section(profile: Profile) -> Lin2024Section:
    """The part of the profile; raises ValueError for a profile without it."""
    return study_part(profile, PAPER)


def texts(profile: Profile) -> Texts:
    """The texts of the study: that of pretraining, the task, and what members of the zoo are pretrained on."""
    part = section(profile)
    told = [member.tokens // profile.text.sequence_length for member in part.zoo if member.text != STANDARD]
    return Texts(profile, part.dialects, max([*part.rows, *told]), part.adapt.heldout_tokens)


def zoo(profile: Profile, known: Texts) -> dict[str, Planned]:
    """The pretrained models by name: branches of warm-up-stable-decay runs, those of other studies where they fit."""
    return {
        member.name: Planned(FIT, _pretraining(profile, known, member), member.text) for member in section(profile).zoo
    }


def _pretraining(profile: Profile, known: Texts, member: ZooMember):
    seed = profile.studies.seeds[0]
    config = branch(profile, known.prepared, member.model, member.objective, member.tokens, seed)
    if member.text == STANDARD:
        return config
    sequences = max(1, section(profile).adapt.heldout_tokens // profile.text.sequence_length)
    return replace(config, data=known.id(member.text), eval_sequences=min(config.eval_sequences, sequences))


def finetuned(profile: Profile, known: Texts, base: Planned, rows: int, rate: float, role: str) -> Planned:
    """A member of the zoo trained on so many rows of the task."""
    part = section(profile)
    settings = (profile, known, part.adapt, part.task, rows, rate, profile.studies.seeds[0])
    config = adapted(*settings, base.config, base.config)
    return Planned(role, replace(config, objective=part.objective), part.task, base.config)


def first(profile: Profile, known: Texts) -> list[list[Planned]]:
    """The zoo, then each member at every size that the largest budget pays for, at every rate."""
    part, bases = section(profile), zoo(profile, known)
    grid = product(bases.values(), part.affordable, part.adapt.learning_rates)
    return [list(bases.values()), [finetuned(profile, known, *cell, FIT) for cell in grid]]


def held_out(profile: Profile, known: Texts) -> HeldOut:
    """Every member at the sizes above the largest budget, with the forecasts of both laws.

    Each is trained at the rate that was best at the largest size below. Raises NotFinished where a run that the laws
    are fitted to is missing.
    """
    part, bases = section(profile), zoo(profile, known)
    names = {base.config.id: name for name, base in bases.items()}
    planned = [each for stage in first(profile, known) for each in stage]
    points = study.points(need_all(PAPER, profile, known, planned), member_of(planned, names))
    larger = [rows for rows in sorted(part.rows) if rows not in part.affordable]
    forecasts, last = [], []
    for name, base in bases.items():
        own = points[points["model"] == name]
        rate, laws = study.last_rate(own), study.laws(own)
        digest = points_digest(own)
        for rows in larger:
            run = finetuned(profile, known, base, rows, rate, HELD_OUT)
            last.append(run)
            for law_name, law in laws.items():
                said = forecast(PAPER, f"{law_name}, {name}", law, {"examples": rows}, run.config.id, digest)
                forecasts.append(said)
    return HeldOut(forecasts, [last])


def member_of(planned: list[Planned], names: dict[str, str]) -> dict[str, str]:
    """Which member of the zoo each finetuning run goes on from: run id -> name; names: those of the zoo by run id."""
    return {each.config.id: names[each.pretraining.id] for each in planned if each.pretraining is not None}


def tables(
    profile: Profile, known: Texts, runs: pd.DataFrame, forecasts: pd.DataFrame, held: HeldOut
) -> dict[str, pd.DataFrame]:
    """All tables of the study from its runs and scored forecasts."""
    part, bases = section(profile), zoo(profile, known)
    names = {base.config.id: name for name, base in bases.items()}
    planned = [each for stage in (*first(profile, known), *held.stages) for each in stage]
    points = study.points(runs, member_of(planned, names))
    members = _members(runs, names)
    curves = study.curves(points, members, part.task)
    zoos = study.judged_zoos(curves)
    result = {
        "runs": runs,
        "rates": chosen_rates(runs),
        "texts": known.table(),
        "zoo": members,
        "points": points,
        "curves": curves,
        "fits": study.fits(curves),
        "parameters": study.parameters(points),
        "slopes": study.slopes(curves),
        "selection": study.selection(curves),
        "scores": study.scores(curves, zoos),
        "contests": study.contests(zoos),
        "forecasts": forecasts,
    }
    return {**result, "claims": claims.judged(result)}


def _members(runs: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """One row per member of the zoo: what it is, and its loss on its own text; in the order of the profile."""
    rows = runs[runs["run_id"].isin(names)].drop_duplicates("run_id").set_index("run_id").loc[list(names)]
    table = rows[["parameters", "objective", "text", "distance", "pretrain_tokens", "flops", "loss"]]
    return table.assign(model=list(names.values())).reset_index().rename(columns={"loss": "pretrain_loss"})


measured = final_losses

DRAW = {"live_curves": drawing.draw_curves, "live_rmsd": drawing.draw_rmsd, "live_selection": drawing.draw_selection}
DATA = {
    "live_curves": lambda found: drawing.curves_data(found["curves"], found["fits"]),
    "live_rmsd": lambda found: drawing.rmsd_data(found["fits"]),
    "live_selection": lambda found: drawing.selection_data(found["scores"]),
}
