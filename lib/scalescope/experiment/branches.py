"""A campaign of one model as a table: its loss at many token budgets, from one warm-up-stable-decay run."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
from filelock import FileLock

from scalescope import files, paths
from scalescope.errors import check_name
from scalescope.experiment import progress, stages
from scalescope.experiment.noted import note
from scalescope.experiment.profile import Profile
from scalescope.experiment.record import read_csv
from scalescope.experiment.rows import pretrain_row
from scalescope.experiment.sections import PretrainSection, has_room
from scalescope.tables import COLUMNS, check
from scalescope.training.branches import campaign as campaign_runs
from scalescope.training.branches import log_spaced_steps, trunk_id
from scalescope.training.device import use_threads

FIRST_SHARE = 16  # the smallest budget is this part of the largest, where nothing else is asked for
MOST_BUDGETS = 100  # of one campaign
MOST_TIMES = 1000  # largest budget over the profile's own: a larger one is a mistake that would train for days


def campaign(
    profile: Profile, model: str, objective: str, budgets: int = 5, first: int | None = None, last: int | None = None
) -> pd.DataFrame:
    """Train (or load) one run per token budget and write the table "campaign"; returns this campaign's rows.

    first, last: smallest and largest budget in tokens; `budgets` of them lie equally far apart on a logarithmic
    scale, rounded to whole steps. last is by default the profile's own budget. data/results/<profile>/campaign.csv
    keeps the last campaign of each model and objective. Stopped at any point, the same call goes on from the last
    checkpoint. Raises UnknownName for a model or objective that the profile does not have, and ValueError for
    budgets that leave no room for warm-up and decay.
    """
    spec = profile.model(model)
    use_threads(spec.config.parameters)
    check_name(f"objective of profile {profile.name!r}", objective, profile.objectives)
    per_step = profile.pretrain.batch_size * profile.text.sequence_length
    steps = budget_steps(profile.pretrain, per_step, budgets, first, last)  # before any text is encoded
    files.check_folders(paths.outputs(profile.name))
    prepared = stages.prepare(profile)
    config = replace(stages.pretrain_config(profile, prepared, spec, objective), schedule="wsd")
    corpora = prepared.corpus("train"), prepared.corpus("heldout")
    note(profile.name, [replace(config, steps=count).id for count in steps], [trunk_id(config)])
    runs = campaign_runs(config, steps, *corpora, stages.store(), bars(f"{model} {objective}"), prepared.probes)
    rows = [pretrain_row(profile, spec, run) for run in runs]
    table = pd.concat(rows, ignore_index=True).assign(budget_tokens=[per_step * count for count in steps])
    return _keep(profile, check(table, "campaign"))


def budget_steps(
    pretrain: PretrainSection, tokens_per_step: int, budgets: int, first: int | None, last: int | None
) -> list[int]:
    """Budgets in steps, ascending; raises ValueError for budgets that make no sense, naming what would."""
    own = pretrain.steps * tokens_per_step
    last = own if last is None else last
    shortest = shortest_steps(pretrain) * tokens_per_step
    first = max(last // FIRST_SHARE, min(shortest, last)) if first is None else first
    if budgets < 1:
        raise ValueError(f"a campaign needs at least 1 budget, got {budgets}")
    if budgets > MOST_BUDGETS:
        raise ValueError(f"a campaign of {budgets} budgets; at most {MOST_BUDGETS} make sense")
    if last > MOST_TIMES * own:
        raise ValueError(
            f"a budget of {last} tokens is more than {MOST_TIMES} times the profile's own ({own}); lengthen the "
            f"profile (pretrain.steps) if that is meant"
        )
    if first > last:
        raise ValueError(f"the smallest budget ({first} tokens) exceeds the largest ({last} tokens)")
    low, high = (round(tokens / tokens_per_step) for tokens in (first, last))
    if low < shortest // tokens_per_step:
        raise ValueError(
            f"a budget of {first} tokens ({low} steps) has no room for {pretrain.warmup_steps} steps of warm-up and a "
            f"decay over {pretrain.decay_fraction:.0%} of it; the smallest that has is {shortest} tokens"
        )
    found = log_spaced_steps(low, high, budgets) if budgets > 1 else [high]
    if len(found) < budgets:
        raise ValueError(
            f"{budgets} budgets from {first} to {last} tokens, in whole steps, are {len(found)} different ones: ask "
            f"for fewer, or for a larger range"
        )
    return found


def shortest_steps(pretrain: PretrainSection) -> int:
    """Steps of the shortest run whose rate is at its peak for at least one step before it decays."""
    steps = max(pretrain.warmup_steps + 1, math.floor((pretrain.warmup_steps + 0.5) / (1 - pretrain.decay_fraction)))
    while not has_room(pretrain, steps):
        steps += 1
    return steps


def _keep(profile: Profile, rows: pd.DataFrame) -> pd.DataFrame:
    """Put the rows in place of those of the same model and objective in the profile's table."""
    target, lock = paths.results(profile.name) / "campaign.csv", paths.work(profile.name) / ".campaign.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        table = rows
        if target.is_file():
            held, key = _held(target), ["objective", "aspect_ratio", "layers"]
            others = held[~held.set_index(key).index.isin(rows.set_index(key).index)]
            table = pd.concat([others, rows], ignore_index=True) if len(others) else rows
        table = table.sort_values(["objective", "parameters", "aspect_ratio", "budget_tokens"], ignore_index=True)
        files.write_table(target, table)
        files.seal(target.parent, [target.name])
    return rows


def _held(target: Path) -> pd.DataFrame:
    """The rows that are there; none, and the file moved aside, if it is damaged."""
    try:
        return read_csv(target, "this campaign is written without the others")
    except files.Damaged as fault:
        files.set_aside(target, str(fault))
        return pd.DataFrame(columns=COLUMNS["campaign"])


def bars(what: str) -> Callable[[int, int, float], None]:
    """Progress with a bar for each budget."""
    bars: dict[int, Callable[[int, int, float], None]] = {}

    def tell(step: int, total: int, loss: float) -> None:
        bars.setdefault(total, progress.steps(f"{what}, budget of {total} steps"))(step, total, loss)

    return tell
