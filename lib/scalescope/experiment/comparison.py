"""Two profiles side by side: the laws of each, their difference in slope, and their ratio at a size both reach."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scalescope import paths
from scalescope.errors import check_name
from scalescope.experiment.points import OBJECTIVES, split_usable, task_names, title, usable_pretraining
from scalescope.experiment.pretraining_seeds import drawn_together
from scalescope.experiment.readable import readable
from scalescope.experiment.record import collected_table
from scalescope.laws import PowerLaw, SuspectInput
from scalescope.laws.inputs import replicate_count, whole

PRETRAINING = "pretraining loss"
FLAT = 0.001  # slope: less than 1 % over four decades of size
COLUMNS = [
    "quantity",
    "title",
    "objective",
    "sizes_a",
    "sizes_b",
    "slope_a",
    "slope_a_low",
    "slope_a_high",
    "slope_b",
    "slope_b_low",
    "slope_b_high",
    "difference",
    "difference_low",
    "difference_high",
    "at",
    "ratio",
    "ratio_low",
    "ratio_high",
]


@dataclass(frozen=True)
class Ladder:
    """The runs of one profile, quantity and objective: sizes, y, groups of the bootstrap."""

    parameters: np.ndarray
    y: np.ndarray
    groups: np.ndarray


def compare(profile_a: str, profile_b: str, n_boot: int = 1000, random_state: int = 0) -> pd.DataFrame:
    """One row per quantity (pretraining loss, then tuned error of each task) and objective that both profiles have.

    slope_a, slope_b: of ln y against ln N over the ladders, with 95 % bootstrap intervals. difference: slope_b -
    slope_a. ratio: law of b over law of a at `at` parameters, the middle (in ln N) of the sizes that both ladders span;
    blank where they share none. Intervals of both from independent bootstraps: profiles share no runs; where a law has
    as many points as parameters they are infinite. Laws of fewer than two sizes are left out. Losses compare only under
    one tokenizer and held-out text. Raises ValueError for one profile twice, UnknownName for a profile without
    collected results, and Damaged for a table that was cut or changed since it was written.
    """
    n_boot, random_state = replicate_count(n_boot), whole(random_state, "random_state", least=0)
    if profile_a == profile_b:
        raise ValueError(f"{profile_a!r} is compared with itself: name two profiles")
    found_a, found_b = (dict(_ladders(name)) for name in (profile_a, profile_b))
    rows = []
    for place, key in enumerate(key for key in found_a if key in found_b):
        states = [np.random.SeedSequence([random_state, place, side]).generate_state(1)[0] for side in (0, 1)]
        rows.append(_row(key, found_a[key], found_b[key], n_boot, [int(state) for state in states]))
    return pd.DataFrame(rows, columns=COLUMNS)


def readable_comparison(table: pd.DataFrame, profile_a: str, profile_b: str) -> pd.DataFrame:
    """What `compare` gives as people read it: a row per law, numbers with their 95 % intervals."""
    flat = (table[["slope_a", "slope_b"]].abs() < FLAT).all(axis=1)
    why = pd.Series("the ladders share no size", table.index).where(table["ratio"].isna(), "")
    named = table.assign(
        title=table["title"] + ", " + table["objective"].map(OBJECTIVES), flat=np.where(flat, "flat in both", "")
    )
    columns = {
        "title": "law",
        "slope_a": f"slope, {profile_a}",
        "slope_b": f"slope, {profile_b}",
        "difference": "difference",
        "ratio": f"{profile_b} / {profile_a}",
        "at": "at N",
        **({"flat": ""} if flat.any() else {}),
    }
    return readable(named.assign(at=table["at"].round()), columns, digits=3, why=why)


def _row(key: tuple[str, str], a: Ladder, b: Ladder, n_boot: int, states: list[int]) -> dict:
    laws = [_quiet(one, PowerLaw(n_boot=n_boot, random_state=state)) for one, state in zip((a, b), states, strict=True)]
    row = {"quantity": key[0], "title": title(key[0]), "objective": key[1]}
    for name, one, law in zip("ab", (a, b), laws, strict=True):
        low, high = law.intervals_["slope"]
        row |= {
            f"sizes_{name}": len(np.unique(one.parameters)),
            f"slope_{name}": law.params_["slope"],
            f"slope_{name}_low": low,
            f"slope_{name}_high": high,
        }
    slopes = [law.bootstrap_.params["slope"] for law in laws]
    known = all(law.scatter_.free >= 1 for law in laws)
    ends = np.percentile(slopes[1] - slopes[0], [2.5, 97.5]) if known else (-np.inf, np.inf)
    row |= {"difference": row["slope_b"] - row["slope_a"], "difference_low": ends[0], "difference_high": ends[1]}
    low, high = (max(a.parameters.min(), b.parameters.min()), min(a.parameters.max(), b.parameters.max()))
    if low > high:
        return row
    at = float(np.sqrt(low * high))
    values = [law.predict_many(law.bootstrap_.params, [at])[:, 0] for law in laws]
    ends = np.percentile(values[1] / values[0], [2.5, 97.5]) if known else (0.0, np.inf)
    ratio = float(laws[1].predict([at])[0] / laws[0].predict([at])[0])
    return row | {"at": at, "ratio": ratio, "ratio_low": ends[0], "ratio_high": ends[1]}


def _quiet(one: Ladder, law: PowerLaw) -> PowerLaw:
    """The law fitted; that y is the same at every size (SuspectInput) shows as a slope of zero."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SuspectInput)
        return law.fit(one.parameters, one.y, groups=one.groups)


def _ladders(profile: str) -> Iterator[tuple[tuple[str, str], Ladder]]:
    """(quantity, objective) -> the ladder of a profile, in the order of the tables."""
    known = sorted(path.parent.name for path in paths.results("any").parent.glob("*/pretrain.csv"))
    check_name("profile with results", profile, known)
    pretrain = collected_table(profile, "pretrain")
    pretrain = pretrain[usable_pretraining(pretrain) & (pretrain["role"] == "ladder")]
    for objective in OBJECTIVES:
        yield from _ladder(PRETRAINING, objective, pretrain[pretrain["objective"] == objective], "loss")
    if (paths.results(profile) / "points.csv").is_file():
        usable, _ = split_usable(collected_table(profile, "points"))
        tuned = usable[(usable["hpt"] == "with") & (usable["role"] == "ladder")]
        for task in (name for name in task_names(tuned) if name in set(tuned["task"])):
            for objective in OBJECTIVES:
                own = tuned[(tuned["task"] == task) & (tuned["objective"] == objective)]
                yield from _ladder(task, objective, own, "error")


def _ladder(quantity: str, objective: str, runs: pd.DataFrame, column: str) -> Iterator[tuple[tuple[str, str], Ladder]]:
    if runs["parameters"].nunique() >= 2:
        parts = (runs[name].to_numpy(dtype=float) for name in ("parameters", column))
        yield (quantity, objective), Ladder(*parts, drawn_together(runs))
