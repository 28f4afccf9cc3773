"""The live study of selection recovers its own truth from made curves, and judges it; a false truth is judged false."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from scalescope.papers.ledger import scored
from scalescope.papers.lin2024 import claims, small, small_figures
from scalescope.tables import COLUMNS

SIZES = [2**power for power in range(14)]
FITTED = [size for size in SIZES if size <= SIZES[-1] / 8]
# B, D_l, beta, E: what is better without finetuning is worse in the end, so that ZeroShot chooses the worst model
RECTIFIED = {f"model {place}": (3.6 + 3.6 * place, 12.0, 0.6, 2.0 - 0.1 * place) for place in range(6)}
VANILLA = {name: (0.3 * b, 0.0, 0.3, e) for name, (b, _, _, e) in RECTIFIED.items()}


def loss_of(d, b, learned, beta, e):
    return b / (learned + d**beta) + e


def runs_of(truth, noise: float = 5e-4) -> tuple[pd.DataFrame, dict[str, str]]:
    """Table "runs" of two rates per size, the second one worse, and the member of each run."""
    rng, rows, member = np.random.default_rng(0), [], {}
    for name, params in truth.items():
        before = loss_of(0, *params) if params[1] else loss_of(0.5, *params)
        for size in SIZES:
            for rate, worse in ((0.002, 1.0), (0.01, 1.01)):
                run = f"{name}-{size}-{rate}"
                member[run] = name
                loss = worse * loss_of(size, *params) * np.exp(noise * rng.standard_normal())
                rows.append(
                    {
                        "kind": "adapt",
                        "status": "finished",
                        "rows": size,
                        "learning_rate": rate,
                        "run_id": run,
                        "role": "fit" if size in FITTED else "held_out",
                        "loss": loss,
                        "loss_before": before,
                    }
                )
    return pd.DataFrame(rows).reindex(columns=COLUMNS["runs"]), member


def zoo_of(truth) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "model": list(truth),
            "objective": "mlm",
            "text": "standard",
            "parameters": [1e4 * 2**place for place in range(len(truth))],
        }
    )


def tables_of(truth) -> dict[str, pd.DataFrame]:
    runs, member = runs_of(truth)
    points = small.points(runs, member)
    curves = small.curves(points, zoo_of(truth), "task")
    zoos = small.judged_zoos(curves, 200)
    parts = []
    for name, own in points.groupby("model", sort=False):
        for law, made in small.laws(own[own["role"] == "fit"], 200).items():
            larger = own[own["role"] == "held_out"]
            low, high = made.predict_interval(larger[["examples"]], kind="run")
            said = larger.assign(law=f"{law}, {name}", mean=made.predict(larger[["examples"]]), low=low, high=high)
            parts.append(said.rename(columns={"loss": "actual"}))
    forecasts = pd.concat(parts, ignore_index=True)
    return {
        "curves": curves,
        "fits": small.fits(curves),
        "slopes": small.slopes(curves),
        "scores": small.scores(curves, zoos),
        "contests": small.contests(zoos),
        "forecasts": scored(forecasts, forecasts["actual"]),
    }


@pytest.fixture(scope="module")
def rectified():
    return tables_of(RECTIFIED)


def test_of_two_rates_the_better_counts_and_zero_is_the_loss_before():
    runs, member = runs_of(RECTIFIED)
    points = small.points(runs, member)
    assert len(points) == len(RECTIFIED) * len(SIZES) and (points["learning_rate"] == 0.002).all()
    assert small.last_rate(points[points["model"] == "model 0"]) == 0.002
    curves = small.curves(points, zoo_of(RECTIFIED), "task")
    assert list(curves.columns) == COLUMNS["lin2024"]
    zero = curves[curves["examples"] == 0].set_index("model")["loss"]
    assert zero["model 1"] == pytest.approx(loss_of(0, *RECTIFIED["model 1"]))


def test_the_law_recovers_where_its_pre_power_phase_ends(rectified):
    fits = rectified["fits"].set_index("model")
    for name, (_, learned, beta, e) in RECTIFIED.items():
        assert np.log(fits.loc[name, "phase_transition"]) == pytest.approx(np.log(learned ** (1 / beta)), abs=0.5)
        assert fits.loc[name, "E"] == pytest.approx(e, rel=0.01)
    assert (fits["n_points"] == 14).all() and (fits["rmsd"] < 1e-3).all()


def test_a_true_rectified_law_is_judged_true_and_zero_shot_wrong(rectified):
    found = claims.judged(rectified).set_index("id")
    assert set(found.index) == set(claims.CLAIMS)
    assert found.loc[["S1", "S2", "S3", "S4"], "verdict"].tolist() == ["holds"] * 4, found["value"]
    zero = rectified["scores"].query("method == 'ZeroShot' and ratio == 0 and measure == 'relative_accuracy'")
    assert zero["value"].item() == 0.0


def test_a_true_vanilla_law_is_judged_so():
    found = claims.judged(tables_of(VANILLA)).set_index("id")
    assert found.loc[["S1", "S2", "S3"], "verdict"].tolist() == ["fails"] * 3, found["value"]


def test_regret_is_what_the_chosen_model_loses(rectified):
    chosen = small.selection(rectified["curves"])
    full = rectified["curves"].query("examples == @SIZES[-1]").set_index("model")["loss"]
    for row in chosen.itertuples():
        assert row.regret == pytest.approx(full[row.chosen] - full.min())
    means = chosen.groupby("method")["regret"].mean()
    scores = rectified["scores"].query("ratio == 0 and measure == 'regret'").set_index("method")["value"]
    assert scores.to_dict() == pytest.approx(means.to_dict())
    assert (rectified["scores"]["low"] <= rectified["scores"]["value"]).all()
    assert small.ratios(rectified["curves"]) == [8, 16, 32, 64, 128, 256, 512]


def test_contests_are_paired_and_know_no_rival_of_their_own(rectified):
    contests = rectified["contests"].set_index("other")
    scores = rectified["scores"].query("ratio == 0 and measure == 'relative_accuracy'").set_index("method")["value"]
    assert "AtS" not in contests.index
    for other, row in contests.iterrows():
        assert row["difference"] == pytest.approx(scores["AtS"] - scores[other])


def test_parameters_have_intervals_that_hold_them(rectified):
    runs, member = runs_of({"model 0": RECTIFIED["model 0"]})
    found = small.parameters(small.points(runs, member), 60)
    assert set(found["symbol"]) == {"B", "D_l", "beta", "E", "D_l^(1/beta)"}
    known = found.dropna(subset=["low"])
    assert len(known) == len(found) and (known["low"] <= known["high"]).all()


def test_every_figure_is_drawn_again_from_its_numbers(rectified):
    data = {
        "curves": small_figures.curves_data(rectified["curves"], rectified["fits"]),
        "rmsd": small_figures.rmsd_data(rectified["fits"]),
        "selection": small_figures.selection_data(rectified["scores"]),
    }
    for name, numbers in data.items():
        again = pd.read_csv(io.StringIO(numbers.to_csv(index=False)))
        figure = getattr(small_figures, f"draw_{name}")(again)
        assert all(ax.has_data() for ax in figure.axes if ax.axison)
    assert data["rmsd"]["source"].value_counts().to_dict() == {"published": 90, "ours": len(RECTIFIED)}
    theirs = data["selection"].query("source == 'published' and method == 'AtS' and ratio == 8")["value"].item()
    assert 0.9 < theirs < 1
