"""A table of bad inputs of the laws: each draws an error that names the thing and the value, or a warning."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from laws.truths import study

from scalescope.laws import (
    ChinchillaLaw,
    DownstreamErrorLaw,
    PowerLaw,
    ShiftedPowerLaw,
    SuspectInput,
    TrajectoryLaw,
    TransferLaw,
    naive_bootstrap,
)
from scalescope.laws.selection import select

SIZES = np.geomspace(1e4, 1e8, 8)
Y = (1.7 + 60 * SIZES**-0.3) * np.exp(0.01 * np.random.default_rng(0).normal(size=8))
LOSSES = pd.DataFrame(np.outer([1, 2, 3], [3, 2, 1.5, 1.2]), columns=[0, 200, 400, 800])


def but(values, entry, value):
    """`values` with one entry replaced, of any type."""
    changed = np.array(values, dtype=object)
    changed[entry] = value
    return changed


BAD_SIZES = [
    (None, r"X must have the shape .* columns parameters; got \[\]"),
    ("abc", r"must hold numbers|must have the shape"),
    ([{"parameters": 1}, {"parameters": 2}], "X is a list of dicts; give pandas.DataFrame"),
    ({"parameters": [1, 2]}, "X is a dict with the columns parameters; give a DataFrame"),
    (np.array([(n,) for n in SIZES], dtype=[("tokens", float)]), "columns tokens; give a DataFrame with .* parameters"),
    (but(SIZES, 3, pd.NA), "parameters must hold numbers; entry 3 is <NA>"),
    (but(SIZES, 3, pd.NaT), "parameters must hold numbers; entry 3 is NaT"),
    (3.0, r"shape \[n, 1\] or \[n\], columns parameters; got \[\]"),
    (np.ones((4, 2, 2)), r"got \[4, 2, 2\]"),
    (np.ones((8, 0)), r"0 feature\(s\)"),
    (np.ones((8, 2)), "has 2 features, but .* is expecting 1 features"),
    ([[1], [2, 3]], "must hold numbers"),
    (but(SIZES, 0, None), "must hold numbers|not finite"),
    (but(SIZES, 2, {"a": 1}), "parameters must hold numbers"),
    ([10**400, *SIZES[1:]], "parameters has a number that no float holds"),
    (but(SIZES, 1, np.inf), r"parameters has 1 value\(s\) that are not finite.* entry 1 is inf"),
    (but(SIZES, 1, np.nan), "entry 1 is nan"),
    (but(SIZES, 1, 0), "parameters must be above zero.*entry 1 is 0"),
    (but(SIZES, 1, -3), "entry 1 is -3"),
    ([True, *SIZES[1:]], "must hold numbers; entry 0 is True"),
    ([1, 2, True, 4, 5, 6, 7, 8], "must hold numbers; entry 2 is True"),
    (SIZES > 0, "entry 0 is"),
    (SIZES + 0j, "Complex data not supported: parameters"),
    (SIZES * 1e-320, "parameters must lie between 1e-100 and 1e.100; entry 0"),
    (SIZES * 1e299, "parameters must lie between"),
    (scipy.sparse.csr_matrix(SIZES[:, None]), "Sparse data was passed for parameters"),
    (SIZES.astype("timedelta64[s]"), "parameters must hold numbers"),
    (np.array([b"1"] * 8), "entry 0 is the text"),
    (np.ma.masked_all(8), "distinct values of parameters; got 0|masked"),
    (np.full(8, 5.0), "distinct values of parameters; got 1 in 8"),
    (pd.Series([1, 2, None, 4, 5, 6, 7, 8], dtype="Int64"), "parameters"),
    (pd.DataFrame(), "unknown column 'parameters'; there are none"),
    (pd.DataFrame({"params": SIZES}), "unknown column 'parameters'; did you mean 'params'"),
    (pd.DataFrame(np.stack([SIZES, SIZES], 1), columns=["parameters"] * 2), "2 columns of the name 'parameters'"),
    (pd.DataFrame({"parameters": SIZES.astype(str)}), "parameters must hold numbers; entry 0 is the text"),
    (pd.DataFrame({"parameters": SIZES > 0}), "parameters must hold numbers; entry 0 is"),
]


@pytest.mark.parametrize("kind", [PowerLaw, ShiftedPowerLaw])
@pytest.mark.parametrize(("bad", "told"), BAD_SIZES)
def test_bad_sizes(kind, bad, told):
    with pytest.raises((ValueError, TypeError), match=told):
        kind(n_boot=0).fit(bad, Y)


BAD_TARGETS = [
    (None, "requires y to be passed, but the target y is None"),
    ("abc", "y must hold numbers"),
    (1.0, r"X has 8 point\(s\) but y has the shape \[\]"),
    (Y[1:], r"shape \[7\]"),
    (np.stack([Y, Y], axis=1), r"shape \[8, 2\]"),
    (Y[None], r"shape \[1, 8\]"),
    (but(Y, 2, np.nan), "y has 1 value.*entry 2 is nan"),
    (but(Y, 2, None), "y must hold numbers|entry 2"),
    (but(Y, 2, 0), "y must be above zero.*entry 2 is 0"),
    (but(Y, 2, -1), "entry 2 is -1"),
    (Y > 2, "y must hold numbers; entry 0 is"),
    (Y + 0j, "Complex data not supported: y"),
    (scipy.sparse.csr_matrix(Y), "Sparse data was passed for y"),
    (Y * 1e300, "y must lie between"),
    (Y * 1e-300, "y must lie between"),
    (np.array(["2020-01-01"] * 8, dtype="datetime64[D]"), "y must hold numbers"),
    ({"y": 1}, "y must hold numbers; got a dict with the keys 'y': give the values of one of them"),
    (set(Y), "y must hold numbers; got a set, whose order is not kept"),
    ((value for value in Y), "y must hold numbers; got a generator, which is read once"),
]


@pytest.mark.parametrize(("bad", "told"), BAD_TARGETS)
def test_bad_targets(bad, told):
    with pytest.raises((ValueError, TypeError), match=told):
        ShiftedPowerLaw(n_boot=0).fit(SIZES, bad)


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ([-1, *[1] * 7], "sample_weight must not be negative"),
        ([0] * 8, "at least one weight must be above zero"),
        ([1, *[0] * 7], "needs at least 3 distinct values of parameters; got 1 in 1"),
        (but(np.ones(8), 3, np.nan), "sample_weight has 1 value.*entry 3"),
        (["1"] * 8, "sample_weight must hold numbers; entry 0 is the text '1'"),
        ([True] * 8, "sample_weight must hold numbers; entry 0 is True"),
        ([1] * 7, r"sample_weight has the shape \[7\]"),
        (1.0, r"sample_weight has the shape \[\]"),
        (np.full(8, 1e-320), "sample_weight must lie between"),
        (np.full(8, 1e308), "sample_weight must lie between"),
    ],
)
def test_bad_weights(bad, told):
    with pytest.raises(ValueError, match=told):
        ShiftedPowerLaw(n_boot=0).fit(SIZES, Y, sample_weight=bad)


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ([1] * 7, r"groups has the shape \[7\]"),
        (3, r"groups has the shape \[\]"),
        ("a", r"groups has the shape \[\]"),
        (np.ones((8, 3)), r"groups has the shape \[8, 3\]"),
        (but(np.ones(8), 3, np.nan), "groups has a missing label.*entry 3"),
        (but(np.ones(8), 3, None), "groups has a missing label.*entry 3"),
    ],
)
def test_bad_groups(bad, told):
    with pytest.raises(ValueError, match=told):
        ShiftedPowerLaw(n_boot=10).fit(SIZES, Y, groups=bad)


@pytest.mark.parametrize("law", [PowerLaw, ShiftedPowerLaw])
def test_bad_bootstraps(law):
    for n_boot in (10**7, 10**15, 10**22):
        with pytest.raises(ValueError, match=f"n_boot must be at most 1,000,000; got {n_boot}"):
            law(n_boot=n_boot).fit(SIZES, Y)
        with pytest.raises(ValueError, match="n_boot must be at most"):
            naive_bootstrap(law(), SIZES, Y, n_boot=n_boot)
    for state in (-1, 1.5, "a", True, [1, -2]):
        with pytest.raises(ValueError, match="random_state must be a whole number from 0 on"):
            law(n_boot=20, random_state=state).fit(SIZES, Y, groups=np.arange(8))


BAD_SETTINGS = [
    *(({"n_boot": bad}, "n_boot must be a whole number from 0 on") for bad in (-1, 1.5, 0.0, True, "100", None)),
    *(({"warn_beyond": bad}, "warn_beyond") for bad in (0, -1, 0.5, "x", np.nan, True, [1, 2])),
    *(({"delta": bad}, "delta must be a finite number above zero") for bad in (0, np.nan, "x", True, None)),
    *(({"summed": bad}, "summed must be True or False") for bad in ("no", None, 3)),
    *(({"size": bad}, "size must be the name of the size") for bad in (3, None)),
    *(({"loss": bad}, "unknown loss") for bad in ("mse", "", 3)),
    *(({"interval": bad}, "unknown interval") for bad in ("profil", 3, "profile ")),
    *(({"fixed": bad}, "fixed must be a dict") for bad in (["E"], "E", 3)),
    ({"fixed": {"e": 1}}, "did you mean 'E'"),
    ({"fixed": {"E": -1}}, "fixed E must not be below 0; got -1"),
    ({"fixed": {"E": "1"}}, "fixed E must hold numbers"),
    ({"fixed": {"E": np.nan}}, "fixed E has 1 value"),
    ({"fixed": {"E": 99.0}}, "E is fixed at 99"),
    *(({"ties": bad}, "ties must be a dict") for bad in (["alpha"], "alpha")),
    ({"ties": {"E": "A"}}, "unknown exponent in ties 'E'"),
    ({"ties": {"alpha": "alpha"}}, "alpha"),
    ({"bounds": ["E"]}, "bounds must be a dict"),
    ({"bounds": {"E": 1}}, r"bounds of E must be \(low, high\); got 1"),
    ({"bounds": {"E": (2, 1)}}, "0 <= low < high"),
    ({"bounds": {"E": (-1, 1)}}, "0 <= low < high"),
    ({"bounds": {"E": (np.nan, 1)}}, "lower bound of E has 1 value"),
    ({"bounds": {"E": (0, np.nan)}}, "bound of E has 1 value"),
    ({"bounds": {"E": ("a", "b")}}, "lower bound of E must hold numbers"),
    ({"bounds": {"E": (True, 2)}}, "lower bound of E must hold numbers"),
    ({"start": [1, 2, 3]}, "start must be a dict"),
    ({"start": {"E": 1, "A": -1, "alpha": 0.3}}, "start A must not be below 0"),
    ({"start": {"E": 1}}, "it lacks A, alpha"),
]


@pytest.mark.parametrize(("settings", "told"), BAD_SETTINGS)
def test_bad_settings(settings, told):
    with pytest.raises(ValueError, match=told):
        ShiftedPowerLaw(**{"n_boot": 5} | settings).fit(SIZES, Y)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"n_boot": 1.0}, "n_boot must be a whole number"),
        ({"warn_beyond": -1}, "warn_beyond must be a factor from 1 on"),
        ({"fixed": "slope"}, "fixed must be a dict"),
        ({"fixed": {"slop": 1}}, "did you mean 'slope'"),
        ({"fixed": {"slope": np.inf}}, "fixed slope has 1 value"),
        ({"size": 7}, "size must be the name"),
    ],
)
def test_bad_settings_of_a_power_law(settings, told):
    with pytest.raises(ValueError, match=told):
        PowerLaw(**settings).fit(SIZES, Y)


def test_bad_questions():
    fitted = ShiftedPowerLaw(n_boot=5).fit(SIZES, Y)
    for level in (0, 1, 95, -0.5, np.nan, "0.95", None, True, [0.5, 0.9]):
        for kind in ("law", "run"):
            with pytest.raises(ValueError, match="level must lie between 0 and 1"):
                fitted.predict_interval(SIZES, level=level, kind=kind)
    with pytest.raises(ValueError, match="unknown kind of interval 'runs'; did you mean 'run'"):
        fitted.predict_interval(SIZES, kind="runs")
    law = ChinchillaLaw(n_boot=0).fit(*study(ChinchillaLaw, 0.01))
    for flops in (0, -1, np.nan, np.inf, "1e20", True, 1j, [1e20, -1]):
        with pytest.raises(ValueError, match="flops"):
            law.compute_optimal(flops)
    for rule in (0, "6", np.nan, lambda n: n * 0, lambda n: -n, lambda n: "x"):
        with pytest.raises(ValueError, match="flops_per_token"):
            law.compute_optimal(1e20, flops_per_token=rule)
    transfer = TransferLaw(n_boot=0).fit(*study(TransferLaw, 0.01))
    for money, named in (((0, 1, 1), "budget"), ((1, -1, 1), "cost_pretrain"), ((1, 1, np.nan), "cost_finetune")):
        with pytest.raises(ValueError, match=named):
            transfer.optimal_allocation(*money)
    with pytest.raises(ValueError, match="did you mean 'joint'"):
        TrajectoryLaw(order="join", n_boot=0).fit(*study(TrajectoryLaw, 0.01))
    with pytest.raises(ValueError, match="n_boot must be a whole number above 0; got True"):
        naive_bootstrap(PowerLaw(), SIZES, Y, n_boot=True)
    for bad in (Y, [Y[1:]], [but(Y, 0, np.nan)], np.ma.masked_greater(Y[None], 4)):
        with pytest.raises((ValueError, TypeError), match=r"y has|y must"):
            ShiftedPowerLaw().fit_each(SIZES, bad)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"budget": 0}, "budget must be above zero"),
        ({"budget": "400"}, "budget must hold numbers"),
        ({"budget": True}, "budget must hold numbers"),
        ({"budget": np.nan}, "budget has 1 value"),
        ({"target": 800}, "budget must be below the target of 800"),
        ({"target": np.nan}, "target has 1 value"),
        ({"method": "ats2"}, "did you mean 'AtS'"),
        ({"method": 3}, "unknown selection method 3"),
        ({"losses": LOSSES.to_numpy()}, "losses must be a DataFrame"),
        ({"losses": LOSSES.iloc[:0]}, "at least one model"),
        ({"losses": pd.concat([LOSSES, LOSSES], axis=1)}, "one column per number of examples"),
        ({"losses": -LOSSES}, "finite and above zero"),
        ({"method": "ModelSize", "parameters": [1, 2]}, r"3 models but parameters has the shape \[2\]"),
    ],
)
def test_bad_selections(change, told):
    with pytest.raises(ValueError, match=told):
        select(**{"losses": LOSSES, "budget": 800, "target": 1e5} | change)


X, CURVE = study(ChinchillaLaw, 0.01)


@pytest.mark.parametrize(
    ("law", "X", "y", "told"),
    [
        (ChinchillaLaw(n_boot=0), X[:, ::-1], CURVE, "tokens lie below parameters.*swapped"),
        (ChinchillaLaw(n_boot=0), X / [1, 1e9], CURVE, "are they in billions"),
        (ChinchillaLaw(n_boot=0), X, 30 * CURVE, "is it a perplexity or a percentage"),
        (ShiftedPowerLaw(n_boot=0), SIZES, np.exp(2 * Y), "is it a perplexity"),
        (DownstreamErrorLaw(n_boot=0), np.linspace(2, 5, 8), np.linspace(90, 40, 8), "above 1: is it in percent"),
        (PowerLaw(n_boot=0), SIZES, np.full(8, 2.0), "y is 2 at all 8 points: nothing changes with parameters"),
        (PowerLaw(n_boot=5), np.repeat(SIZES, 2), np.repeat(Y, 2), "8 of 16 points repeat the sizes.*pass groups"),
        (ShiftedPowerLaw(n_boot=0, interval="profile"), np.repeat(SIZES, 2), np.repeat(Y, 2), "8 of 16 points repeat"),
    ],
)
def test_what_can_be_fitted_but_is_probably_wrong_draws_a_warning(law, X, y, told):
    with pytest.warns(SuspectInput, match=told):
        law.fit(X, y)
    assert any(message in " ".join(law.messages_) for message in told.split(".*"))


def test_many_curves_at_once_warn_as_one_does():
    with pytest.warns(SuspectInput, match="8 of 16 points repeat"):
        ShiftedPowerLaw(n_boot=5).fit_each(np.repeat(SIZES, 2), [np.repeat(Y, 2)])


def test_nothing_to_predict_is_no_fault():
    law = ShiftedPowerLaw(n_boot=0).fit(SIZES, Y)
    assert law.predict([]).shape == (0,)
