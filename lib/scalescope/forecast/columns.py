"""Names of the columns of a user's table: what is recognised, what the user maps, and units by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from scalescope.errors import UnknownName, check_name


class BadTable(ValueError):
    """A table that cannot be used as it is; the message names column, value and remedy."""


AS_IS = "If the numbers are right, add --as-is."
SIZES = ("parameters", "tokens", "flops")
RESPONSES = ("loss", "error")
SYMBOLS = {"parameters": "N", "tokens": "D", "flops": "C", "loss": "L", "error": "y"}

ALIASES: dict[str, tuple[str, ...]] = {
    "parameters": (
        "parameters", "params", "param", "n", "nparams", "nparam", "numparams", "numparameters", "nparameters",
        "modelsize", "paramcount", "parametercount", "nonembeddingparams", "nonembeddingparameters", "size",
    ),
    "tokens": (
        "tokens", "d", "ntokens", "numtokens", "traintokens", "trainingtokens", "tokensseen", "datasetsize",
        "totaltokens", "datasize",
    ),
    "flops": (
        "flops", "flop", "c", "compute", "trainflops", "trainingflops", "trainingflop", "totalflops", "flopcount",
    ),
    "loss": (
        "loss", "l", "valloss", "validationloss", "evalloss", "testloss", "finalloss", "heldoutloss", "crossentropy",
        "ce", "nll",
    ),
    "error": ("error", "err", "errorrate", "y", "valerror", "testerror", "evalerror", "top1error"),
    "seed": ("seed", "seeds", "randomseed", "replicate"),
    "run": ("run", "runid", "runname", "id", "name", "model", "modelname"),
}  # fmt: skip
KIND_NAMES = {
    "perplexity": ("perplexity", "ppl", "valppl", "valperplexity", "evalppl", "testppl"),
    "bits": ("bpb", "bpc", "bpt", "bitsperbyte", "bitsperchar", "bitspercharacter", "bitspertoken", "lossbits", "bits"),
    "score": ("accuracy", "acc", "f1", "score", "metric", "valacc", "valaccuracy", "testaccuracy"),
}
KIND_WORDS = {  # in names of several words: val_bpb, wiki_ppl, acc_norm
    "perplexity": {"perplexity", "ppl"},
    "bits": {"bits", "bpb", "bpc", "bpt", "log2"},
    "score": {"accuracy", "acc", "f1", "score"},
}
KINDS = {"perplexity": "loss", "bits": "loss", "score": "error"}  # what each is once it is converted
WHAT = {
    "perplexity": "is a perplexity, the laws are of the loss in nats",
    "bits": "is in bits, the laws are of the loss in nats",
    "score": "is a score that grows, the laws are of an error that falls",
}
REMEDIES = {
    "perplexity": "--units L=perplexity (takes its logarithm)",
    "bits": "--units L=bits (times ln 2)",
    "score": "--units error=score (takes 1 - score), or error=percent-score",
}


def _times(factor: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda values: values * factor


UNITS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "thousands": _times(1e3), "millions": _times(1e6), "billions": _times(1e9), "trillions": _times(1e12),
    "teraflops": _times(1e12), "petaflops": _times(1e15), "exaflops": _times(1e18), "petaflop-days": _times(8.64e19),
    "percent": _times(0.01), "bits": _times(float(np.log(2))), "perplexity": np.log,
    "score": lambda values: 1 - values, "percent-score": lambda values: 1 - values / 100,
}  # fmt: skip
OF_SIZES = ("thousands", "millions", "billions", "trillions")
UNITS_OF = {  # what each quantity can be in
    "parameters": OF_SIZES,
    "tokens": OF_SIZES,
    "flops": (*OF_SIZES, "teraflops", "petaflops", "exaflops", "petaflop-days"),
    "loss": ("bits", "perplexity"),
    "error": ("percent", "score", "percent-score"),
}


def plain(name: object) -> str:
    """A column name without case, spaces and signs."""
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


def pairs(text: str, what: str) -> dict[str, str]:
    """`"N=n_params,D=tokens"` as a dict from quantity to what stands behind "="; raises BadTable and UnknownName."""
    if not isinstance(text, str):
        raise BadTable(f"{what} must be words such as N=n_params,D=tokens; got {text!r}")
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, sign, value = (word.strip() for word in part.partition("="))
        if not sign or not name or not value:
            raise BadTable(f"{what} {part!r} must be given as quantity=value, such as N=n_params,D=tokens")
        quantity = quantity_of(name)
        if quantity in found:
            raise BadTable(f"{what} names {quantity} twice: {text!r}")
        found[quantity] = value
    return found


def quantity_of(name: str) -> str:
    """The quantity that a symbol or an alias stands for ("N" -> "parameters"); raises UnknownName."""
    for quantity, aliases in ALIASES.items():
        if plain(name) in aliases:
            return quantity
    raise UnknownName("quantity", name, [*ALIASES, *SYMBOLS.values()])


def recognise(header: Iterable[object], given: Mapping[str, str]) -> dict[str, str]:
    """Quantity -> column of the table; `given` is what the user mapped, the rest is found by its name.

    Raises UnknownName for a mapped column that is not there, and BadTable where two columns could be one quantity, or
    where a column is mapped to two.
    """
    names = [str(name) for name in header]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadTable(f"column {twice!r} is there twice: leave one out, or give them different names")
    found: dict[str, str] = {}
    for quantity, column in given.items():
        check_name(f"column for {quantity}", column, names)
        if column in found.values():
            raise BadTable(f"column {column!r} is mapped to two quantities")
        found[quantity] = column
    free = [name for name in names if name not in found.values()]
    for quantity, aliases in ALIASES.items():
        if quantity in found:
            continue
        likely = [name for name in free if plain(name) in aliases]
        if len(likely) > 1 and quantity != "run":  # of names of runs, which are labels only, the first will do
            raise BadTable(
                f"columns {' and '.join(map(repr, likely))} could both be {quantity}; say which: "
                f"--columns {SYMBOLS.get(quantity, quantity)}={likely[0]}"
            )
        if likely:
            found[quantity] = likely[0]
    return found


def missing(header: Iterable[object], found: Mapping[str, str]) -> None:
    """Raise BadTable where no size or nothing to predict was recognised, with the remedy for near misses."""
    names = [str(name) for name in header]
    seen = ", ".join(names) or "none"
    if not any(name in found for name in SIZES):
        raise BadTable(
            f"no column of sizes (parameters, tokens or FLOPs) among: {seen}; map one: --columns N=<column of "
            f"parameters without embeddings>,D=<column of tokens>"
        )
    if any(name in found for name in RESPONSES):
        return
    for name in names:
        if kind := kind_of(name):
            raise BadTable(f"column {name!r} {WHAT[kind]}: add {_mapped(KINDS[kind], name)} {REMEDIES[kind]}")
    raise BadTable(f"no column to predict (loss or error) among: {seen}; map one: --columns L=<column of the loss>")


def check_kinds(found: Mapping[str, str], units: Mapping[str, str]) -> None:
    """Raise BadTable for a mapped column whose name says that it is in another unit, and none is given."""
    for quantity in (name for name in RESPONSES if name in found and name not in units):
        column = found[quantity]
        if kind := kind_of(column):
            mapped = "" if KINDS[kind] == quantity else _mapped(KINDS[kind], column) + " "
            raise BadTable(f"column {column!r} {WHAT[kind]}: add {mapped}{REMEDIES[kind]}. {AS_IS}")
        other = next(name for name in RESPONSES if name != quantity)
        if plain(column) in ALIASES[other]:
            raise BadTable(
                f"column {column!r} is called as if it held the {other}, not the {quantity}: give "
                f"{_mapped(other, column)}. {AS_IS}"
            )


def words(name: object) -> list[str]:
    """The words of a column name, in lower case: "valPPL (C4)" -> val, ppl, c4."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+", str(name))]


def kind_of(name: object) -> str:
    """What a column is by its name beside a loss in nats or an error: "perplexity", "bits", "score", else nothing."""
    whole = next((kind for kind, names in KIND_NAMES.items() if plain(name) in names), "")
    if whole:
        return whole
    said = set(words(name))
    return "" if "error" in said else next((kind for kind, each in KIND_WORDS.items() if said & each), "")


def _mapped(quantity: str, column: str) -> str:
    return f"--columns {'L' if quantity == 'loss' else quantity}={column}"


def convert(values: pd.Series, unit: str, column: str, quantity: str) -> pd.Series:
    """A column in the unit of the laws (numbers, nats, shares); raises UnknownName for a unit of something else."""
    if unit in UNITS_OF[quantity]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return pd.Series(UNITS[unit](values.to_numpy(dtype=float)), index=values.index)
    try:
        factor = float(unit)
    except ValueError:
        raise UnknownName(
            f"unit of column {column!r} ({quantity})", unit, [*UNITS_OF[quantity], "a number to multiply by"]
        ) from None
    if not np.isfinite(factor) or factor <= 0:
        raise BadTable(f"unit of column {column!r} must be a number above zero; got {unit}")
    return values * factor
