"""What the laws fitted by the core share: settings, the fit, its intervals and its diagnostics."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from scalescope.errors import UnknownName
from scalescope.laws.base import ScalingLaw
from scalescope.laws.bootstrap import BootstrapResult, Refit, residual_bootstrap
from scalescope.laws.diagnostics import diagnose, differences
from scalescope.laws.fitting import Optimum, optima, optimum, refit
from scalescope.laws.forms import Form
from scalescope.laws.inputs import numbers, table, target
from scalescope.laws.losses import Loss
from scalescope.laws.profile import profile_intervals

INTERVALS = ("bootstrap", "residual", "profile")
ENOUGH = 5  # points of a grid axis that bounds given by the caller leave


class CurveLaw(ScalingLaw):
    """Base of the laws with exponents; a law gives `form`, `axes`, `natural` and `centred`.

    Coefficients are fitted about an `origin` (the middle of the data), where they hardly correlate, and
    reported in the paper's symbols. `params_`, `intervals_` (95 %), `objective_` (the loss at the optimum),
    `diagnostics_`, `bootstrap_`, `range_`, `n_points_`, `n_sizes_` are learned.
    """

    default_loss: ClassVar[str] = "log_squares"
    default_interval: ClassVar[str] = "profile"  # without groups
    coverage: ClassVar[str] = ""  # what the default interval reaches, where that is not 0.93 to 0.97 (law_truth.csv)
    _anything: ClassVar[tuple[float, float]] = (0.0, np.inf)
    form_has_targets: ClassVar[bool] = False  # whether the form of a fit depends on y, and so is of one fit alone

    def __init__(
        self,
        *,
        loss: str | None = None,
        delta: float = 1e-3,
        summed: bool = True,
        fixed: dict[str, float] | None = None,
        ties: dict[str, str] | None = None,
        bounds: dict[str, tuple[float, float]] | None = None,
        start: dict[str, float] | None = None,
        interval: str | None = None,
        n_boot: int = 1000,
        random_state: int | np.random.Generator | None = 0,
        warn_beyond: float | None = 10.0,
    ):
        """Store the settings.

        `loss`: one of losses.LOSSES (None: the law's `default_loss`), with `delta` of the Huber loss, summed or
        averaged. `fixed`: parameters not to be fitted, by value. `ties`: exponents that equal another, such as
        {"beta": "alpha"}. `bounds`: (low, high) of parameters, such as {"E": (1.5, 2.0)}. `start`: parameters that join
        the starts of the search (it never needs them). `interval`: "bootstrap" (by group with `groups`, else by point),
        "residual" (bootstrap of the residuals), "profile" (likelihood), or None: profile, with groups bootstrap; only
        the bootstrap can use groups. `n_boot`: replicates, 0 for none (and then no interval by default).
        `warn_beyond`: factor outside the fitted range from which `predict` warns (None: never).
        """
        self.loss = loss
        self.delta = delta
        self.summed = summed
        self.fixed = fixed
        self.ties = ties
        self.bounds = bounds
        self.start = start
        self.interval = interval
        self.n_boot = n_boot
        self.random_state = random_state
        self.warn_beyond = warn_beyond

    def form(self, sizes: np.ndarray, origin: np.ndarray) -> Form:
        """The law at these inputs [n, len(inputs)], about `origin`, with its bounds."""
        raise NotImplementedError

    def origin(self, sizes: np.ndarray) -> np.ndarray:
        """Middle of the data in the law's own coordinates; all zero is the paper's."""
        raise NotImplementedError

    def axes(self, form: Form, sizes: np.ndarray) -> list[np.ndarray]:
        """Grid of each shape that is searched."""
        raise NotImplementedError

    def natural(self, theta: np.ndarray, origin: np.ndarray) -> dict[str, np.ndarray]:
        """Parameters [B] in the paper's symbols from coefficients [B, T]."""
        raise NotImplementedError

    def centred(self, params: dict[str, Any], origin: np.ndarray) -> np.ndarray:
        """Coefficients [B, T] from parameters [B]; the inverse of `natural`."""
        raise NotImplementedError

    @property
    def min_distinct(self) -> int:
        """Fewest distinct input rows that determine the law: as many as it has free parameters."""
        return len(self._fitted_names())

    def sizes(self, X: Any) -> np.ndarray:
        """Checked inputs [n, len(inputs)], all above zero."""
        return table(X, self.input_names)

    def _loss(self) -> Loss:
        return Loss(self.loss or self.default_loss, self.delta, self.summed)

    def _logarithmic(self) -> bool:
        return self._loss().logarithmic

    def _fixed(self) -> dict[str, float]:
        return _named("fixed", self.fixed, self.parameters)

    def _tied(self) -> dict[str, str]:
        """Parameters that equal another: name -> the one that is fitted."""
        if self.ties:
            raise ValueError(f"{type(self).__name__} has no exponents that could be tied; got ties={self.ties!r}")
        return {}

    def _fitted_names(self) -> list[str]:
        fixed, tied = self._fixed(), self._tied()
        return [name for name in self.parameters if name not in fixed and name not in tied]

    def _bounds(self) -> dict[str, tuple[float, float]]:
        """`bounds` checked: known names, not fixed or tied, low below high, none below zero."""
        found = {}
        for name, ends in (self.bounds or {}).items():
            if name not in self.parameters:
                raise UnknownName("parameter in bounds", name, self.parameters)
            if name not in self._fitted_names():
                raise ValueError(f"{name} has bounds but is fixed or tied; drop one of the two")
            if np.shape(ends) != (2,) or np.isnan(ends).any() or not 0 <= ends[0] < ends[1]:
                raise ValueError(f"bounds of {name} must be (low, high) with 0 <= low < high; got {ends!r}")
            found[name] = (float(ends[0]), float(ends[1]))
        return found

    def centre(self, sizes: np.ndarray) -> np.ndarray:
        """Origin of a fit: the middle of the data or, where the caller fixes or bounds parameters, the paper's."""
        origin = self.origin(sizes)
        return origin * 0 if self._fixed() or self._bounds() else origin

    def limited(self, form: Form, origin: np.ndarray) -> Form:
        """`form` about `origin` with the values and bounds that the caller gives."""
        given = {name: (value, value) for name, value in self._fixed().items()} | self._bounds()
        for name, (low, high) in given.items():
            form.lower[self.slot(name)], form.upper[self.slot(name)] = low, high
        return form

    def _problem(self, sizes: np.ndarray, y: np.ndarray) -> tuple[Form, np.ndarray, list[np.ndarray]]:
        """The form to fit with its fixed coefficients, its origin, and the grid."""
        floor = {**{name: low for name, (low, _) in self._bounds().items()}, **self._fixed()}.get("E", 0.0)
        if y.min() <= floor:
            low = int(np.argmin(y))
            raise ValueError(f"E is fixed at {floor:g} but y entry {low} is {y[low]:g}, not above it")
        origin = self.centre(sizes)
        form = self.form(sizes, origin)
        axes = self.axes(form, sizes)
        self.limited(form, origin)
        for at in range(form.linear, len(form.lower)):
            axes[at - form.linear] = _within(axes[at - form.linear], form.lower[at], form.upper[at])
        return form, origin, axes

    def slot(self, name: str) -> int:
        """Place of a parameter among the coefficients."""
        return self.coefficients.index(name)

    coefficients: ClassVar[tuple[str, ...]] = ()

    def search(self, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[Form, np.ndarray, Optimum]:
        """The global optimum for y and weights [n]."""
        form, origin, axes = self._problem(sizes, y)
        return form, origin, optimum(form, self._loss(), axes, y, weights, self._start(origin))

    def _start(self, origin: np.ndarray) -> np.ndarray | None:
        if self.start is None:
            return None
        given = _named("start", self.start, self.parameters)
        missing = [name for name in self.parameters if name not in given]
        if missing:
            raise ValueError(f"start must name every parameter; it lacks {', '.join(missing)}")
        return self.centred({name: np.array([value]) for name, value in given.items()}, origin)[0]

    def _refit(self, sizes: np.ndarray, y: np.ndarray) -> Refit | None:
        """Replicates start from this fit's own optimum, and from its rival where there is one."""
        if self.optimum_ is None:
            return None
        form, origin, _ = self._problem(sizes, y)

        def refitted(_: np.ndarray, replicates: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
            rows = np.atleast_2d(np.asarray(replicates, dtype=float))
            theta, _ = refit(form, self._loss(), rows, np.asarray(weights, dtype=float), self.optimum_.ends)
            return self.natural(theta, origin)

        return refitted

    def fit_weighted(self, X: Any, y: Any, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Parameters [B] of the fit of every row of `weights` [B, n] to y [n] or [B, n]."""
        sizes, weights = self.sizes(X), np.asarray(weights, dtype=float)
        y = np.atleast_2d(np.asarray(y, dtype=float))
        form, origin, best = self.search(sizes, y.mean(axis=0), weights.mean(axis=0))
        theta = best.theta[None]
        if max(len(y), len(weights)) > 1:
            theta, _ = refit(form, self._loss(), y, weights, best.ends)
        return self.natural(theta, origin)

    def _estimate(self, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray) -> None:
        self._adopt(*self.search(sizes, y, weights)[1:], sizes, y, weights)

    def fit_each(self, X: Any, Y: Any, sample_weight: Any = None) -> list[Self]:
        """A fitted copy of this law for each row of Y [C, n], all with the inputs X [n, len(inputs)]; itself unchanged.

        The same as C calls of `fit`, at a fraction of their time: the searches run together.
        """
        laws = [type(self)(**self.get_params()) for _ in Y]
        sizes = self.sizes(X)
        given = Y if np.ma.isMaskedArray(Y) else np.asarray(Y)  # a masked entry is refused, not read
        rows = np.array([target(y, len(sizes)) for y in given]).reshape(-1, len(sizes))
        if self.form_has_targets or not laws:
            return [law.fit(sizes, y, sample_weight) for law, y in zip(laws, rows, strict=True)]
        weights = self._checked_weights(sizes, sample_weight)
        form, origin, axes = self._problem(sizes, rows[rows.min(axis=1).argmin()])  # the row likeliest to be refused
        found = optima(form, self._loss(), axes, rows, weights[None], self._start(origin))
        for law, best, y in zip(laws, found, rows, strict=True):
            law._adopt(origin, best, sizes, y, weights)
            law._learn(sizes, y, weights)
        return laws

    def _adopt(self, origin: np.ndarray, best: Optimum, sizes, y, weights) -> None:
        """Learned values that follow from an optimum about `origin`."""
        self._method(None)
        self.origin_ = origin
        params = {name: float(value[0]) for name, value in self.natural(best.theta[None], origin).items()}
        self._settle(params, best, sizes, y, weights)

    def _settle(self, params: dict[str, float], best: Optimum | None, sizes, y, weights) -> None:
        """Learned values that follow from the parameters; `best` is None if no search found them."""
        self.params_, self.optimum_ = params, best
        loss = self._loss()
        form = self.limited(self.form(sizes, self.centre(sizes)), self.centre(sizes))
        limited = [n for n in self._fitted_names() if self.slot(n) >= form.linear or n in self._bounds()]
        self.bounds_ = {n: (float(form.lower[self.slot(n)]), float(form.upper[self.slot(n)])) for n in limited}
        values = self.predict_many(self._fitted(), sizes)[0]
        self.objective_ = float(loss.objective(loss.residuals(values, y), weights))
        self.diagnostics_ = diagnose(self, sizes, y, weights)

    def profiled(self, sizes: np.ndarray) -> tuple[Form, np.ndarray, np.ndarray]:
        """A form whose coefficients are the parameters, the fitted ones [T], and a unit [T].

        The unit is NaN, or ln of the unit of a parameter whose logarithm is the coefficient.
        """
        origin = np.zeros_like(self.origin(sizes))
        theta = self.centred(self._fitted(), origin)[0]
        return self.form(sizes, origin), theta, np.full(len(theta), np.nan)

    def _method(self, group: np.ndarray | None) -> str:
        """What makes the intervals; raises ValueError where it cannot use the groups that are given."""
        if self.interval is None:
            return "bootstrap" if group is not None or not self.n_boot else self.default_interval
        if self.interval not in INTERVALS:
            raise UnknownName("interval", self.interval, INTERVALS)
        if group is not None and self.interval != "bootstrap":
            raise ValueError(
                f"interval={self.interval!r} takes all points as independent and cannot use groups; use "
                f"interval='bootstrap', which draws groups, or fit one mean per group"
            )
        return self.interval

    def _bootstrap(self, sizes, y, weights, group) -> BootstrapResult:
        if self._method(group) != "residual":
            return super()._bootstrap(sizes, y, weights, group)
        settings = {"n_boot": self.n_boot, "random_state": self.random_state, "sample_weight": weights}
        settings["refit"] = self._refit(sizes, y)
        return residual_bootstrap(self, sizes, y, self._logarithmic(), **settings)

    def _intervals(self, sizes, y, weights, group) -> dict[str, tuple[float, float]]:
        self.interval_method_ = self._method(group)
        if self.interval_method_ != "profile":
            return super()._intervals(sizes, y, weights, group)
        if self.scatter_.free < 1:
            return dict.fromkeys(self._fitted_names(), self._anything)
        found = profile_intervals(self, sizes, y, weights)
        return found | {name: found[leader] for name, leader in self._tied().items() if leader in found}

    def _gradient(self, sizes: np.ndarray) -> np.ndarray:
        return differences(self, self._fitted_names(), sizes)[1]

    def predict_many(self, params: dict[str, np.ndarray], X: Any) -> np.ndarray:
        """Predictions [B, n] of B sets of parameters."""
        sizes = self.sizes(X)
        origin = np.zeros_like(self.origin(sizes))
        return self.form(sizes, origin).values(self.centred(params, origin))

    def _how(self) -> str:
        how = "95 %, profile likelihood" if self.interval_method_ == "profile" else super()._how()
        by_default = self.interval is None and self.loss in (None, self.default_loss) and not self.seeds_
        return f"{how}; {self.coverage}" if self.coverage and by_default else how

    def _fit_facts(self) -> dict[str, Any]:
        return {
            "optimiser": self._optimiser(),
            "loss": f"{self._loss()}; {self.objective_:.6g} at the optimum",
            "bounds": self._searched(),
            "identifiability": "; ".join(self.diagnostics_["messages"]) or "all parameters determined",
        }

    def _searched(self) -> str:
        """Bounds of the exponents, and what the caller fixed, tied or bounded."""
        limits = [f"{name} {low:.3g} to {high:.3g}" for name, (low, high) in self.bounds_.items()]
        limits += [f"{name} = {value:g} (fixed)" for name, value in self._fixed().items()]
        return ", ".join(limits + [f"{name} = {leader} (tied)" for name, leader in self._tied().items()])

    def _optimiser(self) -> str:
        best = self.optimum_
        return (
            f"grid of {best.grid_points} exponents with the rest solved exactly, {best.polished} best "
            f"polished by damped Newton, {best.agreeing} of them to the same optimum; no random starts"
        )


def _within(axis: np.ndarray, low: float, high: float) -> np.ndarray:
    """The part of a grid axis between two bounds, with the bounds; refined if little is left of it."""
    if low == high:
        return np.array([low])
    inside = axis[(axis > low) & (axis < high)]
    if len(inside) == len(axis) or len(inside) >= ENOUGH:
        return axis[(axis >= low) & (axis <= high)]
    return np.unique([*inside, *np.linspace(low, high, ENOUGH)]) if np.isfinite(high) else inside


def _named(what: str, given: dict[str, float] | None, names: tuple[str, ...]) -> dict[str, float]:
    """`given` with its names and values checked."""
    checked = {}
    for name, value in (given or {}).items():
        if name not in names:
            raise UnknownName(f"parameter in {what}", name, names)
        checked[name] = float(numbers(value, f"{what} {name}"))
        if checked[name] < 0:
            raise ValueError(f"{what} {name} must not be negative; got {value:g}")
    return checked
