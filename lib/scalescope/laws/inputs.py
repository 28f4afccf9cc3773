"""Checks of what a law is given; each error names the input, the entry and the value."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Set
from datetime import date, timedelta
from numbers import Real
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import column_or_1d

from scalescope.errors import check_name

MOST_REPLICATES = 1_000_000  # of a bootstrap: more fit no memory
LARGEST = 1e100  # of a size, a loss or a weight: beyond it, or below its inverse, sums of squares are no floats
SIZES = ("parameters", "tokens", "flops")
QUANTITIES = (  # what laws read and foretell, by the names of their columns
    *(*SIZES, "steps", "batch_size", "width", "depth", "layers", "examples"),
    *("pretrain_tokens", "finetune_tokens", "loss", "error", "value"),
)
NO_NUMBERS = (bool, np.bool_, np.datetime64, np.timedelta64, date, timedelta)  # some are read as numbers


def numbers(values: Any, name: str) -> np.ndarray:
    """`values` as float64; raises ValueError that names the first entry that is not a finite number.

    Text is refused even where it looks like a number, and so are dates, booleans and masked entries: each of them can
    be read as a number, and then is a wrong one. So are dicts, sets and iterators, which are no vectors. TypeError for
    sparse matrices and for objects.
    """
    _refuse_other_containers(values, name)
    if issparse(values):
        raise TypeError(f"Sparse data was passed for {name}, but dense data is required; use .toarray()")
    masked = np.flatnonzero(np.ma.getmaskarray(values).reshape(-1)) if np.ma.isMaskedArray(values) else ()
    if len(masked):
        raise ValueError(
            f"{name} has {len(masked)} masked value(s), the first at entry {masked[0]}; leave these rows out "
            f"(fit and score do so themselves)"
        )
    given = _as_array(values, name)
    if given.dtype.kind in "US" and not isinstance(values, np.ndarray):
        given = np.asarray(values, dtype=object)
    no_other_kind(given, name)
    try:
        array = given.astype(float)
    except OverflowError as error:
        raise ValueError(f"{name} has a number that no float holds ({error})") from error
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name} must hold numbers; got {values!r:.80} ({error})") from error
    bad = np.flatnonzero(~np.isfinite(array.reshape(-1)))
    if bad.size:
        value = array.reshape(-1)[bad[0]]
        raise ValueError(f"{name} has {bad.size} value(s) that are not finite (NaN or inf); entry {bad[0]} is {value}")
    return array


def _as_array(values: Any, name: str, where: str = "") -> np.ndarray:
    """An array of any type; raises ValueError for rows of different lengths and for what NumPy does not read."""
    try:  # of a list every entry is looked at: NumPy makes one type of all, text of numbers or numbers of booleans
        return np.asarray(values, dtype=object if isinstance(values, list | tuple) else None)
    except ValueError as error:
        raise ValueError(f"{name} must hold numbers{where}; got {values!r:.80}") from error
    except (TypeError, RuntimeError) as error:  # such as a tensor of torch that needs its gradient
        told = " ".join(str(error).split())
        raise ValueError(f"{name} is a {type(values).__name__} that NumPy cannot read: {told}") from error


def _refuse_other_containers(values: Any, name: str) -> None:
    """Raise ValueError for what holds numbers without being a vector, telling what to give in its place."""
    if isinstance(values, Mapping):
        keys = ", ".join(f"{key!r:.40}" for key in list(values)[:4])
        what, give = f"a dict with the keys {keys or 'of none'}", "the values of one of them" if keys else "a list"
    elif isinstance(values, Set):
        what, give = f"a {type(values).__name__}, whose order is not kept", "a list"
    elif isinstance(values, Iterator):
        what, give = f"a {type(values).__name__}, which is read once", "a list of what it yields"
    else:
        return
    raise ValueError(f"{name} must hold numbers; got {what}: give {give}")


def no_other_kind(given: np.ndarray, name: str) -> None:
    """Raise ValueError that names the first entry of what can be read as a number and is none."""
    if given.dtype.kind in "iuf":
        return
    for entry, value in enumerate(given.reshape(-1)):
        if isinstance(value, str | bytes):
            raise ValueError(
                f"{name} must hold numbers; entry {entry} is the text {str(value)!r}: convert the column first"
            )
        if isinstance(value, complex | np.complexfloating):
            raise ValueError(f"Complex data not supported: {name} must hold real numbers; entry {entry} is {value}")
        if isinstance(value, NO_NUMBERS) or str(value) in ("<NA>", "NaT"):
            raise ValueError(f"{name} must hold numbers; entry {entry} is {value!r}")


def without_masked(X: Any, y: Any, sample_weight: Any, groups: Any) -> tuple[Any, Any, Any, Any, np.ndarray]:
    """The four without the rows that are masked in X, y or the weights, and which these are (empty if none is)."""
    parts = [part for part in (X, y, sample_weight) if np.ma.isMaskedArray(part)]
    masks = [np.ma.getmaskarray(part) for part in parts]
    if not any(mask.any() for mask in masks):
        return X, y, sample_weight, groups, np.zeros(0, dtype=bool)
    rows = {len(mask) for mask in masks if mask.ndim}
    if len(rows) != 1:
        raise ValueError(f"X, y and sample_weight must have one length to leave masked rows out; got {sorted(rows)}")
    keep = ~np.any([mask.reshape(len(mask), -1).any(axis=1) for mask in masks], axis=0)

    def kept(part: Any) -> Any:
        if part is None or (not hasattr(part, "columns") and np.ndim(part) == 0) or len(part) != len(keep):
            return part  # its own check will say what is wrong with it
        if hasattr(part, "loc"):
            return part.loc[keep]
        return np.asarray(np.ma.getdata(part) if np.ma.isMaskedArray(part) else part)[keep]

    return kept(X), kept(y), kept(sample_weight), kept(groups), ~keep


def positive(array: np.ndarray, name: str) -> np.ndarray:
    """`array` itself; raises ValueError that names the first entry not above zero, or where floats end."""
    if not array.size or (array.min() >= 1 / LARGEST and array.max() <= LARGEST):
        return array
    bad = np.flatnonzero(array.reshape(-1) <= 0)
    if bad.size:
        value = array.reshape(-1)[bad[0]]
        raise ValueError(f"{name} must be above zero to take its logarithm; entry {bad[0]} is {value:g}")
    return _of_this_world(array, name)


def _of_this_world(array: np.ndarray, name: str) -> np.ndarray:
    """`array` itself; raises ValueError for an entry, other than zero, whose square or cube is no float."""
    size = array.reshape(-1)
    far = np.flatnonzero((size != 0) & ((size < 1 / LARGEST) | (size > LARGEST)))
    if far.size:
        raise ValueError(
            f"{name} must lie between {1 / LARGEST:g} and {LARGEST:g}; entry {far[0]} is {size[far[0]]:g}: which unit "
            f"is it in?"
        )
    return array


def table(X: Any, names: tuple[str, ...], law: str = "this law") -> np.ndarray:
    """Named inputs, all above zero, as [n, k]: from a DataFrame by name, from an array by the order of `names`.

    One input may also be a vector [n], whose name, where it has one, must not be that of another quantity. Raises
    UnknownName for a column that is missing and ValueError for another shape (naming the `law`) or a value that is not
    a finite number above zero, naming column and entry.
    """
    if isinstance(X, list | tuple) and len(X) and isinstance(X[0], Mapping):
        raise ValueError(
            f"X is a {type(X).__name__} of dicts; give pandas.DataFrame(X), with {', '.join(names)} as columns"
        )
    fields = getattr(getattr(X, "dtype", None), "names", None)  # of a structured array, read by their order else
    if isinstance(X, Mapping) or fields:
        raise ValueError(
            f"X is a {type(X).__name__} with the columns {', '.join(map(str, fields or X))}; give a DataFrame with "
            f"the columns {', '.join(names)}, or their values in this order"
        )
    if hasattr(X, "columns"):
        return np.stack([_column(X, name) for name in names], axis=1)
    _refuse_other(X, names, law)
    array = _plain(X, names)
    if len(names) == 1 and array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] != len(names):
        _refuse_shape(array, names, law)
    return np.stack([positive(numbers(part, name), name) for part, name in zip(array.T, names, strict=True)], axis=1)


def _refuse_other(X: Any, names: tuple[str, ...], law: str) -> None:
    """Raise ValueError for a vector that is called like another quantity than the law's, as a column would be."""
    called = getattr(X, "name", None)
    if not isinstance(called, str) or called in names or called not in QUANTITIES:
        return
    other = f"; {law}(size={called!r}) does" if len(names) == 1 and names[0] in SIZES and called in SIZES else ""
    raise ValueError(
        f"X is a {type(X).__name__} called {called!r}, but {law} reads {', '.join(names)}{other}. If these are its "
        f"{names[0]}, rename it, or give the values alone (.to_numpy())"
    )


