import os
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from laws.truths import PAIRS, TRUTHS, study
from scipy.optimize import least_squares, minimize
from scipy.stats import t
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from scalescope.laws import (
    ChinchillaLaw,
    ExtrapolationWarning,
    OvertrainingLaw,
    RectifiedLaw,
    ShiftedPowerLaw,
    TrajectoryLaw,
    TransferLaw,
    VanillaFinetuningLaw,
)

LAWS = list(TRUTHS)
LOSSES = ("log_huber", "log_squares", "squares", "log_absolute")


@pytest.mark.parametrize("kind", LAWS)
def test_without_noise_the_fit_is_the_truth(kind):
    X, y = study(kind)
    law = kind(n_boot=0).fit(X, y)
    assert law.params_ == pytest.approx(TRUTHS[kind][1], rel=1e-4)
    np.testing.assert_allclose(law.predict(X), y, rtol=1e-6)
    assert law.score(X, y) == pytest.approx(1)


@pytest.mark.parametrize("kind", LAWS)
def test_the_truth_lies_in_the_intervals_and_is_never_better_than_the_optimum(kind):
    X, y = study(kind, noise=0.005, seed=3)
    law = kind(n_boot=100, interval="residual", loss="log_squares").fit(X, y)
    exact = study(kind)[1]
    assert law.objective_ <= (np.log(exact / y) ** 2).sum()
    inside = [law.intervals_[name][0] < value < law.intervals_[name][1] for name, value in TRUTHS[kind][1].items()]
    assert sum(inside) >= len(inside) - 1
    low, high = law.predict_interval(X)
    assert (low <= law.predict(X) * 1.0001).mean() > 0.95 and (low <= high).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_no_simplex_search_from_the_optimum_finds_a_better_one(loss):
    X, y = study(ChinchillaLaw, noise=0.01)
    law = ChinchillaLaw(n_boot=0, loss=loss, delta=1e-3).fit(X, y)
    start = np.log([law.params_[name] for name in law.parameters])

    def objective(logs):
        twin = {name: np.array([np.exp(value)]) for name, value in zip(law.parameters, logs, strict=True)}
        return law.given_loss().objective(law.given_loss().residuals(law.predict_many(twin, X)[0], y), np.ones(len(y)))

    rng = np.random.default_rng(0)
    ends = [minimize(objective, start + 0.02 * rng.normal(size=5), method="Nelder-Mead").fun for _ in range(3)]
    assert law.objective_ <= min(ends) * (1 + 1e-9)


def test_a_given_start_joins_the_grid_and_replaces_nothing():
    X, y = study(ChinchillaLaw, noise=0.01)
    plain = ChinchillaLaw(n_boot=0).fit(X, y).params_
    far = {name: value * 20 for name, value in plain.items()}
    assert ChinchillaLaw(n_boot=0, start=far).fit(X, y).params_ == pytest.approx(plain, rel=1e-5)


@pytest.mark.parametrize("kind", [RectifiedLaw, ChinchillaLaw, TrajectoryLaw])
def test_many_curves_at_once_are_as_many_single_fits(kind):
    X, _ = study(kind)
    targets = [study(kind, 0.01, seed)[1] for seed in range(2)]
    together = kind(n_boot=0, loss="log_squares").fit_each(X, targets)
    for law, y in zip(together, targets, strict=True):
        alone = kind(n_boot=0, loss="log_squares").fit(X, y)
        assert law.params_ == pytest.approx(alone.params_, rel=1e-6)
        assert law.diagnostics_["agreeing"] >= 1 and law.card().text() == alone.card().text()
    assert kind().fit_each(X, []) == []


def test_whole_weights_are_repeated_points():
    X, y = study(RectifiedLaw, noise=0.01)
    weights = np.tile([1, 2], 7)
    weighted = RectifiedLaw(n_boot=0).fit(X, y, sample_weight=weights)
    repeated = RectifiedLaw(n_boot=0).fit(np.repeat(X, weights), np.repeat(y, weights))
    assert weighted.params_ == pytest.approx(repeated.params_, rel=1e-5)


