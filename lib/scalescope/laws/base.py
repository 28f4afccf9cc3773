"""What the fits of all laws share: checked points, what is learned from them beside the parameters, the bootstrap."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from scalescope.laws.inputs import generator, numbers, point_weights, replicate_count, same_rows, target, without_masked
from scalescope.laws.intervals import BootstrapResult, Refit, hierarchical_bootstrap, naive_bootstrap
from scalescope.laws.labels import labels
from scalescope.laws.lack import lack_of_fit
from scalescope.laws.prediction import Prediction
from scalescope.laws.remarks import SuspectInput, remarks
from scalescope.laws.resample import per_group
from scalescope.laws.scatter import scatter_of


def documented(cls: type[Any]) -> type[Any]:
    """The class, whose constructor says in a notebook what the class says: a dataclass gives it no docstring."""
    cls.__init__.__doc__ = cls.__doc__
    return cls


@documented
@dataclass(eq=False, repr=False, kw_only=True)
class ScalingLaw(Prediction):
    """Base of the laws; a law gives `inputs`, `parameters`, `fit_weighted` and `predict_many`.

    `sizes(X)` -> [n, len(inputs)]; `fit_weighted(X, y, weights)` fits all rows of weights [B, n] at once ->
    dict of arrays [B]; `predict_many(params, X)` -> [B, n]. Fits, intervals and bootstraps all go through
    these. A law is an estimator of scikit-learn. Learned with `fit`: `params_`, `intervals_` (95 %), `replicates_`
    (parameter -> [n_boot], None without bootstrap), `scatter_`, `range_`, `messages_`, `diagnostics_`, `lack_`
    and its messages `lack_of_fit_`, `n_points_`, `n_sizes_`, `n_left_out_`, `n_masked_`, `seeds_`, `n_features_in_`
    and, of a DataFrame, `feature_names_in_` (the columns that were read).
    """

    share: ClassVar[bool] = False  # whether y is an error, which cannot exceed one

    fixed: dict[str, float] | None = None  # parameters that are not fitted, by value
    n_boot: int = 1000  # bootstrap replicates, 0 for none
    random_state: int | np.random.Generator | None = 0
    warn_beyond: float | None = 10.0  # factor outside the fitted range from which `predict` warns

    def fit_weighted(self, X: Any, y: Any, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Fit every row of `weights` [B, n]: parameter name -> [B]."""
        raise NotImplementedError

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Fit the law and, if `n_boot` > 0, its bootstrap: by scale and seed with `groups` [n] (or scale,
        subgroup and seed with [n, 2], see `hierarchical_bootstrap`), else flat.

        Rows that are masked in X, y or the weights are left out, and `messages_` says how many. Raises ValueError for
        values that are not finite or not above zero, for text, for lengths that differ, for pandas objects with the
        same index in another order, and for too few distinct sizes. Warns (SuspectInput) of units that are probably
        wrong and of repeated sizes without groups. A fit that fails leaves the law as it was.
        """
        self.check_settings()
        before = dict(vars(self))
        try:
            self._fit(X, y, sample_weight, groups)
        except BaseException:  # half of one fit and half of another would answer as if they were one
            vars(self).clear()
            vars(self).update(before)
            raise
        self._warn()
        return self

    def _fit(self, X: Any, y: Any, sample_weight: Any, groups: Any) -> None:
        self._named(X)
        same_rows(X, y=y, sample_weight=sample_weight, groups=groups)
        X, y, sample_weight, groups, masked = without_masked(X, y, sample_weight, groups)
        sizes = self.sizes(X)
        y = target(y, len(sizes))
        group = None if groups is None else labels(groups, len(y))
        weights = self._checked_weights(sizes, sample_weight)
        self._estimate(sizes, y, weights)
        self._learn(sizes, y, weights, group, masked)

    def check_settings(self) -> None:
        """Raises ValueError for a setting that cannot be; `fit` asks first."""
        replicate_count(self.n_boot, least=0)
        generator(self.random_state)
        beyond = self.warn_beyond
        if beyond is not None and not (numbers(beyond, "warn_beyond").ndim == 0 and beyond >= 1):
            raise ValueError(f"warn_beyond must be a factor from 1 on, or None for no warning; got {beyond!r}")
        for name in self.input_names:
            if not isinstance(name, str) or not name.strip():
                raise ValueError(f"size must be the name of the size, such as 'parameters'; got {name!r}")

    def _warn(self) -> None:
        """Warnings of what is probably wrong with the points."""
        for doubt in self._doubts:
            warnings.warn(f"{type(self).__name__}: {doubt}", SuspectInput, stacklevel=3)

    def _named(self, X: Any) -> Self:
        """Learn `n_features_in_` and `feature_names_in_`, as scikit-learn asks."""
        self.n_features_in_ = len(self.inputs)
        if hasattr(X, "columns"):
            self.feature_names_in_ = np.array(self.input_names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return self

    @property
    def min_distinct(self) -> int:
        """Fewest distinct input rows that determine the law: as many as it has free parameters. A law may name more."""
        return len(self.fitted_names())

    def _checked_weights(self, sizes: np.ndarray, sample_weight: Any) -> np.ndarray:
        """Weights [n] of the points, of which enough distinct ones count."""
        weights = point_weights(sample_weight, len(sizes))
        used = sizes[weights > 0]
        distinct = len(np.unique(used, axis=0))
        least = max(self.min_distinct, 1)
        if distinct < least:
            raise ValueError(
                f"{type(self).__name__} needs at least {least} distinct values of "
                f"{', '.join(self.input_names)}; got {distinct} in {len(used)} sample(s)"
            )
        return weights

    def _learn(self, sizes, y, weights, group: np.ndarray | None = None, masked: np.ndarray | None = None) -> None:
        """What is learned beside the parameters: range, scatter, bootstrap, intervals, messages.

        masked: which rows of the table that was given are not among these (None or empty: all are).
        """
        used = weights > 0
        kept = sizes[used]
        masked = np.zeros(0, dtype=bool) if masked is None else masked
        lost = int(masked.sum())
        self.n_points_, self.n_left_out_, self.n_masked_ = len(kept), len(sizes) - len(kept), lost
        self.n_sizes_ = len(np.unique(kept, axis=0))
        ends = zip(kept.min(axis=0).tolist(), kept.max(axis=0).tolist(), strict=True)
        self.range_ = dict(zip(self.input_names, ends, strict=True))
        self.seeds_ = None if group is None else per_group(group[used])
        self._judge(sizes, y, weights, group)
        if group is None:
            given = np.flatnonzero(~masked) if lost else np.arange(len(sizes))
            self.lack_ = self.lack_.at(given[used])
        self.lack_of_fit_ = self.lack_.messages()
        self.bootstrap_ = self._bootstrap(sizes, y, weights, group) if self.n_boot else None
        if self.bootstrap_ and self.scatter_.free < 1:
            self.bootstrap_ = replace(self.bootstrap_, undetermined=True)
        self.replicates_ = self.bootstrap_.params if self.bootstrap_ else None
        self.intervals_, said = self._held(self._intervals(sizes, y, weights, group))
        left_out = [f"{lost} masked row(s) left out"] if lost else []
        self.messages_ = [*self.diagnostics_["messages"], *said, *self.lack_of_fit_, *self._doubts, *left_out]

    def _judge(self, sizes, y, weights, group) -> None:
        """Scatter of the runs, lack of fit, and doubts about the table; of groups [n, 2] the first column counts."""
        group = None if group is None else group.reshape(len(group), -1)[:, 0]
        values = self._values(sizes)
        residuals = np.log(values / y) if self._logarithmic() else values - y  # as the law is fitted
        used = weights > 0
        count = len(self.fitted_names())
        self.scatter_ = scatter_of(residuals, weights, group, count, self._logarithmic())
        root = np.sqrt(weights[used])
        kept = None if group is None else group[used]
        gradient = self._gradient(sizes)[:, used] * root
        self.lack_ = lack_of_fit(residuals[used] * root, gradient, sizes[used], self.input_names, kept)
        self._doubts = remarks(
            self.input_names, sizes[used], y[used], kept, share=self.share, spread=self._independent()
        )
        if kept is not None and len(np.unique(kept)) <= count < len(kept):
            self.diagnostics_["messages"].append(
                f"{len(np.unique(kept))} groups for {count} parameters: nothing tells how far a "
                f"group lies from the law, and intervals hold the scatter within groups only"
            )

    def _independent(self) -> bool:
        """Whether there are intervals, which without groups take points as independent."""
        return self.n_boot > 0

    def _logarithmic(self) -> bool:
        """Whether the law is fitted to ln y."""
        return True

    def _gradient(self, sizes: np.ndarray) -> np.ndarray:
        """Change [P, n] of the residuals by each fitted parameter, in any unit."""
        raise NotImplementedError

    def _estimate(self, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray) -> None:
        fitted = self.fit_weighted(sizes, y, weights[None, :])
        self.params_ = {name: float(value[0]) for name, value in fitted.items()}

    def _intervals(self, sizes, y, weights, group) -> dict[str, tuple[float, float]]:
        return self.bootstrap_.intervals() if self.bootstrap_ else {}

    def _held(self, found: dict[str, tuple[float, float]]) -> tuple[dict[str, tuple[float, float]], list[str]]:
        """Intervals of what was fitted, extended to hold their estimates, and a message that names those that did not.

        Infinite where no scatter is left to judge.
        """
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
