"""Choosing a pretrained model to finetune, from a part of the finetuning data: six methods (`selectors`), one call.

Every method reads the losses that the budget pays for and says which model will be best at the full size. Source:
Lin 2024, sections 4 and 5.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scalescope.errors import UnknownName, check_name
from scalescope.laws.inputs import amount, no_other_kind, numbers, positive, same_rows, whole
from scalescope.laws.remarks import NATS
from scalescope.laws.selectors import METHODS, Curves, Selector


@dataclass(frozen=True)
class Selection:
    """What a method says: `feature` [models], the number it ranks by, and `order` [models], best model first."""

    method: str
    budget: float
    target: float
    feature: np.ndarray = field(repr=False)
    order: np.ndarray = field(repr=False)
    index: Any = field(repr=False, default=None)  # labels of the models, where actual losses may be in another order

    @property
    def best(self) -> int:
        """Position of the chosen model."""
        return int(self.order[0])

    def pearson(self, actual: Any) -> float:
        """Pearson correlation of the feature with the actual losses [models]; for ModelSize, good is negative."""
        same_rows(self, "losses", actual=actual)
        return pearson(self.feature, actual)

    def relative_accuracy(self, actual: Any) -> float:
        """Share of the way from the worst to the best actual loss [models] that the chosen model goes: 1 is best."""
        same_rows(self, "losses", actual=actual)
        if np.shape(actual) != self.feature.shape:
            raise ValueError(f"there are {len(self.feature)} models but actual has the shape {list(np.shape(actual))}")
        return relative_accuracy(self.best, actual)


def select(
    losses: Any, budget: float, *, target: float, method: Selector | str = "AtS", parameters: Any = None
) -> Selection:
    """Rank models by how good they will be when finetuned on `target` examples, from losses up to `budget` only.

    losses: DataFrame [models, sizes] with the numbers of examples as its columns (0: not finetuned), any order.
    parameters [models] are read by ModelSize only. Raises ValueError for losses that are not above zero (naming
    model and size), a budget that is not above zero or not below the target; UnknownName for another method.
    """
    if isinstance(method, str):
        check_name("selection method", method, METHODS)
        method = METHODS[method]()
    elif not isinstance(method, Selector):
        raise UnknownName("selection method", method, METHODS)
    budget, target = amount(budget, "budget"), amount(target, "target")
    if budget >= target:
        raise ValueError(f"the budget must be below the target of {target:g} examples; got {budget:g}")
    curves = _curves(losses, budget, target, parameters)
    feature = method.features(curves)
    order = np.argsort(-feature if method.larger else feature, kind="stable")
    return Selection(method.name, float(budget), float(target), feature, order, losses.index)


def pearson(feature: Any, actual: Any) -> float:
    """Pearson correlation of two vectors [models]; NaN if one does not vary."""
    feature, actual = numbers(feature, "feature"), numbers(actual, "actual losses")
    if feature.shape != actual.shape or feature.ndim != 1 or not feature.size:
        raise ValueError(
            f"feature and actual losses must be of one length, of one model at least; got the shapes "
            f"{list(feature.shape)} and {list(actual.shape)}"
        )
    u, v = feature - feature.mean(), actual - actual.mean()
    scale = np.sqrt((u @ u) * (v @ v))
    return float(u @ v / scale) if scale > 0 else float("nan")


def relative_accuracy(chosen: int, actual: Any) -> float:
    """(worst - loss of the chosen model) / (worst - best) over actual losses [models]; raises if all are the same."""
    actual = numbers(actual, "actual losses")
    if actual.ndim != 1 or not actual.size:
        raise ValueError(f"actual losses must be one number per model; got the shape {list(actual.shape)}")
    chosen = whole(chosen, "chosen (the position of a model)", least=0, most=len(actual) - 1)
    worst, best = actual.max(), actual.min()
    if worst == best:
        raise ValueError("relative accuracy needs actual losses that differ")
    return float((worst - actual[chosen]) / (worst - best))


def _curves(losses: Any, budget: float, target: float, parameters: Any) -> Curves:
    """The part of the losses that the budget pays for, in order of size, checked."""
    if not hasattr(losses, "columns"):
        raise ValueError("losses must be a DataFrame [models, sizes] with the numbers of examples as its columns")
    examples = numbers(_headers(losses.columns), "the columns of losses (numbers of examples)")
    if examples.ndim != 1 or (examples < 0).any():
        raise ValueError(
            f"the columns of losses must be numbers of examples, none below zero; got {list(losses.columns)}"
        )
    if not len(losses) or len(set(examples.tolist())) < len(examples):
        raise ValueError(
            f"losses must have at least one model and one column per number of examples; got {len(losses)} model(s) "
            f"and the columns {list(losses.columns)}"
        )
    if losses.index.has_duplicates:
        twice = losses.index[losses.index.duplicated()][0]
        raise ValueError(f"losses must have one row for each model; {twice!r} has {sum(losses.index == twice)}")
    chosen = np.flatnonzero(examples <= budget)
    chosen = chosen[np.argsort(examples[chosen], kind="stable")]
    if not len(chosen):
        raise ValueError(f"a budget of {budget:g} examples pays for none of the sizes {list(losses.columns)}")
    part = losses.iloc[:, chosen]
    values = part.to_numpy(dtype=object)
    text = [(row, col) for row, col in np.ndindex(values.shape) if isinstance(values[row, col], str)]
    if text:
        row, col = text[0]
        raise ValueError(
            f"losses must hold numbers; model {part.index[row]!r} at {part.columns[col]} examples has the "
            f"text {values[row, col]!r}"
        )
    for col in range(len(chosen)):
        no_other_kind(values[:, col], f"losses at {part.columns[col]} examples")
    values = part.to_numpy(dtype=float)
    bad = np.argwhere(~(np.isfinite(values) & (values > 0)))
    if len(bad):
        row, col = bad[0]
        raise ValueError(
            f"losses must be finite and above zero; model {part.index[row]!r} at "
            f"{part.columns[col]} examples has {values[row, col]}"
        )
    if parameters is not None:
        same_rows(losses, "losses", parameters=parameters)
        parameters = positive(numbers(parameters, "parameters"), "parameters")
        if parameters.shape != (len(values),):
            raise ValueError(f"there are {len(values)} models but parameters has the shape {list(parameters.shape)}")
    _doubts(examples, values)
    return Curves(values, examples[chosen], float(target), parameters)


def _doubts(examples: np.ndarray, values: np.ndarray) -> None:
    """Warn of columns that are positions (no header, or a turned table) and of losses that are none in nats."""
    found = []
    rising = int((values[:, -1] > values[:, 0]).sum())
    if 2 * rising > len(values):
        found.append(f"losses of {rising} of {len(values)} models grow with the number of examples: are they scores?")
    if len(examples) > 2 and np.array_equal(np.sort(examples), np.arange(len(examples))):
        found.append(
            f"the columns of losses are 0 to {len(examples) - 1}: positions instead of numbers of examples? Models are "
            "rows and numbers of examples are columns (losses.T turns them)"
        )
    high = values.max()
    if high > NATS:
        found.append(f"losses reach {high:.4g}, more than a loss in nats can be: are they perplexities or percentages?")
    for doubt in found:
        warnings.warn(doubt, stacklevel=4)


def _headers(columns: Any) -> list[Any]:
    """Column names as numbers where they are text, which the names of a CSV always are."""
    found = []
    for name in columns:
        try:
            found.append(float(name) if isinstance(name, str) else name)
        except ValueError:
            found.append(name)  # refused by name
    return found
