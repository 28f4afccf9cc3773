"""Choosing a pretrained model to finetune, from a part of the finetuning data: six ways, one interface.

Every method reads the losses that the budget pays for and says which model will be best at the full size. Source:
Lin 2024, sections 4 and 5; conventions of its code, where they differ from the text, stand with the method.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scalescope.laws.curve import CurveLaw
from scalescope.laws.inputs import numbers, positive
from scalescope.laws.rectified import RectifiedLaw
from scalescope.laws.vanilla import VanillaFinetuningLaw
from scalescope.schema import UnknownName

ZERO = 1e-10  # examples that stand for none where a law takes their logarithm, as in the authors' code


@dataclass(frozen=True)
class Curves:
    """Losses [models, sizes] at `examples` [sizes] that a budget allows; `parameters` [models] or None."""

    losses: np.ndarray
    examples: np.ndarray
    target: float
    parameters: np.ndarray | None = None

    def finetuned(self) -> tuple[np.ndarray, np.ndarray]:
        """Examples and losses of the sizes above zero; raises ValueError if the budget pays for none."""
        chosen = self.examples > 0
        if not chosen.any():
            raise ValueError("the budget allows no finetuning at all; only ZeroShot and ModelSize do without")
        return self.examples[chosen], self.losses[:, chosen]


@dataclass(frozen=True)
class Selection:
    """What a method says: `feature` [models], the number it ranks by, and `order` [models], best model first."""

    method: str
    budget: float
    target: float
    feature: np.ndarray = field(repr=False)
    order: np.ndarray = field(repr=False)

    @property
    def best(self) -> int:
        """Position of the chosen model."""
        return int(self.order[0])

    def pearson(self, actual: Any) -> float:
        """Pearson correlation of the feature with the actual losses [models]; for ModelSize, good is negative."""
        return pearson(self.feature, actual)

    def relative_accuracy(self, actual: Any) -> float:
        """Share of the way from the worst to the best actual loss [models] that the chosen model goes: 1 is best."""
        return relative_accuracy(self.best, actual)


class Selector:
    """Base of the methods; one gives `features`, in which a lower number is a better model unless `larger`."""

    larger = False

    @property
    def name(self) -> str:
        """Name of the method, as in the tables of the paper."""
        return type(self).__name__

    def features(self, curves: Curves) -> np.ndarray:
        """The number [models] by which the method ranks."""
        raise NotImplementedError


class ZeroShot(Selector):
    """The loss without finetuning."""

    def features(self, curves: Curves) -> np.ndarray:
        """Loss [models] at zero examples; raises ValueError without that column."""
        at_zero = np.flatnonzero(curves.examples == 0)
        if not len(at_zero):
            raise ValueError("ZeroShot needs the losses without finetuning: a column 0")
        return curves.losses[:, at_zero[0]]


class SubTuning(Selector):
    """The loss at the largest size that the budget pays for."""

    def features(self, curves: Curves) -> np.ndarray:
        """Loss [models] at the largest size."""
        return curves.finetuned()[1][:, -1]


class ModelSize(Selector):
    """The number of parameters: the largest model is chosen. Its feature is ln N, so a good one correlates below 0."""

    larger = True

    def features(self, curves: Curves) -> np.ndarray:
        """Logarithm [models] of the parameters; raises ValueError if there are none."""
        if curves.parameters is None:
            raise ValueError("ModelSize needs the parameters of the models")
        return np.log(curves.parameters)


@dataclass(frozen=True)
class AtS(Selector):
    """Accept then Stop: a line in log-log through the last points, as far back as the points keep to it.

    Starting from the last `k` points, the next smaller one is accepted until its residual exceeds `delta` standard
    deviations (ddof 0) of the accepted ones; the line of these is extrapolated. As published, the smallest point is
    left out even when all are accepted (an index off by one); `mended` keeps it. The rectified law is not used.
    """

    k: int = 3
    delta: float = 5.0
    mended: bool = False

    def __post_init__(self):
        if self.k < 2 or self.delta <= 0:
            raise ValueError(f"AtS needs k of at least 2 and delta above 0; got k = {self.k}, delta = {self.delta}")

    def accepted(self, curves: Curves) -> np.ndarray:
        """How many of the largest sizes [models] the line goes through."""
        examples, losses = curves.finetuned()
        x, y = np.log(examples), np.log(losses)
        last = len(x) if self.mended or len(x) <= self.k else len(x) - 1
        accepted = np.full(len(y), last)
        going = np.ones(len(y), dtype=bool)
        for count in range(self.k, len(x)):
            line = _line(x[-count:], y[:, -count:])
            spread = (y[:, -count:] - _at(line, x[-count:])).std(axis=1)
            off = np.abs(y[:, -count - 1] - _at(line, x[-count - 1 : -count])[:, 0])
            stop = going & (off > self.delta * spread)
            accepted[stop] = count
            going &= ~stop
        return accepted

    def features(self, curves: Curves) -> np.ndarray:
        """Loss [models] of the line at the target."""
        examples, losses = curves.finetuned()
        if len(examples) < 2:
            raise ValueError("AtS needs at least two sizes above zero within the budget; got one")
        x, y, predicted = np.log(examples), np.log(losses), np.empty(len(losses))
        accepted = self.accepted(curves)
        for count in np.unique(accepted):
            chosen = accepted == count
            line = _line(x[-count:], y[chosen, -count:])
            predicted[chosen] = np.exp(_at(line, np.log([curves.target]))[:, 0])
        return predicted


class _LawFit(Selector):
    """A law of one curve, fitted to every model's losses and asked at the target; a law gives `law`."""

    def law(self) -> CurveLaw:
        """The law, not fitted yet; by least squares on ln L."""
        raise NotImplementedError

    def sizes(self, curves: Curves) -> tuple[np.ndarray, np.ndarray]:
        """Examples [sizes] and losses [models, sizes] that the law is fitted to."""
        return curves.finetuned()

    def features(self, curves: Curves) -> np.ndarray:
        """Loss [models] of each model's law at the target."""
        fitted = self.law().fit_each(*self.sizes(curves))
        return np.array([law.predict([curves.target])[0] for law in fitted])


