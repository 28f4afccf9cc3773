"""The multi-bootstrap: coverage in a world whose truth is known, pairing, and Matthews from drawn examples."""

import numpy as np
import pandas as pd
import pytest

from scalescope.data.tasks.metrics import matthews
from scalescope.errors import UnknownName
from scalescope.experiment.paired import multi_bootstrap


def table(predicted, label, score=None):
    score = (predicted == label).astype(float) if score is None else score
    frame = {"example": np.arange(len(label)), "label": label, "predicted": predicted, "score": score}
    return pd.DataFrame(frame)


def chance(level, hard, seed_effect):
    return 1 / (1 + np.exp(-(level + hard + seed_effect)))


def side(rng, hard, level, spread, seeds):
    """Runs that are right with a probability from the example, the level of the side and the luck of the seed."""
    label = np.zeros(len(hard), int)
    return {
        seed: table((rng.random(len(hard)) > chance(level, hard, spread * rng.normal())).astype(int), label)
        for seed in range(seeds)
    }


@pytest.mark.parametrize(("seeds", "spread"), [(3, 0.0), (3, 0.2), (5, 0.2)])
def test_the_interval_covers_the_truth_of_new_seeds_and_new_examples(seeds, spread):
    rng = np.random.default_rng(0)
    hard, luck = 1.5 * rng.normal(size=100_000), spread * rng.normal(size=100_000)
    truth = np.mean(chance(0.9, hard, luck)) - np.mean(chance(0.5, hard, luck))
    held, widths = [], []
    for _ in range(100):
        hard = 1.5 * rng.normal(size=400)
        first, second = (side(rng, hard, level, spread, seeds) for level in (0.5, 0.9))
        found = multi_bootstrap(first, second, "accuracy", n_boot=200)
        held.append(found.low <= truth <= found.high)
        widths.append(found.high - found.low)
    assert 0.88 <= np.mean(held) <= 1
    assert np.median(widths) < 0.25, "an interval that covers because it is endless"


def test_what_is_hard_for_both_sides_is_no_difference():
    rng = np.random.default_rng(1)
    hard = 3.0 * rng.normal(size=1000)
    first, second = side(rng, hard, 0.5, 0.1, 3), side(rng, hard, 0.9, 0.1, 3)
    shuffled = {
        seed: run.assign(score=run["score"].sample(frac=1, random_state=9).array) for seed, run in second.items()
    }
    paired, apart = (multi_bootstrap(first, other, "accuracy") for other in (second, shuffled))
    assert apart.difference == pytest.approx(paired.difference)
    assert apart.se_rows > 1.3 * paired.se_rows and apart.se > 1.2 * paired.se


def test_luck_that_a_seed_brings_to_both_sides_is_no_difference():
    rng = np.random.default_rng(2)
    hard, label = rng.normal(size=500), np.zeros(500, int)
    luck = dict(enumerate(np.linspace(-1.5, 1.5, 5)))

    def runs(level):
        return {s: table((rng.random(500) > chance(level, hard, x)).astype(int), label) for s, x in luck.items()}

    first, second = runs(0.2), runs(0.6)
    renamed = {seed + 5: run for seed, run in second.items()}
    paired, apart = (multi_bootstrap(first, other, "accuracy") for other in (second, renamed))
    assert apart.difference == pytest.approx(paired.difference) and apart.n_seeds == paired.n_seeds == 5
    assert apart.high - apart.low > 2 * (paired.high - paired.low)


def test_a_side_that_lacks_a_seed_is_still_compared():
    rng = np.random.default_rng(3)
    hard = rng.normal(size=300)
    first, second = side(rng, hard, 0.2, 0.1, 3), side(rng, hard, 0.8, 0.1, 3)
    del second[0]
    found = multi_bootstrap(first, second, "accuracy", n_boot=300)
    assert found.n_seeds == 2 and found.low < found.difference < found.high
    mean = np.mean([run["score"].mean() for run in second.values()])
    assert found.second == pytest.approx(mean)


