"""Each law recovers a held-out run of its own truth, is not asked where it cannot be, and reads no held-out loss."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scalescope.experiment import five_laws
from scalescope.experiment.campaign import FINETUNED, POINTS, PRETRAINED, TRAJECTORIES, Campaign

NO_CURVES = pd.DataFrame(columns=TRAJECTORIES)


def points(rows: list[dict]) -> pd.DataFrame:
    common = {
        "study": "made",
        "role": "fit",
        "text": "task",
        "base": "",
        "lineage": "",
        "plain": True,
        "steps": 100,
        "batch_size": 32,
    }
    table = pd.DataFrame([{**common, **row} for row in rows])
    table["run_id"] = [f"run{place}" for place in table.index]
    return table.assign(target=table["run_id"]).reindex(columns=POINTS)


def pretrained(loss, held) -> pd.DataFrame:
    return points(
        [
            {
                "kind": PRETRAINED,
                "parameters": n,
                "tokens": n * m,
                "loss": loss(n, n * m),
                "role": "held_out" if held(n, m) else "fit",
            }
            for n in (2e3, 1e4, 5e4, 2.5e5)
            for m in (10, 20, 40, 80, 160, 320)
        ]
    )


def finetuned(loss, sizes=(1e4,), held=lambda p, f: f > 1e4) -> pd.DataFrame:
    return points(
        [
            {
                "kind": FINETUNED,
                "parameters": n,
                "pretrain_tokens": p,
                "finetune_tokens": f,
                "loss": loss(n, p, f),
                "base": f"{n} {p}",
                "lineage": f"{n}",
                "role": "held_out" if held(p, f) else "fit",
            }
            for n in sizes
            for p in (1e5, 4e5, 1.6e6)
            for f in (60, 120, 240, 480, 960, 1920, 3840, 7680, 30000)
        ]
    )


def said(campaign: Campaign, law: str) -> pd.DataFrame:
    found = five_laws.predictions(campaign)
    assert list(found.columns) == five_laws.COLUMNS
    assert len(found) == len(campaign.targets()) * len(five_laws.LAWS)
    return found[found["law"] == law]


def test_over_training_is_recovered_for_the_largest_model_and_the_longest_runs():
    truth = lambda n, d: 1.5 + 20 * n**-0.4 + 30 * d**-0.4  # noqa: E731
    found = said(Campaign(pretrained(truth, lambda n, m: n > 2e5 or m == 320), NO_CURVES), "OvertrainingLaw")
    assert np.abs(found["log_error"]).max() < 1e-3 and (found["points"] == 15).all()
    assert found["distance"].max() == pytest.approx(2.5e5 * 320 / (5e4 * 160)), "tokens beyond the most of the fit"


def test_a_power_law_is_asked_along_the_same_tokens_per_parameter():
    truth = lambda n, d: 30 * n**-0.2 * (d / n) ** -0.1  # noqa: E731
    found = said(Campaign(pretrained(truth, lambda n, m: n > 2e5), NO_CURVES), "PowerLaw")
    assert np.abs(found["log_error"]).max() < 1e-9 and (found["points"] == 3).all()
    alone = said(Campaign(pretrained(truth, lambda n, m: n > 2e5 or m == 320), NO_CURVES), "PowerLaw")
    assert "0 smaller models" in alone.iloc[0]["reason"], "the longest runs of all sizes are held out"


def test_a_rectified_law_is_asked_from_one_curve():
    truth = lambda n, p, f: 40 / (30 + f**0.6) + 2 + 0.1 * np.log(p)  # noqa: E731
    found = said(Campaign(finetuned(truth), NO_CURVES), "RectifiedLaw")
    assert np.abs(found["log_error"]).max() < 2e-3 and (found["points"] == 8).all()
    few = finetuned(truth, held=lambda p, f: f > 300)
    assert said(Campaign(few, NO_CURVES), "RectifiedLaw")["reason"].unique().tolist() == [
        "3 sizes of data of this model, 5 needed"
    ]


def test_transfer_is_recovered_from_all_budgets_and_needs_three():
    truth = lambda n, p, f: (20 * p**-0.3 + 0.5) * f**-0.2 + 2  # noqa: E731
    table = finetuned(truth, held=lambda p, f: f > 1e4 and p > 1e6)
    found = said(Campaign(table, NO_CURVES), "TransferLaw")
    assert np.abs(found["log_error"]).max() < 1e-3 and (found["points"] == 26).all()
    two = table[table["pretrain_tokens"] > 2e5]
    assert "2 budgets" in said(Campaign(two, NO_CURVES), "TransferLaw")["reason"].iloc[0]
    other = table.assign(study=np.where(table["pretrain_tokens"] == 1e5, "another", "made"))
    assert "2 budgets" in said(Campaign(other, NO_CURVES), "TransferLaw")["reason"].iloc[0], "one study"


def test_a_trajectory_is_asked_with_the_steps_and_batch_size_of_the_run():
    def loss(n, s, b):
        value = np.full_like(s, 3.0)
        for _ in range(200):
            value = (value + (5e3 / n) ** 0.1 + (80 / (s / (1 + 400 / value**4 / b))) ** 0.6) / 2
        return value

    steps = np.geomspace(20, 2000, 8)
    curves = pd.concat(
        [
            pd.DataFrame(
                {"run_id": f"{n} {b}", "parameters": n, "batch_size": b, "steps": steps, "loss": loss(n, steps, b)}
            )
            for n in (2e3, 1e4, 5e4)
            for b in (4, 16, 64)
        ]
    )
    target = points(
        [
            {
                "kind": PRETRAINED,
                "parameters": 2e5,
                "tokens": 1e6,
                "steps": 1500,
                "batch_size": 32,
                "role": "held_out",
                "loss": loss(2e5, np.array([1500.0]), 32)[0],
            }
        ]
    )
    found = said(Campaign(target, curves), "TrajectoryLaw").iloc[0]
    assert abs(found["log_error"]) < 1e-3 and found["points"] == 72


def test_tokens_of_both_texts_count_alike_for_over_training_of_several_sizes():
    truth = lambda n, p, f: 1.5 + 20 * n**-0.4 + 30 * (p + f) ** -0.4  # noqa: E731
    found = said(Campaign(finetuned(truth, sizes=(2e3, 1e4, 5e4)), NO_CURVES), "OvertrainingLaw")
    assert np.abs(found["log_error"]).max() < 1e-3
    one = said(Campaign(finetuned(truth), NO_CURVES), "OvertrainingLaw")
    assert one["reason"].unique().tolist() == ["one size only"]


def test_what_is_held_out_is_never_read():
    truth = lambda n, d: 1.5 + 20 * n**-0.4 + 30 * d**-0.4  # noqa: E731
    table = pretrained(truth, lambda n, m: n > 2e5)
    held = table["role"] == "held_out"
    spoiled = table.assign(loss=np.where(held, 9.0, table["loss"]))
    one, two = (five_laws.predictions(Campaign(each, NO_CURVES)) for each in (table, spoiled))
    pd.testing.assert_series_equal(one["mean"], two["mean"])
    assert (two.dropna(subset=["mean"])["inside"] == 0).all()


def test_points_of_one_loss_are_no_forecast_with_an_interval_of_width_zero():
    best_is_before_finetuning = finetuned(lambda n, p, f: 2.0 + 1e5 / p)
    found = said(Campaign(best_is_before_finetuning, NO_CURVES), "PowerLaw")
    assert found["low"].isna().all() and found["reason"].str.startswith("8 equal losses").all()


def test_every_law_that_is_not_asked_says_why():
    truth = lambda n, d: 1.5 + 20 * n**-0.4 + 30 * d**-0.4  # noqa: E731
    found = five_laws.predictions(Campaign(pretrained(truth, lambda n, m: n > 2e5), NO_CURVES))
    assert (found["mean"].isna() == (found["reason"] != "")).all()
