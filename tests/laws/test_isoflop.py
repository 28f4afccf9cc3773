"""Approaches 1 and 2: exact where they must be, told where they cannot be."""

import numpy as np
import pytest

from scalescope.experiment.isoflop import BUDGETS, DESIGNS, curves, optimum, profiles
from scalescope.laws.isoflop import approach_1, approach_2, lower_hull

SYMMETRIC = {"E": 1.7, "A": 400.0, "B": 400.0, "alpha": 0.35, "beta": 0.35}
SKEWED = {"E": 1.7, "A": 130.0, "B": 380_000.0, "alpha": 0.26, "beta": 0.6}


def columns(table):
    return table["flops"], table["parameters"], table["tokens"], table["loss"]


def test_a_symmetric_loss_on_a_centred_grid_is_no_problem():
    found = approach_2(*columns(profiles(SYMMETRIC, DESIGNS[1])))
    np.testing.assert_allclose(found.parameters, optimum(SYMMETRIC, found.flops), rtol=1e-6)
    line = found.frontier()
    assert line.a == pytest.approx(0.5, abs=1e-9) and line.b == pytest.approx(0.5, abs=1e-9)
    assert line.parameters([1e25])[0] * line.tokens([1e25])[0] * 6 == pytest.approx(1e25, rel=1e-6)


def test_a_wide_parabola_through_a_skewed_loss_is_off():
    found = approach_2(*columns(profiles(SKEWED, DESIGNS[1])))
    ratio = found.parameters / optimum(SKEWED, found.flops)
    assert (ratio < 0.85).all()  # by more than 15 %, at every budget alike
    assert np.ptp(ratio) < 1e-6


def test_approach_1_finds_the_size_on_a_fine_ladder():
    table = curves(SYMMETRIC)
    line = approach_1(*columns(table)).frontier()
    assert line.a == pytest.approx(0.5, abs=0.02)
    assert line.parameters([1e20])[0] == pytest.approx(optimum(SYMMETRIC, 1e20), rel=0.15)


def test_the_hull_lies_below_every_run_and_falls():
    rng = np.random.default_rng(0)
    flops, loss = 10 ** rng.uniform(18, 22, 300), rng.uniform(2, 4, 300)
    found = lower_hull(flops, flops**0.5, flops**0.5 / 6, loss)
    x = np.log(found.flops)
    at = {f: value for f, value in zip(flops, loss, strict=True)}
    y = np.log([at[f] for f in found.flops])
    assert (np.diff(x) > 0).all() and (np.diff(y) < 0).all()
    inside = (np.log(flops) >= x[0]) & (np.log(flops) <= x[-1])
    assert (np.log(loss[inside]) >= np.interp(np.log(flops[inside]), x, y) - 1e-12).all()


def test_budgets_without_a_minimum_are_told():
    table = profiles(SYMMETRIC, DESIGNS[0])
    few = table.drop(table.index[(table["flops"] == BUDGETS[0])][2:])
    rising = few.assign(loss=few["loss"].where(few["flops"] != BUDGETS[1], few["parameters"] ** 0.1))
    bent = rising.assign(loss=rising["loss"].where(rising["flops"] != BUDGETS[2], 9 - rising["loss"]))
    found = approach_2(*columns(bent))
    assert len(found.flops) == len(BUDGETS) - 3
    assert found.left_out[BUDGETS[0]] == "2 sizes, a parabola needs 3"
    assert found.left_out[BUDGETS[1]] == "its minimum lies outside the sizes tried"
    assert found.left_out[BUDGETS[2]] == "the parabola opens downwards"


def test_one_budget_is_no_frontier():
    table = profiles(SYMMETRIC, DESIGNS[0])
    with pytest.raises(ValueError, match="two budgets or more; got 1"):
        approach_2(*columns(table[table["flops"] == BUDGETS[0]])).frontier()


def test_bad_input_is_named():
    table = profiles(SYMMETRIC, DESIGNS[0])
    flops, parameters, tokens, loss = columns(table)
    with pytest.raises(ValueError, match="loss must be above zero"):
        approach_2(flops, parameters, tokens, -loss)
    with pytest.raises(ValueError, match="differ in length"):
        lower_hull(flops, parameters, tokens, loss[:-1])
    with pytest.raises(ValueError, match="two sizes or more; got 1"):
        approach_1(flops, np.full(len(flops), 1e8), tokens, loss)


@pytest.mark.parametrize("budgets", [0, -3, 1.5, "9", 10**12])
def test_a_number_of_budgets_that_is_none_is_refused(budgets):
    with pytest.raises(ValueError, match=f"budgets must be .*{budgets!r}"):
        approach_1(*columns(profiles(SYMMETRIC, DESIGNS[1])), budgets)
