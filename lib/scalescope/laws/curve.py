"""What the laws fitted by the core share: the fit, its intervals and its diagnostics."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import clone

from scalescope.laws.diagnostics import diagnose, differences
from scalescope.laws.fit.form import Form
from scalescope.laws.fit.optimum import KEPT, Optimum, optima, optimum, refit
from scalescope.laws.inputs import target
from scalescope.laws.intervals import BootstrapResult, Refit, residual_bootstrap
from scalescope.laws.profile import profile_intervals
from scalescope.laws.settings import FitSettings

ENOUGH = 5  # points of a grid axis that bounds given by the caller leave


class CurveLaw(FitSettings):
    """Base of the laws with exponents; a law gives `form`, `axes`, and where they are not the usual ones
    `origin`, `natural` and `centred`.

    Coefficients are fitted about an `origin` (the middle of the data), where they hardly correlate, and
    reported in the paper's symbols. Learned beside what every law learns: `objective_` (the loss at the optimum).
    """

    coverage: ClassVar[str] = ""  # what the default interval reaches, where that is not 0.93 to 0.97 (law_truth.csv)
    form_has_targets: ClassVar[bool] = False  # whether the form of a fit depends on y, and so is of one fit alone
    coefficients: ClassVar[tuple[str, ...]] = ()
    kept: ClassVar[int] = KEPT  # starts that are polished to the end

    def form(self, sizes: np.ndarray, origin: np.ndarray) -> Form:
        """The law at these inputs [n, len(inputs)], about `origin`, with its bounds."""
        raise NotImplementedError

    def origin(self, sizes: np.ndarray) -> np.ndarray:
        """Middle of the data in the law's own coordinates, here ln of the inputs; all zero is the paper's."""
        return np.log(sizes).mean(axis=0)

    def axes(self, form: Form, sizes: np.ndarray) -> list[np.ndarray]:
        """Grid of each shape that is searched."""
        raise NotImplementedError

    def natural(self, theta: np.ndarray, origin: np.ndarray) -> dict[str, np.ndarray]:
        """Parameters [B] in the paper's symbols from coefficients [B, T]; here they are the same."""
        return dict(zip(self.coefficients, theta.T, strict=True))

    def centred(self, params: dict[str, Any], origin: np.ndarray) -> np.ndarray:
        """Coefficients [B, T] from parameters [B]; the inverse of `natural`."""
        return np.stack([np.asarray(params[name], dtype=float) for name in self.coefficients], axis=1)

    def centre(self, sizes: np.ndarray) -> np.ndarray:
        """Origin of a fit: the middle of the data or, where the caller fixes or bounds parameters, the paper's."""
        origin = self.origin(sizes)
        return origin * 0 if self._fixed() or self.given_bounds() else origin

    def limited(self, form: Form) -> Form:
        """`form` with the values and bounds that the caller gives."""
        given = {name: (value, value) for name, value in self._fixed().items()} | self.given_bounds()
        for name, (low, high) in given.items():
            form.lower[self.slot(name)], form.upper[self.slot(name)] = low, high
        return form

    def _problem(self, sizes: np.ndarray, y: np.ndarray) -> tuple[Form, np.ndarray, list[np.ndarray]]:
        """The form to fit with its fixed coefficients, its origin, and the grid."""
        floor = {**{name: low for name, (low, _) in self.given_bounds().items()}, **self._fixed()}.get("E", 0.0)
        if y.min() <= floor:
            low = int(np.argmin(y))
            raise ValueError(f"E is fixed at {floor:g} but y entry {low} is {y[low]:g}, not above it")
        origin = self.centre(sizes)
        form = self.form(sizes, origin)
        axes = self.axes(form, sizes)
        self.limited(form)
        for at in range(form.linear, len(form.lower)):
            axes[at - form.linear] = _within(axes[at - form.linear], form.lower[at], form.upper[at])
        return form, origin, axes

    def slot(self, name: str) -> int:
        """Place of a parameter among the coefficients."""
        return self.coefficients.index(name)

    def _starts(self, origin: np.ndarray) -> list[np.ndarray]:
        """The coefficients [T] of the start that the caller gives, or none."""
        given = self.given_start()
        if given is None:
            return []
        params = {name: np.array([value]) for name, value in given.items()}
        return [self.centred(params, origin)[0]]

    def search(self, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[Form, np.ndarray, Optimum]:
        """The global optimum for y and weights [n]."""
        form, origin, axes = self._problem(sizes, y)
        best = optimum(form, self.given_loss(), axes, y, weights, self._starts(origin), self.kept)
        return form, origin, best

    def _refit(self, sizes: np.ndarray, y: np.ndarray) -> Refit | None:
        """Replicates start from this fit's own optimum, and from its rival where there is one."""
        if self.optimum_ is None:
            return None
        form, origin, _ = self._problem(sizes, y)

        def refitted(_: np.ndarray, replicates: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
            rows = np.atleast_2d(np.asarray(replicates, dtype=float))
            weights = np.asarray(weights, dtype=float)
            return self.natural(refit(form, self.given_loss(), rows, weights, self.optimum_.ends), origin)

        return refitted

    def fit_weighted(self, X: Any, y: Any, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Parameters [B] of the fit of every row of `weights` [B, n] to y [n] or [B, n]."""
        sizes, weights = self.sizes(X), np.asarray(weights, dtype=float)
        y = np.atleast_2d(np.asarray(y, dtype=float))
        form, origin, best = self.search(sizes, y.mean(axis=0), weights.mean(axis=0))
        theta = best.theta[None]
        if max(len(y), len(weights)) > 1:
            theta = refit(form, self.given_loss(), y, weights, best.ends)
        return self.natural(theta, origin)

    def _estimate(self, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray) -> None:
        self._adopt(*self.search(sizes, y, weights)[1:], sizes, y, weights)

    def fit_each(self, X: Any, Y: Any, sample_weight: Any = None) -> list[Self]:
        """A fitted copy of this law for each row of Y [C, n], all with the inputs X [n, len(inputs)]; itself unchanged.

        The same as C calls of `fit`, at a fraction of their time: the searches run together.
        """
        self.check_settings()
        laws = [clone(self)._named(X) for _ in Y]
        sizes = self.sizes(X)
        given = Y if np.ma.isMaskedArray(Y) else np.asarray(Y)  # a masked entry is refused, not read
        rows = np.array([target(y, len(sizes)) for y in given]).reshape(-1, len(sizes))
        if self.form_has_targets or not laws:
            return [law.fit(sizes, y, sample_weight) for law, y in zip(laws, rows, strict=True)]
        weights = self._checked_weights(sizes, sample_weight)
        form, origin, axes = self._problem(sizes, rows[rows.min(axis=1).argmin()])  # the row likeliest to be refused
        found = optima(form, self.given_loss(), axes, rows, weights, self._starts(origin), self.kept)
        for law, best, y in zip(laws, found, rows, strict=True):
            law._adopt(origin, best, sizes, y, weights)
            law._learn(sizes, y, weights)
            law._warn()
        return laws

    def _adopt(self, origin: np.ndarray, best: Optimum, sizes, y, weights) -> None:
        """Learned values that follow from an optimum about `origin`."""
        self.origin_ = origin
        self._settle(self.natural(best.theta[None], origin), best, sizes, y, weights)

    def _settle(self, fitted: dict[str, np.ndarray], best: Optimum | None, sizes, y, weights) -> None:
        """Learned values that follow from the parameters [1]; `best` is None if no search found them."""
        self.params_, self.optimum_ = {name: float(value[0]) for name, value in fitted.items()}, best
        loss = self.given_loss()
        form = self.limited(self.form(sizes, self.centre(sizes)))
        limited = [n for n in self.fitted_names() if self.slot(n) >= form.linear or n in self.given_bounds()]
        self.bounds_ = {n: (float(form.lower[self.slot(n)]), float(form.upper[self.slot(n)])) for n in limited}
        self.objective_ = float(loss.objective(loss.residuals(self._values(sizes), y), weights))
        self.diagnostics_ = diagnose(self, sizes, y, weights)

    def profiled(self, sizes: np.ndarray) -> tuple[Form, np.ndarray, np.ndarray]:
        """A form whose coefficients are the parameters, the fitted ones [T], and a unit [T].

        The unit is NaN, or ln of the unit of a parameter whose logarithm is the coefficient.
        """
        origin = np.zeros_like(self.origin(sizes))
        theta = self.centred(self._fitted(), origin)[0]
        return self.form(sizes, origin), theta, np.full(len(theta), np.nan)

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
            return dict.fromkeys(self.fitted_names(), self._anything)
        found = profile_intervals(self, sizes, y, weights)
        return found | {name: found[leader] for name, leader in self.tied().items() if leader in found}

    def _gradient(self, sizes: np.ndarray) -> np.ndarray:
        return differences(self, self.fitted_names(), sizes)[1]

    def predict_many(self, params: dict[str, np.ndarray], X: Any) -> np.ndarray:
        """Predictions [B, n] of B sets of parameters."""
        sizes = self.sizes(X)
        origin = np.zeros_like(self.origin(np.ones((1, len(self.inputs)))))
        return self.form(sizes, origin).values(self.centred(params, origin))

    def _how(self) -> str:
        how = "95 %, profile likelihood" if self.interval_method_ == "profile" else super()._how()
        by_default = self.interval is None and self.loss in (None, self.default_loss) and not self.seeds_
        return f"{how}; {self.coverage}" if self.coverage and by_default else how

    def _fit_facts(self) -> dict[str, Any]:
        return {
            "optimiser": self._optimiser(),
            "loss": f"{self.given_loss()}; {self.objective_:.6g} at the optimum",
            "bounds": self._searched(),
            "identifiability": "; ".join(self.diagnostics_["messages"]) or "all parameters determined",
        }

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
