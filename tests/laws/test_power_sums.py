"""The law in width, depth, parameters and tokens: the truth, its value, bad inputs; the fit of Besiroglu 2024."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scalescope.laws import ChinchillaLaw, WidthDepthLaw

TRUTH = {
    "E": 1.5,
    "A_w": 2.9,
    "A_l": 0.8,
    "A": 440.0,
    "B": 35_000.0,
    "alpha_w": 0.25,
    "alpha_l": 0.6,
    "alpha": 0.35,
    "beta": 0.5,
}


def runs():
    rng = np.random.default_rng(0)
    width, depth = rng.choice([256, 512, 768, 1024, 2048, 3072], 120), rng.choice([3, 8, 12, 24, 45, 80], 120)
    parameters = 12.0 * width**2 * depth + 100_000 * width
    return pd.DataFrame(
        {
            "width": width,
            "depth": depth,
            "parameters": parameters,
            "tokens": rng.choice(np.geomspace(1e10, 3.5e11, 12), 120),
        }
    ).astype(float)


def exact(table):
    w, d, n, t = (table[name].to_numpy() for name in ("width", "depth", "parameters", "tokens"))
    p = TRUTH
    return (
        p["E"]
        + p["A_w"] * w ** -p["alpha_w"]
        + p["A_l"] * d ** -p["alpha_l"]
        + p["A"] * n ** -p["alpha"]
        + p["B"] * t ** -p["beta"]
    )


def test_without_noise_the_fit_is_the_truth_in_all_that_counts():
    table = runs()
    law = WidthDepthLaw(n_boot=0, loss="log_squares").fit(table, exact(table))
    np.testing.assert_allclose(law.predict(table), exact(table), rtol=1e-6)
    assert law.params_["beta"] == pytest.approx(TRUTH["beta"], rel=1e-3)


def test_values_are_those_of_the_equation():
    table = runs()
    found = WidthDepthLaw().predict_many({name: np.array([value]) for name, value in TRUTH.items()}, table)[0]
    np.testing.assert_allclose(found, exact(table), rtol=1e-12)


def test_a_missing_column_is_told_the_nearest():
    table = runs()
    with pytest.raises(ValueError, match="depth"):
        WidthDepthLaw(n_boot=0).fit(table.rename(columns={"depth": "depths"}), exact(table))
    with pytest.raises(ValueError, match="at least 9 distinct"):
        WidthDepthLaw(n_boot=0).fit(table[:8], exact(table)[:8])


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
