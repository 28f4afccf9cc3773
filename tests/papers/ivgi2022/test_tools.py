"""Diagnosis, stopping, selection, compute, cards: the tools that use a law."""

import numpy as np
import pandas as pd
import pytest

from scalescope.papers.ivgi2022.cards import card, cards
from scalescope.papers.ivgi2022.compute import compute_saved
from scalescope.papers.ivgi2022.data import published_curve, published_points, published_pretrain
from scalescope.papers.ivgi2022.diagnose import ABOVE, BELOW, ON, UNKNOWN, diagnose, prediction_interval
from scalescope.papers.ivgi2022.figures import draw_selection
from scalescope.papers.ivgi2022.fits import fit_laws
from scalescope.papers.ivgi2022.selection import select, select_all
from scalescope.papers.ivgi2022.stopping import heldout_curve, stopping

SIZES = 12288.0 * np.arange(1, 9) ** 3


def series(noise=0.01, seed=0, target=True):
    """Runs of a known law of loss, their seeds of 1 % noise, and a target on the law."""
    rng = np.random.default_rng(seed)
    losses = 20 * SIZES**-0.16 * np.exp(noise * rng.normal(size=len(SIZES)))
    rows = pd.DataFrame(
        {
            "role": "ladder",
            "objective": "mlm",
            "aspect_ratio": 32,
            "layers": range(1, 9),
            "parameters": SIZES,
            "loss": losses,
            "run_id": [f"run{n}" for n in range(8)],
        }
    )
    last = rows.tail(1).assign(
        role="target", aspect_ratio=64, layers=12, parameters=8.5e7, run_id="big", loss=20 * 8.5e7**-0.16
    )
    return pd.concat([rows, last], ignore_index=True) if target else rows


def test_the_interval_holds_a_new_scale_as_often_as_it_says():
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(600):
        y = SIZES**-0.1 * np.exp(0.05 * rng.normal(size=8))
        _, low, high = prediction_interval(SIZES[:7], y[:7], SIZES[7])
        inside += low <= y[7] <= high
    assert inside / 600 == pytest.approx(0.95, abs=0.03)


def test_an_undertrained_run_is_found_whichever_it_is():
    clean = series()
    assert (diagnose(clean)["verdict"] == ON).sum() >= 8 and not (diagnose(clean)["verdict"] == ABOVE).any()
    for at in (0, 3, 7, 8):
        worse = clean.assign(loss=clean["loss"].where(clean.index != at, clean["loss"] * 1.3))
        table = diagnose(worse).sort_values("parameters", ignore_index=True)
        assert table.loc[at, "verdict"] == ABOVE and table.loc[at, "ratio"] > 1.2
        assert not (table["verdict"].drop(at) == ABOVE).any()
    better = clean.assign(loss=clean["loss"].where(clean.index != 3, clean["loss"] / 1.3))
    assert diagnose(better, "run3")["verdict"].tolist() == [BELOW]
    assert diagnose(clean, 8.5e7)["role"].tolist() == ["target"]


def test_too_few_others_are_said_to_be_so():
    assert (diagnose(series(target=False).head(3))["verdict"] == UNKNOWN).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.assign(objective=["mlm"] * 4 + ["pmi"] * 5), "objective is mlm, pmi; select one"),
        (lambda p: p.assign(loss=np.nan), "row 0: loss must be a finite number above zero; got nan"),
        (lambda p: p.rename(columns={"loss": "los"}), "unknown column 'loss'; did you mean 'los'"),
    ],
)
def test_diagnosis_refuses_mixtures_and_bad_numbers(change, message):
    with pytest.raises(ValueError, match=message):
        diagnose(change(series()))


def test_an_unknown_run_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="unknown run 'rum3'; did you mean 'run3'"):
        diagnose(series(), "rum3")


def test_bert_base_stopped_early_is_above_the_law_and_returns():
    pretrain = published_pretrain().query("objective == 'mlm' and role != 'second'")
    early = stopping(heldout_curve(published_curve()), [1500]).iloc[0]
    assert early["step"] == 96_500 and early["loss"] == pytest.approx(1.626, abs=2e-3)
    target = pretrain["role"] == "target"
    cut = pretrain.assign(loss=pretrain["loss"].mask(target, early["loss"]))
    assert diagnose(cut, 84_934_656)["verdict"].iloc[0] == ABOVE
    assert diagnose(pretrain, 84_934_656)["verdict"].iloc[0] == ON


def test_patience_stops_where_a_loop_would():
    rng = np.random.default_rng(0)
    steps = np.arange(100, 4100, 100)
    curve = pd.DataFrame(
        {
            "step": steps,
            "loss": 3 + np.exp(-steps / 900) + 0.03 * rng.normal(size=40),
            "tokens": steps,
            "parameters": 10,
        }
    )
    for patience in (100, 300, 500):
        best, best_step, stop = np.inf, 0, None
        for step, loss in zip(curve["step"], curve["loss"], strict=True):
            if loss < best:
                best, best_step = loss, step
            if step - best_step >= patience:
                stop = step
                break
        row = stopping(curve, [patience]).iloc[0]
        assert (row["step"], row["loss"], row["stopped"]) == (stop, best, True)
    never = stopping(curve.assign(loss=1 / curve["step"]))
    assert never["stopped"].tolist() == [False] and never["share_of_steps"].tolist() == [1.0]


