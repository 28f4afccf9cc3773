"""The run that is asked for: sizes that the user gives, completed by what the table tells."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scalescope.errors import check_name
from scalescope.forecast.cells import match_number, value_of
from scalescope.forecast.columns import AS_IS, SIZES, SYMBOLS, BadTable
from scalescope.forecast.table import SIX, RunTable, scale_of
from scalescope.forecast.units import APART, REACH
from scalescope.laws import ScalingLaw
from scalescope.laws.inputs import amount

FAR_BELOW = 1000.0  # times below the smallest run: no forecast
SAME = 1e-3  # relative: a size written in three digits
AHEAD = 10.0  # times the largest run: what is asked where nothing else is said


def size(text: str | float) -> float:
    """A size above zero, "7e9" or "7B"; raises BadTable for anything else."""
    match = match_number(str(text).removeprefix("+"))
    if match is None:
        raise BadTable(f"a size must be a number above zero such as 7e9 or 7B; got {text!r}")
    value = value_of(match)
    if not 0 < value < float("inf"):
        raise BadTable(f"a size must be a number above zero; got {text!r}")
    return value


def parse_target(text: str, table: RunTable, as_is: bool = False) -> dict[str, float]:
    """ "7e9,1.4e11" as parameters and tokens, "7e9" as the only size.

    Raises BadTable naming what is lacking and, unless `as_is`, for a size that no run can have and for tokens below
    parameters where the runs of the table have more.
    """
    values = [size(part) for part in str(text).split(",")]
    own = [name for name in ("parameters", "tokens") if name in table.frame] or ["flops"]
    if len(values) != len(own):
        raise BadTable(
            f"--target {text!r} has {len(values)} number(s), the table has {' and '.join(own)}: give "
            f"{','.join(SYMBOLS[name] for name in own)}, such as --target {','.join(['7e9', '1.4e11'][: len(own)])}"
        )
    given = dict(zip(own, values, strict=True))
    doubts = [] if as_is else doubts_of(given, table)
    if doubts:
        raise BadTable(f"--target {text!r} {doubts[0]} {AS_IS}")
    return completed(given, table)


def parse_compute(text: str, table: RunTable, as_is: bool = False) -> float:
    """A budget in FLOPs; raises BadTable, unless `as_is`, for one that no run has, or far below all of the table."""
    flops = size(text)
    doubt = "" if as_is else doubt_of_compute(flops, table)
    if doubt:
        raise BadTable(f"--compute {text!r} {doubt} {AS_IS}")
    return flops


def doubt_of_compute(flops: float, table: RunTable) -> str:
    """What to doubt of a budget: no run can have it, or it is far below all of the table."""
    low, high = REACH["flops"]
    least = float(table.frame["flops"].min()) if "flops" in table.frame else low
    if not low <= flops <= high:
        return f"is {flops:g} FLOPs, nothing that a run can have."
    if flops < least / FAR_BELOW:
        return (
            f"is {flops:g} FLOPs, and the smallest run of the table has {least:g}: is it the size of a model? Give "
            f"--target."
        )
    return ""


def doubts_of(given: Mapping[str, float], table: RunTable) -> list[str]:
    """What to doubt of sizes: they can only be in another unit, or the two are the wrong way round."""
    found = []
    for name, value in given.items():
        low, high = REACH[name]
        if not low <= value <= high:
            found.append(f"has {value:g} {name}, nothing that a run can have.")
        elif name in table.frame and value < (least := float(table.frame[name].min())) / FAR_BELOW:
            found.append(f"has {value:g} {name}, and the smallest run of the table has {least:g}: in another unit?")
    both = {"parameters", "tokens"} <= given.keys() and {"parameters", "tokens"} <= set(table.frame.columns)
    if both and given["tokens"] < given["parameters"] and (table.frame["tokens"] > table.frame["parameters"]).all():
        found.append(
            f"has fewer tokens ({given['tokens']:g}) than parameters ({given['parameters']:g}), and no run of the "
            f"table has: are they swapped? Give N,D."
        )
    return found


def checked(target: Mapping[str, float], table: RunTable) -> dict[str, float]:
    """Sizes that are given by their names, as numbers above zero.

    Raises BadTable for what is no such mapping and for FLOPs that contradict the other two, UnknownName for another
    name, ValueError for a value that is no number above zero.
    """
    if not isinstance(target, Mapping) or not target:
        raise BadTable(f"target must be a dict of sizes, such as {{'parameters': 7e9}}; got {target!r:.80}")
    for name in target:
        check_name("size of the target", name, SIZES)
    found = {name: amount(value, f"{name} of the target") for name, value in target.items()}
    both = {name: found[name] for name in ("parameters", "tokens") if name in found}
    follows = completed(both, table).get("flops", found.get("flops", 1.0))
    if not 1 / APART <= found.get("flops", follows) / follows <= APART:
        raise BadTable(
            f"the target has {found['flops']:g} FLOPs, and its parameters and tokens make {follows:g}: leave them out"
        )
    return found


def known_sizes(target: Mapping[str, float], table: RunTable) -> str:
    """What to note of a target that is no extrapolation: a run of the table has its sizes, or all are larger."""
    shared = [name for name in table.sizes if name in target]
    if not shared:
        return ""
    frame = table.frame[shared]
    same = np.isclose(frame, [target[name] for name in shared], rtol=SAME, atol=0).all(axis=1)
    if same.any():
        run = table.frame[same].iloc[0]
        return f"run {run['run']!r} of the table has the sizes of the target: its {table.response} is known"
    if (frame.min() > pd.Series(target)[shared]).all():
        return "the target is smaller than every run of the table"
    return ""


def completed(given: dict[str, float], table: RunTable) -> dict[str, float]:
    """A target with the FLOPs that follow from its parameters and tokens, at the rate the table's runs have."""
    if {"parameters", "tokens"} <= given.keys() and "flops" in table.frame and "flops" not in given:
        given = {**given, "flops": per_pair(table) * given["parameters"] * given["tokens"]}
    return given


