"""Choosing a model: each method on curves whose answer is known, and what it refuses."""

import warnings

import numpy as np
import pandas as pd
import pytest

from scalescope.laws.selection import pearson, relative_accuracy, select
from scalescope.laws.selectors import METHODS, AtS, Curves, ModelSize

SIZES = 200.0 * 2.0 ** np.arange(8)
TARGET = 200 * 2**13


def frame(rows, sizes=SIZES, zero=None):
    losses = pd.DataFrame(rows, columns=[int(size) for size in sizes], index=[f"m{k}" for k in range(len(rows))])
    if zero is not None:
        losses.insert(0, 0, zero)
    return losses


def rectified(b, learned, beta, floor, sizes=SIZES):
    return b / (learned + sizes**beta) + floor


@pytest.fixture
def laws():
    """Three models whose curves cross: the worst at first is the best in the end."""
    params = [(40.0, 8.0, 0.3, 0.5), (300.0, 80.0, 0.5, 0.2), (20.0, 2.0, 0.2, 0.9)]
    small = [rectified(*p) for p in params]
    actual = [float(rectified(*p, np.array([TARGET]))[0]) for p in params]
    return frame(small, zero=[b / learned + floor for b, learned, _, floor in params]), np.array(actual)


def test_rectified_fit_finds_curves_that_cross(laws):
    losses, actual = laws
    found = select(losses, SIZES[-1], target=TARGET, method="RectifiedFit")
    np.testing.assert_allclose(found.feature, actual, rtol=0.02)
    assert found.best == actual.argmin() and found.relative_accuracy(actual) == 1
    assert found.pearson(actual) > 0.999


def test_sub_tuning_and_zero_shot_take_the_losses_as_they_are(laws):
    losses, _ = laws
    for method, column in (("SubTuning", 3200), ("ZeroShot", 0)):
        found = select(losses, 3200, target=TARGET, method=method)
        np.testing.assert_array_equal(found.feature, losses[column])
        assert found.best == losses[column].argmin()


def test_every_method_gives_a_number_for_every_model(laws):
    losses, _ = laws
    for method in METHODS:
        found = select(losses, 12800, target=TARGET, method=method, parameters=[1e8, 1e9, 3e8])
        assert np.isfinite(found.feature).all() and sorted(found.order) == [0, 1, 2]
        assert found.method == method


def test_model_size_chooses_the_largest_and_correlates_below_zero():
    losses = frame([SIZES**-0.1, SIZES**-0.2])
    found = select(losses, 200, target=TARGET, method=ModelSize(), parameters=[1e8, 1e9])
    assert found.best == 1
    assert found.pearson([2.0, 1.0]) == pytest.approx(-1)


def bent(at):
    """A power law from the entry `at` on, flat before."""
    y = 5 * SIZES**-0.2
    y[:at] = y[at]
    return y * (1 + 1e-3 * (-1.0) ** np.arange(len(y)))


def test_ats_stops_where_the_power_law_ends():
    losses = frame([bent(3), bent(0)])
    curves = Curves(losses.to_numpy(), SIZES, TARGET)
    assert AtS().accepted(curves).tolist() == [5, 7]
    np.testing.assert_allclose(AtS().features(curves), 5 * TARGET**-0.2, rtol=2e-2)


def test_the_off_by_one_leaves_out_the_smallest_size_only_when_all_are_accepted():
    curves = Curves(frame([bent(0), bent(3)]).to_numpy(), SIZES, TARGET)
    assert AtS().accepted(curves).tolist() == [7, 5]
    assert AtS(mended=True).accepted(curves).tolist() == [8, 5]


def test_with_no_more_than_k_sizes_ats_takes_all():
    curves = Curves(frame([bent(0)[:3]], SIZES[:3]).to_numpy(), SIZES[:3], TARGET)
    assert AtS(k=3).accepted(curves).tolist() == [3]


def test_the_budget_hides_larger_sizes_and_the_frame_stays_as_it_was(laws):
    losses, _ = laws
    before = losses.copy()
    small = select(losses, 1600, target=TARGET)
    changed = losses.assign(**{"3200": 99.0}).rename(columns={"3200": 3201})
    np.testing.assert_array_equal(select(changed.drop(columns=3200), 1600, target=TARGET).feature, small.feature)
    pd.testing.assert_frame_equal(losses, before)


def test_order_of_columns_does_not_matter(laws):
    losses, _ = laws
    turned = losses[losses.columns[::-1]]
    np.testing.assert_array_equal(
        select(turned, 3200, target=TARGET).feature, select(losses, 3200, target=TARGET).feature
    )


