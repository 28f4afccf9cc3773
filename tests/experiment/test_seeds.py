"""Artificial seeds have the mean and deviation of the real ones, and stay above zero."""

import warnings

import numpy as np
import pandas as pd
import pytest

from scalescope.experiment.seeds import one_row_per_seed
from scalescope.laws import SuspectInput
from scalescope.papers.ivgi2022.fits import fits

SIZES = (10_000, 30_000, 100_000, 300_000)


def summaries(means, sds, task="sst2", n=5):
    rows = [
        {
            "objective": "mlm",
            "hpt": "with",
            "task": task,
            "role": "ladder",
            "aspect_ratio": 12,
            "layers": place + 1,
            "parameters": size,
            "n_seeds": n,
            "value": 1 - mean,
            "value_sd": sd,
            "error": mean,
            "error_sd": sd,
        }
        for place, (size, mean, sd) in enumerate(zip(SIZES, means, sds, strict=True))
    ]
    return pd.DataFrame(rows)


@pytest.mark.filterwarnings("ignore::scalescope.laws.SuspectInput")
@pytest.mark.parametrize("n", [2, 3, 5, 25])
@pytest.mark.parametrize("ratio", [0.1, 0.9, 1.0, 1.2, 1.4])
def test_mean_and_deviation_are_exact_and_seeds_above_zero(n, ratio):
    table = summaries([0.3, 0.2, 0.1, 0.02], [0.01, 0.01, 0.02, 0.02 * ratio], n=n)
    seeds = one_row_per_seed(table).groupby("parameters")["error"]
    np.testing.assert_allclose(seeds.mean(), [0.3, 0.2, 0.1, 0.02])
    np.testing.assert_allclose(seeds.std(ddof=1), [0.01, 0.01, 0.02, 0.02 * ratio], rtol=1e-6)
    assert (seeds.min() > 0).all() and (seeds.size() == n).all()


def test_a_mean_below_its_deviation_gives_a_law_and_says_what_it_assumes():
    with pytest.warns(SuspectInput, match=r"row 3 \(sst2\): 5 seeds with a mean error of 0.02 .* deviation of 0.03 .*"):
        found = fits(summaries([0.3, 0.2, 0.1, 0.02], [0.01, 0.01, 0.02, 0.03]), n_boot=50)
    row = found.query("n_points > 0").iloc[0]
    assert row["n_points"] == 20 and row["n_left_out"] == 0
    assert row["slope_low"] < row["slope"] < row["slope_high"] < 0


def test_the_geometric_mean_that_is_told_is_that_of_the_seeds():
    table = summaries([0.3, 0.2, 0.1, 0.02], [0.01, 0.01, 0.02, 0.03])
    with pytest.warns(SuspectInput) as said:
        seeds = one_row_per_seed(table).groupby("parameters")["error"]
    assert f"geometric mean of {np.exp(np.log(seeds.get_group(300_000)).mean()):.2g}," in str(said[0].message)


def test_evenly_spread_seeds_draw_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fits(summaries([0.3, 0.2, 0.1, 0.04], [0.01, 0.01, 0.02, 0.03]), n_boot=5)
    assert found.query("n_points > 0")["n_points"].tolist() == [20]


def test_a_mean_within_its_deviation_of_one_is_no_error():
    row = fits(summaries([0.97, 0.9, 0.8, 0.7], [0.05, 0.01, 0.01, 0.01]), n_boot=5).query("n_points > 0").iloc[0]
    assert row["n_left_out"] == 0 and row["slope"] < 0


@pytest.mark.parametrize(
    ("means", "sds", "n", "message"),
    [
        (
            [0.3, 0.2, 0.1, 0.02],
            [0.01, 0.01, 0.02, 3.0],
            5,
            r"row 3: 5 seeds with a mean error of 0.02 cannot have a d",
        ),
        ([0.3, 0.2, 0.1, 0.0], [0.01, 0.01, 0.02, 0.03], 5, r"row 3: .*cannot have a deviation of 0.03; at most 0 "),
        ([0.5, 0.2, 0.1, 0.1], [0.8, 0.01, 0.02, 0.03], 2, r"row 0: 2 seeds .*at most 0.707"),
        ([0.3, 0.2, 0.1, 0.02], [0, 0, 0, 0.01], 1, r"row 3 \(sst2\): .* of one seed cannot have a standard deviation"),
        ([30, 20, 10, 2], [1, 1, 1, 1], 5, r"row 0: the error of sst2 is 30; above one .*in percent"),
    ],
)
def test_deviations_that_cannot_be(means, sds, n, message):
    with pytest.raises(ValueError, match=message):
        fits(summaries(means, sds, n=n), n_boot=5)


@pytest.mark.parametrize(("task", "error"), [("cola", 30.0), ("mine", 2.5), ("mine", 15.0), ("boolq", 1.5)])
def test_percent_is_refused_for_any_task(task, error):
    with pytest.raises(ValueError, match=rf"row 0: the error of {task} is {error:g}; above (one|two) .*in percent"):
        fits(summaries([error, 0.2, 0.1, 0.1], [0.0] * 4, task=task).drop(columns="value"), n_boot=5)
    with pytest.raises(ValueError, match=r"column 'value', row 0 holds 85; a share between -1 and 1"):
        fits(summaries([0.15, 0.2, 0.1, 0.1], [0.0] * 4, task=task).assign(value=85.0), n_boot=5)
