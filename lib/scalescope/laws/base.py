"""What every law shares: the estimator contract, the fit, and intervals from the bootstrap.

The contract is scikit-learn's, without importing it: the constructor stores its keyword arguments unchanged,
`fit` computes, learned values end in `_`, and `get_params` / `set_params` make a law cloneable.
"""

from __future__ import annotations

import inspect
import warnings
from typing import Any, ClassVar, Self

import numpy as np

from scalescope.errors import UnknownName
from scalescope.laws.bootstrap import BootstrapResult, Refit, hierarchical_bootstrap, naive_bootstrap, numbered
from scalescope.laws.card import FitCard, fit_card
from scalescope.laws.inputs import labels, point_weights, target, without_masked
from scalescope.laws.lack import lack_of_fit
from scalescope.laws.remarks import SuspectInput, remarks
from scalescope.laws.scatter import new_run, scatter_of

KINDS = ("law", "run")
NO_LACK = "none found at 1 % (bend and break along each input, outliers)"


class NotFitted(ValueError, AttributeError):
    """A law was asked for learned values before `fit`."""


class ExtrapolationWarning(UserWarning):
    """A law was asked far outside the range it was fitted on."""


class ScalingLaw:
    """Base of the laws; a law gives `inputs`, `parameters`, `sizes`, `fit_weighted` and `predict_many`.

    `sizes(X)` -> [n, len(inputs)]; `fit_weighted(X, y, weights)` fits all rows of weights [B, n] at once ->
    dict of arrays [B]; `predict_many(params, X)` -> [B, n]. Fits, intervals and bootstraps all go through
    these.
    """

    inputs: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[tuple[str, ...]] = ()
    min_distinct: ClassVar[int] = 2  # fewest distinct input rows that determine the law
    equation: ClassVar[str] = ""
    source: ClassVar[str] = ""
    share: ClassVar[bool] = False  # whether y is an error, which cannot exceed one
    _anything: ClassVar[tuple[float, float]] = (-np.inf, np.inf)  # what a parameter of this law can be

    warn_beyond: float | None
    n_boot: int
    random_state: int | np.random.Generator | None

    def sizes(self, X: Any) -> np.ndarray:
        """Checked inputs [n, len(inputs)], all above zero."""
        raise NotImplementedError

    def fit_weighted(self, X: Any, y: Any, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Fit every row of `weights` [B, n]: parameter name -> [B]."""
        raise NotImplementedError

    def predict_many(self, params: dict[str, np.ndarray], X: Any) -> np.ndarray:
        """Predictions [B, n] of B sets of parameters."""
        raise NotImplementedError

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Fit the law and, if `n_boot` > 0, its bootstrap: by scale and seed with `groups` [n] (or scale,
        subgroup and seed with [n, 2], see `hierarchical_bootstrap`), else flat.

        Rows that are masked in X, y or the weights are left out, and `messages_` says how many. Raises ValueError for
        values that are not finite or not above zero, for text, for lengths that differ, and for too few distinct
        sizes. Warns (SuspectInput) of units that are probably wrong and of repeated sizes without groups.
        """
        X, y, sample_weight, groups, masked = without_masked(X, y, sample_weight, groups)
        sizes = self.sizes(X)
        y = target(y, len(sizes))
        group = None if groups is None else labels(groups, len(y))
        weights = self._checked_weights(sizes, sample_weight)
        self._estimate(sizes, y, weights)
        self._learn(sizes, y, weights, group, masked)
        for doubt in self._doubts:
            warnings.warn(f"{type(self).__name__}: {doubt}", SuspectInput, stacklevel=2)
        return self

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs of this law, as columns and in messages."""
        return self.inputs

    def _fixed(self) -> dict[str, float]:
        """Parameters that are not fitted, by value."""
        return {}

    def _fitted_names(self) -> list[str]:
        """Parameters that are fitted, each once."""
        return [name for name in self.parameters if name not in self._fixed()]

    def _checked_weights(self, sizes: np.ndarray, sample_weight: Any) -> np.ndarray:
        """Weights [n] of the points, of which enough distinct ones count."""
        weights = point_weights(sample_weight, len(sizes))
        used = sizes[weights > 0]
        distinct = len(np.unique(used, axis=0))
        least = max(self.min_distinct, 1)
        if distinct < least:
            raise ValueError(
                f"{type(self).__name__} needs at least {least} distinct values of "
                f"{', '.join(self.input_names)}; got {distinct} in {len(used)} point(s)"
            )
        return weights

    def _learn(self, sizes, y, weights, group: np.ndarray | None = None, masked: int = 0) -> Self:
        """What is learned beside the parameters: range, scatter, bootstrap, intervals, messages."""
        used = weights > 0
        kept = sizes[used]
        self.n_points_, self.n_left_out_, self.n_masked_ = len(kept), len(sizes) - len(kept), masked
        self.n_sizes_ = len(np.unique(kept, axis=0))
        self.range_ = {name: (float(low), float(high)) for name, low, high in
                       zip(self.input_names, kept.min(axis=0), kept.max(axis=0), strict=True)}  # fmt: skip
        self.seeds_ = None if group is None else _per_group(group[used])
        self._judge(sizes, y, weights, group)
        self.bootstrap_ = self._bootstrap(sizes, y, weights, group) if self.n_boot else None
        self.intervals_, said = self._held(self._intervals(sizes, y, weights, group))
        left_out = [f"{masked} masked row(s) left out"] if masked else []
        self.messages_ = [*self.diagnostics_["messages"], *said, *self.lack_of_fit_, *self._doubts, *left_out]
        return self

    def _judge(self, sizes, y, weights, group) -> None:
        """Scatter of the runs, lack of fit, and doubts about the table; of groups [n, 2] the first column counts."""
        group = None if group is None else group.reshape(len(group), -1)[:, 0]
        residuals = self._residuals(sizes, y)
        used = weights > 0
        self.scatter_ = scatter_of(residuals, weights, group, len(self._fitted_names()), self._logarithmic())
        root = np.sqrt(weights[used])
        kept = None if group is None else group[used]
        gradient = self._gradient(sizes)[:, used] * root
        self.lack_of_fit_ = lack_of_fit(residuals[used] * root, gradient, sizes[used], self.input_names, kept)
        self._doubts = remarks(self.input_names, sizes[used], y[used], kept, share=self.share, spread=self.n_boot > 0)
        if kept is not None and len(np.unique(kept)) <= len(self._fitted_names()) < len(kept):
            self.diagnostics_["messages"].append(
                f"{len(np.unique(kept))} groups for {len(self._fitted_names())} parameters: nothing tells how far a "
                f"group lies from the law, and intervals hold the scatter within groups only"
            )

    def _logarithmic(self) -> bool:
        """Whether the law is fitted to ln y."""
        return True

    def _residuals(self, sizes: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Law - data [n], of ln y or of y as the law is fitted."""
        values = self.predict_many(self._fitted(), sizes)[0]
        return np.log(values / y) if self._logarithmic() else values - y

    def _gradient(self, sizes: np.ndarray) -> np.ndarray:
        """Change [P, n] of the residuals by each fitted parameter, in any unit."""
        raise NotImplementedError

    def _estimate(self, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray) -> None:
        fitted = self.fit_weighted(sizes, y, weights[None, :])
        self.params_ = {name: float(value[0]) for name, value in fitted.items()}

    def _intervals(self, sizes, y, weights, group) -> dict[str, tuple[float, float]]:
        return self.bootstrap_.intervals() if self.bootstrap_ else {}

    def _held(self, found: dict[str, tuple[float, float]]) -> tuple[dict[str, tuple[float, float]], list[str]]:
        """Intervals that hold their estimates, of what was fitted only; infinite where no scatter is left to judge."""
        fixed = self._fixed()
        found = {name: ends for name, ends in found.items() if name not in fixed}
        if self.scatter_.free < 1:
            return dict.fromkeys(found, self._anything), []
        held, outside = {}, []
        for name, (low, high) in found.items():
            value = self.params_[name]
            held[name] = (min(low, value), max(high, value))
            if max(low - value, value - high) > 1e-6 * abs(value):
                outside.append(name)
        said = f"the bootstrap of {', '.join(outside)} lies to one side of the estimate; intervals extended to hold it"
        return held, [said] if outside else []

    def _bootstrap(self, sizes, y, weights, group) -> BootstrapResult:
        settings = {"n_boot": self.n_boot, "random_state": self.random_state, "sample_weight": weights}
        settings["refit"] = self._refit(sizes, y)
        if group is None:
            return naive_bootstrap(self, sizes, y, **settings)
        return hierarchical_bootstrap(self, sizes, y, group, **settings)

    def _refit(self, sizes: np.ndarray, y: np.ndarray) -> Refit | None:
        """How replicates are fitted, from the optimum for y; None: as any fit."""
        return None

    def _fitted(self) -> dict[str, np.ndarray]:
        if not hasattr(self, "params_"):
            raise NotFitted(f"this {type(self).__name__} is not fitted yet; call fit(X, y) first")
        return {name: np.array([value]) for name, value in self.params_.items()}

    def predict(self, X: Any) -> np.ndarray:
        """The law's value [n] at X; warns beyond `warn_beyond` times the fitted range; NotFitted before `fit`."""
        values = self.predict_many(self._fitted(), X)[0]
        factor = 1.0 if self.warn_beyond is None else self.extrapolation(X).max(initial=1.0)
        if self.warn_beyond is not None and factor > self.warn_beyond:
            warnings.warn(
                f"{type(self).__name__} extrapolates by a factor of {factor:.3g} beyond its fitted range",
                ExtrapolationWarning,
                stacklevel=2,
            )
        return values

    def predict_interval(self, X: Any, level: float = 0.95, *, kind: str = "law") -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bound [n], [n] at X: of the law, or of one new run.

        "law": percentiles of the bootstrapped laws, the uncertainty of the law itself (the mean of ever more runs).
        "run": where one new run falls, uncertainty of the law and scatter of runs together (`scatter.new_run`). Both
        hold the law's own value. They are zero and infinity where as many points as parameters leave nothing to judge
        by. Neither knows whether the law holds beyond the fitted range. Raises ValueError without bootstrap,
        UnknownName for another kind.
        """
        middle = self.predict_many(self._fitted(), X)[0]
        if kind not in KINDS:
            raise UnknownName("kind of interval", kind, KINDS)
        if self.bootstrap_ is None:
            raise ValueError("intervals need the bootstrap; construct the law with n_boot above 0 and fit again")
        if self.scatter_.free < 1 and self._fitted_names():
            return np.zeros(len(middle)), np.full(len(middle), np.inf)
        if kind == "law":
            low, high = self.bootstrap_.sleeve(X, level)
        else:
            self.bootstrap_.tails(level)  # refuses a level that is none
            laws = self.predict_many(self.bootstrap_.params, X)
            low, high = new_run(laws, middle, self.scatter_, level, self.random_state)
        return np.minimum(low, middle), np.maximum(high, middle)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """R2 in linear space: 1 - residual / total sum of squares of y, about the mean of all points.

        As Ivgi 2022, eq. 2-4: the fit is in log-log, the residuals are y - law(X). NaN if y does not vary.
        """
        X, y, sample_weight, _, _ = without_masked(X, y, sample_weight, None)
        predicted = self.predict(X)
        y = target(y, len(predicted))
        weights = point_weights(sample_weight, len(y))
        total = weights @ (y - np.average(y, weights=weights)) ** 2
        return float(1 - weights @ (y - predicted) ** 2 / total) if total > 0 else float("nan")

    def facts(self) -> dict[str, Any]:
        """What the law itself can put on its fit card, by the names of `card.LABELS`."""
        self._fitted()
        return {
            "law": type(self).__name__,
            "equation": self.equation,
            "source": self.source,
            "params": dict(self.params_),
            "intervals": {name: list(bounds) for name, bounds in self.intervals_.items()},
            "interval_method": self._how() if self.intervals_ else None,
            "scatter": self._scatter_text(),
            "lack_of_fit": "; ".join(m.removeprefix("lack of fit: ") for m in self.lack_of_fit_) or NO_LACK,
            "remarks": "; ".join(self._doubts) or "none",
            "points_used": self.n_points_,
            "distinct_sizes": self.n_sizes_,
            "points_left_out": self.n_left_out_,
            "masked": self.n_masked_,
            "seeds": self.seeds_,
            "fitted_range": {name: list(bounds) for name, bounds in self.range_.items()},
            **self._fit_facts(),
        }

    def _how(self) -> str:
        return f"95 %, percentiles of {self.bootstrap_.n_boot} bootstrap fits ({self.bootstrap_.kind})"

    def _scatter_text(self) -> str | None:
        if self.scatter_.free < 1:
            return None
        unit = "of y, relative" if self.scatter_.logarithmic else "of y"
        return f"{self.scatter_.deviation:.3g} {unit}, one standard deviation, {self.scatter_.free} d.f."

    def _fit_facts(self) -> dict[str, Any]:
        """`optimiser`, `loss` and `identifiability`, which differ from law to law."""
        raise NotImplementedError

    def card(self, **given: Any) -> FitCard:
        """The fit card; `given` is what the law cannot know, see `card.fit_card`."""
        return fit_card(self, **given)

    def extrapolation(self, X: Any) -> np.ndarray:
        """Factor [n] by which X lies outside the fitted range, the largest over inputs; 1 inside."""
        self._fitted()
        low, high = np.array([self.range_[name] for name in self.input_names]).T
        sizes = self.sizes(X)
        return np.maximum(1.0, np.maximum(sizes / high, low / sizes)).max(axis=1)

    @classmethod
    def _names(cls) -> list[str]:
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Constructor arguments by name."""
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params: Any) -> Self:
        """Change constructor arguments; raises UnknownName for one that does not exist."""
        for name, value in params.items():
            if name not in self._names():
                raise UnknownName(f"parameter of {type(self).__name__}", name, self._names())
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({given})"

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "params_")

    def __sklearn_tags__(self):
        # only scikit-learn calls this, so it is there to import; the laws themselves do without it
        from sklearn.utils import RegressorTags, Tags, TargetTags

        return Tags(estimator_type="regressor", target_tags=TargetTags(required=True), regressor_tags=RegressorTags())


def _per_group(groups: np.ndarray) -> str:
    group, subgroup = numbered(groups)
    counts, subgroups = np.bincount(group), subgroup.max() + 1
    low, high = counts.min(), counts.max()
    return f"{low if low == high else f'{low} to {high}'} per group, {len(counts)} groups" + (
        f", {subgroups} subgroups" if subgroups > len(counts) else ""
    )
