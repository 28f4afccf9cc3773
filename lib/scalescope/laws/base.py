"""What every law shares: the estimator contract, the fit, and intervals from the bootstrap.

The contract is scikit-learn's, without importing it: the constructor stores its keyword arguments unchanged,
`fit` computes, learned values end in `_`, and `get_params` / `set_params` make a law cloneable.
"""

from __future__ import annotations

import inspect
import warnings
from typing import Any, ClassVar, Self

import numpy as np

from scalescope.laws.bootstrap import BootstrapResult, hierarchical_bootstrap, naive_bootstrap, numbered
from scalescope.laws.card import FitCard, fit_card
from scalescope.laws.inputs import point_weights, target
from scalescope.schema import UnknownName


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

        Raises ValueError for values that are not finite or not above zero, for lengths that differ, and for
        too few distinct sizes.
        """
        sizes = self.sizes(X)
        y = target(y, len(sizes))
        weights = self._checked_weights(sizes, sample_weight)
        self._estimate(sizes, y, weights)
        return self._learn(sizes, y, weights, groups)

    def _checked_weights(self, sizes: np.ndarray, sample_weight: Any) -> np.ndarray:
        """Weights [n] of the points, of which enough distinct ones count."""
        weights = point_weights(sample_weight, len(sizes))
        used = sizes[weights > 0]
        distinct = len(np.unique(used, axis=0))
        if distinct < self.min_distinct:
            raise ValueError(
                f"{type(self).__name__} needs at least {self.min_distinct} distinct values of "
                f"{', '.join(self.inputs)}; got {distinct} in {len(used)} point(s)"
            )
        return weights

    def _learn(self, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray, groups: Any = None) -> Self:
        """What is learned beside the parameters: range, bootstrap, intervals."""
        used = sizes[weights > 0]
        self.n_points_, self.n_left_out_ = len(used), len(sizes) - len(used)
        self.n_sizes_ = len(np.unique(used, axis=0))
        self.range_ = {name: (float(low), float(high)) for name, low, high in
                       zip(self.inputs, used.min(axis=0), used.max(axis=0), strict=True)}  # fmt: skip
        self.bootstrap_ = self._bootstrap(sizes, y, weights, groups) if self.n_boot else None
        self.intervals_ = self._intervals(sizes, y, weights)
        self.seeds_ = None if groups is None else _per_group(np.asarray(groups)[weights > 0])
        return self

    def _estimate(self, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray) -> None:
        fitted = self.fit_weighted(sizes, y, weights[None, :])
        self.params_ = {name: float(value[0]) for name, value in fitted.items()}

    def _intervals(self, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray) -> dict[str, tuple[float, float]]:
        return self.bootstrap_.intervals() if self.bootstrap_ else {}

    def _bootstrap(self, sizes, y, weights, groups) -> BootstrapResult:
        settings = {"n_boot": self.n_boot, "random_state": self.random_state, "sample_weight": weights}
        if groups is None:
            return naive_bootstrap(self, sizes, y, **settings)
        return hierarchical_bootstrap(self, sizes, y, groups, **settings)

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

    def predict_interval(self, X: Any, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bound [n], [n] of the law at X: percentiles of the bootstrapped laws (the sleeve).

        It is the uncertainty of the law itself, not of one new run, whose seed noise comes on top.
        """
        self._fitted()
        if self.bootstrap_ is None:
            raise ValueError("intervals need the bootstrap; construct the law with n_boot above 0 and fit again")
        return self.bootstrap_.sleeve(X, level)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """R2 in linear space: 1 - residual / total sum of squares of y, about the mean of all points.

        As Ivgi 2022, eq. 2-4: the fit is in log-log, the residuals are y - law(X). NaN if y does not vary.
        """
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
            "points_used": self.n_points_,
            "distinct_sizes": self.n_sizes_,
            "points_left_out": self.n_left_out_,
            "seeds": self.seeds_,
            "fitted_range": {name: list(bounds) for name, bounds in self.range_.items()},
            **self._fit_facts(),
        }

    def _how(self) -> str:
        return f"95 %, percentiles of {self.bootstrap_.n_boot} bootstrap fits ({self.bootstrap_.kind})"

    def _fit_facts(self) -> dict[str, Any]:
        """`optimiser`, `loss` and `identifiability`, which differ from law to law."""
        raise NotImplementedError

    def card(self, **given: Any) -> FitCard:
        """The fit card; `given` is what the law cannot know, see `card.fit_card`."""
        return fit_card(self, **given)

    def extrapolation(self, X: Any) -> np.ndarray:
        """Factor [n] by which X lies outside the fitted range, the largest over inputs; 1 inside."""
        self._fitted()
        low, high = np.array([self.range_[name] for name in self.inputs]).T
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