def test_one_seed_leaves_the_noise_of_the_examples():
    rng = np.random.default_rng(4)
    runs = side(rng, rng.normal(size=400), 0.5, 0.0, 2)
    found = multi_bootstrap({0: runs[0]}, {0: runs[1]}, "accuracy")
    difference = runs[1]["score"] - runs[0]["score"]
    assert found.se == found.se_rows == pytest.approx(difference.std() / np.sqrt(400), rel=0.1)


def test_matthews_is_computed_from_the_drawn_examples():
    rng = np.random.default_rng(5)
    label = rng.integers(0, 3, 300)
    first, second = (
        {s: table(np.where(rng.random(300) < right, label, rng.integers(0, 3, 300)), label) for s in range(2)}
        for right in (0.3, 0.6)
    )
    found = multi_bootstrap(first, second, "matthews", n_boot=400)
    for level, runs in ((found.first, first), (found.second, second)):
        assert level == pytest.approx(np.mean([matthews(run["predicted"], run["label"]) for run in runs.values()]))
    one = multi_bootstrap({0: first[0]}, {0: second[0]}, "matthews", n_boot=400)
    drawn = []
    for _ in range(400):
        at = rng.integers(300, size=300)
        drawn.append(
            np.subtract(*(matthews(r.loc[at, "predicted"], r.loc[at, "label"]) for r in (second[0], first[0])))
        )
    assert one.se_rows == pytest.approx(np.std(drawn), rel=0.15)


def test_runs_on_other_examples_and_unknown_metrics_are_refused():
    label = np.array([0, 1, 1])
    run = table(label, label)
    with pytest.raises(ValueError, match="other examples"):
        multi_bootstrap({0: run}, {0: table(label, 1 - label)}, "accuracy")
    with pytest.raises(ValueError, match="other examples"):
        multi_bootstrap({0: run}, {0: run.iloc[:2]}, "accuracy")
    with pytest.raises(ValueError, match="at least one run"):
        multi_bootstrap({}, {0: run}, "accuracy")
    with pytest.raises(UnknownName, match="did you mean 'accuracy'"):
        multi_bootstrap({0: run}, {0: run}, "acuracy")


def runs(**change):
    label = np.arange(20) % 2
    return {seed: table(np.roll(label, seed), label).assign(**change) for seed in (0, 1)}


@pytest.mark.parametrize(
    ("second", "settings", "told"),
    [
        *((runs(), {"n_boot": bad}, "n_boot must be") for bad in (0, 1, -1, 2.5, "9", 10**9)),
        *((runs(), {"level": bad}, "level must lie between 0 and 1") for bad in (95, "0.9", None, np.nan)),
        *((runs(), {"random_state": bad}, "random_state must be a whole number") for bad in (-1, "a", 1.5, None)),
        (runs(score=np.nan), {}, "score of the run of seed 0 has 20 value"),
        (runs(score=50.0), {}, "score of the run of seed 0 must be a share between 0 and 1; got 50 to 50"),
        (runs(score="1"), {}, "score of the run of seed 0 must hold numbers"),
        *((runs(predicted=bad), {"metric": "matthews"}, "predicted of the run of") for bad in ("1", 0.5, -1, 10**6)),
        ({0: table(np.zeros(0, int), np.zeros(0, int))}, {}, "the run of seed 0 has no rows"),
        ([runs()[0]], {}, "a side must be a dict of tables of rows by seed; got list"),
        (runs()[0], {}, "a side must be a dict of tables of rows by seed; got DataFrame"),
        ({(0, 0): runs()[0]}, {}, "seeds must be numbers, or pairs of numbers"),
    ],
)
def test_what_is_no_side_of_a_comparison_is_named(second, settings, told):
    with pytest.raises(ValueError, match=told):
        multi_bootstrap(runs(), second, **{"metric": "accuracy", "n_boot": 20} | settings)


@pytest.mark.parametrize("metric", ["accuracy", "matthews"])
def test_a_single_example_tells_no_difference(metric):
    right, wrong = ({seed: table(np.array([one]), np.array([1])) for seed in (0, 1)} for one in (1, 0))
    found = multi_bootstrap(wrong, right, metric, n_boot=50)
    assert (found.low, found.high, found.n_rows) == (-np.inf, np.inf, 1)
    assert found.difference == (1 if metric == "accuracy" else 0)
