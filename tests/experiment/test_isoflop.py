"""Simulated IsoFLOP studies: the direct fit finds the truth, the approaches are off as they must be."""

import numpy as np
import pytest

from scalescope.experiment import isoflop

SKEWED = {"E": 1.9, "A": 130.0, "B": 380_000.0, "alpha": 0.26, "beta": 0.6}


@pytest.fixture(scope="module")
def made():
    return isoflop.bias({"skewed": SKEWED}, replicates=3)


def test_the_optimum_is_where_the_loss_is_lowest():
    n = isoflop.optimum(SKEWED, 1e21)
    sizes = n * np.array([0.99, 1.0, 1.01])
    losses = isoflop.loss_of(SKEWED, sizes, 1e21 / (6 * sizes))
    assert losses.argmin() == 1


def test_without_noise_the_direct_fit_has_no_bias(made):
    exact = made[(made["approach"] == isoflop.DIRECT) & (made["noise"] == 0)]
    assert exact["bias"].abs().max() < 1e-4 and (exact["far_ratio"] - 1).abs().max() < 1e-2


def test_without_noise_a_wide_parabola_is_off_and_a_drifting_centre_turns_the_line(made):
    rows = made[(made["approach"] == isoflop.SECOND) & (made["noise"] == 0)].set_index("design")
    assert rows.loc[isoflop.DESIGNS[1].name, "far_ratio"] < 0.85
    assert abs(rows.loc[isoflop.DESIGNS[1].name, "bias"]) < 1e-6
    assert rows.loc[isoflop.DESIGNS[3].name, "bias"] > 1e-3


def test_every_cell_is_there(made):
    assert len(made) == 2 * (1 + 2 * len(isoflop.DESIGNS)) and (made["failed"] == 0).all()
    noisy = made[made["noise"] > 0]
    assert (noisy["sd"] > 0).all() and (noisy["far_low"] <= noisy["far_high"]).all()
