"""What a table of runs itself tells of a fit: for the fit card, and for naming runs in messages."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from scalescope.forecast.candidates import groups_of
from scalescope.forecast.columns import SIZES, SYMBOLS
from scalescope.forecast.table import RunTable
from scalescope.forecast.target import per_pair
from scalescope.number_text import significant

RESPONSE_UNITS = {"loss": "nats per token", "error": "share"}


def measured(table: RunTable) -> str:
    """What is predicted, with its column and what that was converted from."""
    return f"{table.response} ({RESPONSE_UNITS[table.response]}), {_column(table, table.response)}"


def inputs_of(table: RunTable, inputs: Sequence[str]) -> str:
    """Where each input of a law comes from: its column and unit, or what it was derived from."""
    return "; ".join(f"{SYMBOLS[name]} {_source(table, name)}" for name in inputs)


def flops_counted(table: RunTable) -> dict[str, str]:
    """How FLOPs were counted, as the item "flops" of a card's study; empty where they are in none."""
    if "flops" not in table.frame:
        return {}
    if "flops" not in table.names:
        return {"flops": "6 N D (no column of FLOPs)"}
    if {"parameters", "tokens"} <= table.names.keys():
        return {"flops": f"{_column(table, 'flops')}, {significant(per_pair(table))} N D (median)"}
    return {"flops": _column(table, "flops")}


def names_of(frame: pd.DataFrame) -> list[str]:
    """The name of each run, or of each size that several runs share, in the order of `groups_of`."""
    groups = groups_of(frame)
    if groups is None:
        return frame["run"].astype(str).tolist()
    names = frame.groupby(groups, sort=True)["run"].agg(list)
    return [str(runs[0]) + (f" and {len(runs) - 1} of its size" if len(runs) > 1 else "") for runs in names]


def _column(table: RunTable, quantity: str) -> str:
    unit = table.units.get(quantity)
    return f"column {table.names[quantity]!r}" + (f" converted from {unit}" if unit else "")


def _source(table: RunTable, size: str) -> str:
    if size in table.names:
        return f"is {_column(table, size)}"
    given = " and ".join(SYMBOLS[name] for name in SIZES if name in table.names)
    return f"follows from {given} (C = 6 N D)"
