"""What the names of columns of sizes say: "params (M)" is in millions, "steps" counts no tokens."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from scalescope.forecast.columns import ALIASES, AS_IS, SIZES, SYMBOLS, BadTable, plain, words

IN_FULL = {"parameters": 1e6, "tokens": 1e8, "flops": 1e10}  # a column that goes so far is what it is mapped to
UNIT_WORDS = {
    "thousands": {"k", "thousand", "thousands"},
    "millions": {"m", "mio", "million", "millions"},
    "billions": {"b", "bn", "billion", "billions"},
    "trillions": {"t", "tn", "trillion", "trillions"},
    "teraflops": {"tf", "tflop", "tflops", "teraflop", "teraflops"},
    "petaflops": {"pf", "pflop", "pflops", "petaflop", "petaflops"},
    "exaflops": {"ef", "eflop", "eflops", "exaflop", "exaflops"},
}
OTHERS = {  # what is near a size and is none
    "parameters": {"layer", "layers", "depth", "width", "hidden", "heads", "dim", "dmodel"},
    "tokens": {"step", "steps", "iteration", "iterations", "iters", "update", "updates", "epoch", "epochs", "batches"},
    "flops": {"hour", "hours", "day", "days", "minutes", "seconds", "time", "price", "cost"},
}
OWN = {"param", "params", "parameter", "parameters", "token", "tokens", "flop", "flops", *UNIT_WORDS["petaflops"]}


def check_size_names(frame: pd.DataFrame, found: Mapping[str, str], units: Mapping[str, str]) -> None:
    """Raise BadTable for a column of sizes whose name says that it is in a unit, or counts something else.

    frame: the columns of `found` (quantity -> the user's column), in the unit that `units` gives.
    """
    for quantity in (name for name in SIZES if name in found and name not in units):
        column, said = found[quantity], set(words(found[quantity]))
        high = frame[quantity].max()
        unit = next((unit for unit, each in UNIT_WORDS.items() if said & each), "")
        if high >= IN_FULL[quantity]:
            continue
        if unit and len(said) > 1:
            raise BadTable(
                f"column {column!r} ({quantity}) is called as if in {unit} and goes up to {high:g}: add --units "
                f"{SYMBOLS[quantity]}={unit}. {AS_IS}"
            )
        other = sorted((said | {plain(column)}) & OTHERS[quantity])
        if other and plain(column) not in ALIASES[quantity] and not said & OWN:
            raise BadTable(
                f"column {column!r} ({quantity}) goes up to {high:g} and is called as if it held {other[0]}: compute "
                f"{quantity} from it first. {AS_IS}"
            )
