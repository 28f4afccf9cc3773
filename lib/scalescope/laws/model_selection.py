"""Cross-validation as scaling laws are used: fit the small sizes, score the large ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import indexable

from scalescope.errors import check_name
from scalescope.laws.base import documented
from scalescope.laws.inputs import numbers, positive, whole


class _BySize(BaseCrossValidator):
    """A splitter that orders runs by their size."""

    size: str | int | None
    __metadata_request__split = {"groups": True}  # noqa: RUF012 scikit-learn reads the attribute of the class

    def _checked(self, X: Any, y: Any, groups: Any) -> np.ndarray:
        """What the rows are ordered by [n]; raises ValueError and UnknownName for a table that does not say."""
        if X is None or not np.size(X):
            raise ValueError("X has no rows to split")
        X, y, groups = indexable(X, y, groups)
        if self.size is None and groups is not None:
            return _vector(groups, "groups")
        if hasattr(X, "columns"):
            names = list(X.columns)
            if isinstance(self.size, str):
                check_name("column", self.size, names)
                return _vector(X[self.size].to_numpy(), self.size)
            return self._column(X.to_numpy(), names)
        if isinstance(self.size, str):
            raise ValueError(f"size={self.size!r} names a column, but X is no DataFrame; give its position")
        array = np.asanyarray(X)  # a masked one is told
        if array.ndim not in (1, 2):
            raise ValueError(f"X must have the shape [n, columns] or [n]; got {list(array.shape)}")
        return self._column(array[:, None] if array.ndim == 1 else array, list(range(array.shape[-1])))

    def _column(self, array: np.ndarray, names: list) -> np.ndarray:
        """The column at position `size`, or the only one."""
        count = array.shape[1]
        if self.size is None and count != 1:
            raise ValueError(
                f"X has {count} columns ({', '.join(map(str, names))}): say which is the size "
                f"(LargestSizesOut(size=...)), or give the sizes as groups"
            )
        if self.size is not None and (isinstance(self.size, bool) or not isinstance(self.size, int | np.integer)):
            raise ValueError(f"size must be the name or the position of a column, or None; got {self.size!r}")
        if self.size is not None and not -count <= self.size < count:
            raise ValueError(f"size={self.size} is no column of X, which has {count}")
        place = self.size or 0
        return _vector(array[:, place], str(names[place]) if isinstance(names[place], str) else f"column {place} of X")


@documented
@dataclass(eq=False, repr=False)
class LargestSizesOut(_BySize):
    """Rolling folds by size: each holds out the next larger sizes and trains on all that are smaller.

    The distinct sizes, in order, end in `n_splits` blocks of `test_sizes` sizes each. Fold by fold, from the smallest
    block to the largest, a block is the test set and all runs of smaller sizes are the training set, so that every
    score is one of extrapolation; runs of one size are never divided. This is `TimeSeriesSplit` of scikit-learn with
    size in the place of time, and works wherever a splitter does (`cross_val_score`, `GridSearchCV`).

    A test set of one size has hardly any variance of its own: score it by a relative error
    (`scoring="neg_mean_absolute_percentage_error"`), not by R2.

    `n_splits`: folds. `test_sizes`: distinct sizes held out by each. `min_train_sizes`: distinct sizes that the
    first fold must have to train on. `size`: what is ordered, a column of X by name (of a DataFrame) or position;
    None: `groups` where they are given, which then must be numbers, else the only column of X.
    """

    n_splits: int = 3
    _: KW_ONLY
    test_sizes: int = 1
    min_train_sizes: int = 2
    size: str | int | None = None

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """The number of folds."""
        return whole(self.n_splits, "n_splits")

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Positions of the training and of the test rows of each fold.

        Raises ValueError for too few distinct sizes, for sizes that are no numbers above zero, and where it is not
        clear which column is the size; UnknownName for a column that X does not have.
        """
        size = self._checked(X, y, groups)
        distinct = np.unique(size)
        n_splits, test = self.get_n_splits(), whole(self.test_sizes, "test_sizes")
        least = whole(self.min_train_sizes, "min_train_sizes")
        first = len(distinct) - n_splits * test
        if first < least:
            raise ValueError(
                f"{n_splits} folds of {test} test size(s) with at least {least} training sizes need "
                f"{least + n_splits * test} distinct sizes; got {len(distinct)}"
            )
        for start in range(first, len(distinct), test):
            held_out = distinct[start : start + test]
            yield np.flatnonzero(size < held_out[0]), np.flatnonzero((size >= held_out[0]) & (size <= held_out[-1]))


@documented
@dataclass(eq=False, repr=False)
class RollingSizesOut(_BySize):
    """Rolling folds by size in which every size but the first few is held out once, from small to large.

    The sizes after the first `min_train_sizes` are shared out, in order, among at most `n_splits` blocks, as evenly as
    they can be; fold by fold a block is the test set and all runs of smaller sizes are the training set. For tables of
    few sizes there are fewer folds, and none where no size is left to hold out. Other settings as `LargestSizesOut`.
    """

    n_splits: int = 8
    _: KW_ONLY
    min_train_sizes: int = 3
    size: str | int | None = None

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """The number of folds, which depends on X. Raises ValueError without it."""
        return sum(1 for _ in self.split(X, y, groups))

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Positions of the training and of the test rows of each fold; raises ValueError as `LargestSizesOut` does."""
        size = self._checked(X, y, groups)
        distinct = np.unique(size)
        least = whole(self.min_train_sizes, "min_train_sizes")
        steps = min(whole(self.n_splits, "n_splits"), len(distinct) - least)
        if steps < 1:
            return
        ends = np.unique(np.linspace(least - 1, len(distinct) - 1, steps + 1).round().astype(int))
        for low, high in pairwise(distinct[ends]):
            yield np.flatnonzero(size <= low), np.flatnonzero((size > low) & (size <= high))


def _vector(values: Any, name: str) -> np.ndarray:
    array = numbers(values, name)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one number per run; got the shape {list(array.shape)}")
    return positive(array, name)
