"""Six ways to say which pretrained model will be best after finetuning, from the losses that a budget pays for.

Source: Lin 2024, sections 4 and 5; conventions of its code, where they differ from the text, stand with the method.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scalescope.laws.curve import CurveLaw
from scalescope.laws.inputs import amount, whole
from scalescope.laws.power_sums import VanillaFinetuningLaw
from scalescope.laws.rectified import RectifiedLaw

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
        whole(self.k, "k (the points of the first line)", least=2)
        if self.delta != np.inf:
            amount(self.delta, "delta")
        if not isinstance(self.mended, bool):
            raise ValueError(f"mended must be True or False; got {self.mended!r}")

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
    """A law of one curve, fitted to every model's losses by least squares on ln L, and asked at the target."""

    law: ClassVar[type[CurveLaw]]

    def sizes(self, curves: Curves) -> tuple[np.ndarray, np.ndarray]:
        """Examples [sizes] and losses [models, sizes] that the law is fitted to."""
        return curves.finetuned()

    def features(self, curves: Curves) -> np.ndarray:
        """Loss [models] of each model's law at the target."""
        fitted = self.law(n_boot=0, warn_beyond=None).fit_each(*self.sizes(curves))
        return np.array([law.predict([curves.target])[0] for law in fitted])


class VanillaFit(_LawFit):
    """B / D^beta + E through the finetuned losses. (The paper's has an outer power besides.)"""

    law: ClassVar[type[CurveLaw]] = VanillaFinetuningLaw


class RectifiedFit(_LawFit):
    """B / (D_l + D^beta) + E through all losses, those without finetuning too, at `ZERO` examples; "OurFit" there."""

    law: ClassVar[type[CurveLaw]] = RectifiedLaw

    def sizes(self, curves: Curves) -> tuple[np.ndarray, np.ndarray]:
        """All sizes, zero as ZERO."""
        return np.where(curves.examples > 0, curves.examples, ZERO), curves.losses


METHODS: dict[str, type[Selector]] = {
    cls.__name__: cls for cls in (AtS, ZeroShot, SubTuning, ModelSize, VanillaFit, RectifiedFit)
}


def _line(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope and intercept [models] of the least-squares lines through y [models, n]."""
    u = x - x.mean()
    slope = y @ u / (u @ u)
    return slope, y.mean(axis=1) - slope * x.mean()


def _at(line: tuple[np.ndarray, np.ndarray], x: np.ndarray) -> np.ndarray:
    return line[0][:, None] * x + line[1][:, None]