class VanillaFit(_LawFit):
    """B / D^beta + E through the finetuned losses. (The paper's has an outer power besides.)"""

    def law(self) -> CurveLaw:
        """The vanilla law."""
        return VanillaFinetuningLaw(n_boot=0, warn_beyond=None)


class RectifiedFit(_LawFit):
    """B / (D_l + D^beta) + E through all losses, those without finetuning too, at `ZERO` examples; "OurFit" there."""

    def sizes(self, curves: Curves) -> tuple[np.ndarray, np.ndarray]:
        """All sizes, zero as ZERO."""
        return np.where(curves.examples > 0, curves.examples, ZERO), curves.losses

    def law(self) -> CurveLaw:
        """The rectified law."""
        return RectifiedLaw(n_boot=0, warn_beyond=None)


METHODS: dict[str, type[Selector]] = {
    cls.__name__: cls for cls in (AtS, ZeroShot, SubTuning, ModelSize, VanillaFit, RectifiedFit)
}


def select(
    losses: Any, budget: float, *, target: float, method: Selector | str = "AtS", parameters: Any = None
) -> Selection:
    """Rank models by how good they will be when finetuned on `target` examples, from losses up to `budget` only.

    losses: DataFrame [models, sizes] with the numbers of examples as its columns (0: not finetuned), any order.
    parameters [models] are read by ModelSize only. Raises ValueError for losses that are not above zero (naming
    model and size), a budget that is not above zero or not below the target; UnknownName for another method.
    """
    if isinstance(method, str):
        if method not in METHODS:
            raise UnknownName("selection method", method, METHODS)
        method = METHODS[method]()
    if not (0 < budget < target):
        raise ValueError(f"the budget must be above zero and below the target of {target:g} examples; got {budget!r}")
    curves = _curves(losses, budget, target, parameters)
    feature = method.features(curves)
    order = np.argsort(-feature if method.larger else feature, kind="stable")
    return Selection(method.name, float(budget), float(target), feature, order)


def pearson(feature: Any, actual: Any) -> float:
    """Pearson correlation of two vectors [models]; NaN if one does not vary."""
    feature, actual = numbers(feature, "feature"), numbers(actual, "actual losses")
    if feature.shape != actual.shape or feature.ndim != 1:
        raise ValueError(f"feature and actual losses must be of one length; got {feature.shape} and {actual.shape}")
    u, v = feature - feature.mean(), actual - actual.mean()
    scale = np.sqrt((u @ u) * (v @ v))
    return float(u @ v / scale) if scale > 0 else float("nan")


def relative_accuracy(chosen: int, actual: Any) -> float:
    """(worst - loss of the chosen model) / (worst - best) over actual losses [models]; raises if all are the same."""
    actual = numbers(actual, "actual losses")
    worst, best = actual.max(), actual.min()
    if worst == best:
        raise ValueError("relative accuracy needs actual losses that differ")
    return float((worst - actual[chosen]) / (worst - best))


def _curves(losses: Any, budget: float, target: float, parameters: Any) -> Curves:
    """The part of the losses that the budget pays for, in order of size, checked."""
    if not hasattr(losses, "columns"):
        raise ValueError("losses must be a DataFrame [models, sizes] with the numbers of examples as its columns")
    examples = numbers(_headers(losses.columns), "the columns of losses (numbers of examples)")
    chosen = np.flatnonzero(examples <= budget)
    chosen = chosen[np.argsort(examples[chosen], kind="stable")]
    if not len(chosen):
        raise ValueError(f"a budget of {budget:g} examples pays for none of the sizes {list(losses.columns)}")
    part = losses.iloc[:, chosen]
    values = part.to_numpy(dtype=object)
    text = [(row, col) for row, col in np.ndindex(values.shape) if isinstance(values[row, col], str)]
    if text:
        row, col = text[0]
        raise ValueError(f"losses must hold numbers; model {part.index[row]!r} at {part.columns[col]} examples has the "
                         f"text {values[row, col]!r}")  # fmt: skip
    values = part.to_numpy(dtype=float)
    bad = np.argwhere(~(np.isfinite(values) & (values > 0)))
    if len(bad):
        row, col = bad[0]
        raise ValueError(f"losses must be finite and above zero; model {part.index[row]!r} at "
                         f"{part.columns[col]} examples has {values[row, col]}")  # fmt: skip
    if parameters is not None:
        parameters = positive(numbers(parameters, "parameters"), "parameters")
        if parameters.shape != (len(values),):
            raise ValueError(f"there are {len(values)} models but parameters has the shape {list(parameters.shape)}")
    return Curves(values, examples[chosen], float(target), parameters)


def _headers(columns: Any) -> list[Any]:
    """Column names as numbers where they are text, which the names of a CSV always are."""
    found = []
    for name in columns:
        try:
            found.append(float(name) if isinstance(name, str) else name)
        except ValueError:
            found.append(name)  # refused by name
    return found


def _line(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope and intercept [models] of the least-squares lines through y [models, n]."""
    u = x - x.mean()
    slope = y @ u / (u @ u)
    return slope, y.mean(axis=1) - slope * x.mean()


def _at(line: tuple[np.ndarray, np.ndarray], x: np.ndarray) -> np.ndarray:
    return line[0][:, None] * x + line[1][:, None]
