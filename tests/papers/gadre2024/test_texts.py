"""The over-training study on two texts, of which each has a law of its own, and the laws of every pair of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scalescope.papers.gadre2024 import claims, small, texts
from scalescope.tables import COLUMNS

SIZES, MULTIPLIERS = (14e3, 47e3, 111e3, 216e3), (20, 40, 80, 160)
EXPONENT = {"standard": 0.3, "far": 0.2}
ELSEWHERE = 1.4  # factor of the loss on the other text


def loss_of(text: str, n: float, d: float) -> float:
    return 1.0 + 12 * n ** -EXPONENT[text] + 20 * d ** -EXPONENT[text]


def table_of_runs() -> pd.DataFrame:
    rows = []
    for text in EXPONENT:
        for n in SIZES:
            for m in MULTIPLIERS:
                rows.append(
                    {
                        "kind": "pretrain",
                        "status": "finished",
                        "role": "held_out" if n == SIZES[-1] or m == MULTIPLIERS[-1] else "fit",
                        "text": text,
                        "distance": 0.0 if text == "standard" else 0.9,
                        "parameters": n,
                        "tokens": round(n * m * 1.01),  # whole steps: never quite the multiplier that was asked for
                        "flops": 6 * n * n * m,
                        "seed": 0,
                        "steps": 1000,
                        "run_id": f"{text}-{n:.0f}-{m}",
                        "loss": loss_of(text, n, n * m * 1.01),
                    }
                )
    return pd.DataFrame(rows).reindex(columns=COLUMNS["runs"])


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return table_of_runs()


@pytest.fixture(scope="module")
def found(runs) -> dict[str, pd.DataFrame]:
    return {text: small.points(runs[runs["text"] == text]) for text in EXPONENT}


@pytest.fixture(scope="module")
def losses(runs) -> pd.DataFrame:
    """Run "standard-..." on "far" and the other way round: its loss times a factor."""
    parts = [
        runs[["run_id", "text"]].assign(
            evaluated_on=where, loss=runs["loss"] * np.where(runs["text"] == where, 1.0, ELSEWHERE)
        )
        for where in EXPONENT
    ]
    return pd.concat(parts, ignore_index=True)


def tables_of(found: dict[str, pd.DataFrame]) -> tuple[dict, dict]:
    """Fits and predictions per text, without skills."""
    none = pd.DataFrame(columns=["skill", "accuracy", "run_id", "chance"])
    errors = {text: small.errors(none, own) for text, own in found.items()}
    fits = {text: small.fits(own, errors[text], n_boot=20) for text, own in found.items()}
    return fits, {text: small.predictions(own, errors[text]) for text, own in found.items()}


def test_tables_of_texts_become_one_with_the_text_last():
    given = {"a": pd.DataFrame({"x": [1, 2]}), "b": pd.DataFrame({"x": [3]}), "c": pd.DataFrame({"x": []})}
    table = texts.together(given)
    assert table.columns.tolist() == ["x", "text"] and table["text"].tolist() == ["a", "a", "b"]
    assert table["x"].dtype == int
    assert texts.together({"a": pd.DataFrame({"x": []})}).columns.tolist() == ["x", "text"]


def test_every_pair_of_texts_has_laws_of_its_own_that_do_not_read_held_out_runs(found, losses):
    table = texts.pairs(found, losses, MULTIPLIERS)
    assert len(table) == 2 * 2 * len(small.LAWS) * len(SIZES) * len(MULTIPLIERS)
    exact = table[table["law"] == "OvertrainingLaw"]
    assert exact["loss_off"].max() < 0.05, "the loss on the other text follows a law of the same form"
    own, other = (exact[(exact["text"] == "far") & (exact["evaluated_on"] == where)] for where in ("far", "standard"))
    assert np.allclose(other["loss"].to_numpy(), ELSEWHERE * own["loss"].to_numpy())
    assert sorted(table["multiplier"].unique()) == sorted(MULTIPLIERS)
    held = losses["run_id"].isin(exact.loc[exact["role"] == "held_out", "run_id"])
    spoiled = texts.pairs(found, losses.assign(loss=np.where(held, 9.0, losses["loss"])), MULTIPLIERS)
    assert np.allclose(spoiled["loss_predicted"], table["loss_predicted"])
    worst = spoiled[spoiled["role"] == "held_out"]
    assert np.allclose(worst["loss_off"], 100 * (1 - worst["loss_predicted"] / 9.0).abs())


def test_the_summary_has_the_exponents_errors_and_verdicts_of_each_text(runs, found):
    fits, predictions = tables_of(found)
    forecasts = {"standard": pd.DataFrame({"inside": [True] * 4}), "far": pd.DataFrame({"inside": [True, False]})}
    table = texts.summary(runs, fits, predictions, forecasts).set_index(["text", "law"])
    assert len(table) == 2 * len(small.LAWS) and (table["n_fit"] == 9).all() and (table["n_held_out"] == 7).all()
    for text, exponent in EXPONENT.items():
        row = table.loc[text, "OvertrainingLaw"]
        assert row["alpha"] == row["beta"] == pytest.approx(exponent, rel=0.01)
        eq4 = fits[text].query("law == 'OvertrainingLaw' and symbol == 'eta'")["value"].item()
        assert row["alpha"] == 2 * eq4, "equation 4 counts the exponent of C = 6 M N^2"
        assert row["alpha_low"] <= row["alpha"] <= row["alpha_high"]
        chinchilla = table.loc[text, "ChinchillaLaw"]
        assert (chinchilla["alpha"], chinchilla["beta"]) == pytest.approx((exponent, exponent), rel=0.05)
        judged = claims.judged(predictions[text], forecasts[text]).set_index("id")
        assert row[list(claims.CLAIMS)].to_dict() == judged["verdict"].to_dict()
        assert row["over_trained_off"] == judged.loc["O1", "value"] and row["largest_off"] == judged.loc["O2", "value"]
    assert table["distance"].groupby("text").first().to_dict() == {"far": 0.9, "standard": 0.0}
    assert table.loc["standard", "O5"].eq("holds").all() and table.loc["far", "O5"].eq("fails").all()


def test_a_text_whose_largest_model_is_off_fails_there_and_nowhere_else(runs, found):
    largest = found["far"]["parameters"] == SIZES[-1]
    worse = {**found, "far": found["far"].assign(loss=found["far"]["loss"] * np.where(largest, 1.1, 1.0))}
    fits, predictions = tables_of(worse)
    forecasts = dict.fromkeys(EXPONENT, pd.DataFrame({"inside": [True]}))
    table = texts.summary(runs, fits, predictions, forecasts).set_index(["text", "law"])
    assert table["O2"].unstack()["OvertrainingLaw"].to_dict() == {"standard": "holds", "far": "fails"}
    assert table.loc[("far", "OvertrainingLaw"), "largest_off"] == pytest.approx(100 * (1 - 1 / 1.1), rel=0.05)
    assert table["O1"].eq("holds").all()
