"""Intervals from bootstraps of a law: all replicates are fitted as one matrix, without a loop over fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from scalescope.laws import resample
from scalescope.laws.inputs import generator, numbers, point_weights, replicate_count, share, target
from scalescope.laws.interface import Law
from scalescope.laws.labels import labels

# parameters [B] of fits to y [n] or [B, n] with weights [B, n] or [1, n], given sizes [n, k]
Refit = Callable[[np.ndarray, np.ndarray, np.ndarray], dict[str, np.ndarray]]


@dataclass(frozen=True)
class BootstrapResult:
    """Parameters of all replicates, and the percentiles that follow from them.

    `params` maps each parameter of the law to an array [n_boot]; `redrawn` counts the replicates that had
    to be drawn again because they held too few distinct sizes to fit. With `free` degrees of freedom the intervals are
    expanded percentiles: at a level, those that the normal distribution gives to Student's quantiles (Hesterberg 2015).
    undetermined: the law has as many points as parameters, so that all replicates are one and say nothing.
    """

    params: dict[str, np.ndarray] = field(repr=False)
    n_boot: int
    redrawn: int
    kind: str = "hierarchical"
    free: int | None = None
    undetermined: bool = False

    def tails(self, level: float) -> list[float]:
        """Lower and upper percentile (0 to 100) of a central interval at `level`."""
        outside = 0.5 * (1 - share(level, "level"))
        if self.free is not None:
            outside = float(norm.cdf(student.ppf(outside, self.free)))
        return [100 * outside, 100 * (1 - outside)]

    def percentiles(self, q: Any) -> dict[str, np.ndarray]:
        """Percentiles `q` (0 to 100) of each parameter."""
        q = numbers(q, "percentiles")
        return {name: np.percentile(values, q) for name, values in self.params.items()}

    def intervals(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Central interval (low, high) of each parameter at `level`."""
        bounds = self.percentiles(self.tails(level))
        return {name: (float(low), float(high)) for name, (low, high) in bounds.items()}

    def band(self, law: Law, X: Any, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bound [n], [n] of the confidence band: percentiles at X of the replicates of `law`."""
        low, high = np.percentile(law.predict_many(self.params, X), self.tails(level), axis=0)
        return low, high


def hierarchical_bootstrap(
    law: Law,
    X: Any,
    y: Any,
    groups: Any,
    n_boot: int = 1000,
    random_state: int | np.random.Generator | None = 0,
    sample_weight: Any = None,
    refit: Refit | None = None,
) -> BootstrapResult:
    """Refit `law` on replicates that draw scales with replacement, then within each drawn scale its seeds.

    `groups` [n] names the scale of each point; a scale with T points gives T draws each time it is drawn, so
    groups of unequal size are allowed. `groups` [n, 2] names scale and subgroup (pretraining seed): then subgroups are
    drawn within each drawn scale, as many as it has, and points within each drawn subgroup. Where no scale has more
    than one subgroup, this is the draw by scale. Replicates with fewer distinct sizes than the law needs are drawn
    again (the bootstrap is conditional on the law being determined). `law` itself is not changed. Source:
    Ivgi 2022, section 3.2. `refit` fits the replicates in place of `law.fit_weighted`: a fitted law hands in one that
    starts from its own optimum, so that no replicate is of another branch for want of a start.
    """
    sizes, y, weights = _checked(law, X, y, sample_weight)
    draw, kind = resample.groups(labels(groups, len(y)))
    return _refit(law, sizes, y, weights, draw, n_boot, random_state, kind, refit)


def naive_bootstrap(
    law: Law,
    X: Any,
    y: Any,
    n_boot: int = 1000,
    random_state: int | np.random.Generator | None = 0,
    sample_weight: Any = None,
    refit: Refit | None = None,
) -> BootstrapResult:
    """Refit `law` on replicates that draw all points alike with replacement, whatever their scale.

    Replicates with too few distinct sizes are drawn again. Source: Ivgi 2022, figure 5.
    """
    sizes, y, weights = _checked(law, X, y, sample_weight)
    draw = resample.points(len(y))
    return _refit(law, sizes, y, weights, draw, n_boot, random_state, resample.NAIVE, refit)


def residual_bootstrap(
    law: Law,
    X: Any,
    y: Any,
    logarithmic: bool,
    n_boot: int = 1000,
    random_state: int | np.random.Generator | None = 0,
    sample_weight: Any = None,
    refit: Refit | None = None,
) -> BootstrapResult:
    """Refit `law` to its own values plus residuals drawn with replacement; the design stays as it is.

    Residuals are of ln y if `logarithmic`, centred, and enlarged by sqrt(n / (n - number of free parameters)), since
    those of a fit are too small; with few of them percentiles are still too narrow, and are expanded to Student's t.
    Suited to few points, each at its own size. Source: Davison and Hinkley 1997, 6.2.3; Hesterberg 2015, "What teachers
    should know about the bootstrap" (expanded percentiles).
    """
    sizes, y, weights = _checked(law, X, y, sample_weight)
    fit = refit or law.fit_weighted
    fitted = law.predict_many(fit(sizes, y, weights[None]), sizes)[0]
    residuals = (np.log(y / fitted) if logarithmic else y - fitted)[weights > 0]
    free = max(len(residuals) - law.min_distinct, 1)
    residuals = (residuals - residuals.mean()) * np.sqrt(len(residuals) / free)
    rng = generator(random_state)
    drawn = residuals[rng.integers(len(residuals), size=(replicate_count(n_boot), len(y)))]
    replicates = fitted * np.exp(drawn) if logarithmic else np.maximum(fitted + drawn, 1e-9 * fitted)
    found = fit(sizes, replicates, weights[None])
    return BootstrapResult(found, n_boot, 0, f"residuals; expanded to Student's t, {free} d.f.", free)


def _checked(law: Law, X: Any, y: Any, sample_weight: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if isinstance(law, type) or not hasattr(law, "fit_weighted"):
        raise ValueError(f"law must be a law, such as PowerLaw(); got {law!r:.80}")
    sizes = law.sizes(X)
    return sizes, target(y, len(sizes)), point_weights(sample_weight, len(sizes))


def _refit(law, sizes, y, weights, draw: resample.Draw, n_boot, random_state, kind, refit) -> BootstrapResult:
    n_boot = replicate_count(n_boot)
    distinct, which = np.unique(sizes, axis=0, return_inverse=True)
    usable = weights > 0
    if len(np.unique(which[usable])) < law.min_distinct:
        raise ValueError(f"the bootstrap needs at least {law.min_distinct} distinct sizes; got {len(distinct)}")
    belongs = np.eye(len(distinct), dtype=int)[which.reshape(-1)] * usable[:, None]  # [n, distinct sizes]
    counts, redrawn = resample.replicates(draw, n_boot, random_state, belongs, law.min_distinct)
    fit = refit or law.fit_weighted
    return BootstrapResult(fit(sizes, y, counts * weights), n_boot, redrawn, kind)