def same_rows(X: Any, called: str = "X", /, **others: Any) -> None:
    """Raise ValueError where pandas objects have the same labels in another order: their rows are not the same runs.

    A law reads rows by their place. Labels that differ otherwise say nothing: an index is often numbered anew.
    """
    index = getattr(X, "index", None)
    if not hasattr(index, "equals"):
        return
    for name, other in others.items():
        labels_of = getattr(other, "index", None)
        if not hasattr(labels_of, "equals") or len(labels_of) != len(index) or index.equals(labels_of):
            continue
        shared = index.isin(labels_of)
        if not shared.any():
            continue
        place = int(np.flatnonzero(np.asarray(index != labels_of))[0])
        rows = f"row {place} is {index[place]!r} in {called} and {labels_of[place]!r} in {name}"
        if shared.all() and labels_of.isin(index).all():
            raise ValueError(
                f"{called} and {name} have the same index in another order: {rows}; sort both alike "
                f"({name}.loc[{called}.index])"
            )
        warnings.warn(
            f"{called} and {name} have some labels of their index in common, at other rows: {rows}; rows are read by "
            f"their place",
            stacklevel=4,
        )


def _column(X: Any, name: str) -> np.ndarray:
    """One column of a DataFrame [n], all above zero."""
    check_name("column", name, X.columns)
    part = X[name]
    if hasattr(part, "columns"):
        raise ValueError(f"X has {part.shape[1]} columns of the name {name!r}; a law reads columns by name")
    return positive(numbers(part.to_numpy(), name), name)


