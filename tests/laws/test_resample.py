"""The draws themselves: what is drawn together, and how often."""

import numpy as np
import pytest

from scalescope.laws import resample
from scalescope.laws.resample import by_group, by_subgroup

GROUPS = np.array([3, 1, 1, 2, 3, 3, 1, 3, 2, 4, 4, 4])  # ragged, not sorted
SUBGROUPS = np.array([0, 0, 1, 0, 1, 1, 1, 0, 0, 2, 2, 2])  # the groups 2 and 4 have one each


def test_draws_scales_then_as_many_seeds_as_the_scale_has():
    group = np.unique(GROUPS, return_inverse=True)[1]
    counts = by_group(np.random.default_rng(0), group, 4000)
    per_scale = np.stack([counts[:, group == g].sum(axis=1) for g in range(4)], axis=1)
    size = np.bincount(group)
    assert (per_scale % size == 0).all()  # a drawn scale brings as many draws as it has seeds
    times = per_scale // size
    assert (times.sum(axis=1) == 4).all()
    np.testing.assert_allclose(times.mean(axis=0), 1, atol=0.05)
    np.testing.assert_allclose(counts.mean(axis=0), 1, atol=0.08)  # seeds of a scale alike
    assert times.var(axis=0) == pytest.approx(4 * 0.25 * 0.75, abs=0.06)  # binomial: 4 draws of 4 scales


def test_subgroups_are_drawn_within_scales_and_points_within_subgroups():
    group = np.unique(GROUPS, return_inverse=True)[1]
    subgroup = np.unique(10 * GROUPS + SUBGROUPS, return_inverse=True)[1]
    counts = by_subgroup(np.random.default_rng(0), group, subgroup, 6000)
    owner = np.array([group[subgroup == s][0] for s in range(subgroup.max() + 1)])
    size = np.bincount(subgroup)
    per_subgroup = np.stack([counts[:, subgroup == s].sum(axis=1) for s in range(len(size))], axis=1)
    assert (per_subgroup % size == 0).all(), "a drawn subgroup brings as many draws as it has points"
    times = per_subgroup // size
    per_scale = np.stack([times[:, owner == g].sum(axis=1) for g in range(4)], axis=1)
    members = np.bincount(owner)
    assert (per_scale % members == 0).all(), "a drawn scale brings as many subgroups as it has"
    assert ((per_scale // members).sum(axis=1) == 4).all()
    np.testing.assert_allclose(times.mean(axis=0), 1, atol=0.05)
    np.testing.assert_allclose(counts.mean(axis=0), 1, atol=0.1)
    whole = times[:, owner == group[0]][per_scale[:, group[0]] == 2]  # of a scale with two subgroups, drawn once
    np.testing.assert_allclose(np.mean(whole == 2, axis=0), 0.25, atol=0.03)  # not each subgroup once


def test_points_are_drawn_alike():
    counts = resample.points(5)(np.random.default_rng(0), 4000)
    assert (counts.sum(axis=1) == 5).all()
    np.testing.assert_allclose(counts.mean(axis=0), 1, atol=0.05)


def test_a_replicate_of_too_few_sizes_is_drawn_again_until_it_is_hopeless():
    distinct = np.eye(3, dtype=int)[[0, 0, 0, 1, 2]]
    counts, redrawn = resample.replicates(resample.points(5), 500, 0, distinct, 2)
    assert redrawn > 20 and (((counts @ distinct) > 0).sum(axis=1) >= 2).all()
    with pytest.raises(ValueError, match=r"hardly ever draws the 2 distinct sizes .* or n_boot=0"):
        resample.replicates(resample.points(5), 3, 0, distinct * 0, 2)


@pytest.mark.parametrize("draw", [resample.points(9), resample.groups(np.arange(9))[0]])
def test_as_many_points_as_sizes_needed_leave_one_replicate(draw):
    counts, redrawn = resample.replicates(draw, 7, 0, np.eye(9, dtype=int), 9)
    assert (counts == 1).all() and counts.shape == (7, 9) and redrawn == 0
    with_one_left_out = np.eye(9, dtype=int) * (np.arange(9) != 4)[:, None]
    counts, _ = resample.replicates(resample.points(9), 7, 0, with_one_left_out, 8)
    assert (counts == (np.arange(9) != 4)).all()


def test_groups_are_told_in_words():
    assert resample.per_group(GROUPS) == "2 to 4 per group, 4 groups"
    assert resample.per_group(np.stack([GROUPS, SUBGROUPS], axis=1)) == "2 to 4 per group, 4 groups, 6 subgroups"
