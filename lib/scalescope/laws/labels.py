"""Labels of groups of runs: which points belong together, whatever the labels are."""

from __future__ import annotations

from typing import Any

import numpy as np

MISSING_WRITTEN = ("", "nan", "NaN", "None", "<NA>", "NaT")  # how NumPy and tables write a missing label among texts


def labels(groups: Any, n: int) -> np.ndarray:
    """Groups [n], or groups and subgroups [n, 2], as numbers from 0 in each column.

    Raises ValueError for another shape, a missing label of any type, and labels that differ in their type only
    (1 and "1"): NumPy takes some of them for one group, and others not.
    """
    if isinstance(groups, list | tuple):  # NumPy makes text of everything beside a text
        groups = np.asarray(groups, dtype=object)
    if np.ndim(groups) == 2 and np.shape(groups) == (n, 2):
        columns = np.ma.asanyarray(groups) if np.ma.isMaskedArray(groups) else np.asarray(groups)
        return np.column_stack([labels(columns[:, place], n) for place in (0, 1)])
    if np.ma.isMaskedArray(groups) and np.ma.getmaskarray(groups).any():
        raise ValueError(f"groups has a missing label: entry {np.flatnonzero(np.ma.getmaskarray(groups))[0]} is masked")
    found = np.asarray(groups)
    if found.shape != (n,):
        raise ValueError(f"X has {n} point(s) but groups has the shape {list(found.shape)}")
    for entry, label in enumerate(found.tolist() if found.dtype.kind in "fMmOU" else []):
        if _is_missing(label):
            raise ValueError(f"groups has a missing label (NaN or none): entry {entry} is {label!r}")
    _one_kind(found)
    try:
        return np.unique(found, return_inverse=True)[1].reshape(-1)
    except TypeError:  # labels of several types have no order
        known: dict[Any, int] = {}
        return np.array([known.setdefault(label, len(known)) for label in found.tolist()])


def _one_kind(found: np.ndarray) -> None:
    """Raise ValueError for two labels that are written alike and are not the same (1 and "1"), and for one that is a
    list: rows of different lengths.
    """
    first: dict[str, tuple[int, Any]] = {}
    for entry, label in enumerate(found.tolist() if found.dtype.kind == "O" else []):
        if isinstance(label, list | tuple | dict | set | np.ndarray):
            raise ValueError(f"groups must hold one label per point; entry {entry} is {label!r:.80}")
        earlier, same = first.setdefault(str(label).strip(), (entry, label))
        if isinstance(label, str) != isinstance(same, str):
            raise ValueError(
                f"groups has the labels {same!r} (entry {earlier}) and {label!r} (entry {entry}), of the types "
                f"{type(same).__name__} and {type(label).__name__}: are they one group? Make all labels of one type"
            )


def _is_missing(label: Any) -> bool:
    if label is None or (isinstance(label, str) and label.strip() in MISSING_WRITTEN):
        return True
    try:
        return bool(label != label)  # NaN, NaT
    except (TypeError, ValueError):  # pandas' NA is not even unequal to itself
        return True