def _refuse_shape(array: np.ndarray, names: tuple[str, ...], law: str) -> None:
    wanted = f"[n, {len(names)}]" + (" or [n]" if len(names) == 1 else "")
    asked = f"X must have the shape {wanted}, columns {', '.join(names)}; got {list(array.shape)}"
    if array.ndim != 2:
        raise ValueError(f"{asked}. Reshape your data to one row per run")
    if not array.shape[1]:
        raise ValueError(
            f"X has 0 feature(s) (shape={array.shape}) while a minimum of {len(names)} is required; {asked}"
        )
    raise ValueError(f"X has {array.shape[1]} features, but {law} is expecting {len(names)} features as input; {asked}")


def _plain(X: Any, names: tuple[str, ...]) -> np.ndarray:
    """An array or list of rows as an array of any type, whose columns are checked one by one."""
    if np.ma.isMaskedArray(X) or issparse(X):
        return numbers(X, ", ".join(names))
    array = _as_array(X, "X", f" in the columns {', '.join(names)}")
    return numbers(array, ", ".join(names)) if array.dtype.kind == "c" else array


def amount(value: Any, name: str) -> float:
    """One finite number above zero, such as a budget or a price; raises ValueError that names it."""
    array = numbers(value, name)
    if array.ndim:
        raise ValueError(f"{name} must be one number; got the shape {list(array.shape)}")
    if array <= 0:
        raise ValueError(f"{name} must be above zero; got {float(array):g}")
    return float(_of_this_world(array, name))


def target(y: Any, n: int) -> np.ndarray:
    """The target as a vector [n] of numbers above zero; raises ValueError on another length.

    Of a column [n, 1] scikit-learn's DataConversionWarning says that it was read as a vector.
    """
    if y is None:
        raise ValueError("a law requires y to be passed, but the target y is None")
    array = numbers(y, "y")
    if array.shape == (n, 1):
        array = column_or_1d(array, warn=True)
    if array.shape != (n,):
        raise ValueError(f"X has {n} point(s) but y has the shape {list(array.shape)}")
    return positive(array, "y")


def point_weights(sample_weight: Any, n: int) -> np.ndarray:
    """Weights [n] of the points (ones if None); raises ValueError if one is negative or all are zero."""
    if sample_weight is None:
        return np.ones(n)
    weights = numbers(sample_weight, "sample_weight")
    if weights.shape != (n,):
        raise ValueError(f"X has {n} point(s) but sample_weight has the shape {list(weights.shape)}")
    if (weights < 0).any() or not weights.any():
        raise ValueError("sample_weight must not be negative, and at least one weight must be above zero")
    return _of_this_world(weights, "sample_weight")


def whole(value: Any, name: str, least: int = 1, most: int | None = None) -> int:
    """A setting that counts something; raises ValueError if it is no whole number from `least` on, up to `most`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(
            f"{name} must be a whole number {f'above {least - 1}' if least else 'from 0 on'}; got {value!r}"
        )
    if most is not None and value > most:
        raise ValueError(f"{name} must be at most {most:,}; got {value!r}")
    return int(value)


def replicate_count(value: Any, least: int = 1) -> int:
    """A number of bootstrap replicates; raises ValueError for one that is no whole number, or that fits no memory."""
    return whole(value, "n_boot", least, MOST_REPLICATES)


def share(value: Any, name: str) -> float:
    """A setting between 0 and 1, both left out; raises ValueError for anything else."""
    real = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    if not real or not 0 < value < 1:
        raise ValueError(f"{name} must lie between 0 and 1; got {value!r}")
    return float(value)


def generator(random_state: Any) -> np.random.Generator:
    """A generator from a seed; raises ValueError for what cannot be one."""
    try:
        if isinstance(random_state, bool) or np.size(random_state) == 0:  # NumPy takes an empty list for a seed
            raise TypeError
        return np.random.default_rng(random_state)
    except (TypeError, ValueError):
        raise ValueError(
            f"random_state must be a whole number from 0 on, a Generator of NumPy, or None; got {random_state!r}"
        ) from None


def mapping(given: Any, what: str) -> dict[str, Any]:
    """A setting that maps names of parameters to something, {} for None; raises ValueError for another type."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ValueError(f"{what} must be a dict with names of parameters as its keys; got {given!r}")
    return dict(given)


def named_values(given: Any, what: str, names: tuple[str, ...], least: float = -np.inf) -> dict[str, float]:
    """A setting that gives values to some of the parameters `names`, none below `least`, checked."""
    checked = {}
    for name, value in mapping(given, what).items():
        check_name(f"parameter in {what}", name, names)
        checked[name] = float(numbers(value, f"{what} {name}"))
        if checked[name] < least:
            raise ValueError(f"{what} {name} must not be below {least:g}; got {value:g}")
    return checked
