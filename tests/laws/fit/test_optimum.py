"""The optimum of the Chinchilla fit against an independent optimiser, and what it must not depend on.

The fits are of simulated runs, and of the published points of Besiroglu et al. (2024) where they are at hand.
"""

import numpy as np
import pytest
from laws.truths import study
from published_data import table
from scipy.optimize import minimize

from scalescope.laws import ChinchillaLaw
from scalescope.papers.besiroglu2024 import fits as besiroglu2024

DELTA = 1e-3
STARTS = 30
LOSSES = ("log_huber", "log_absolute")
PLACES = ("simulated", "published")


def runs(place):
    """Parameters and tokens [n, 2], losses [n]."""
    if place == "simulated":
        return study(ChinchillaLaw, noise=0.01)
    points = besiroglu2024.used(table("besiroglu2024"))
    return points[["parameters", "tokens"]].to_numpy(), points["loss"].to_numpy()


def cost(p, logs, log_y, delta):
    """Sum of the Huber loss over delta, and its gradient, in (ln A, ln B, ln E, alpha, beta) about the middle."""
    powers = np.stack([p[0] - p[3] * logs[:, 0], p[1] - p[4] * logs[:, 1], np.full(len(logs), p[2])])
    law = np.logaddexp.reduce(powers)
    residuals, share = law - log_y, np.exp(powers - law)
    pull = np.clip(residuals, -delta, delta) / delta
    value = (pull * (residuals - delta * pull / 2)).sum()
    slopes = [*(share @ pull), -(share[0] * logs[:, 0]) @ pull, -(share[1] * logs[:, 1]) @ pull]
    return value, np.array(slopes)


def ends(X, y, deltas, loss):
    """Where L-BFGS ends from random starts, the Huber loss narrowed in turn: `loss` [starts] and the parameters."""
    rng = np.random.default_rng(0)
    logs, log_y = np.log(X) - np.log(X).mean(axis=0), np.log(y)
    reached, params = [], []
    for _ in range(STARTS):
        p = np.concatenate([rng.uniform(-4, 1, 2), rng.uniform(-1, 1, 1), rng.uniform(0.05, 1.5, 2)])
        for delta in deltas:
            p = minimize(cost, p, (logs, log_y, delta), "L-BFGS-B", jac=True, options={"maxiter": 400, "ftol": 1e-14}).x
        reached.append(loss(p, logs, log_y))
        a, b = np.exp(p[:2] + p[3:] * np.log(X).mean(axis=0))
        params.append({"E": np.exp(p[2]), "A": a, "B": b, "alpha": p[3], "beta": p[4]})
    return np.array(reached), params


@pytest.mark.parametrize("place", PLACES)
def test_no_random_start_of_another_optimiser_ends_below_the_huber_optimum(place):
    X, y = runs(place)
    law = ChinchillaLaw(n_boot=0, loss="log_huber", delta=DELTA).fit(X, y)
    reached, params = ends(X, y, (1e-1, 1e-2, DELTA), lambda *given: DELTA * cost(*given, DELTA)[0])
    assert law.objective_ <= reached.min() * (1 + 1e-10)
    there = np.flatnonzero(reached < law.objective_ * (1 + 1e-11))
    assert len(there) >= STARTS // 2  # else they have tested nothing
    assert all(params[start] == pytest.approx(law.params_, rel=5e-6) for start in there)  # five digits


@pytest.mark.parametrize("place", PLACES)
def test_nor_below_the_least_absolute_deviations(place):
    X, y = runs(place)
    law = ChinchillaLaw(n_boot=0, loss="log_absolute").fit(X, y)
    tiny = 1e-14
    reached, _ = ends(X, y, (1e-1, 1e-2, DELTA, 1e-5), lambda *given: cost(*given, tiny)[0])
    assert law.objective_ <= reached.min() * (1 + 1e-9)
    assert (reached < law.objective_ * (1 + 1e-4)).sum() >= STARTS // 2  # smooth, so that they only come near


class Elsewhere(ChinchillaLaw):
    """The law searched on another grid: its exponents times a factor."""

    moved = 1.0

    def axes(self, form, sizes):
        return [axis * self.moved for axis in super().axes(form, sizes)]


@pytest.mark.filterwarnings("ignore:.*tokens lie below parameters")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("loss", LOSSES)
def test_order_units_and_grid_leave_five_digits_as_they_are(place, loss):
    X, y = runs(place)
    plain = ChinchillaLaw(n_boot=0, loss=loss).fit(X, y).params_
    order = np.random.default_rng(1).permutation(len(y))
    assert ChinchillaLaw(n_boot=0, loss=loss).fit(X[order], y[order]).params_ == pytest.approx(plain, rel=1e-6)

    units, nats = np.array([1e-6, 1e-9]), 1 / np.log(2)  # millions of parameters, billions of tokens, bits
    other = ChinchillaLaw(n_boot=0, loss=loss).fit(X * units, y * nats).params_
    back = {"E": other["E"] / nats, "alpha": other["alpha"], "beta": other["beta"]}
    back |= {"A": other["A"] / nats * units[0] ** -other["alpha"], "B": other["B"] / nats * units[1] ** -other["beta"]}
    assert back == pytest.approx(plain, rel=5e-6)

    for moved in (0.87, 1.09):
        law = Elsewhere(n_boot=0, loss=loss)
        law.moved = moved
        assert law.fit(X, y).params_ == pytest.approx(plain, rel=5e-6)
