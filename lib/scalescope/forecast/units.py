"""Doubts about units: each is an error that names column, value and remedy, unless the user says the table is right."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from scalescope.forecast.columns import AS_IS, SYMBOLS, BadTable
from scalescope.laws.remarks import FEWEST_PARAMETERS, NATS

FEWEST_TOKENS = 1e4
APART = 8.0  # factor by which FLOPs may differ from 6 N D for other ways to count
RISING = 0.8  # rank correlation from which y counts as rising with size
ALIKE = 1e-6  # relative range below which a column is the same in every row
PER_PARAMETER = 20.0  # tokens, in the usual run
MOST_PER_PARAMETER = 1e6  # tokens: the tiniest models of this project have a thousandth of it
LARGE_ENOUGH = 1e5  # parameters that the largest model has where nothing but parameters is given
STRAY = 100.0  # factor from which FLOPs, or tokens per parameter, of one row are not those of the other rows
# least and most of any run
REACH = {"parameters": (FEWEST_PARAMETERS, 1e16), "tokens": (1e3, 1e19), "flops": (1e8, 1e35), "loss": (1e-6, 1e9)}
POWERS = {"teraflops": 1e12, "petaflops": 1e15, "exaflops": 1e18, "petaflop-days": 8.64e19}


def check_units(frame: pd.DataFrame, names: dict[str, str]) -> None:
    """Raise BadTable for the first doubt; frame has the columns of `names` (quantity -> the user's column)."""
    for quantity, check in (("parameters", _small_models), ("tokens", _few_tokens)):
        if quantity in frame:
            check(frame, names)
    if {"parameters", "tokens"} <= set(frame.columns):
        _swapped(frame, names)
    if {"parameters", "tokens", "flops"} <= set(frame.columns):
        _flops(frame, names)
    elif "flops" in frame:
        _flops_alone(frame, names)
    if "loss" in frame:
        _loss(frame, names)
    if "error" in frame:
        _error(frame, names)
    for quantity in (name for name in REACH if name in frame):
        _within_reach(frame, names, quantity)
    if {"parameters", "tokens"} <= set(frame.columns):
        _per_parameter(frame, names)
    _rising(frame, names)


def _within_reach(frame: pd.DataFrame, names: dict[str, str], quantity: str) -> None:
    """A value that no run can have, of one row or, with the wrong unit, of all."""
    low, high = REACH[quantity]
    far = (frame[quantity] < low) | (frame[quantity] > high)
    if far.all():
        raise BadTable(
            f"column {names[quantity]!r} ({quantity}) goes from {frame[quantity].min():g} to {frame[quantity].max():g} "
            f"(runs have {low:g} to {high:g}): is it in another unit (--units {SYMBOLS[quantity]}=...), or another "
            f"quantity (--columns)? {AS_IS}"
        )
    if far.any():
        row = far.idxmax()
        raise BadTable(
            f"column {names[quantity]!r} ({quantity}) is {frame[quantity][row]:g} in row {row + 1}, and other rows are "
            f"{frame[quantity][~far].min():g} and more: no run has that, check the value. {AS_IS}"
        )


def _small_models(frame: pd.DataFrame, names: dict[str, str]) -> None:
    low, high = frame["parameters"].min(), frame["parameters"].max()
    alone = not {"tokens", "flops"} & set(frame.columns)
    if (low < FEWEST_PARAMETERS and high < 1e6) or (alone and high < LARGE_ENOUGH):
        unit = "billions" if low < 1 else "millions"
        raise BadTable(
            f"column {names['parameters']!r} (parameters) goes from {low:g} to {high:g}, fewer than a model can have: "
            f"in {unit}? Add --units N={unit}. {AS_IS}"
        )


def _few_tokens(frame: pd.DataFrame, names: dict[str, str]) -> None:
    low, high = frame["tokens"].min(), frame["tokens"].max()
    if low < FEWEST_TOKENS and high < 1e6:
        unit = "billions" if high < 1e5 else "millions"
        if "parameters" in frame:  # the unit with the usual number of tokens per parameter
            ratio = float((frame["tokens"] / frame["parameters"]).median())
            factors = {"millions": 1e6, "billions": 1e9, "trillions": 1e12}
            unit = min(factors, key=lambda name: abs(np.log(ratio * factors[name] / PER_PARAMETER)))
        raise BadTable(
            f"column {names['tokens']!r} (tokens) goes from {low:g} to {high:g}, fewer than a run can see: in {unit}? "
            f"Add --units D={unit}. {AS_IS}"
        )


def _swapped(frame: pd.DataFrame, names: dict[str, str]) -> None:
    below = frame["tokens"] < frame["parameters"]
    if 2 * below.sum() > len(frame):
        row = below.idxmax()
        raise BadTable(
            f"column {names['tokens']!r} (tokens) lies below column {names['parameters']!r} (parameters) in "
            f"{below.sum()} of {len(frame)} rows, such as row {row + 1} ({frame['tokens'][row]:g} against "
            f"{frame['parameters'][row]:g}): are the columns swapped? Add --columns "
            f"N={names['tokens']},D={names['parameters']}. {AS_IS}"
        )


def _per_parameter(frame: pd.DataFrame, names: dict[str, str]) -> None:
    ratio = float((frame["tokens"] / frame["parameters"]).median())
    if ratio > MOST_PER_PARAMETER:
        low, high = frame["parameters"].min(), frame["parameters"].max()
        raise BadTable(
            f"column {names['parameters']!r} (parameters) goes from {low:g} to {high:g}, and column "
            f"{names['tokens']!r} has {ratio:.3g} tokens per parameter, more than a run can see: is one of the two in "
            f"another unit, as with --units N=millions? {AS_IS}"
        )


def _flops(frame: pd.DataFrame, names: dict[str, str]) -> None:
    ratios = frame["flops"] / (6 * frame["parameters"] * frame["tokens"])
    ratio = float(ratios.median())
    if 1 / APART <= ratio <= APART:
        off = np.abs(np.log(ratios / ratio)) > np.log(STRAY)
        if off.any():
            row = off.idxmax()
            raise BadTable(
                f"column {names['flops']!r} (FLOPs) is {frame['flops'][row]:g} in row {row + 1}, {ratios[row]:.3g} "
                f"times 6 N D of the row, and {ratio:.3g} times in most rows: check the value. {AS_IS}"
            )
        return
    unit = next((u for u, factor in POWERS.items() if 1 / APART <= ratio * factor <= APART), None)
    remedy = f"in {unit}? Add --units C={unit}." if unit else "check the units of all three, or leave the column out."
    raise BadTable(
        f"column {names['flops']!r} (FLOPs, {frame['flops'].iloc[0]:g} in row 1) is {ratio:.3g} times 6 N D of the "
        f"same rows: {remedy} {AS_IS}"
    )


def _flops_alone(frame: pd.DataFrame, names: dict[str, str]) -> None:
    """FLOPs beside one size only: the other, C / 6 N or C / 6 D, must be one that can be."""
    for quantity, other, least in (
        ("parameters", "tokens", FEWEST_TOKENS),
        ("tokens", "parameters", FEWEST_PARAMETERS),
    ):
        if quantity in frame:
            implied = float(np.median(frame["flops"] / (6 * frame[quantity])))
            if implied < least:
                raise BadTable(
                    f"column {names['flops']!r} (FLOPs, {frame['flops'].iloc[0]:g} in row 1) would mean {implied:.3g} "
                    f"{other} per run (C = 6 N D): in petaflops or exaflops? Add --units C=petaflops. {AS_IS}"
                )


def _loss(frame: pd.DataFrame, names: dict[str, str]) -> None:
    high = frame["loss"].max()
    if high > NATS:
        raise BadTable(
            f"column {names['loss']!r} (loss) reaches {high:g}, more than a loss in nats can be ({NATS:g} is that of "
            f"guessing among 160,000 tokens): a perplexity? Add --units L=perplexity (takes its logarithm). An error "
            f"in percent? Add --columns error={names['loss']} --units error=percent. {AS_IS}"
        )


def _error(frame: pd.DataFrame, names: dict[str, str]) -> None:
    high = frame["error"].max()
    if high > 1:
        raise BadTable(
            f"column {names['error']!r} (error) reaches {high:g}, and an error is a share from 0 to 1: in percent? Add "
            f"--units error=percent. {AS_IS}"
        )


def _rising(frame: pd.DataFrame, names: dict[str, str]) -> None:
    response = "loss" if "loss" in frame else "error"
    size = "flops" if "flops" in frame else next(name for name in ("parameters", "tokens") if name in frame)
    means = frame.groupby(size)[response].mean()
    if np.ptp(frame[response]) <= ALIKE * frame[response].max():
        raise BadTable(
            f"column {names[response]!r} ({response}) is {frame[response].iloc[0]:g} in every row: a law needs runs "
            f"that differ; check that it is what it is called. {AS_IS}"
        )
    if len(means) < 4 or means.nunique() < 2:
        return
    if spearmanr(means.index, means).statistic > RISING:
        low, high = means.iloc[0], means.iloc[-1]
        remedy = (
            f"a score? Add --columns error={names[response]} --units error=score (takes 1 - score)."
            if response == "error" or high <= 1
            else f"check that columns {names[response]!r} and {names[size]!r} are what they are called."
        )
        raise BadTable(
            f"column {names[response]!r} ({response}) grows with {SYMBOLS[size]}, from {low:g} to {high:g}, and a law "
            f"that falls cannot fit it: {remedy} {AS_IS}"
        )


def notes_of_ratios(frame: pd.DataFrame) -> list[str]:
    """What to note of tokens per parameter: runs with fewer tokens than parameters, a row far from all others.

    Of most runs, `check_units` doubts the first.
    """
    if not {"parameters", "tokens"} <= set(frame.columns):
        return []
    ratio = frame["tokens"] / frame["parameters"]
    found = []
    if (below := ratio < 1).any():
        row = below.idxmax()
        found.append(
            f"{below.sum()} of {len(frame)} runs have fewer tokens than parameters, such as row {row + 1} "
            f"({frame['tokens'][row]:g} tokens, {frame['parameters'][row]:g} parameters)"
        )
    for row in {ratio.idxmin(), ratio.idxmax()}:
        low, high = ratio.drop(row).min(), ratio.drop(row).max()
        if ratio[row] > STRAY * high or ratio[row] < low / STRAY:
            found.append(
                f"row {row + 1} has {ratio[row]:.3g} tokens per parameter, the others {low:.3g} to {high:.3g}: check "
                f"its numbers"
            )
    return found