def test_fixed_parameters_stay_and_make_special_cases():
    X, y = study(RectifiedLaw, noise=0.01)
    vanilla = VanillaFinetuningLaw(n_boot=0).fit(X, y)
    special = RectifiedLaw(n_boot=0, fixed={"D_l": 0}).fit(X, y)
    assert special.objective_ == pytest.approx(vanilla.objective_, rel=1e-6)
    X, y = study(TransferLaw, noise=0.01)
    assert TransferLaw(n_boot=0, fixed={"E": 0}).fit(X, y).params_["E"] == 0


def test_profile_interval_ends_where_the_loss_says():
    X, y = study(ShiftedPowerLaw, noise=0.01)
    law = ShiftedPowerLaw(n_boot=0, interval="profile").fit(X, y)
    rise = 1 + t.ppf(0.975, len(y) - 3) ** 2 / (len(y) - 3)
    for end in law.intervals_["alpha"]:
        held = ShiftedPowerLaw(n_boot=0, fixed={"alpha": end}).fit(X, y)
        assert held.objective_ / law.objective_ == pytest.approx(rise, rel=5e-3)


def test_profile_of_the_trajectory_ends_where_an_independent_refit_says():
    X, y = study(TrajectoryLaw, noise=0.01)
    law = TrajectoryLaw(n_boot=0, interval="profile").fit(X, y)
    rise = 1 + t.ppf(0.975, len(y) - 6) ** 2 / (len(y) - 6)
    for name in ("N_c", "alpha_S", "alpha_B"):
        others = [other for other in law.parameters if other != name]
        for end in law.intervals_[name]:

            def residuals(logs, end=end, name=name, others=others):
                values = dict(zip(others, np.exp(logs), strict=True)) | {name: end}
                return np.log(law.predict_many({key: np.array([v]) for key, v in values.items()}, X)[0] / y)

            held = least_squares(residuals, np.log([law.params_[other] for other in others]), x_scale="jac")
            assert 2 * held.cost / law.objective_ == pytest.approx(rise, rel=5e-4)
    truth = TRUTHS[TrajectoryLaw][1]
    assert all(low < truth[name] < high for name, (low, high) in law.intervals_.items())
    with pytest.raises(ValueError, match="published order is no optimum"):
        TrajectoryLaw(n_boot=0, interval="profile", order="published").fit(X, y)


def test_published_order_of_the_trajectory():
    X, y = study(TrajectoryLaw)
    truth = TRUTHS[TrajectoryLaw][1]
    converged = {name: truth[name] for name in ("N_c", "alpha_N")}
    law = TrajectoryLaw(n_boot=0, order="published", fixed=converged).fit(X, y)
    assert law.params_ == pytest.approx(truth, rel=0.05)
    biased = TrajectoryLaw(n_boot=0, order="published").fit(X, y)  # its runs have not converged
    assert abs(biased.params_["alpha_S"] / truth["alpha_S"] - 1) > 0.02


def test_the_trajectory_solves_its_equation():
    X, y = study(TrajectoryLaw)
    law = TrajectoryLaw(n_boot=0).fit(X, y)
    loss = law.trajectory(1e6, 2.0**15, [1e3, 1e4])
    p = law.params_
    for at, steps in zip(loss, (1e3, 1e4), strict=True):
        fewest = steps / (1 + float(law.critical_batch_size(at)) / 2.0**15)
        assert at == pytest.approx(float(law.minimum_loss(1e6)) + (p["S_c"] / fewest) ** p["alpha_S"])
        assert float(law.minimum_steps(1e6, at)) == pytest.approx(fewest)
        tokens = fewest * float(law.critical_batch_size(at))
        assert float(law.minimum_tokens(1e6, at)) == pytest.approx(tokens)
    assert np.isinf(law.minimum_steps(1e6, 0.5))


