"""Besiroglu et al. (2024): the headline to every digit, the Huber optimum, what the errata say."""

import numpy as np
import pandas as pd
import pytest
from published_data import table
from scipy import special

from scalescope import paths
from scalescope.papers.besiroglu2024 import fits as study
from scalescope.papers.besiroglu2024 import inference
from scalescope.papers.besiroglu2024.reported import comparison
from scalescope.papers.reference import errata, reference


@pytest.fixture(scope="module")
def data():
    return table("besiroglu2024")


@pytest.fixture(scope="module")
def fitted(data):
    return study.fits(data)


@pytest.fixture(scope="module")
def replicates():
    """The committed 4,000 refits."""
    return pd.read_csv(paths.results("published") / "besiroglu2024" / "replicates.csv")


@pytest.fixture(scope="module")
def compared(data, fitted, replicates):
    return comparison(data, fitted, replicates)


def test_all_other_optima_agree_to_every_digit(compared):
    other = compared[compared["kind"] == "other optimum"]
    assert len(other) == 25 and other["agrees"].all()


def test_the_headline_agrees_to_every_digit(compared):
    cells = compared[compared["where_reported"].str.contains("output of cell 2[45]")]
    ours = cells[~cells["quantity"].str.contains("standard error|likelihood")]
    assert len(ours) == 11 and ours["agrees"].all()
    assert cells["off_percent"].abs().max() < 1


def test_whatever_differs_has_its_reason(compared):
    differing = compared[compared["agrees"] != True]  # noqa: E712 - None too
    assert (differing["note"] != "").all()


def test_the_huber_objective_is_at_least_as_good_as_the_reported_optimum(data, fitted):
    known = {"A": 477.826, "B": 2143.417, "E": 1.817218, "alpha": 0.347310, "beta": 0.367172}
    ours = fitted.set_index("fit").loc["huber", "huber_objective"]
    assert ours <= study.huber_objective(known, study.used(data))
    assert ours == fitted["huber_objective"].min()
    assert ours == pytest.approx(0.00101827401780, rel=1e-9)


def test_least_absolute_deviations_are_not_the_huber_loss_with_delta_1e_6(data, fitted):
    points, absolute, huber = study.used(data), {}, {}
    for name in ("least absolute deviations", "huber, delta 1e-6"):
        residuals = study.log_residuals(study.params_of(fitted, name), points)
        absolute[name], huber[name] = np.abs(residuals).sum(), special.huber(1e-6, residuals).sum()
        if name == "least absolute deviations":
            assert (np.abs(residuals) < 1e-8).sum() == len(study.SYMBOLS)  # a vertex: it goes through five points
    assert absolute["least absolute deviations"] < absolute["huber, delta 1e-6"] * (1 - 5e-7)
    assert huber["huber, delta 1e-6"] < huber["least absolute deviations"] * (1 - 5e-7)
    told = errata("besiroglu2024").set_index("item").loc["least_absolute_optimum"]
    for column, name in (("recomputed", "least absolute deviations"), ("printed", "huber, delta 1e-6")):
        params = study.params_of(fitted, name)
        assert told[column] == f"A {params['A']:.3f}, B {params['B']:.3f}"
        assert f"{absolute[name]:.8f}" in told["explanation"]


def test_a_few_bootstrap_refits_are_the_committed_ones(data, replicates):
    made = study.bootstrap(data, 30)
    np.testing.assert_allclose(made["beta"], replicates["beta"][:30], rtol=1e-4)
    assert len(replicates) == 4000


def test_constants_are_those_of_the_reference_file():
    rows = reference("hoffmann2022").set_index(["quantity", "setting"])["reported"].astype(float)
    unrounded, rounded = "approach 3, unrounded (TeX source)", "approach 3, rounded"
    for name in study.SYMBOLS:
        assert study.HOFFMANN_ROUNDED[name] == rows[name, rounded]
        value = np.exp(rows[f"log {name}", unrounded]) if name in "ABE" else rows[name, unrounded]
        assert study.HOFFMANN[name] == pytest.approx(value, rel=1e-12)


def test_the_number_for_chinchilla_was_read_at_the_smallest_compute(fitted):
    params = study.params_of(fitted, study.FREE_SCALE)
    told = errata("besiroglu2024").set_index("item")["recomputed"]
    at_chinchilla, at_1e18 = (study.tokens_per_parameter(params, c) for c in (study.CHINCHILLA_FLOPS, 1e18))
    assert told["tokens_per_parameter"] == f"{at_chinchilla:.2f} there; {at_1e18:.2f} at 1e18 FLOP"
    assert at_1e18 == pytest.approx(25.66, abs=0.05)
    hoffmann = study.tokens_per_parameter(study.HOFFMANN, study.CHINCHILLA_FLOPS)
    assert told["hoffmann_exponent"] == f"{hoffmann:.2f}"


def test_compute_optimal_is_the_laws(data, fitted):
    law = study.law().fit(study.used(data)[["parameters", "tokens"]], study.used(data)["loss"])
    best = law.compute_optimal(1e21)
    params = study.params_of(fitted, "huber")
    assert study.tokens_per_parameter(params, 1e21) == pytest.approx(float(best.tokens_per_parameter), rel=1e-6)


def test_log_likelihood_is_that_of_the_density():
    residuals = np.random.default_rng(0).laplace(scale=0.01, size=400)
    value, log_scale = study.log_likelihood(residuals)
    laplace = -len(residuals) * (np.log(2 * np.abs(residuals).mean()) + 1)
    assert value == pytest.approx(laplace, rel=1e-4)
    assert np.exp(log_scale) == pytest.approx(1e-3 * np.abs(residuals).mean(), rel=1e-3)


def test_intervals_hold_the_replicates(replicates):
    table = study.intervals(replicates).set_index("symbol")
    inside = replicates["B"].between(*table.loc["B", ["low", "high"]]).mean()
    assert inside == pytest.approx(0.95, abs=0.001)
    assert inference.sample_sizes(replicates)["width_80"] == pytest.approx(0.051, abs=5e-4)
