"""Units that the user gives, against what the numbers and the name of their column say."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scalescope.forecast.columns import ALIASES, AS_IS, BadTable, convert, plain, words
from scalescope.forecast.units import FEWEST_TOKENS, REACH
from scalescope.laws.remarks import FEWEST_PARAMETERS, NATS

PERCENT = {"pct", "percent", "percents", "percentage", "perc"}
BEYOND = {  # quantity: the least that a run can have; what the smallest and the largest of a study's runs stay below
    "parameters": (FEWEST_PARAMETERS, 1e11, 1e14),
    "tokens": (FEWEST_TOKENS, 1e13, 1e16),
    "flops": (REACH["flops"][0], 1e26, 1e30),
}


def check_given_unit(values: pd.Series, unit: str, column: str, quantity: str, suffixed: bool) -> None:
    """Raise BadTable where a column contradicts the unit that is given for it: it would be converted twice."""
    high = values.max()
    doubt = None
    if suffixed:
        doubt = "its values have suffixes (K, M, B, T) already: leave the unit out"
    elif unit in ("percent", "percent-score") and high <= 1 and not says_percent(column):
        doubt = f"no value exceeds {high:g}: shares already? " + (
            "Leave the unit out." if unit == "percent" else "Give error=score."
        )
    elif unit == "score" and 1 < high <= 100:
        doubt = f"it reaches {high:g}: in percent? Give error=percent-score."
    elif quantity in BEYOND:
        doubt = _beyond(values, convert(values, unit, column, quantity), quantity)
    if doubt:
        raise BadTable(f"column {column!r} ({quantity}) is given in {unit}, but {doubt} {AS_IS}")


def _beyond(values: pd.Series, converted: pd.Series, quantity: str) -> str:
    """What to doubt of sizes that only the unit lifts beyond any study."""
    least, small, large = BEYOND[quantity]
    if converted.min() <= small and converted.max() <= large:
        return ""
    if values.min() < least or values.min() > small or values.max() > large:
        return ""  # another unit is wrong, or the numbers themselves: told by what they are then
    return (
        f"would go from {converted.min():g} to {converted.max():g} then, which no runs have; as it is, from "
        f"{values.min():g} to {values.max():g}: leave the unit out."
    )


def notes_of_units(given: pd.DataFrame, names: Mapping[str, str], units: Mapping[str, str]) -> list[str]:
    """What to note of columns that may be in another unit than they are read in.

    given: the user's columns as numbers, by quantity (names: quantity -> column), before `units` are applied.
    """
    found = []
    if "error" in given and says_percent(names["error"]):
        low, high = given["error"].min(), given["error"].max()
        unit, column = units.get("error"), names["error"]
        if high <= 1 and unit in (None, "score"):
            remedy = "--units error=" + ("percent" if unit is None else "percent-score")
            found.append(
                f"column {column!r} is called as if in percent, and goes from {low:g} to {high:g}: read as shares; if "
                f"they are percent ({high:g} %), give {remedy}"
            )
        elif high <= 1:
            found.append(f"column {column!r} is read as percent, as its name says: {low:g} % to {high:g} %")
    if "loss" in given and units.get("loss") == "perplexity" and given["loss"].max() <= NATS:
        column, said = names["loss"], plain(names["loss"])
        if said in ALIASES["loss"]:
            low, high = given["loss"].min(), given["loss"].max()
            found.append(
                f"column {column!r} is called as a loss and goes from {low:g} to {high:g}, as losses in nats do: it is "
                f"read as perplexity, {np.log(low):.3g} to {np.log(high):.3g} nats"
            )
    return found


def says_percent(column: str) -> bool:
    """Whether the name of a column says that it is in percent: "error_pct", "error (%)"."""
    return "%" in column or bool(PERCENT & set(words(column)))