@pytest.mark.parametrize("kind", [ChinchillaLaw, OvertrainingLaw])
def test_compute_optimal_is_the_lowest_point_of_the_budget(kind):
    X, y = study(kind)
    law = kind(n_boot=0, warn_beyond=None).fit(X, y)
    best = law.compute_optimal(1e21)
    assert 6 * best.parameters * best.tokens == pytest.approx(1e21)
    n = best.parameters * np.array([0.9, 1.0, 1.1])
    loss = law.predict(np.stack([n, 1e21 / (6 * n)], axis=1))
    assert loss[1] == pytest.approx(best.loss) and loss[1] < min(loss[0], loss[2])
    with pytest.raises(ValueError, match="flops must be above zero; got 0"):
        law.compute_optimal(0)


def test_allocation_equalises_the_gains():
    X, y = study(TransferLaw)
    law = TransferLaw(n_boot=0).fit(X, y)
    best = law.optimal_allocation(1e4, 1e-6, 1e-3)
    assert best.pretrain_tokens * 1e-6 + best.finetune_tokens * 1e-3 == pytest.approx(1e4)
    at = law.is_pretraining_worth(best.pretrain_tokens, best.finetune_tokens, 1e-6, 1e-3)
    assert at.ratio == pytest.approx(1, rel=1e-6)
    assert not law.is_pretraining_worth(100 * best.pretrain_tokens, best.finetune_tokens, 1e-6, 1e-3).worth
    with pytest.raises(ValueError, match="budget must be above zero; got 0"):
        law.optimal_allocation(0, 1, 1)


def test_phase_transition_halves_the_slope():
    X, y = study(RectifiedLaw)
    law = RectifiedLaw(n_boot=0).fit(X, y)
    at = float(law.phase_transition())
    around = np.log(law.predict([at * 0.999, at * 1.001]) - law.params_["E"])
    assert np.diff(around)[0] / np.log(1.001 / 0.999) == pytest.approx(-law.params_["beta"] / 2, rel=1e-3)
    assert law.zero_shot() == pytest.approx(300 / 80 + 0.5, rel=1e-3)


@pytest.mark.parametrize(("at", "lost"), [(1, {"E", "B", "beta"}), (0, {"E", "A", "alpha"})])
def test_one_budget_or_one_size_is_called_unidentifiable(at, lost):
    X, y = study(ChinchillaLaw, noise=0.01)
    rows = PAIRS[:, at] == np.unique(PAIRS[:, at])[2]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        law = ChinchillaLaw(n_boot=0, loss="log_squares").fit(X[rows], y[rows])
        law.predict(X[rows])
        profile = ChinchillaLaw(n_boot=0, loss="log_squares", interval="profile").fit(X[rows], y[rows])
    assert not np.isnan(list(profile.intervals_.values())).any()
    assert np.isfinite([*law.params_.values()]).all()
    errors = law.diagnostics_["standard_errors"]
    assert {name for name, error in errors.items() if np.isinf(error)} == set(law.diagnostics_["unidentified"])
    assert set(law.diagnostics_["unidentified"]) | set(law.diagnostics_["at_bound"]) >= lost
    assert "has one value" in law.card().text() and not law.diagnostics_["identified"]


def test_a_floor_at_zero_is_told():
    x = np.geomspace(1e4, 1e8, 12)
    law = ShiftedPowerLaw(n_boot=0).fit(x, 60 * x**-0.3 - 1e-3 * np.linspace(0, 1, 12))
    assert law.params_["E"] == 0 and law.diagnostics_["at_bound"] == ("E",)
    assert "E is at its bound" in law.diagnostics_["messages"][0]


def test_extrapolation_warns_with_its_factor():
    X, y = study(ShiftedPowerLaw)
    law = ShiftedPowerLaw(n_boot=0).fit(X, y)
    with pytest.warns(ExtrapolationWarning, match="factor of 100"):
        law.predict([1e10])
    law.set_params(warn_beyond=None).predict([1e10])


def test_keeps_the_estimator_contract():
    law = TrajectoryLaw(order="published", n_boot=3)
    assert clone(law).get_params() == law.get_params()
    frame = pd.DataFrame(PAIRS, columns=["parameters", "tokens"]).iloc[:, ::-1]
    X, y = study(ChinchillaLaw, noise=0.01)
    assert ChinchillaLaw(n_boot=0).fit(frame, y).params_ == ChinchillaLaw(n_boot=0).fit(X, y).params_


