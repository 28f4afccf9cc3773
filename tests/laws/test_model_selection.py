"""The splitter that fits small and scores large, in scikit-learn's own loops and with real laws."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from laws.truths import PAIRS, study
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate

from scalescope.laws import ChinchillaLaw, LargestSizesOut, PowerLaw, RollingSizesOut, ShiftedPowerLaw

RELATIVE = "neg_mean_absolute_percentage_error"
SIZES = np.repeat([10.0, 20.0, 40.0, 80.0, 160.0, 320.0], 2)[::-1]
RUNS = pd.DataFrame({"seed": np.arange(12) % 2, "parameters": SIZES})


def test_every_fold_trains_on_all_smaller_sizes_and_scores_the_next():
    folds = list(LargestSizesOut(3, size="parameters").split(RUNS))
    assert [sorted(set(SIZES[test])) for _, test in folds] == [[80], [160], [320]]
    for train, test in folds:
        assert set(SIZES[train]) == {size for size in SIZES if size < SIZES[test].min()}
        assert len(train) == 2 * len(set(SIZES[train])), "no run of a smaller size is left out"


def test_blocks_of_several_sizes_and_sizes_from_array_or_groups():
    by_name = LargestSizesOut(2, test_sizes=2, size="parameters")
    wanted = [(train.tolist(), test.tolist()) for train, test in by_name.split(RUNS)]
    assert [set(SIZES[test]) for _, test in wanted] == [{40.0, 80.0}, {160.0, 320.0}]
    for splitter, X, groups in (
        (LargestSizesOut(2, test_sizes=2, size=1), RUNS, None),
        (LargestSizesOut(2, test_sizes=2, size=-1), RUNS.to_numpy(), None),
        (LargestSizesOut(2, test_sizes=2), SIZES, None),
        (LargestSizesOut(2, test_sizes=2), SIZES[:, None], None),
        (LargestSizesOut(2, test_sizes=2), RUNS, SIZES),
    ):
        assert [(train.tolist(), test.tolist()) for train, test in splitter.split(X, groups=groups)] == wanted
        assert splitter.get_n_splits() == 2


@pytest.mark.parametrize(
    ("splitter", "X", "groups", "message"),
    [
        (LargestSizesOut(5, size="parameters"), RUNS, None, "5 folds of 1 test size.*at least 2.*need 7.*got 6"),
        (LargestSizesOut(2, min_train_sizes=5, size=1), RUNS, None, "need 7 distinct sizes; got 6"),
        (LargestSizesOut(0, size=1), RUNS, None, "n_splits must be a whole number above 0; got 0"),
        (LargestSizesOut(2, test_sizes=True, size=1), RUNS, None, "test_sizes must be a whole number.*True"),
        (LargestSizesOut(2, size="parameter"), RUNS, None, "did you mean 'parameters'"),
        (LargestSizesOut(2, size="parameters"), RUNS.to_numpy(), None, "X is no DataFrame; give its position"),
        (LargestSizesOut(2, size=2), RUNS, None, "size=2 is no column of X, which has 2"),
        (LargestSizesOut(2), RUNS, None, r"X has 2 columns \(seed, parameters\): say which is the size"),
        (LargestSizesOut(2), RUNS, np.array(["a"] * 12), "groups must hold numbers; entry 0 is the text 'a'"),
        (LargestSizesOut(2), SIZES.astype(str), None, "column 0 of X must hold numbers; entry 0 is the text"),
        (LargestSizesOut(2), -SIZES, None, "must be above zero"),
        (LargestSizesOut(2), np.ma.masked_equal(SIZES, SIZES[3]), None, r"masked value\(s\), the first at entry"),
        *((LargestSizesOut(2, size=size), RUNS, None, "size must be the name or the position of a column")
          for size in (True, 1.0, ["parameters"])),
        *((LargestSizesOut(2), nothing, None, "X has no rows") for nothing in (None, [])),
        (LargestSizesOut(2), np.ones((4, 2, 2)), None, r"X must have the shape .* got \[4, 2, 2\]"),
    ],
)  # fmt: skip
def test_what_it_cannot_split_is_named(splitter, X, groups, message):
    with pytest.raises(ValueError, match=message):
        list(splitter.split(X, groups=groups))


def test_cross_val_score_scores_forecasts():
    rng = np.random.default_rng(0)
    y = 5 * SIZES**-0.3 * np.exp(0.01 * rng.normal(size=12))
    scores = cross_val_score(PowerLaw(n_boot=0), RUNS, y, cv=LargestSizesOut(3, size="parameters"), scoring=RELATIVE)
    by_hand = []
    for size in (80, 160, 320):
        law = PowerLaw(n_boot=0).fit(SIZES[size > SIZES], y[size > SIZES])
        by_hand.append(-np.mean(np.abs(law.predict(SIZES[size == SIZES]) / y[size == SIZES] - 1)))
    assert scores == pytest.approx(by_hand) and (scores > -0.03).all()


def test_grid_search_prefers_the_law_that_levels_off_where_the_truth_does():
    x = np.repeat(np.geomspace(1e4, 1e9, 9), 2)
    y = (1.7 + 60 * x**-0.3) * np.exp(0.002 * np.random.default_rng(0).normal(size=len(x)))
    searched = GridSearchCV(
        ShiftedPowerLaw(n_boot=0, warn_beyond=None),
        {"fixed": [None, {"E": 0.0}]},
        cv=LargestSizesOut(3, min_train_sizes=4),
        scoring=RELATIVE,
    ).fit(x[:, None], y)
    assert searched.best_params_ == {"fixed": None} and searched.best_estimator_.params_["E"] == pytest.approx(
        1.7, 0.02
    )
    assert searched.cv_results_["mean_test_score"][1] < 3 * searched.best_score_


def test_by_compute_as_groups_and_with_metadata_routing():
    X, y = study(ChinchillaLaw, 0.005)
    compute = np.round(np.log10(6 * PAIRS[:, 0] * PAIRS[:, 1]), 1)
    law, splitter = ChinchillaLaw(n_boot=20, warn_beyond=None), LargestSizesOut(2, min_train_sizes=4)
    plain = cross_val_score(law, X, y, groups=compute, cv=splitter, scoring=RELATIVE)
    with sklearn.config_context(enable_metadata_routing=True):
        routed = cross_validate(
            law.set_fit_request(groups=True, sample_weight=False),
            X,
            y,
            params={"groups": compute},
            cv=splitter,
            scoring=RELATIVE,
            return_estimator=True,
        )
    assert routed["test_score"] == pytest.approx(plain) and (plain > -0.03).all()
    assert all("groups" in fitted.seeds_ for fitted in routed["estimator"]), "the law's own fit saw the groups"


def test_every_size_after_the_first_is_held_out_once_of_smaller_ones():
    at = np.array([5.0, 1, 2, 2, 3, 4, 6, 7, 8, 9, 10, 11])
    parts = list(RollingSizesOut(4).split(at))
    assert len(parts) == 4 == RollingSizesOut(4).get_n_splits(at)
    held_out = np.concatenate([test for _, test in parts])
    assert sorted(at[held_out]) == [4, 5, 6, 7, 8, 9, 10, 11] and len(set(held_out)) == len(held_out)
    for train, test in parts:
        assert at[train].max() < at[test].min()
        assert len(train) == (at <= at[train].max()).sum(), "no run of a smaller size is left out"
    assert list(RollingSizesOut().split(np.array([1.0, 2, 3]))) == []
    with pytest.raises(ValueError, match="no rows to split"):
        RollingSizesOut().get_n_splits()


def test_rolling_folds_work_in_the_loops_of_scikit_learn():
    y = RUNS["parameters"] ** -0.2
    X = RUNS[["parameters"]]
    scores = cross_val_score(PowerLaw(n_boot=0), X, y, cv=RollingSizesOut(2), scoring=RELATIVE)
    assert len(scores) == 2 and np.allclose(scores, 0, atol=1e-9)


def test_a_dict_is_no_table_of_runs():
    with pytest.raises(ValueError, match=r"X must have the shape .* got \[\]"):
        list(LargestSizesOut().split({"parameters": [1, 2, 3]}))
