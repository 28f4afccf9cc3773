"""What every law of the package must offer, law by law: the estimator contract of base.py."""

import inspect
import json
import warnings

import numpy as np
import pytest
from laws.truths import TRUTHS, study
from sklearn.base import clone, is_regressor

from scalescope import laws
from scalescope.laws import CurveLaw, ExtrapolationWarning, FitCard, PowerLaw, ScalingLaw
from scalescope.laws.card import LABELS

BASES = (ScalingLaw, CurveLaw)
EVERY = [
    kind
    for name in laws.__all__
    if isinstance(kind := getattr(laws, name), type) and issubclass(kind, ScalingLaw) and kind not in BASES
]
DIAGNOSED = {"identified", "unidentified", "at_bound", "weak", "messages", "standard_errors", "flat"}


def data(kind):
    if kind is not PowerLaw:
        return study(kind, noise=0.01)
    x = np.geomspace(1e4, 1e8, 9)
    return x, 20 * x**-0.2 * np.exp(0.01 * np.random.default_rng(0).normal(size=9))


def test_every_law_of_the_truths_is_exported():
    assert set(EVERY) == {*TRUTHS, PowerLaw}


@pytest.mark.parametrize("kind", EVERY)
def test_every_law_has_the_whole_surface(kind):
    X, y = data(kind)
    signature = inspect.signature(kind.__init__)
    given = [p for name, p in signature.parameters.items() if name != "self"]
    assert all(p.kind is p.KEYWORD_ONLY and p.default is not p.empty for p in given)
    assert list(inspect.signature(kind.fit).parameters) == ["self", "X", "y", "sample_weight", "groups"]
    assert kind.inputs and kind.parameters and kind.equation and kind.source

    law = kind(n_boot=20)
    assert clone(law).get_params() == law.get_params() and is_regressor(law)
    assert law.fit(X, y, sample_weight=np.ones(len(y)), groups=np.arange(len(y)) // 2) is law
    assert set(law.params_) == set(law.intervals_) == set(kind.parameters)
    assert all(low <= high for low, high in law.intervals_.values())
    assert law.objective_ > 0 and law.diagnostics_.keys() >= DIAGNOSED
    assert set(law.diagnostics_["standard_errors"]) == set(law.diagnostics_["flat"]) == set(kind.parameters)
    low, high = law.predict_interval(X, level=0.9)
    assert law.predict(X).shape == low.shape == high.shape == y.shape and (low <= high).all()
    assert law.score(X, y) > 0.9
    card = law.card(target=X)
    assert isinstance(card, FitCard) and set(LABELS) < set(json.loads(json.dumps(card.as_dict())))
    assert card.facts["loss"] and card.facts["identifiability"] and card.facts["optimiser"]
    with pytest.warns(ExtrapolationWarning, match="factor of 1e"):
        law.set_params(warn_beyond=10.0).predict(np.asarray(X) * 1e4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        law.set_params(warn_beyond=None).predict(np.asarray(X) * 1e4)


@pytest.mark.parametrize("kind", EVERY)
def test_no_intervals_without_replicates(kind):
    law = kind(n_boot=0).fit(*data(kind))
    assert law.intervals_ == {} and law.bootstrap_ is None


@pytest.mark.parametrize("kind", [PowerLaw, laws.ShiftedPowerLaw])
def test_a_fit_that_fails_leaves_the_law_as_it_was(kind, monkeypatch):
    X, y = data(kind)
    law = kind(n_boot=20).fit(X, y)
    before = law.predict_interval(X), law.params_, law.n_points_

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(kind, "_bootstrap", stop)  # after the parameters were found
    with pytest.raises(KeyboardInterrupt):
        law.fit(X[1:], 2 * y[1:], groups=np.arange(len(y) - 1))
    assert law.params_ == before[1] and law.n_points_ == before[2] and law.seeds_ is None
    np.testing.assert_array_equal(law.predict_interval(X), before[0])


def test_a_seed_that_is_none_is_told_before_anything_is_fitted():
    X, y = data(PowerLaw)
    with pytest.raises(ValueError, match="random_state must be a whole number"):
        PowerLaw(n_boot=0, random_state="x").fit(X, y)


def test_a_size_that_was_renamed_after_the_fit_is_told():
    X, y = data(PowerLaw)
    law = PowerLaw(n_boot=0, warn_beyond=10).fit(X, y).set_params(size="tokens")
    with pytest.raises(ValueError, match="fitted to parameters and now reads tokens: fit it again"):
        law.predict(X)
