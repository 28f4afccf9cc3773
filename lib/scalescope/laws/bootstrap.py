"""Bootstraps of a law: all replicates are drawn and fitted as one matrix, without a loop over fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from scalescope.laws.inputs import labels, point_weights, target

if TYPE_CHECKING:
    from scalescope.laws.base import ScalingLaw

MAX_REDRAWS = 1000
NAIVE, HIERARCHICAL = "naive: points alike", "hierarchical: groups, then points within"
NESTED = "hierarchical: groups, then subgroups, then points"
# parameters [B] of fits to y [n] or [B, n] with weights [B, n] or [1, n], given sizes [n, k]
Refit = Callable[[np.ndarray, np.ndarray, np.ndarray], dict[str, np.ndarray]]


@dataclass(frozen=True)
class BootstrapResult:
    """Parameters of all replicates, and the percentiles that follow from them.

    `params` maps each parameter of the law to an array [n_boot]; `redrawn` counts the replicates that had
    to be drawn again because they held too few distinct sizes to fit. With `free` degrees of freedom the intervals are
    expanded percentiles: at a level, those that the normal distribution gives to Student's quantiles (Hesterberg 2015).
    """

    law: ScalingLaw = field(repr=False)
    params: dict[str, np.ndarray] = field(repr=False)
    n_boot: int
    redrawn: int
    kind: str = "hierarchical"
    free: int | None = None

    def tails(self, level: float) -> list[float]:
        """Lower and upper percentile (0 to 100) of a central interval at `level`."""
        if not 0 < level < 1:
            raise ValueError(f"level must lie between 0 and 1; got {level}")
        outside = 0.5 * (1 - level)
        if self.free is not None:
            outside = float(norm.cdf(student.ppf(outside, self.free)))
        return [100 * outside, 100 * (1 - outside)]

    def percentiles(self, q: Any) -> dict[str, np.ndarray]:
        """Percentiles `q` (0 to 100) of each parameter."""
        return {name: np.percentile(values, q) for name, values in self.params.items()}

    def intervals(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Central interval (low, high) of each parameter at `level`."""
        bounds = self.percentiles(self.tails(level))
        return {name: (float(low), float(high)) for name, (low, high) in bounds.items()}

    def sleeve(self, x: Any, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bound [n], [n] of the bootstrapped laws at `x`."""
        low, high = np.percentile(self.law.predict_many(self.params, x), self.tails(level), axis=0)
        return low, high


def hierarchical_bootstrap(
    law: ScalingLaw,
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
    group, subgroup = numbered(labels(groups, len(y)))
    nested = subgroup.max(initial=0) > group.max(initial=0)  # some scale has several subgroups

    def draw(rng: np.random.Generator, n_replicates: int) -> np.ndarray:
        if nested:
            return _draw_nested(rng, group, subgroup, n_replicates)
        return _draw_hierarchical(rng, group, n_replicates)

    kind = NESTED if nested else HIERARCHICAL
    return _refit(law, sizes, y, weights, draw, n_boot, random_state, kind, refit)


def naive_bootstrap(
    law: ScalingLaw,
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

    def draw(rng: np.random.Generator, n_replicates: int) -> np.ndarray:
        drawn = rng.integers(len(y), size=(n_replicates, len(y)))
        return _counts(drawn, np.ones_like(drawn, dtype=bool), len(y))

    return _refit(law, sizes, y, weights, draw, n_boot, random_state, NAIVE, refit)


def residual_bootstrap(
    law: ScalingLaw,
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
    rng = np.random.default_rng(random_state)
    drawn = residuals[rng.integers(len(residuals), size=(_whole(n_boot), len(y)))]
    replicates = fitted * np.exp(drawn) if logarithmic else np.maximum(fitted + drawn, 1e-9 * fitted)
    found = fit(sizes, replicates, weights[None])
    return BootstrapResult(law, found, n_boot, 0, f"residuals; expanded to Student's t, {free} d.f.", free)


def _whole(n_boot: Any) -> int:
    if not isinstance(n_boot, int | np.integer) or n_boot < 1:
        raise ValueError(f"n_boot must be a whole number above 0; got {n_boot!r}")
    return int(n_boot)


def _checked(law: ScalingLaw, X: Any, y: Any, sample_weight: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    sizes = law.sizes(X)
    return sizes, target(y, len(sizes)), point_weights(sample_weight, len(sizes))


def _counts(drawn: np.ndarray, kept: np.ndarray, n_points: int) -> np.ndarray:
    """How often each replicate drew each point [B, n_points], from the drawn indices [B, ...]."""
    rows = np.arange(len(drawn)).reshape(-1, *[1] * (drawn.ndim - 1))
    flat = (rows * n_points + drawn)[kept]
    return np.bincount(flat, minlength=len(drawn) * n_points).reshape(len(drawn), n_points)


def numbered(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Groups and subgroups [n], [n] as numbers from 0, of labels [n] (each group its own subgroup) or [n, 2]."""
    columns = [np.unique(column, return_inverse=True)[1] for column in labels.reshape(len(labels), -1).T]
    inner = columns[-1]
    return columns[0], np.unique(columns[0] * (inner.max(initial=0) + 1) + inner, return_inverse=True)[1]


def _draw_hierarchical(rng: np.random.Generator, group: np.ndarray, n_replicates: int) -> np.ndarray:
    """Counts [B, n] of a two-stage draw; `group` [n] numbers the scale of each point from 0."""
    order = np.argsort(group, kind="stable")
    size = np.bincount(group)
    first = np.cumsum(size) - size
    scale = rng.integers(len(size), size=(n_replicates, len(size)))
    seed = rng.random((n_replicates, len(size), size.max())) * size[scale][..., None]
    drawn = order[np.minimum(first[scale][..., None] + seed.astype(int), len(group) - 1)]
    kept = np.arange(size.max()) < size[scale][..., None]  # a scale with T seeds is drawn T times
    return _counts(drawn, kept, len(group))


def _draw_nested(rng: np.random.Generator, group: np.ndarray, subgroup: np.ndarray, n_replicates: int) -> np.ndarray:
    """Counts [B, n] of a three-stage draw; `group` and `subgroup` [n] are numbered from 0, subgroups in all groups."""
    order = np.argsort(subgroup, kind="stable")
    size = np.bincount(subgroup)
    first = np.cumsum(size) - size
    owner = group[order[first]]  # scale of each subgroup
    members = np.argsort(owner, kind="stable")
    n_members = np.bincount(owner)
    first_member = np.cumsum(n_members) - n_members
    scale = rng.integers(len(n_members), size=(n_replicates, len(n_members)))
    count = n_members[scale][..., None]  # subgroups to draw, [B, scales, 1]
    place = (rng.random((n_replicates, len(n_members), n_members.max())) * count).astype(int)
    drawn = members[np.minimum(first_member[scale][..., None] + place, len(members) - 1)]  # [B, scales, subgroups]
    point = (rng.random((*drawn.shape, size.max())) * size[drawn][..., None]).astype(int)
    points = order[np.minimum(first[drawn][..., None] + point, len(group) - 1)]
    kept = (np.arange(n_members.max()) < count)[..., None] & (np.arange(size.max()) < size[drawn][..., None])
    return _counts(points, kept, len(group))


def _refit(law, sizes, y, weights, draw, n_boot, random_state, kind, refit=None) -> BootstrapResult:
    n_boot = _whole(n_boot)
    distinct, which = np.unique(sizes, axis=0, return_inverse=True)
    usable = weights > 0
    if len(np.unique(which[usable])) < law.min_distinct:
        raise ValueError(f"the bootstrap needs at least {law.min_distinct} distinct sizes; got {len(distinct)}")
    belongs = np.eye(len(distinct), dtype=int)[which.reshape(-1)] * usable[:, None]  # [n, distinct sizes]
    rng = np.random.default_rng(random_state)
    counts = draw(rng, n_boot)
    redrawn = 0
    for _ in range(MAX_REDRAWS):  # over draws of the few degenerate replicates, never over fits
        poor = np.flatnonzero(((counts @ belongs) > 0).sum(axis=1) < law.min_distinct)
        if not poor.size:
            break
        redrawn += poor.size
        counts[poor] = draw(rng, poor.size)
    else:
        raise ValueError(f"after {MAX_REDRAWS} redraws some replicates still hold too few distinct sizes")
    fit = refit or law.fit_weighted
    return BootstrapResult(law, fit(sizes, y, counts * weights), n_boot, redrawn, kind)
