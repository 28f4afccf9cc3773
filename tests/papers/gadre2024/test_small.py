"""The over-training study recovers its own truth from a grid of runs, and judges it."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from scalescope.papers.gadre2024 import claims, small, small_figures
from scalescope.tables import COLUMNS

SIZES, MULTIPLIERS, SKILLS = (14e3, 47e3, 111e3, 216e3), (20, 40, 80, 160), {"easy": 0.05, "hard": 0.5}


def loss_of(n, d):
    return 1.0 + 30 * n**-0.3 + 60 * d**-0.3


def error_of(loss):
    return 0.75 - 2.0 * np.exp(-1.2 * loss)


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    rng, rows = np.random.default_rng(0), []
    for n in SIZES:
        for m in MULTIPLIERS:
            role = "held_out" if n == SIZES[-1] or m == MULTIPLIERS[-1] else "fit"
            rows.append(
                {
                    "kind": "pretrain",
                    "status": "finished",
                    "role": role,
                    "parameters": n,
                    "tokens": n * m,
                    "flops": 6 * n * n * m,
                    "seed": 0,
                    "run_id": f"{n:.0f}-{m}",
                    "loss": loss_of(n, n * m) * np.exp(0.002 * rng.standard_normal()),
                }
            )
    return pd.DataFrame(rows).reindex(columns=COLUMNS["runs"])


@pytest.fixture(scope="module")
def skills(runs) -> pd.DataFrame:
    """Two skills whose mean error follows the law; "hard" is never above chance."""
    parts = []
    for row in runs.itertuples():
        error = error_of(row.loss)
        for skill, chance in SKILLS.items():
            accuracy = chance if skill == "hard" else 2 * (1 - error) - SKILLS["hard"]
            parts.append({"run_id": row.run_id, "skill": skill, "accuracy": accuracy, "chance": chance})
    return pd.DataFrame(parts)


@pytest.fixture(scope="module")
def found(runs) -> pd.DataFrame:
    return small.points(runs)


def test_which_skills_are_above_chance_is_decided_by_the_fitted_runs(skills, found):
    errors = small.errors(skills, found)
    counts = errors.groupby("average", sort=False)["n_skills"].first().to_dict()
    assert counts == {"all skills": 2, "skills above chance": 1}
    held = found.loc[found["role"] == "held_out", "run_id"]
    better = skills.assign(accuracy=np.where(skills["run_id"].isin(held), 1.0, skills["accuracy"]))
    assert small.errors(better, found).groupby("average", sort=False)["n_skills"].first().to_dict() == counts


def test_held_out_runs_are_predicted_and_only_small_ones_are_fitted(skills, found):
    errors = small.errors(skills, found)
    table = small.predictions(found, errors)
    held = table[table["role"] == "held_out"]
    assert held["loss_off"].max() < 2 and held["error_from_loss_off"].max() < 1
    assert set(table["law"]) == set(small.LAWS) and len(table) == len(found) * 2 * 2
    spoiled = found.assign(loss=np.where(found["role"] == "held_out", 9.0, found["loss"]))
    again = small.predictions(spoiled, errors)
    assert np.allclose(again["loss_predicted"], table["loss_predicted"]), "held-out losses are not read by the fit"
    fitted = small.fits(found, errors, n_boot=20).set_index(["law", "of", "symbol"])["value"]
    assert fitted["OvertrainingLaw", "loss", "E"] == pytest.approx(1.0, abs=0.15)
    assert fitted["DownstreamErrorLaw", "all skills", "gamma"] == pytest.approx(1.2, rel=0.05)


def test_claims_follow_their_thresholds(skills, found):
    table = small.predictions(found, small.errors(skills, found))
    forecasts = pd.DataFrame({"inside": [True, True, True, True, False, np.nan]})
    judged = claims.judged(table, forecasts).set_index("id")["verdict"].to_dict()
    assert judged == dict.fromkeys(("O1", "O2", "O3", "O4", "O5"), "holds")
    largest = table["parameters"] == table["parameters"].max()
    worse = table.assign(loss_off=np.where(largest, 3.0, table["loss_off"]))
    judged = claims.judged(worse, forecasts.assign(inside=[True, False, False, False, False, np.nan]))
    assert judged.set_index("id")["verdict"].to_dict() == {
        "O1": "holds",
        "O2": "fails",
        "O3": "holds",
        "O4": "holds",
        "O5": "fails",
    }


def test_figures_are_drawn_from_their_numbers(skills, found):
    errors = small.errors(skills, found)
    table = small.predictions(found, errors)
    data = small_figures.overtraining_data(table)
    assert len(data) == len(found)
    assert len(small_figures.draw_overtraining(_again(data)).axes[0].lines) == len(SIZES)
    data = small_figures.error_data(table, small.fits(found, errors, n_boot=0))
    law = data.query("kind == 'law' and average == 'all skills'")
    assert np.allclose(law["error"], error_of(law["loss"]), atol=0.01)
    assert len(small_figures.draw_error(_again(data)).axes) == 2


def test_text_without_skills_has_its_laws_of_the_loss_and_claims_of_errors_are_not_testable(found):
    errors = small.errors(pd.DataFrame(columns=["skill", "accuracy", "run_id", "chance"]), found)
    assert errors["error"].isna().all() and (errors["n_skills"] == 0).all() and len(errors) == len(found)
    assert set(small.fits(found, errors, n_boot=0)["law"]) == set(small.LAWS)
    table = small.predictions(found, errors)
    assert table["loss_off"].notna().all() and table["error_predicted"].isna().all()
    judged = claims.judged(table, pd.DataFrame({"inside": [True]})).set_index("id")["verdict"]
    assert judged[["O1", "O2", "O5"]].eq("holds").all() and judged[["O3", "O4"]].eq("not testable").all()
    data = small_figures.error_data(table, small.fits(found, errors, n_boot=0))
    drawn = small_figures.draw_error(_again(data)).axes[0]
    assert data.empty and "no skills" in drawn.texts[0].get_text()


def test_an_average_that_a_fitted_run_has_no_error_in_has_no_law_and_others_keep_theirs(skills, found):
    errors = small.errors(skills, found)
    perfect = (errors["average"] == small.AVERAGES[1]) & (errors["run_id"] == found["run_id"].iloc[0])
    errors = errors.assign(error=errors["error"].mask(perfect, 0.0))
    assert small.error_law(found, errors, small.AVERAGES[1], 0) is None
    fits = small.fits(found, errors, n_boot=0)
    assert set(fits["of"]) == {"loss", small.AVERAGES[0]}
    table = small.predictions(found, errors)
    assert table.groupby("average")["error_predicted"].count().to_dict() == {
        small.AVERAGES[0]: 2 * len(found),
        small.AVERAGES[1]: 0,
    }
    data = small_figures.error_data(table, fits)
    assert data.query("kind == 'law'")["average"].unique().tolist() == [small.AVERAGES[0]]
    assert len(small_figures.draw_error(_again(data)).axes) == 2


def _again(data: pd.DataFrame) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(data.to_csv(index=False)))


def test_leaving_short_runs_out_says_how_much_they_matter(runs):
    """A law with two exponents: eq. 4, which has one, is off however many runs are left out; Chinchilla's is not."""
    rows = runs.assign(steps=runs["tokens"] / 2048)
    rows["loss"] = 1.0 + 30 * rows["parameters"] ** -0.2 + 2000 * rows["tokens"] ** -0.55
    short = (rows["role"] == "fit") & (rows["steps"] < 200)
    assert short.any()
    table = small.sensitivity(rows)
    exact = table[table["law"] == "ChinchillaLaw"]
    assert set(table["least_steps"]) == {0, 100, 200}
    assert set(table["smallest"]) == {SIZES[0]}, "without it two sizes are left, which determine no law"
    assert exact[["over_trained_off", "largest_off"]].max().max() < 0.01
    assert exact[["E", "alpha", "beta"]].to_numpy() == pytest.approx(
        np.array([[1.0, 0.2, 0.55]] * len(exact)), rel=0.01
    )
    equal = table[table["law"] == "OvertrainingLaw"]
    assert (equal["alpha"] == equal["beta"]).all() and equal["largest_off"].min() > 0.2
    one = small.sensitivity(rows.assign(loss=1.0 + 30 * rows["parameters"] ** -0.3 + 300 * rows["tokens"] ** -0.3))
    assert one[["alpha", "beta"]].to_numpy() == pytest.approx(0.3, rel=0.01), "of equation 4: twice that of C"
    spoiled = small.sensitivity(rows.assign(loss=rows["loss"] * np.where(short, 1.3, 1.0)))
    of = spoiled[spoiled["law"] == "ChinchillaLaw"].set_index(["least_steps", "smallest"])["largest_off"]
    assert of[0, SIZES[0]] > 1 and of[200, SIZES[0]] < 0.01
