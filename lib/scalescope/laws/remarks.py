"""What a table of runs shows that a law cannot mend: wrong units, repeated sizes, too few groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scalescope.laws.inputs import SIZES

RISING = 5  # sizes that do not grow one and all by chance
NATS = 12.0  # ln of a vocabulary of 160,000: no language model that has learned anything loses more
FEWEST_PARAMETERS = 100.0  # no language model is smaller: a number below is in thousands or more


class SuspectInput(UserWarning):
    """A table that can be fitted but is probably not what the user means."""


def remarks(
    names: Sequence[str], sizes: np.ndarray, y: np.ndarray, group: np.ndarray | None, *, share: bool, spread: bool
) -> list[str]:
    """One message per doubt about the points that are fitted, sizes [n, k] and y [n].

    share: y is an error, which cannot exceed one. spread: intervals are made by drawing points, which takes points as
    independent.
    """
    found = [*_units(names, sizes, y, share)]
    if len(y) > 1 and np.ptp(y) == 0:
        found.append(f"y is {y[0]:.4g} at all {len(y)} points: nothing changes with {', '.join(names)}")
    if len(names) == 1 and names[0] in SIZES and _rises(sizes[:, 0], y):
        found.append(f"y grows with {names[0]}, from {y[sizes[:, 0].argmin()]:.4g} on: is it a score? Give 1 - score")
    if group is None and spread and len(np.unique(sizes, axis=0)) < len(sizes):
        repeated = len(sizes) - len(np.unique(sizes, axis=0))
        found.append(
            f"{repeated} of {len(sizes)} points repeat the sizes of another and no groups are given: runs of one size "
            f"are taken as independent, and intervals may be too narrow (pass groups)"
        )
    return found


def _rises(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether the means of y, shares of five sizes or more, grow from each size to the next."""
    distinct = np.unique(x)
    if len(distinct) < RISING or y.max() > 1:
        return False
    return bool((np.diff([y[x == size].mean() for size in distinct]) > 0).all())


def _units(names: Sequence[str], sizes: np.ndarray, y: np.ndarray, share: bool) -> list[str]:
    columns = dict(zip(names, sizes.T, strict=True))
    found = []
    high = float(columns["parameters"].max()) if "parameters" in columns else np.inf
    if high < FEWEST_PARAMETERS:
        found.append(f"parameters reach {high:.4g} only: are they in millions or billions, or logarithms?")
    if {"parameters", "tokens"} <= columns.keys():
        below = int((columns["tokens"] < columns["parameters"]).sum())
        if 2 * below > len(y):
            found.append(
                f"tokens lie below parameters in {below} of {len(y)} points: are they in billions, or the columns "
                f"swapped?"
            )
    if share and y.max() > 1:
        found.append(f"y is an error and reaches {y.max():.4g}, above 1: is it in percent?")
    elif y.max() > NATS:
        found.append(
            f"y reaches {y.max():.4g}, more than a loss in nats can be ({NATS:g} is that of guessing among 160,000 "
            f"tokens): is it a perplexity or a percentage?"
        )
    return found