def per_pair(table: RunTable) -> float:
    """FLOPs per parameter and token of the table: 6, or the median of its own column."""
    frame = table.frame
    if not {"parameters", "tokens", "flops"} <= set(frame.columns):
        return SIX
    return float((frame["flops"] / (frame["parameters"] * frame["tokens"])).median())


def default_target(table: RunTable) -> tuple[dict[str, float], str]:
    """Ten times the largest run, at its tokens per parameter, and words that say so."""
    if {"parameters", "tokens"} <= set(table.frame.columns):
        note = f"no target given: {AHEAD:g} times the FLOPs of the largest run, at its tokens per parameter"
        return along_ratio(AHEAD * float(scale_of(table.frame).max()), table), note
    only = table.sizes[0]
    note = f"no target given: {AHEAD:g} times the {SYMBOLS[only]} of the largest run"
    return {only: AHEAD * float(table.frame[only].max())}, note


def along_ratio(flops: float, table: RunTable) -> dict[str, float]:
    """Parameters and tokens of a budget at the tokens per parameter of the largest run (tokens fixed if they are)."""
    largest = table.frame.iloc[int(scale_of(table.frame).argmax())]
    unit = per_pair(table)
    if table.frame["tokens"].nunique() == 1:
        n, d = flops / (unit * largest["tokens"]), largest["tokens"]
    else:
        ratio = largest["tokens"] / largest["parameters"]
        n = (flops / (unit * ratio)) ** 0.5
        d = n * ratio
    return {"parameters": float(n), "tokens": float(d), "flops": flops}


def of_compute(flops: float, table: RunTable, law: ScalingLaw | None, name: str = "") -> tuple[dict[str, float], str]:
    """The run to make of a budget: optimal under `law` (called `name`), else at the largest run's ratio."""
    if "flops" not in table.frame:
        only = " and ".join(table.sizes)
        raise BadTable(f"--compute needs FLOPs, or parameters and tokens; this table has {only}: give --target")
    if "parameters" not in table.frame:
        return {"flops": flops}, ""
    if law is not None:
        best = law.compute_optimal(flops, flops_per_token=per_pair(table))
        sizes = {"parameters": float(best.parameters), "tokens": float(best.tokens), "flops": flops}
        return sizes, f"N and D of --compute are those of the lowest loss under {name}"
    note = "N and D of --compute follow the largest run's tokens per parameter (no law in N and D has an optimum here)"
    return along_ratio(flops, table), note


def frame_of(target: dict[str, float]) -> pd.DataFrame:
    """A target as a table of one row."""
    return pd.DataFrame([target])
