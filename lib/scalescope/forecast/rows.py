"""Rows of a user's table that are no runs of their own, and what a reader should know of the rows that are fitted."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from scalescope.forecast.columns import AS_IS, RESPONSES, SIZES, BadTable, plain, words

SUMMARIES = ("mean", "average", "avg", "total", "sum", "median", "std", "stddev", "min", "max", "count")
SHOWN = 6  # names that are listed
FEWEST_DIGITS = 4  # decimals from which two runs hardly have the same loss by chance
FINEST = 0.01  # step of the losses, as a share of their range, from which it is told
DIGITS = 12


def refuse_copies(given: pd.DataFrame) -> None:
    """Raise BadTable for a row that repeats another in every column but one that numbers the rows.

    It would count as another run.
    """
    compared = given.drop(columns=[name for name in given if _numbers_rows(given[name])])
    twice = given.index[compared.duplicated()] if compared.shape[1] else []
    if len(twice):
        first = given.index[(compared == compared.loc[twice[0]]).all(axis=1)][0]
        raise BadTable(
            f"row {twice[0] + 1} repeats row {first + 1} in every column ({len(twice)} of {len(given)} rows do so): a "
            f"copy counts as another run. Leave copies out; give seeds a column of their own. {AS_IS}"
        )


def _numbers_rows(values: pd.Series) -> bool:
    """Whether a column counts the rows one by one, as the index of pandas does in a CSV."""
    return len(values) > 1 and values.dtype.kind in "iu" and bool((values.diff().iloc[1:] == 1).all())


def refuse_summaries(frame: pd.DataFrame) -> None:
    """Raise BadTable for a row that is called as what is computed from the others: "mean", "total"."""
    if "run" not in frame:
        return
    named = frame.index[[plain(name) in SUMMARIES for name in frame["run"]]]
    if len(named) and len(named) < len(frame):
        raise BadTable(
            f"row {named[0] + 1} is called {frame['run'][named[0]]!r}: is it computed from the other rows? Leave it "
            f"out. {AS_IS}"
        )


def notes_of(frame: pd.DataFrame, given: pd.DataFrame, names: dict[str, str], response: str) -> list[str]:
    """What to know of the rows: equal numbers under two names, one run at many sizes, mixtures, rounding, the unread.

    frame: the rows that are fitted, of the table `given` with the columns of `names`.
    """
    unread = [name for name in given if name not in names.values()]
    of_text = [name for name in unread if given[name].dtype.kind not in "iufb" and _groups(given[name])]
    found = [*_same_numbers(frame), *_one_run_often(frame, names), *_rounded(frame[response], names[response])]
    if {"train", "training"} & set(words(names[response])):
        found.append(
            f"column {names[response]!r} is of training: where rows are read more than once it falls below the "
            "held-out loss, which the laws are of"
        )
    for name in of_text:
        sizes = given[name].value_counts(sort=False)
        found.append(
            f"column {name!r} has {len(sizes)} values ({_listed(f'{value}: {n} rows' for value, n in sizes.items())}), "
            f"and all rows are fitted as one: if these are different curves, give each a table of its own"
        )
    rest = [name for name in unread if name not in of_text and not _numbers_rows(given[name])]
    return found + ([f"columns that are not read: {_listed(map(repr, rest))}"] if rest else [])


def _groups(values: pd.Series) -> bool:
    """Whether a column of text parts the rows into a few groups of more than one row."""
    counts = values.value_counts()
    return len(counts) > 1 and 2 * len(counts) <= counts.sum()


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _same_numbers(frame: pd.DataFrame) -> list[str]:
    """Rows that are alike in all numbers and differ in name only; losses of few digits are alike by chance."""
    numbers = [name for name in (*SIZES, *RESPONSES, "seed") if name in frame]
    response = next(name for name in RESPONSES if name in frame)
    few_digits = np.isclose(frame[response], frame[response].round(FEWEST_DIGITS - 1), rtol=1e-12, atol=0)
    twice = frame.index[frame.duplicated(numbers) & ~few_digits]
    if not len(twice):
        return []
    first = frame.index[(frame[numbers] == frame.loc[twice[0], numbers]).all(axis=1)][0]
    return [
        f"row {twice[0] + 1} has the numbers of row {first + 1} ({len(twice)} of {len(frame)} are such): if it is a "
        f"copy, it counts twice"
    ]


def _one_run_often(frame: pd.DataFrame, names: dict[str, str]) -> list[str]:
    """A name that stands at several sizes: checkpoints of one run, or a name of a family."""
    if "run" not in frame:
        return []
    sizes = [name for name in SIZES if name in frame]
    often = frame.drop_duplicates([*sizes, "run"]).groupby("run").size()
    often = often[often > 1]
    if often.empty:
        return []
    name, count = often.index[0], int(often.iloc[0])
    rows = frame[frame["run"] == name]
    same = "parameters" in rows and rows["parameters"].nunique() == 1
    what = (
        "checkpoints of one run are no finished runs (their learning rate has not decayed): keep the last"
        if same
        else "if these are families or data sets with curves of their own, give each a table of its own"
    )
    return [f"{name!r} in column {names['run']!r} stands at {count} different sizes: {what}"]


def _rounded(values: pd.Series, column: str) -> list[str]:
    """Losses that are given in steps that are coarse for how much they differ."""
    decimals = next((n for n in range(DIGITS) if np.allclose(values, values.round(n), rtol=1e-12, atol=0)), DIGITS)
    step = 10.0**-decimals
    if step < FINEST * np.ptp(values):
        return []
    return [
        f"column {column!r} is rounded to steps of {step:g}, {100 * step / np.ptp(values):.0f} % of its range: no law "
        f"can be told from another more finely than that; give more digits"
    ]
