"""What a fitted law answers: predictions, their intervals, the score, the fit card."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import Tags, estimator_html_repr
from sklearn.utils.validation import check_is_fitted

from scalescope.errors import check_name
from scalescope.laws.card import FitCard, check_items, fit_card
from scalescope.laws.inputs import named_values, point_weights, same_rows, table, target, without_masked
from scalescope.laws.intervals import BootstrapResult
from scalescope.laws.lack import Lack
from scalescope.laws.remarks import SuspectInput
from scalescope.laws.scatter import Scatter, new_run

KINDS = ("law", "run")
FAR_BELOW = 1000.0  # times: a size so far below the smallest that was fitted is in another unit
ROUNDING = 1e-12  # relative: numbers that differ by less are equal


class ExtrapolationWarning(UserWarning):
    """A law was asked far outside the range it was fitted on."""


class Prediction(RegressorMixin, BaseEstimator):
    """The half of a law that follows from `params_`, `bootstrap_`, `scatter_` and `range_`; the other half fits them.

    As an estimator of scikit-learn: inputs and targets are above zero, y is one column.
    """

    inputs: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[tuple[str, ...]] = ()
    equation: ClassVar[str] = ""
    source: ClassVar[str] = ""
    _anything: ClassVar[tuple[float, float]] = (-np.inf, np.inf)  # what a parameter of this law can be

    params_: dict[str, float]
    bootstrap_: BootstrapResult | None
    replicates_: dict[str, np.ndarray] | None
    scatter_: Scatter
    lack_: Lack
    range_: dict[str, tuple[float, float]]

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs of this law, as columns and in messages."""
        return self.inputs

    def _fixed(self) -> dict[str, float]:
        """Parameters that are not fitted, by value."""
        return named_values(self.fixed, "fixed", self.parameters, least=self._anything[0])

    def fitted_names(self) -> list[str]:
        """Parameters that are fitted, each once."""
        return [name for name in self.parameters if name not in self._fixed()]

    def sizes(self, X: Any) -> np.ndarray:
        """Checked inputs [n, len(inputs)], all finite and above zero."""
        return table(X, self.input_names, type(self).__name__)

    def predict_many(self, params: dict[str, np.ndarray], X: Any) -> np.ndarray:
        """Predictions [B, n] of B sets of parameters."""
        raise NotImplementedError

    def _fitted(self) -> dict[str, np.ndarray]:
        """The fitted parameters as one set [1] of many; raises NotFittedError before `fit`."""
        if not self.__sklearn_is_fitted__():  # asked first: check_is_fitted takes as long as a small prediction
            check_is_fitted(self)
        return {name: np.array([value]) for name, value in self.params_.items()}

    def _values(self, X: Any) -> np.ndarray:
        """The fitted law [n] at X, without warnings."""
        return self.predict_many(self._fitted(), X)[0]

    def predict(self, X: Any) -> np.ndarray:
        """The law's value [n] at X; NotFittedError before `fit`.

        Warns beyond `warn_beyond` times the fitted range, and (SuspectInput) of sizes in another unit.
        """
        values = self._values(X)
        if doubt := self._far_below(X):
            warnings.warn(f"{type(self).__name__}: {doubt}", SuspectInput, stacklevel=2)
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
        middle = self._values(X)
        check_name("kind of interval", kind, KINDS)
        if self.bootstrap_ is None:
            raise ValueError("intervals need the bootstrap; construct the law with n_boot above 0 and fit again")
        self.bootstrap_.tails(level)  # refuses a level that is none
        if self.scatter_.free < 1 and self.fitted_names():
            return np.zeros(len(middle)), np.full(len(middle), np.inf)
        if kind == "law":
            low, high = self.bootstrap_.band(self, X, level)
        else:
            laws = self.predict_many(self.bootstrap_.params, X)
            low, high = new_run(laws, middle, self.scatter_, level, self.random_state)
        return np.minimum(low, middle), np.maximum(high, middle)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """R2 in linear space: 1 - residual / total sum of squares of y, about the mean of all points.

        As Ivgi 2022, eq. 2-4: the fit is in log-log, the residuals are y - law(X). NaN if y does not vary.
        """
        same_rows(X, y=y, sample_weight=sample_weight)
        X, y, sample_weight, _, _ = without_masked(X, y, sample_weight, None)
        predicted = self.predict(X)
        y = target(y, len(predicted))
        weights = point_weights(sample_weight, len(y))
        counted = y[weights > 0]
        if not len(counted):
            raise ValueError("a score needs at least one point; X has none")
        if np.ptp(counted) <= ROUNDING * np.abs(counted).max():  # equal but for rounding: scikit-learn would say 0 or 1
            return float("nan")
        return float(r2_score(y, predicted, sample_weight=weights))

    def extrapolation(self, X: Any) -> np.ndarray:
        """Factor [n] by which X lies outside the fitted range, the largest over inputs; 1 inside."""
        self._fitted()
        if tuple(self.range_) != tuple(self.input_names):  # set_params after the fit
            raise ValueError(
                f"this law was fitted to {', '.join(self.range_)} and now reads {', '.join(self.input_names)}: fit it "
                f"again"
            )
        low, high = np.array([self.range_[name] for name in self.input_names]).T
        sizes = self.sizes(X)
        return np.maximum(1.0, np.maximum(sizes / high, low / sizes)).max(axis=1)

    def _far_below(self, X: Any) -> str:
        """What to say where all of X lies so far below the fitted range that it can only be in another unit."""
        sizes = self.sizes(X)
        for name, column in zip(self.input_names, sizes.T, strict=True):
            low = self.range_[name][0] if name in self.range_ else 0.0
            if len(column) and column.max() < low / FAR_BELOW:
                return f"{name} reaches {column.max():.3g}, and the smallest fitted is {low:.3g}: in which unit is it?"
        return ""

    def facts(self) -> dict[str, Any]:
        """What the law itself can put on its fit card, by the names of `card.LABELS`."""
        check_is_fitted(self)
        return {
            "law": type(self).__name__,
            "equation": self.equation,
            "source": self.source,
            "params": dict(self.params_),
            "intervals": {name: list(bounds) for name, bounds in self.intervals_.items()},
            "interval_method": self._how() if self.intervals_ else None,
            "scatter": self.scatter_.text(),
            "lack_of_fit": self.lack_.text(),
            "remarks": "; ".join(self._doubts) or "none",
            "points_used": self.n_points_,
            "distinct_sizes": self.n_sizes_,
            "points_left_out": self.n_left_out_,
            "masked": self.n_masked_,
            "seeds": self.seeds_,
            "fitted_range": {name: list(bounds) for name, bounds in self.range_.items()},
            "inputs": ", ".join(self.input_names) + ": numbers as given, no unit is changed",
            **self._fit_facts(),
        }

    def _how(self) -> str:
        return f"95 %, percentiles of {self.bootstrap_.n_boot} bootstrap fits ({self.bootstrap_.kind})"

    def _fit_facts(self) -> dict[str, Any]:
        """`optimiser`, `loss`, `bounds` and `identifiability`, which differ from law to law."""
        raise NotImplementedError

    def card(self, **given: Any) -> FitCard:
        """The fit card; `given` is what the law cannot know, see `card.fit_card`.

        Raises what that raises, and UnknownName for what is no item of a card.
        """
        check_items(given)
        return fit_card(self, **given)

    def _html_repr(self) -> str:
        """What a notebook shows: the fit card, before `fit` scikit-learn's table of settings."""
        return self.card().html() if self.__sklearn_is_fitted__() else estimator_html_repr(self)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "params_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = tags.target_tags.positive_only = True
        tags.regressor_tags.poor_score = True  # on scikit-learn's own table, of a line through ten columns
        return tags
