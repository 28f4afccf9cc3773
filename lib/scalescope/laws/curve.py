"""What the laws fitted by the core share: settings, the fit, its intervals and its diagnostics."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from scalescope.laws.base import ScalingLaw
from scalescope.laws.bootstrap import BootstrapResult, residual_bootstrap
from scalescope.laws.diagnostics import diagnose
from scalescope.laws.fitting import Optimum, optima, optimum, refit
from scalescope.laws.forms import Form
from scalescope.laws.inputs import numbers, table, target
from scalescope.laws.losses import Loss
from scalescope.laws.profile import profile_intervals
from scalescope.schema import UnknownName

INTERVALS = ("bootstrap", "residual", "profile")


class CurveLaw(ScalingLaw):
    """Base of the laws with exponents; a law gives `form`, `axes`, `natural` and `centred`.

    Coefficients are fitted about an `origin` (the middle of the data), where they hardly correlate, and
    reported in the paper's symbols. `params_`, `intervals_` (95 %), `objective_` (the loss at the optimum),
    `diagnostics_`, `bootstrap_`, `range_`, `n_points_`, `n_sizes_` are learned.
    """

    default_loss: ClassVar[str] = "log_squares"
    form_has_targets: ClassVar[bool] = False  # whether the form of a fit depends on y, and so is of one fit alone

    def __init__(
        self,
        *,
        loss: str | None = None,
        delta: float = 1e-3,
        summed: bool = True,
        fixed: dict[str, float] | None = None,
        start: dict[str, float] | None = None,
        interval: str = "bootstrap",
        n_boot: int = 1000,
        random_state: int | np.random.Generator | None = 0,
        warn_beyond: float | None = 10.0,
    ):
        """Store the settings.

        `loss`: one of losses.LOSSES (None: the law's `default_loss`), with `delta` of the Huber loss, summed or
        averaged. `fixed`: parameters not to be fitted, by value. `start`: parameters that join the starts of the search
        (it never needs them). `interval`: "bootstrap" (by group with `groups`, else by point), "residual" (bootstrap of
        the residuals) or "profile" (likelihood). `n_boot`: replicates, 0 for none. `warn_beyond`: factor outside the
        fitted range from which `predict` warns (None: never).
        """
        self.loss = loss
        self.delta = delta
        self.summed = summed
        self.fixed = fixed
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
        return len(self.parameters) - len(self._checked_fixed())

    def sizes(self, X: Any) -> np.ndarray:
        """Checked inputs [n, len(inputs)], all above zero."""
        return table(X, self.inputs)

    def _loss(self) -> Loss:
        return Loss(self.loss or self.default_loss, self.delta, self.summed)

    def _checked_fixed(self) -> dict[str, float]:
        return _named("fixed", self.fixed, self.parameters)

    def _problem(self, sizes: np.ndarray, y: np.ndarray) -> tuple[Form, np.ndarray, list[np.ndarray]]:
        """The form to fit with its fixed coefficients, its origin, and the grid."""
        fixed = self._checked_fixed()
        floor = fixed.get("E", 0.0)
        if y.min() <= floor:
            low = int(np.argmin(y))
            raise ValueError(f"E is fixed at {floor:g} but y entry {low} is {y[low]:g}, not above it")
        origin = self.origin(sizes) if not fixed else self.origin(sizes) * 0
        form = self.form(sizes, origin)
        axes = self.axes(form, sizes)
        for name, value in fixed.items():
            at = self.slot(name)
            form.lower[at] = form.upper[at] = value
            if at >= form.linear:
                axes[at - form.linear] = np.array([value])
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
        rows = np.array([target(y, len(sizes)) for y in np.asarray(Y)]).reshape(-1, len(sizes))
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
        if self.interval not in INTERVALS:
            raise UnknownName("interval", self.interval, INTERVALS)
        params = {name: float(value[0]) for name, value in self.natural(best.theta[None], origin).items()}
        self._settle(params, best, sizes, y, weights)

    def _settle(self, params: dict[str, float], best: Optimum | None, sizes, y, weights) -> None:
        """Learned values that follow from the parameters; `best` is None if no search found them."""
        self.params_, self.optimum_ = params, best
        loss = self._loss()
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

    def _bootstrap(self, sizes, y, weights, groups) -> BootstrapResult:
        if self.interval != "residual":
            return super()._bootstrap(sizes, y, weights, groups)
        settings = {"n_boot": self.n_boot, "random_state": self.random_state, "sample_weight": weights}
        return residual_bootstrap(self, sizes, y, self._loss().logarithmic, **settings)

    def _intervals(self, sizes, y, weights) -> dict[str, tuple[float, float]]:
        if self.interval == "profile":
            return profile_intervals(self, sizes, y, weights)
        return super()._intervals(sizes, y, weights)

    def predict_many(self, params: dict[str, np.ndarray], X: Any) -> np.ndarray:
        """Predictions [B, n] of B sets of parameters."""
        sizes = self.sizes(X)
        origin = np.zeros_like(self.origin(sizes))
        return self.form(sizes, origin).values(self.centred(params, origin))

    def _how(self) -> str:
        return "95 %, profile likelihood" if self.interval == "profile" else super()._how()

    def _fit_facts(self) -> dict[str, Any]:
        return {
            "optimiser": self._optimiser(),
            "loss": f"{self._loss()}; {self.objective_:.6g} at the optimum",
            "identifiability": "; ".join(self.diagnostics_["messages"]) or "all parameters determined",
        }

    def _optimiser(self) -> str:
        best = self.optimum_
        return (
            f"grid of {best.grid_points} exponents with the rest solved exactly, {best.polished} best "
            f"polished by damped Newton, {best.agreeing} of them to the same optimum; no random starts"
        )


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