def test_a_curve_that_is_not_there_is_named():
    curves = published_curve()
    with pytest.raises(ValueError, match="any model with the objective 'pmi'"):
        heldout_curve(curves, "pmi")
    with pytest.raises(ValueError, match="of nobody"):
        heldout_curve(curves, "mlm", "nobody")


def test_selection_has_the_signs_of_table_5_and_intervals_around_them():
    choices = select_all(fit_laws({"points": published_points(keep_outlier=False)}, n_boot=300)).set_index("task")
    assert choices["correct"].tolist() == [True, True, True, True, True, False, True, True, False]
    assert ((choices["gap_low"] < choices["gap"]) & (choices["gap"] < choices["gap_high"])).all()
    assert (choices["decided"] == ((choices["gap_low"] > 0) | (choices["gap_high"] < 0))).all()
    np.testing.assert_allclose(choices["extrapolation"], 13.5)


def test_selection_at_another_size_knows_no_actual_value():
    points = published_points()
    laws = fit_laws({"points": points}, n_boot=50)
    ladder = fit_laws({"points": points[points["role"] == "ladder"]}, n_boot=50)
    choice = select(ladder, "squad", at=2e7)
    assert np.isnan(choice["actual_gap"]) and choice["correct"] is None and choice["choice"] == "pmi"
    with pytest.raises(ValueError, match="say at which size"):
        select(ladder, "squad")
    with pytest.raises(ValueError, match="unknown task 'squat'; did you mean 'squad'"):
        select(laws, "squat")
    with pytest.raises(ValueError, match="unknown objective 'clm'"):
        select(laws, "squad", b="clm")


def test_laws_through_two_points_decide_nothing():
    points = published_points()
    sizes = sorted(points.loc[points["role"] == "ladder", "parameters"].unique())[:2]
    few = points[(points["role"] == "target") | points["parameters"].isin(sizes)].assign(n_seeds=1)
    few = few.drop(columns=[name for name in few if name.endswith("_sd")])
    choices = select_all(fit_laws({"points": few}, n_boot=50))
    assert len(choices) == 9 and not choices["decided"].any() and choices["probability"].isna().all()
    assert np.isneginf(choices["gap_low"]).all() and np.isposinf(choices["gap_high"]).all()
    assert np.isfinite(choices["gap"]).all()
    ax = draw_selection(choices).axes[0]
    low, high = ax.get_xlim()
    assert low < choices[["gap", "actual_gap"]].min().min() and choices[["gap", "actual_gap"]].max().max() < high
    bars = next(one for one in ax.collections if len(one.get_segments()) == 9).get_segments()
    assert all(bar[:, 0].min() < low and bar[:, 0].max() > high for bar in bars), "bars without an end leave the axes"


def test_compute_counts_parameters_once_and_flops_of_all_runs():
    pretrain = pd.DataFrame(
        {
            "role": ["ladder", "ladder", "target"] * 2,
            "objective": ["mlm"] * 3 + ["pmi"] * 3,
            "parameters": [10, 20, 90] * 2,
            "flops": [1.0, 2.0, 9.0] * 2,
        }
    )
    runs = [
        (role, size, rate, seed)
        for role, size in (("ladder", 10), ("target", 90))
        for rate, seed in ((1, 0), (2, 0), (3, 0), (1, 1))
    ]
    finetune = pd.DataFrame(runs, columns=["role", "parameters", "learning_rate", "seed"])
    finetune = finetune.assign(objective="mlm", task="squad", flops=finetune["parameters"] / 10.0)
    table = compute_saved(pretrain, finetune).set_index("what")
    assert table["ladder"].tolist() == [30, 6, 6 + 2, 6 + 4]
    assert table["target"].tolist() == [90, 18, 18 + 18, 18 + 36]
    assert table.loc["parameters trained", "saved"] == 3
    published = compute_saved(published_pretrain()).set_index("what")
    assert published.loc["parameters trained", "saved"] == pytest.approx(16 / 3)
    assert published["note"].iloc[1:].tolist() == ["tokens and FLOPs not known"] * 3


def test_a_card_tells_what_was_used_and_left_out():
    points = published_points()
    laws = fit_laws({"points": points}, n_boot=50)
    made = card(laws, points, "squad").as_dict()
    assert made["points_used"] == 40 and made["tokens"] == "not published"
    assert made["extrapolation"] == pytest.approx(13.5)
    assert made["held_out"]["relative error at the target"] == pytest.approx(0.0139, abs=1e-4)
    pretrain = published_pretrain().assign(tokens=1_000_000)
    assert "1,000,000 for every model" in card(laws, points, "squad", pretrain=pretrain).text()
    assert len(cards(laws, points)) == 27
    assert "training text" in card(laws, points, "squad").missing
    full = card(laws, points, "squad", pretrain=pretrain, source="published")
    assert full.missing == ["passes over the text"], "the paper does not say how often"
    with pytest.raises(ValueError, match="unknown hpt 'whit'"):
        card(laws, points, "squad", hpt="whit")
