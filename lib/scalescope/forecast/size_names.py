"""What the names of columns of sizes say: "params (M)" is in millions, "steps" counts no tokens."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from scalescope.forecast.columns import ALIASES, AS_IS, RESPONSES, SIZES, SYMBOLS, BadTable, plain, words

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
SEEDS = {"seed", "seeds", "rng", "trial", "trials", "replicate", "replicates", "replica", "rep", "fold", "folds"}
FEWEST_COUNTED = 4  # 1, 2 and 3 may be sizes in billions
OWN = {"param", "params", "parameter", "parameters", "token", "tokens", "flop", "flops", *UNIT_WORDS["petaflops"]}


def refuse_seeds(given: pd.DataFrame, found: Mapping[str, str]) -> None:
    """Raise BadTable for a column of seeds that is mapped to a size or to what is predicted, by its name or its values.

    given: the user's table. Values are those of seeds (or layers) where they count from 0 or 1 on, each several times.
    """
    for quantity in (name for name in (*SIZES, *RESPONSES) if name in found):
        column = found[quantity]
        said = sorted(set(words(column)) & SEEDS)
        if said and not set(words(column)) & OWN:
            raise BadTable(
                f"column {column!r} is mapped to {quantity} and called as if it numbered runs ({said[0]}): map the "
                f"column of {quantity}, --columns {SYMBOLS[quantity]}=... {AS_IS}"
            )
        if quantity in SIZES and (last := _counts(given[column])):
            first = 0 if (given[column] == 0).any() else 1
            raise BadTable(
                f"column {column!r} ({quantity}) counts from {first} to {last}, each number several times, as the "
                f"numbers of seeds or layers do: map the column of {quantity}, --columns {SYMBOLS[quantity]}=... "
                f"{AS_IS}"
            )


def _counts(values: pd.Series) -> int:
    """The last of whole numbers that count from 0 or 1 on without a gap, each more than once; 0 for other values."""
    if values.dtype.kind not in "iu" or values.empty or not 0 <= values.min() <= 1:
        return 0
    often = values.value_counts()
    whole = len(often) == values.max() - values.min() + 1 and len(often) >= FEWEST_COUNTED
    return int(values.max()) if whole and often.min() > 1 else 0


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