@pytest.mark.parametrize(
    ("law", "change", "message"),
    [
        (ChinchillaLaw(), lambda X, y: (X[:3], y[:3]), "needs at least 5 distinct values of parameters, tokens; got 3"),
        (ChinchillaLaw(), lambda X, y: (np.where(X[4, 1] == X, 0, X), y), "tokens must be above zero.*entry 4 is 0"),
        (ChinchillaLaw(), lambda X, y: (np.where(X[4, 1] == X, np.nan, X), y), "tokens has .* entry 4 is nan"),
        (ChinchillaLaw(), lambda X, y: (X, np.where(y == y[7], -1, y)), "y must be above zero.*entry 7 is -1"),
        (ChinchillaLaw(), lambda X, y: (X, np.where(y == y[7], np.nan, y)), "y has 1 value.* entry 7 is nan"),
        (ChinchillaLaw(), lambda X, y: (X, y[1:]), r"X has 36 point\(s\) but y has the shape \[35\]"),
        (TransferLaw(), lambda X, y: (np.column_stack([X, y]), y), r"columns pretrain_tokens, finetune_tokens; got"),
        (ChinchillaLaw(), lambda X, y: (X[:, 0], y), r"shape \[n, 2\], columns parameters, tokens"),
        (ChinchillaLaw(), lambda X, y: (pd.DataFrame(X, columns=["parameters", "token"]), y), "did you mean 'token'"),
        (ChinchillaLaw(fixed={"E": 99}), lambda X, y: (X, y), "E is fixed at 99 but y entry .* not above it"),
        (ChinchillaLaw(fixed={"alfa": 1}), lambda X, y: (X, y), "did you mean 'alpha'"),
        (ChinchillaLaw(loss="huber"), lambda X, y: (X, y), "did you mean 'log_huber'"),
        (ChinchillaLaw(delta=0), lambda X, y: (X, y), "delta must be a finite number above zero"),
        (ChinchillaLaw(interval="profil"), lambda X, y: (X, y), "did you mean 'profile'"),
        (ChinchillaLaw(start={"E": 1}), lambda X, y: (X, y), "start must name every parameter"),
        (ShiftedPowerLaw(), lambda X, y: (0 * y + 5, y), "needs at least 3 distinct values of parameters; got 1"),
    ],
)
def test_bad_input_is_named(law, change, message):
    with pytest.raises(ValueError, match=message):
        law.fit(*change(*study(ChinchillaLaw)))


def test_prediction_refuses_what_fit_refuses():
    X, y = study(ChinchillaLaw)
    law = ChinchillaLaw(n_boot=0).fit(X, y)
    with pytest.raises(ValueError, match=r"parameters has 1 value.* entry 1 is nan"):
        law.predict([[1e8, 1e9], [np.nan, 1e9]])
    with pytest.raises(ValueError, match=r"tokens must be above zero.*entry 0 is 0"):
        law.predict([[1e8, 0]])
    with pytest.raises(ValueError, match="intervals need the bootstrap"):
        law.predict_interval(X)


@pytest.mark.parametrize("kind", LAWS)
def test_nothing_before_fit(kind):
    with pytest.raises(NotFittedError, match=f"{kind.__name__} instance is not fitted yet"):
        kind().predict(TRUTHS[kind][0])


@pytest.mark.skipif("PUBLISHED" not in os.environ, reason="set PUBLISHED to the folder of published data")
def test_besiroglu_optimum():
    points = pd.read_csv(Path(os.environ["PUBLISHED"]) / "besiroglu2024" / "chinchilla_points.csv")
    points = points.sort_values("loss").iloc[:240]
    tokens = points["Training FLOP"] / (6 * points["Model Size"])
    X = np.stack([points["Model Size"], tokens], axis=1)
    law = ChinchillaLaw(n_boot=0).fit(X, points["loss"])
    wanted = {"E": 1.817218, "A": 477.826, "B": 2143.417, "alpha": 0.347310, "beta": 0.367172}
    assert law.params_ == pytest.approx(wanted, rel=2e-6)
    assert law.objective_ <= 0.00101827401780 * (1 + 1e-10)
