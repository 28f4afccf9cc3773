"""scikit-learn's own checks of every law, and what these leave out: names, routing, copies, what a notebook shows."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from laws.truths import PAIRS, TRUTHS, study
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning
from sklearn.model_selection import GroupKFold, cross_validate
from sklearn.utils import estimator_checks, get_tags

from scalescope.laws import ChinchillaLaw, PowerLaw, ShiftedPowerLaw, TrajectoryLaw, broken
from scalescope.laws.fit import optimum, polish

OWN_TABLE = "the check brings its own table, with another number of columns"
NAMES = "the check brings a DataFrame, and of a DataFrame a law reads the columns of its inputs by name"
VECTOR = "a law of one input takes a vector of sizes, too"
EXPECTED = {
    "check_positive_only_tag_during_fit": "negative sizes are refused, naming column and entry in other words",
    "check_sample_weights_pandas_series": NAMES,
    "check_regressor_data_not_an_array": NAMES,
    "check_sample_weights_shape": OWN_TABLE,
    "check_sample_weights_not_overwritten": OWN_TABLE,
    "check_sample_weight_equivalence_on_dense_data": OWN_TABLE + "; test_whole_weights_are_repeated_points checks it",
}
OF_ONE_INPUT = {"check_n_features_in_after_fitting": OWN_TABLE, "check_fit1d": VECTOR, "check_fit2d_predict1d": VECTOR}
THREE_SIZES = "the first column of the check's table has three values, and this law needs more"
OF_MANY_PARAMETERS = {"check_estimators_dtypes": THREE_SIZES, "check_sample_weights_not_an_array": THREE_SIZES}
LAWS = [PowerLaw, *TRUTHS]


def expected(law) -> dict[str, str]:
    """The checks that this law fails, and why."""
    found = EXPECTED | (OF_ONE_INPUT if len(law.inputs) == 1 else {})
    if len(law.inputs) == 1 and law.min_distinct > 3:
        found |= OF_MANY_PARAMETERS
    if len(law.inputs) != 3:
        found["check_estimators_nan_inf"] = OWN_TABLE + " (test_bad_inputs checks it)"
    if len(law.inputs) == 2 and law.min_distinct <= 4:  # this law can read the tables of these two
        del found["check_sample_weights_shape"], found["check_sample_weights_not_overwritten"]
    return found


def suited(law, X, X_test=None, kernel=None):
    """A table of a check as this law can read it: as many columns as it has inputs, above zero."""

    def own(X):
        X = np.asarray(X)
        return np.tile(X, (1, len(law.inputs)))[:, : len(law.inputs)] - X.min() + 1

    return own(X) if X_test is None else (own(X), own(X_test))


@estimator_checks.parametrize_with_checks(
    [kind(n_boot=0) for kind in LAWS], expected_failed_checks=expected, xfail_strict=True
)
def test_scikit_learn_checks(estimator, check, monkeypatch):
    """No tag of scikit-learn says "two columns" or "above zero", so that the step that follows the tags is replaced.

    The tables of the checks follow no scaling law, and a fit creeps towards the best of what does not fit. The checks
    ask how a law is used and not how well it fits, so that a search is coarse here and ends after a few steps.
    """
    monkeypatch.setattr(polish, "MAX_STEPS", 20)
    monkeypatch.setattr(optimum, "PATIENT_STEPS", 20)
    monkeypatch.setattr(optimum, "ROUNDS", ((10, 3),))
    monkeypatch.setitem(broken.GRIDS, 2, (2, 2, 2, 1))
    assert hasattr(estimator_checks, "_enforce_estimator_tags_X")
    monkeypatch.setattr(estimator_checks, "_enforce_estimator_tags_X", suited)
    check(estimator)


def test_names_of_the_columns_that_were_read():
    X, y = study(ChinchillaLaw, 0.01)
    frame = pd.DataFrame(X, columns=["parameters", "tokens"]).assign(seed=0)
    law = ChinchillaLaw(n_boot=0).fit(frame, y)
    assert law.feature_names_in_.tolist() == ["parameters", "tokens"] and law.n_features_in_ == 2
    assert law.fit(X, y).n_features_in_ == 2 and not hasattr(law, "feature_names_in_")
    sizes = pd.DataFrame({"flops": np.geomspace(1e15, 1e18, 8)})
    named = PowerLaw(size="flops", n_boot=0).fit(sizes, sizes["flops"] ** -0.05)
    assert named.feature_names_in_.tolist() == ["flops"]
    many = ChinchillaLaw(n_boot=0, loss="log_squares").fit_each(frame, [y, 2 * y])
    assert all(one.feature_names_in_.tolist() == ["parameters", "tokens"] for one in many)


def test_a_column_of_targets_is_read_as_a_vector_and_told():
    X, y = study(ShiftedPowerLaw, 0.01)
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        law = ShiftedPowerLaw(n_boot=0).fit(X, y[:, None])
    assert law.params_ == ShiftedPowerLaw(n_boot=0).fit(X, y).params_


@pytest.mark.parametrize("kind", LAWS)
def test_tags_say_what_a_law_takes(kind):
    tags = get_tags(kind())
    assert tags.input_tags.positive_only and tags.target_tags.positive_only and tags.target_tags.required
    assert not tags.input_tags.sparse and not tags.input_tags.allow_nan and tags.estimator_type == "regressor"


@pytest.mark.parametrize("kind", LAWS)
def test_a_fitted_law_is_the_same_after_a_copy_on_disk(kind):
    X, y = study(kind, 0.01) if kind in TRUTHS else study(ShiftedPowerLaw, 0.01)
    law = kind(n_boot=5).fit(X, y)
    twin = pickle.loads(pickle.dumps(law))
    assert (twin.predict(X) == law.predict(X)).all() and twin.card().text() == law.card().text()
    assert twin.intervals_ == law.intervals_ and set(law.replicates_) == set(law.parameters)
    assert all((twin.replicates_[name] == values).all() for name, values in law.replicates_.items())
    assert not hasattr(clone(law), "params_") and clone(law).get_params() == law.get_params()


def test_weights_and_groups_are_routed():
    X, y = study(ShiftedPowerLaw, 0.01)
    groups, weights = np.arange(16) // 2, np.where(np.arange(16) % 5, 1.0, 0.0)
    law = ShiftedPowerLaw(n_boot=5, warn_beyond=None)
    with sklearn.config_context(enable_metadata_routing=True):
        law.set_fit_request(groups=True, sample_weight=True).set_score_request(sample_weight=True)
        found = cross_validate(
            law,
            X[:, None],
            y,
            cv=GroupKFold(4),
            return_estimator=True,
            return_indices=True,
            params={"groups": groups, "sample_weight": weights},
        )
    for one, train, test, score in zip(
        found["estimator"], found["indices"]["train"], found["indices"]["test"], found["test_score"], strict=True
    ):
        by_hand = clone(law).fit(X[train], y[train], sample_weight=weights[train], groups=groups[train])
        assert one.params_ == by_hand.params_ and one.seeds_ == by_hand.seeds_ and one.n_left_out_ > 0
        assert score == pytest.approx(by_hand.score(X[test], y[test], weights[test]))


def test_a_notebook_shows_the_settings_and_after_the_fit_the_card():
    law = TrajectoryLaw(n_boot=0)
    assert "n_boot" in law._repr_mimebundle_()["text/html"]
    X, y = study(ShiftedPowerLaw, 0.01)
    law = ShiftedPowerLaw(n_boot=5).fit(X, y)
    shown = law._repr_mimebundle_()
    assert shown["text/html"] == law._repr_html_() == law.card().html()
    for item in ("Fit card: ShiftedPowerLaw", "identifiability", f"{law.params_['E']:.4g}", "loss of the fit"):
        assert item in shown["text/html"]
    assert "<b>" not in law.card(tuning="<b>").html(), "what the caller hands in is text"
    assert shown["text/plain"] == "ShiftedPowerLaw(n_boot=5)"


def test_settings_survive_a_copy_and_a_frame_is_read_by_name():
    law = TrajectoryLaw(order="published", n_boot=3)
    assert clone(law).get_params() == law.get_params()
    frame = pd.DataFrame(PAIRS, columns=["parameters", "tokens"]).iloc[:, ::-1]
    X, y = study(ChinchillaLaw, noise=0.01)
    assert ChinchillaLaw(n_boot=0).fit(frame, y).params_ == ChinchillaLaw(n_boot=0).fit(X, y).params_
