"""Contours, critical batch sizes and the law recover their own truth from the curves of a known law."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from scalescope.laws import TrajectoryLaw
from scalescope.papers.su2024 import claims, figures, fits

TRUTH = {"N_c": 2e5, "alpha_N": 0.12, "S_c": 40.0, "alpha_S": 0.6, "B_star": 300.0, "alpha_B": 0.5}
SIZES, BATCHES = (2e3, 1.6e4, 6e4), (8, 16, 32, 64, 128)


def curves_of(truth: dict[str, float], variant: str = fits.STANDARD, sizes=SIZES, noise: float = 0.0) -> pd.DataFrame:
    """A table of curves that obeys a trajectory law, 18 evaluations each, and a held-out curve of a larger model."""
    rng, rows = np.random.default_rng(0), []
    runs = [("fit", n, batch) for n in sizes for batch in BATCHES]
    for role, n, batch in [*runs, ("held_out", 2e5, 48)]:
        steps = np.unique(np.geomspace(20, 40_000 / batch**0.5, 18).astype(int))
        sizes_of = np.stack([np.full(len(steps), n), steps, np.full(len(steps), batch)], axis=1).astype(float)
        loss = TrajectoryLaw(n_boot=0).predict_many({k: np.array([v]) for k, v in truth.items()}, sizes_of)[0]
        loss = loss * np.exp(noise * rng.standard_normal(len(steps)))
        own = {
            "run_id": f"{variant}-{n:.0f}-{batch}",
            "role": role,
            "variant": variant,
            "parameters": n,
            "batch_size": batch,
            "warmup_steps": 10,
        }
        rows.append(pd.DataFrame({"step": steps, "loss": loss}).assign(**own))
    return pd.concat(rows, ignore_index=True)


@pytest.fixture(scope="module")
def curves() -> pd.DataFrame:
    return curves_of(TRUTH)


@pytest.fixture(scope="module")
def critical(curves) -> pd.DataFrame:
    return fits.critical(fits.contours(curves[curves["role"] == "fit"]))


def test_points_leave_out_the_warm_up_other_variants_and_the_held_out_curve(curves):
    late = curves.assign(warmup_steps=30)
    other = curves_of(TRUTH, "rate the same", SIZES[:1])
    found = fits.points(pd.concat([late, other]))
    assert (found["steps"] >= 60).all() and set(found["run_id"]) == set(curves.loc[curves["role"] == "fit", "run_id"])


def test_contours_of_curves_of_the_law_are_hyperbolas_with_its_critical_batch_size(critical):
    assert len(critical) == len(SIZES) * fits.LEVELS and critical["batches"].min() >= 3
    assert critical["rms"].max() < 0.02
    expected = TRUTH["B_star"] * critical["loss"] ** (-1 / TRUTH["alpha_B"])
    assert np.allclose(critical["B_crit"], expected, rtol=0.15)
    slope = fits.critical_slope(critical)
    assert slope["low"] <= -2.0 + 0.2 and slope["value"] == pytest.approx(-1 / TRUTH["alpha_B"], abs=0.25)


def test_the_law_of_all_curves_predicts_the_curve_of_a_larger_model(curves):
    law = fits.law(fits.points(curves), n_boot=0)
    held = curves[curves["role"] == "held_out"]
    said = law.predict(held.rename(columns={"step": "steps"})[fits.INPUTS])
    assert np.allclose(said, held["loss"], rtol=5e-3)
    assert law.params_["alpha_B"] == pytest.approx(TRUTH["alpha_B"], rel=0.05)
    table = fits.fits(law)
    assert table["symbol"].tolist() == list(TrajectoryLaw.parameters)
    asked = fits.answers(law, [16_000], [3.0]).set_index("question")["value"]
    assert asked["minimum loss"] == pytest.approx((TRUTH["N_c"] / 16_000) ** TRUTH["alpha_N"], rel=0.01)
    assert asked["fewest sequences"] / asked["fewest steps"] == pytest.approx(300 * 3.0**-2, rel=0.05)


def test_a_rule_that_doubles_the_critical_batch_size_is_found_to_do_so(curves):
    changed = curves_of({**TRUTH, "B_star": 600.0}, "rate the same", SIZES[1:2])
    both = pd.concat([curves, changed])
    table = fits.variants(
        fits.critical(fits.contours(both[both["role"] == "fit"])), int(SIZES[1]), ["rate the same", "another"]
    )
    assert table["levels"].tolist()[1] == 0 and table["ratio"].isna().tolist() == [False, True]
    table = table.iloc[:1]
    assert table["levels"].item() >= 2
    assert table["ratio"].item() == pytest.approx(2.0, rel=0.15)
    assert table["low"].item() <= table["ratio"].item() <= table["high"].item()


def test_claims_hold_for_curves_of_the_law_and_fail_for_a_wrong_forecast(curves, critical):
    forecasts = pd.DataFrame({"off": [0.01, -0.02]})
    slope = fits.critical_slope(critical)
    judged = claims.judged({"critical": critical, "forecasts": forecasts}, slope).set_index("id")["verdict"]
    assert judged.to_dict() == dict.fromkeys(("B1", "B2", "B3", "B4"), "holds")
    wrong = claims.judged({"critical": critical, "forecasts": forecasts.assign(off=0.1)}, slope).set_index("id")
    assert wrong.loc["B4", "verdict"] == "fails"
    by_size = critical.assign(B_crit=critical["B_crit"] * critical["parameters"])
    assert claims.judged({"critical": by_size, "forecasts": forecasts}, slope).set_index("id").loc["B3", "verdict"] == (
        "fails"
    )
    none = claims.judged(
        {"critical": critical.iloc[:0], "forecasts": forecasts.iloc[:0]}, fits.critical_slope(critical.iloc[:0])
    )
    assert set(none["verdict"]) == {"not testable"}


def test_figures_are_drawn_from_their_numbers(curves, critical):
    law = fits.fits(fits.law(fits.points(curves), n_boot=0))
    forecasts = pd.DataFrame(
        {"inputs": ["parameters=200000, batch_size=48, steps=100"], "mean": [3.0], "low": [2.9], "high": [3.1]}
    )
    data = figures.curves_data(curves, law, forecasts)
    line = data[data["kind"] == "law"]
    assert np.allclose(line["loss"], _truth(line), rtol=1e-2)
    assert data.query("kind == 'forecast'")[["steps", "low", "high"]].iloc[0].tolist() == [100, 2.9, 3.1]
    titles = [ax.get_title(loc="left") for ax in figures.draw_curves(_again(data)).axes]
    assert titles == ["2K", "16K", "60K", "200K, held out"]
    contours = figures.contours_data(fits.contours(curves[curves["role"] == "fit"]))
    assert np.allclose(contours["examples"], contours["steps"] * contours["batch_size"])
    assert len(figures.draw_contours(_again(contours)).axes) == len(SIZES) + 1
    found = figures.critical_data(critical, law)
    assert len(figures.draw_critical(_again(found)).axes[0].collections) == len(SIZES)


def _truth(rows: pd.DataFrame) -> np.ndarray:
    params = {key: np.array([value]) for key, value in TRUTH.items()}
    return TrajectoryLaw(n_boot=0).predict_many(params, rows[fits.INPUTS].to_numpy(dtype=float))[0]


def _again(data: pd.DataFrame) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(data.to_csv(index=False)))
