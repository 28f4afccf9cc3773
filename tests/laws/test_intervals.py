import numpy as np
import pytest
from scipy import stats

from scalescope.laws import PowerLaw, hierarchical_bootstrap, naive_bootstrap, residual_bootstrap

GROUPS = np.array([3, 1, 1, 2, 3, 3, 1, 3, 2, 4, 4, 4])  # ragged, not sorted
SIZES = 10.0**GROUPS
ERRORS = SIZES**-0.1 * np.exp(0.1 * np.random.default_rng(0).normal(size=len(SIZES)))


class Recorder(PowerLaw):
    """A power law that keeps the weights it was asked to fit."""

    def fit_weighted(self, X, y, weights):
        self.weights = weights
        return super().fit_weighted(X, y, weights)


@pytest.mark.parametrize("hierarchical", [True, False])
def test_equals_a_slow_loop_over_the_same_draws(hierarchical):
    law = Recorder()
    settings = {"n_boot": 200, "random_state": 5}
    if hierarchical:
        result = hierarchical_bootstrap(law, SIZES, ERRORS, GROUPS, **settings)
    else:
        result = naive_bootstrap(law, SIZES, ERRORS, **settings)
    assert result.params["slope"].shape == (200,)
    for replicate, counts in enumerate(law.weights.astype(int)):
        x, y = np.repeat(SIZES, counts), np.repeat(ERRORS, counts)
        slope, intercept = np.polyfit(np.log(x), np.log(y), 1)
        assert result.params["slope"][replicate] == pytest.approx(slope, rel=1e-9)
        assert result.params["intercept"][replicate] == pytest.approx(intercept, rel=1e-9)


def test_a_law_with_few_scales_is_redrawn_not_spoiled():
    result = hierarchical_bootstrap(PowerLaw(), [1, 1, 2, 2], [4, 4.4, 2, 2.2], [0, 0, 1, 1], random_state=0)
    assert result.redrawn > 300  # every other replicate holds one scale only
    assert np.isfinite(result.params["slope"]).all()
    assert result.intervals()["slope"][0] >= np.log(2.0 / 4.4) / np.log(2) - 1e-9


def test_without_noise_every_replicate_is_the_truth():
    result = hierarchical_bootstrap(PowerLaw(), SIZES, 3 * SIZES**-0.25, GROUPS, n_boot=300)
    np.testing.assert_allclose(result.params["slope"], -0.25, atol=1e-9)
    low, high = result.band(PowerLaw(), [10.0, 1e9])
    np.testing.assert_allclose(low, 3 * np.array([10.0, 1e9]) ** -0.25)
    np.testing.assert_allclose(high, low)


def test_noise_between_scales_makes_it_wider_than_the_naive_one():
    rng = np.random.default_rng(1)
    sizes = np.repeat(2.0 ** np.arange(8), 5)
    errors = sizes**-0.2 * np.exp(np.repeat(0.1 * rng.normal(size=8), 5) + 0.01 * rng.normal(size=40))
    wide = hierarchical_bootstrap(PowerLaw(), sizes, errors, sizes).intervals()["slope"]
    narrow = naive_bootstrap(PowerLaw(), sizes, errors).intervals()["slope"]
    assert wide[1] - wide[0] > 1.3 * (narrow[1] - narrow[0])


def test_percentiles_and_levels():
    result = naive_bootstrap(PowerLaw(), SIZES, ERRORS, n_boot=500)
    median = result.percentiles(50)["slope"]
    low, high = result.intervals(0.5)["slope"]
    assert low < median < high
    assert result.intervals(0.99)["slope"][0] < low
    with pytest.raises(ValueError, match="level must lie between 0 and 1; got 95"):
        result.band(PowerLaw(), [1.0], 95)


def test_residual_intervals_are_expanded_to_students_t():
    x = np.geomspace(1, 100, 8)
    y = 3 * x**-0.2 * np.exp(0.05 * np.random.default_rng(0).normal(size=8))
    result = residual_bootstrap(PowerLaw(), x, y, True, n_boot=4000)
    low, high = result.intervals()["slope"]
    line = stats.linregress(np.log(x), np.log(y))
    half = stats.t.ppf(0.975, 6) * line.stderr
    assert result.free == 6 and (high - low) / 2 == pytest.approx(half, rel=0.08)
    narrow = np.percentile(result.params["slope"], [2.5, 97.5])
    assert high - low > 1.15 * (narrow[1] - narrow[0])
    assert naive_bootstrap(PowerLaw(), x, y, n_boot=50).tails(0.9) == pytest.approx([5, 95])


def test_points_of_weight_zero_count_for_nothing():
    weight = np.where(GROUPS == 4, 0, 1)
    errors = np.where(GROUPS == 4, 1e6, ERRORS)
    result = hierarchical_bootstrap(PowerLaw(), SIZES, errors, GROUPS, sample_weight=weight)
    assert result.params["slope"].max() < 0.5


def test_refuses_what_it_cannot_draw():
    with pytest.raises(ValueError, match="groups has the shape"):
        hierarchical_bootstrap(PowerLaw(), SIZES, ERRORS, GROUPS[:3])
    with pytest.raises(ValueError, match="missing label"):
        hierarchical_bootstrap(PowerLaw(), SIZES, ERRORS, np.where(GROUPS == 1, np.nan, GROUPS))
    with pytest.raises(ValueError, match="at least 2 distinct sizes; got 1"):
        naive_bootstrap(PowerLaw(), [5, 5], [1, 2])
    with pytest.raises(ValueError, match="n_boot must be a whole number above 0; got 0"):
        naive_bootstrap(PowerLaw(), SIZES, ERRORS, n_boot=0)


SUBGROUPS = np.array([0, 0, 1, 0, 1, 1, 1, 0, 0, 2, 2, 2])  # ragged; the scales 2 and 4 have one each


def test_one_subgroup_per_scale_is_the_draw_by_scale():
    one = hierarchical_bootstrap(PowerLaw(), SIZES, ERRORS, GROUPS)
    two = hierarchical_bootstrap(PowerLaw(), SIZES, ERRORS, np.stack([GROUPS, 7 * GROUPS], axis=1))
    assert all((one.params[name] == two.params[name]).all() for name in one.params) and one.kind == two.kind


def test_noise_of_pretraining_makes_intervals_wider():
    rng = np.random.default_rng(1)
    sizes, seeds = np.repeat(2.0 ** np.arange(6), 12), np.tile(np.repeat(np.arange(3), 4), 6)
    shift = np.repeat(0.2 * rng.normal(size=18), 4)
    errors = sizes**-0.2 * np.exp(shift + 0.01 * rng.normal(size=72))
    law = PowerLaw()
    two = hierarchical_bootstrap(law, sizes, errors, sizes).intervals()["slope"]
    three = hierarchical_bootstrap(law, sizes, errors, np.stack([sizes, seeds], axis=1))
    low, high = three.intervals()["slope"]
    assert high - low > 1.1 * (two[1] - two[0]) and "subgroups" in three.kind
    law.fit(sizes, errors, groups=np.stack([sizes, seeds], axis=1))
    assert law.seeds_ == "12 per group, 6 groups, 18 subgroups"
    assert law.fit(sizes, errors, groups=sizes).seeds_ == "12 per group, 6 groups"