@pytest.mark.parametrize(
    ("change", "settings", "told"),
    [
        ({}, {"budget": 0}, "budget must be above zero"),
        ({}, {"budget": TARGET}, "below the target"),
        ({}, {"budget": 100, "method": "AtS"}, "no finetuning at all"),
        ({}, {"budget": 200, "method": "AtS"}, "at least two sizes"),
        ({}, {"budget": 3200, "method": "ModelSize"}, "parameters"),
        ({}, {"budget": 3200, "method": "Ats"}, "'AtS'"),
        ({400: np.nan}, {"budget": 3200}, "'m0' at 400 examples has nan"),
        ({400: 0.0}, {"budget": 3200}, "'m0' at 400 examples has 0"),
        ({}, {"budget": 3200, "method": "ModelSize", "parameters": [1.0]}, "3 models"),
    ],
)
def test_bad_input_is_named(laws, change, settings, told):
    losses = laws[0].assign(**{}).copy()
    for column, value in change.items():
        losses.loc["m0", column] = value
    with pytest.raises(ValueError, match=told):
        select(losses, settings.pop("budget"), target=TARGET, **settings)


def test_positions_and_other_units_are_told(laws):
    losses = laws[0]
    with pytest.warns(UserWarning, match=r"columns of losses are 0 to 2: positions.*losses.T turns them"):
        select(losses.T.set_axis(range(3), axis=1), 2, target=TARGET, method="SubTuning")
    with pytest.warns(UserWarning, match="losses of 3 of 3 models grow with the number of examples: are they scores"):
        select(1 / losses, 3200, target=TARGET, method="SubTuning")
    with pytest.raises(ValueError, match="one row for each model; 'm0' has 2"):
        select(pd.concat([losses, losses.head(1)]), 3200, target=TARGET)
    with pytest.warns(UserWarning, match="losses reach .*perplexities or percentages"):
        select(100 * losses, 3200, target=TARGET, method="SubTuning")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        select(losses, 3200, target=TARGET, method="SubTuning")


def test_zero_shot_needs_its_column():
    with pytest.raises(ValueError, match="column 0"):
        select(frame([SIZES**-0.1]), 3200, target=TARGET, method="ZeroShot")


def test_measures():
    assert pearson([1, 2, 3], [2, 4, 6]) == pytest.approx(1)
    assert np.isnan(pearson([1, 1], [1, 2]))
    assert relative_accuracy(1, [3.0, 2.0, 1.0]) == 0.5
    with pytest.raises(ValueError, match="differ"):
        relative_accuracy(0, [1.0, 1.0])
    with pytest.raises(ValueError, match="must be a whole number above 1; got 1"):
        AtS(k=1)


def test_columns_of_a_csv_are_text_and_losses_must_not_be(laws):
    losses, _ = laws
    read = select(losses.rename(columns=str), 3200, target=TARGET)
    np.testing.assert_array_equal(read.feature, select(losses, 3200, target=TARGET).feature)
    with pytest.raises(ValueError, match="model 'm0' at 0 examples has the text"):
        select(losses.astype(str), 3200, target=TARGET)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        *(({"k": bad}, "k .*must be a whole number above 1") for bad in (2.5, "3", True)),
        *(({"delta": bad}, "delta") for bad in (np.nan, "5", None, 0, -1)),
        ({"mended": "no"}, "mended must be True or False; got 'no'"),
    ],
)
def test_settings_of_ats_that_cannot_be(settings, told):
    with pytest.raises(ValueError, match=told):
        AtS(**settings)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda losses: losses.rename(columns={200: -200}), "numbers of examples, none below zero; got"),
        (lambda losses: losses.set_axis(pd.MultiIndex.from_product([["x"], losses.columns]), axis=1), "numbers"),
        (lambda losses: losses > 1, "losses at 0 examples must hold numbers; entry 0 is"),
        (lambda losses: losses + 0j, "losses at 0 examples must hold real numbers"),
        (
            lambda losses: losses.astype("datetime64[ns]"),
            "losses at 0 examples must hold numbers; entry 0 is Timestamp",
        ),
    ],
)
def test_losses_that_are_read_as_numbers_and_are_none(laws, change, told):
    with pytest.raises((ValueError, TypeError), match=told):
        select(change(laws[0]), 3200, target=TARGET)


def test_models_in_another_order_are_other_models(laws):
    losses, actual = laws
    found = select(losses, SIZES[-1], target=TARGET, method="RectifiedFit")
    sizes = pd.Series([3.0, 2.0, 1.0], index=losses.index)
    with pytest.raises(ValueError, match="losses and parameters have the same index in another order"):
        select(losses, 3200, target=TARGET, method="ModelSize", parameters=sizes[::-1])
    right = pd.Series(actual, index=losses.index)
    assert found.relative_accuracy(right) == 1 and found.pearson(right) > 0.999
    for measure in (found.relative_accuracy, found.pearson):
        with pytest.raises(ValueError, match="losses and actual have the same index in another order"):
            measure(right[::-1])
    with pytest.raises(ValueError, match="there are 3 models but actual has the shape"):
        found.relative_accuracy([*actual, 0.1])


@pytest.mark.parametrize("chosen", [-1, 1.0, 3, True, "x"])
def test_a_chosen_model_that_is_none(chosen):
    with pytest.raises(ValueError, match="the position of a model"):
        relative_accuracy(chosen, [3.0, 2.0, 1.0])
    with pytest.raises(ValueError, match="one number per model"):
        relative_accuracy(0, [])
    with pytest.raises(ValueError, match="of one model at least"):
        pearson([], [])
