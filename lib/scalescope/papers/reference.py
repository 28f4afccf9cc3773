"""Reported numbers of a paper and of its authors' code, beside ours: one row each, digit by digit."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from scalescope import paths

COMPARED = ["quantity", "setting", "kind", "reported", "ours", "agrees", "off_percent", "note", "where_reported"]
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)
KINDS = {  # the first that is found in `where_reported` says who gave the number
    r"computed from": "other optimum",
    r"reproduced (exactly )?by (a )?rerun|^scaling_explorer|^data_analysis|^results/|^hadasah": "printed",
    r"^parameters|^Hoffmann 2022, table": "printed",
    r"rerun|^exp_data|^scaling/": "authors' code",
}
UNCERTAINTIES = {
    r"SE ([\d.e+-]+)": "standard error",
    r"sd over \w+ ([\d.e+-]+)": "standard deviation",
    r"p = ([\d.e+-]+)": "p",
    r"rerun ([\d.e+-]+)": "rerun",
}


def reference(paper: str) -> pd.DataFrame:
    """Reported numbers of one paper from data/published/reference_values.csv, one number a row.

    Columns: quantity, setting, kind ("printed", "authors' code" or "other optimum"), reported (text), where_reported.
    An interval "a to b" becomes two rows ("<quantity>; low", "; high"), and what stands in its column "uncertainty"
    a row of its own ("; standard error", "; standard deviation", "; p", or "; rerun", a second run of their code).
    """
    values = pd.read_csv(paths.published("reference_values.csv"), dtype=str, keep_default_na=False)
    rows = [number for row in values[values["source"] == paper].to_dict("records") for number in _numbers(row)]
    return pd.DataFrame(rows, columns=["quantity", "setting", "kind", "reported", "where_reported"])


def compare(reported: pd.DataFrame, ours: pd.DataFrame, notes: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One row per reported number (columns COMPARED), with our number for the same quantity and setting.

    `agrees`: ours, rounded to the digits reported, is the reported number, in the last digit at most one half off;
    blank where we have none. `notes` maps a regular expression over "quantity | setting | where_reported" to why
    rows differ; the first that fits a row that does not agree is its note. Raises ValueError for two numbers of
    ours for one quantity and setting.
    """
    keys = ["quantity", "setting"]
    twice = ours[ours.duplicated(keys)]
    if len(twice):
        raise ValueError(f"there are two numbers of ours for {twice.iloc[0]['quantity']!r}, {twice.iloc[0]['setting']}")
    table = reported.merge(ours[[*keys, "ours"]], on=keys, how="left")
    table["agrees"] = [_agrees(r, o) for r, o in zip(table["reported"], table["ours"], strict=True)]
    value = table["reported"].astype(float)
    table["off_percent"] = 100 * (table["ours"] - value) / value.abs().where(value != 0)
    table["note"] = [_note(row, notes or {}) for row in table.to_dict("records")]
    return table[COMPARED]


def side_by_side(compared: pd.DataFrame, quantity: str, setting: str = "") -> pd.DataFrame:
    """Columns printed, authors' code and ours for the rows whose quantity and setting match regular expressions.

    What a rerun of the authors' code reproduced exactly stands in both of their columns; ours has six digits.
    """
    names = compared[["quantity", "setting"]].itertuples(index=False, name=None)
    rows = compared[[bool(re.search(quantity, name) and re.search(setting, where)) for name, where in names]]
    reproduced = rows["where_reported"].str.contains("reproduced (?:exactly )?by (?:a )?rerun")
    printed = rows["reported"].where(rows["kind"] == "printed", "")
    code = rows["reported"].where((rows["kind"] == "authors' code") | reproduced, "")
    table = rows[["quantity", "setting"]].assign(**{"printed": printed, "authors' code": code})
    return table.assign(ours=[f"{value:.6g}" for value in rows["ours"]]).reset_index(drop=True)


def summary(compared: pd.DataFrame) -> pd.DataFrame:
    """How many of the reported numbers ours equal, by kind.

    Columns: to_every_digit; to_five_digits (not to every one, off by less than 5e-6 of the value); differ (each has a
    note); without_ours (numbers that only their code has).
    """
    exact, known = compared["agrees"].eq(True), compared["agrees"].notna()
    close = known & ~exact & (compared["off_percent"].abs() < 5e-4)
    counts = pd.DataFrame({"to_every_digit": exact, "to_five_digits": close, "differ": known & ~exact & ~close})
    table = counts.assign(without_ours=~known).groupby(compared["kind"], sort=False).sum()
    return table.assign(all=table.sum(axis=1)).reset_index()


def errata(paper: str) -> pd.DataFrame:
    """Errata and pitfalls of one paper: item, where, printed, recomputed, explanation."""
    return pd.read_csv(paths.published(paper) / "errata.csv", dtype=str, keep_default_na=False)


def _numbers(row: dict[str, str]) -> list[tuple[str, ...]]:
    """The numbers of one row of the file."""
    quantity, setting, where = row["quantity"], row["setting"], row["where_reported"]
    kind = _kind(where)
    ends = row["value"].split(" to ")
    names = [f"{quantity}; low", f"{quantity}; high"] if len(ends) == 2 else [quantity]
    found = [(name, setting, kind, end, where) for name, end in zip(names, ends, strict=True)]
    for pattern, name in UNCERTAINTIES.items():
        if match := re.match(pattern, row["uncertainty"]):
            whose = "authors' code" if name == "rerun" else kind
            found.append((f"{quantity}; {name}", setting, whose, match[1], where))
    return found


def _kind(where: str) -> str:
    found = [kind for pattern, kind in KINDS.items() if re.search(pattern, where)]
    if not found:
        raise ValueError(f"unknown place of a reported number: {where!r}")
    return found[0]


def _agrees(reported: str, ours: float) -> bool | None:
    """Whether `ours` rounds to the reported text, to its last digit."""
    if not np.isfinite(ours):
        return None
    if not NUMBER.fullmatch(reported):
        raise ValueError(f"a reported number must be a number; got {reported!r}")
    mantissa, _, exponent = reported.lower().partition("e")
    digits = len(mantissa.partition(".")[2]) - int(exponent or 0)
    return bool(abs(ours - float(reported)) <= 0.5 * 10.0**-digits * (1 + 1e-9))


def _note(row: dict, notes: Mapping[str, str]) -> str:
    if row["agrees"] is True:
        return ""
    text = " | ".join((row["quantity"], row["setting"], row["where_reported"]))
    return next((note for pattern, note in notes.items() if re.search(pattern, text)), "")
