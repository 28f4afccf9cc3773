"""Settings of the laws with exponents: the loss, what is fixed, tied or bounded, and which interval; all checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scalescope.errors import check_name
from scalescope.laws.base import ScalingLaw, documented
from scalescope.laws.fit.losses import Loss
from scalescope.laws.inputs import mapping, named_values, numbers

INTERVALS = ("bootstrap", "residual", "profile")


@documented
@dataclass(eq=False, repr=False, kw_only=True)
class FitSettings(ScalingLaw):
    """The settings of these laws; each is checked where it is read, in `fit`.

    `loss`: one of losses.LOSSES (None: the law's `default_loss`), with `delta` of the Huber loss, summed or
    averaged. `fixed`: parameters not to be fitted, by value. `ties`: exponents that equal another, such as
    {"beta": "alpha"}. `bounds`: (low, high) of parameters, such as {"E": (1.5, 2.0)}. `start`: parameters that join
    the starts of the search (it never needs them). `interval`: "bootstrap" (by group with `groups`, else by point),
    "residual" (bootstrap of the residuals), "profile" (likelihood), or None: profile, with groups bootstrap; only
    the bootstrap can use groups. `n_boot`: replicates, 0 for none (and then no interval by default).
    `warn_beyond`: factor outside the fitted range from which `predict` warns (None: never).
    """

    default_loss: ClassVar[str] = "log_squares"
    default_interval: ClassVar[str] = "profile"  # without groups
    _anything: ClassVar[tuple[float, float]] = (0.0, np.inf)

    loss: str | None = None
    delta: float = 1e-3
    summed: bool = True
    ties: dict[str, str] | None = None
    bounds: dict[str, tuple[float, float]] | None = None
    start: dict[str, float] | None = None
    interval: str | None = None

    def check_settings(self) -> None:
        """Raises ValueError, or UnknownName, for a setting that cannot be."""
        super().check_settings()
        self.given_loss()
        self._method(None)

    def _independent(self) -> bool:
        return super()._independent() or self.interval == "profile"

    def given_loss(self) -> Loss:
        """The loss that is minimised, `loss` or the law's own."""
        return Loss(self.default_loss if self.loss is None else self.loss, self.delta, self.summed)

    def _logarithmic(self) -> bool:
        return self.given_loss().logarithmic

    def tied(self) -> dict[str, str]:
        """Parameters that equal another: name -> the one that is fitted."""
        if mapping(self.ties, "ties"):
            raise ValueError(f"{type(self).__name__} has no exponents that could be tied; got ties={self.ties!r}")
        return {}

    def fitted_names(self) -> list[str]:
        """Parameters that are fitted, each once: neither fixed nor tied."""
        fixed, tied = self._fixed(), self.tied()
        return [name for name in self.parameters if name not in fixed and name not in tied]

    def given_bounds(self) -> dict[str, tuple[float, float]]:
        """`bounds` checked: known names, not fixed or tied, low below high, none below zero."""
        found = {}
        for name, ends in mapping(self.bounds, "bounds").items():
            check_name("parameter in bounds", name, self.parameters)
            if name not in self.fitted_names():
                raise ValueError(f"{name} has bounds but is fixed or tied; drop one of the two")
            if np.shape(ends) != (2,):
                raise ValueError(f"bounds of {name} must be (low, high); got {ends!r}")
            low = float(numbers(ends[0], f"lower bound of {name}"))
            high = np.inf if isinstance(ends[1], float) and ends[1] == np.inf else numbers(ends[1], f"bound of {name}")
            if not 0 <= low < high:
                raise ValueError(f"bounds of {name} must be (low, high) with 0 <= low < high; got {ends!r}")
            found[name] = (low, float(high))
        return found

    def given_start(self) -> dict[str, float] | None:
        """`start` with its names and values checked; every parameter must be named."""
        if self.start is None:
            return None
        given = named_values(self.start, "start", self.parameters, least=0.0)
        missing = [name for name in self.parameters if name not in given]
        if missing:
            raise ValueError(f"start must name every parameter; it lacks {', '.join(missing)}")
        return given

    def _method(self, group: np.ndarray | None) -> str:
        """What makes the intervals; raises ValueError where it cannot use the groups that are given."""
        if self.interval is None:
            return "bootstrap" if group is not None or not self.n_boot else self.default_interval
        check_name("interval", self.interval, INTERVALS)
        if group is not None and self.interval != "bootstrap":
            raise ValueError(
                f"interval={self.interval!r} takes all points as independent and cannot use groups; use "
                f"interval='bootstrap', which draws groups, or fit one mean per group"
            )
        return self.interval

    def _searched(self) -> str:
        """Bounds of the exponents, and what the caller fixed, tied or bounded."""
        limits = [f"{name} {low:.3g} to {high:.3g}" for name, (low, high) in self.bounds_.items()]
        limits += [f"{name} = {value:g} (fixed)" for name, value in self._fixed().items()]
        return ", ".join(limits + [f"{name} = {leader} (tied)" for name, leader in self.tied().items()])


@documented
@dataclass(eq=False, repr=False, kw_only=True)
class OneSize(FitSettings):
    """Laws y(x) of one size x.

    `size` names it ("parameters", "tokens", "flops"), as a column and in messages; further settings as `FitSettings`.
    """

    size: str = "parameters"

    @property
    def input_names(self) -> tuple[str, ...]:
        """The name of the size."""
        return (self.size,)
