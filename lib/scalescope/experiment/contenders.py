"""The contenders of an arena: laws and a plain `curve_fit`, each fitted to some points and asked about others."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit
from scipy.stats import t as student

from scalescope.laws import ScalingLaw, SuspectInput

LEVEL = 0.95
FAILED = "failed"
# of x, y, x_new [n] and whether intervals are wanted: prediction [n] and interval of one new run [n], [n] at x_new,
# fitted to x and y; raises RuntimeError where the fit fails
Contender = Callable[[np.ndarray, np.ndarray, np.ndarray, bool], tuple[np.ndarray, np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Law:
    """A law of this package; `make` gives it unfitted, with `n_boot` replicates."""

    make: Callable[[int], ScalingLaw]
    n_boot: int = 50  # each is a law, and scatter is added to thousands of draws of them

    def __call__(self, x, y, x_new, intervals=True):
        """The law's prediction and its interval of one new run, unbounded where no degree of freedom is left."""
        law = self.make(self.n_boot if intervals else 0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SuspectInput)  # what the published columns are is known
            law.fit(x[:, None], y)
        predicted = law.predict(x_new[:, None])
        if not intervals:
            return predicted, np.full(len(x_new), np.nan), np.full(len(x_new), np.nan)
        return predicted, *law.predict_interval(x_new[:, None], LEVEL, kind="run")


@dataclass(frozen=True)
class CurveFit:
    """`scipy.optimize.curve_fit` with its defaults from one start; the interval is the delta method's.

    `function(x, *params)` [n]; `start(x, y)` gives the params to begin with.
    """

    function: Callable[..., np.ndarray]
    start: Callable[[np.ndarray, np.ndarray], tuple[float, ...]]

    def __call__(self, x, y, x_new, intervals=True):
        """Its prediction, and Student's interval of prediction plus scatter; RuntimeError without convergence."""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", OptimizeWarning)
            params, covariance = curve_fit(self.function, x, y, p0=self.start(x, y))
            predicted = self.function(x_new, *params)
        free = len(y) - len(params)
        if not intervals or free < 1 or not np.isfinite(covariance).all():
            return predicted, np.full(len(x_new), -np.inf), np.full(len(x_new), np.inf)
        slopes = self._slopes(x_new, params)
        scatter = ((self.function(x, *params) - y) ** 2).sum() / free
        spread = np.sqrt(np.maximum(np.einsum("ni,ij,nj->n", slopes, covariance, slopes), 0.0) + scatter)
        reach = student.ppf(0.5 + LEVEL / 2, free) * spread
        return predicted, predicted - reach, predicted + reach

    def _slopes(self, x: np.ndarray, params: np.ndarray) -> np.ndarray:
        """Derivatives [n, P] by central differences."""
        steps = 1e-6 * np.maximum(np.abs(params), 1e-6)
        with np.errstate(all="ignore"):
            columns = [
                (self.function(x, *(params + step)) - self.function(x, *(params - step))) / (2 * step.sum())
                for step in np.diag(steps)
            ]
        return np.stack(columns, axis=1)


def score(contender: Contender, x: np.ndarray, y: np.ndarray, x_new: np.ndarray, y_new: np.ndarray) -> dict[str, float]:
    """How a contender that knows (x, y) does on (x_new, y_new), by name.

    rmse: root mean square of ln(prediction / y_new). coverage: share of y_new inside the 95 % interval of one new run,
    and width: median of ln(high / low), both NaN where the interval is unbounded. All NaN where the fit fails or where
    a prediction is not above zero; `outcome` says which.
    """
    try:
        predicted, low, high = contender(x, y, x_new, True)
    except RuntimeError:  # curve_fit's own word for no convergence
        return {"rmse": np.nan, "coverage": np.nan, "width": np.nan, "outcome": FAILED}
    if not (np.isfinite(predicted) & (predicted > 0)).all():
        return {"rmse": np.nan, "coverage": np.nan, "width": np.nan, "outcome": "not above zero"}
    found = {"rmse": float(np.sqrt(np.mean(np.log(predicted / y_new) ** 2))), "coverage": np.nan, "width": np.nan}
    if np.isfinite(low).all() and np.isfinite(high).all():
        found["coverage"] = float(((low <= y_new) & (y_new <= high)).mean())
        found["width"] = float(np.median(np.log(high / np.maximum(low, 1e-3 * predicted))))
    return found | {"outcome": "ok"}
