"""Bootstrap draws as weights [B, n], how often each replicate holds each point; this module knows no law."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scalescope.laws.inputs import generator

MAX_REDRAWS = 1000
NAIVE, HIERARCHICAL = "naive: points alike", "hierarchical: groups, then points within"
NESTED = "hierarchical: groups, then subgroups, then points"
Draw = Callable[[np.random.Generator, int], np.ndarray]  # generator, number of replicates B -> counts [B, n]


def points(n: int) -> Draw:
    """Draws of `n` points with replacement, all alike."""

    def draw(rng: np.random.Generator, n_replicates: int) -> np.ndarray:
        drawn = rng.integers(n, size=(n_replicates, n))
        return _counts(drawn, np.ones_like(drawn, dtype=bool), n)

    return draw


def groups(labels: np.ndarray) -> tuple[Draw, str]:
    """Draws by groups, labels [n], or by groups and subgroups, labels [n, 2]; and what they are called."""
    group, subgroup = numbered(labels)
    if subgroup.max(initial=0) > group.max(initial=0):  # some group has several subgroups
        return lambda rng, n_replicates: by_subgroup(rng, group, subgroup, n_replicates), NESTED
    return lambda rng, n_replicates: by_group(rng, group, n_replicates), HIERARCHICAL


def replicates(
    draw: Draw, n_boot: int, random_state: int | np.random.Generator | None, distinct: np.ndarray, least: int
) -> tuple[np.ndarray, int]:
    """Counts [n_boot, n] of replicates that hold at least `least` distinct sizes, and how many were drawn again.

    distinct [n, k]: 1 where a point is of a size, a row of zeros for a point that cannot be used. Where there are as
    many such points as sizes needed, each replicate holds each of them once. Raises ValueError where replicates with so
    many sizes are hardly ever drawn.
    """
    rng = generator(random_state)
    usable = distinct.any(axis=1)
    if usable.sum() == least == (distinct[usable] > 0).any(axis=0).sum():
        return np.tile(usable.astype(int), (n_boot, 1)), 0
    counts = draw(rng, n_boot)
    redrawn = 0
    for _ in range(MAX_REDRAWS):  # over draws of the few degenerate replicates, never over fits
        poor = np.flatnonzero(((counts @ distinct) > 0).sum(axis=1) < least)
        if not poor.size:
            return counts, redrawn
        redrawn += poor.size
        counts[poor] = draw(rng, poor.size)
    raise ValueError(
        f"the bootstrap of points hardly ever draws the {least} distinct sizes that the law needs ({MAX_REDRAWS} "
        f"draws in vain): give it more sizes, interval='residual', or n_boot=0 for no interval"
    )


def numbered(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Groups and subgroups [n], [n] as numbers from 0, of labels [n] (each group its own subgroup) or [n, 2]."""
    columns = [np.unique(column, return_inverse=True)[1] for column in labels.reshape(len(labels), -1).T]
    inner = columns[-1]
    return columns[0], np.unique(columns[0] * (inner.max(initial=0) + 1) + inner, return_inverse=True)[1]


def per_group(labels: np.ndarray) -> str:
    """In words: how many points each group of `labels` ([n] or [n, 2]) holds."""
    group, subgroup = numbered(labels)
    counts, subgroups = np.bincount(group), subgroup.max() + 1
    low, high = counts.min(), counts.max()
    return f"{low if low == high else f'{low} to {high}'} per group, {len(counts)} groups" + (
        f", {subgroups} subgroups" if subgroups > len(counts) else ""
    )


def by_group(rng: np.random.Generator, group: np.ndarray, n_replicates: int) -> np.ndarray:
    """Counts [B, n] of a two-stage draw, `group` [n] numbered from 0: groups, then points within each drawn group.

    A group with T points gives T draws each time it is drawn, so that groups of unequal size are allowed.
    """
    order = np.argsort(group, kind="stable")
    size = np.bincount(group)
    first = np.cumsum(size) - size
    scale = rng.integers(len(size), size=(n_replicates, len(size)))
    seed = rng.random((n_replicates, len(size), size.max())) * size[scale][..., None]
    drawn = order[np.minimum(first[scale][..., None] + seed.astype(int), len(group) - 1)]
    kept = np.arange(size.max()) < size[scale][..., None]
    return _counts(drawn, kept, len(group))


def by_subgroup(rng: np.random.Generator, group: np.ndarray, subgroup: np.ndarray, n_replicates: int) -> np.ndarray:
    """Counts [B, n] of a three-stage draw; `group` and `subgroup` [n] are numbered from 0, subgroups in all groups."""
    order = np.argsort(subgroup, kind="stable")
    size = np.bincount(subgroup)
    first = np.cumsum(size) - size
    owner = group[order[first]]  # group of each subgroup
    members = np.argsort(owner, kind="stable")
    n_members = np.bincount(owner)
    first_member = np.cumsum(n_members) - n_members
    scale = rng.integers(len(n_members), size=(n_replicates, len(n_members)))
    count = n_members[scale][..., None]  # subgroups to draw, [B, groups, 1]
    place = (rng.random((n_replicates, len(n_members), n_members.max())) * count).astype(int)
    drawn = members[np.minimum(first_member[scale][..., None] + place, len(members) - 1)]  # [B, groups, subgroups]
    point = (rng.random((*drawn.shape, size.max())) * size[drawn][..., None]).astype(int)
    chosen = order[np.minimum(first[drawn][..., None] + point, len(group) - 1)]
    kept = (np.arange(n_members.max()) < count)[..., None] & (np.arange(size.max()) < size[drawn][..., None])
    return _counts(chosen, kept, len(group))


def _counts(drawn: np.ndarray, kept: np.ndarray, n_points: int) -> np.ndarray:
    """How often each replicate drew each point [B, n_points], from the drawn indices [B, ...]."""
    rows = np.arange(len(drawn)).reshape(-1, *[1] * (drawn.ndim - 1))
    flat = (rows * n_points + drawn)[kept]
    return np.bincount(flat, minlength=len(drawn) * n_points).reshape(len(drawn), n_points)
