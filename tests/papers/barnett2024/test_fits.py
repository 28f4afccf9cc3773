"""The transfer study recovers its own truth from noisy tables, and judges it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scalescope.errors import UnknownName
from scalescope.papers.barnett2024 import claims, shared
from scalescope.papers.barnett2024 import fits as study
from scalescope.papers.barnett2024 import tables as show
from scalescope.tables import COLUMNS

ALPHA, BETA, A, E = 0.35, 0.2, 400.0, 1.2
GAPS = {"same": 0.4, "near": 2.0, "middle": 4.0, "far": 8.0}
P, ROWS = [4e4, 1.6e5, 6.4e5, 2.6e6], [8, 32, 128, 512, 2048]


def truth(p, f, gap):
    return (A * p**-ALPHA + gap) * f**-BETA + E


def table(noise: float = 0.002, seeds: int = 2, gaps: dict[str, float] = GAPS) -> pd.DataFrame:
    """A table "runs" that obeys the law: every cell but the corner, runs from scratch, and one run of the base."""
    rng, rows = np.random.default_rng(0), []
    for place, (text, gap) in enumerate(gaps.items()):
        for seed in range(seeds):
            for count in ROWS:
                for p in [0.0, *P]:
                    f, corner = 60 * count, (p, count) == (P[-1], ROWS[-1])
                    loss = truth(p, f, gap) if p else 2.5 + 30 * f**-0.3
                    rows.append(
                        {
                            "study": "barnett2024",
                            "role": "held_out" if corner else "fit",
                            "seed": seed,
                            "kind": "adapt" if p else "pretrain",
                            "text": text,
                            "distance": place / len(gaps),
                            "rows": count,
                            "learning_rate": 0.01,
                            "pretrain_tokens": p,
                            "finetune_tokens": f,
                            "loss": loss * np.exp(noise * rng.standard_normal()),
                            "loss_before": 6.0,
                            "status": "finished",
                            "run_id": f"{text}-{seed}-{count}-{p:.0f}",
                        }
                    )
    return pd.DataFrame(rows).reindex(columns=COLUMNS["runs"])


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return table()


@pytest.fixture(scope="module")
def points(runs) -> pd.DataFrame:
    return study.points(runs)


def test_points_leave_out_the_held_out_corner_failed_runs_and_those_from_scratch(runs, points):
    assert len(points) == len(GAPS) * 2 * (len(P) * len(ROWS) - 1)
    assert (points["pretrain_tokens"] > 0).all() and len(study.scratch(runs)) == len(GAPS) * 2 * len(ROWS)
    failed = runs.assign(status=["failed", *runs["status"][1:]], role="fit", kind="adapt")
    assert len(study.points(failed)) == len(runs) - 1


def test_of_several_rates_the_best_counts_and_a_held_out_run_takes_that_of_the_nearest_cell(runs, points):
    slower = runs.assign(learning_rate=0.002, loss=runs["loss"] + np.where(runs["rows"] > 32, 0.1, -0.1))
    best = study.points(pd.concat([runs, slower]))
    assert len(best) == len(points)
    assert (best["learning_rate"] == np.where(best["rows"] > 32, 0.01, 0.002)).all()
    own = best[best["text"] == "near"]
    assert study.nearest_rate(own, pretrain_tokens=2e6, finetune_tokens=60 * 2048) == 0.01
    assert study.nearest_rate(own, pretrain_tokens=2e6, finetune_tokens=60 * 6) == 0.002


def test_shared_exponents_are_recovered_and_lie_in_their_intervals(points):
    found = shared.fit(points)
    assert found["alpha"] == pytest.approx(ALPHA, rel=0.05) and found["beta"] == pytest.approx(BETA, rel=0.05)
    replicates = shared.replicates(points, 60)
    for name, value in [("alpha", ALPHA), ("beta", BETA), *((f"G {text}", gap) for text, gap in GAPS.items())]:
        low, high = np.percentile(replicates[name], [0.5, 99.5])
        assert low <= value <= high, name


def test_the_optimum_of_shared_exponents_does_not_depend_on_the_start(points):
    problem = shared._Problem(points)
    found = [problem.solve(np.ones(len(points)), [start])["alpha"] for start in ((0.1, 0.05), (1.2, 0.6))]
    assert found[0] == pytest.approx(found[1], rel=1e-2)


def test_the_bootstrap_keeps_every_dialect_whole_and_draws_seeds_within_cells(points):
    counts = shared.draws(points, 50)
    for _, own in points.groupby("text").indices.items():
        assert (counts[:, own].sum(axis=1) == len(own)).all()
    assert counts.max() > 2 and (counts == 0).any()


def test_predictions_of_shared_parameters_are_the_law():
    sizes = pd.DataFrame({"pretrain_tokens": [1e5], "finetune_tokens": [1e4]})
    params = {"A": A, "alpha": ALPHA, "G": 2.0, "beta": BETA, "E": E}
    assert shared.predict(params, sizes)[0] == pytest.approx(truth(1e5, 1e4, 2.0))


def test_gaps_grow_with_the_distance_and_their_rank_correlation_has_an_interval(points):
    found = study.gaps(points, 60)
    assert found["text"].tolist() == list(GAPS) and found["G"].is_monotonic_increasing
    middle = np.exp(np.log(points["finetune_tokens"]).mean())
    assert found["nats"].iloc[-1] == pytest.approx(GAPS["far"] * middle**-BETA, rel=0.1)
    assert ((found["share_low"] <= found["share"]) & (found["share"] <= found["share_high"])).all()
    correlation = study.rank_correlation(points, 60)
    assert correlation["value"] == 1 and correlation["low"] > 0.5 and correlation["dialects"] == 4


def test_a_gap_that_is_the_same_everywhere_is_not_said_to_grow():
    found = study.points(table(noise=0.01, gaps=dict.fromkeys(GAPS, 3.0)))
    correlation = study.rank_correlation(found, 60)
    assert correlation["low"] < 0 < correlation["high"]
    assert claims._grows(correlation).verdict == "fails"


def test_effective_data_is_what_a_run_from_scratch_would_need(runs, points):
    found = study.effective_data(points, study.scratch(runs))
    row = found.query("text == 'same' and pretrain_tokens == 40000").iloc[0]
    needed = ((row["loss"] - 2.5) / 30) ** (-1 / 0.3)
    assert not row["beyond"] and row["from_scratch"] == pytest.approx(needed, rel=0.15)
    assert row["transferred"] == pytest.approx(row["from_scratch"] - row["finetune_tokens"], abs=1)
    best = found[found["loss"] == found["loss"].min()].iloc[0]
    assert best["beyond"] and best["from_scratch"] == pytest.approx(60 * ROWS[-1])


def test_where_the_gap_is_high_less_of_a_budget_goes_into_pretraining(points):
    found = study.allocation(points, [1.0, 10.0], n_boot=40)
    for _, part in found.groupby("price"):
        assert part["share"].is_monotonic_decreasing
    spent = found["pretrain_tokens"] + found["price"] * found["finetune_tokens"]
    assert np.allclose(spent, found["budget"])


def test_splits_cost_the_same_and_stay_within_what_was_pretrained(points):
    found = study.splits(points, "near", 10.0, (1.0, 0.25, 4.0, 1000.0, 2000.0))
    budget = study.middle_budget(points[points["text"] == "near"], 10.0)
    assert np.allclose(found["pretrain_tokens"] + 10 * found["finetune_tokens"], budget)
    assert found["pretrain_tokens"].between(P[0], P[-1]).all() and found["pretrain_tokens"].is_unique
    assert found["factor"].tolist()[:3] == [1.0, 0.25, 4.0] and (found["finetune_tokens"] > 0).all()


def test_an_unknown_dialect_is_named_with_the_nearest(points):
    with pytest.raises(UnknownName, match="did you mean 'near'"):
        study.law(points, "neer")


def test_claims_follow_their_thresholds_and_tables_are_readable(points):
    fitted = study.fits(points, 40)
    exponents = study.exponents_compared(fitted)
    assert exponents.set_index("exponents")["parameters"].to_dict() == {"separate": 20, "shared": 14}
    splits = pd.DataFrame({"factor": [1.0, 4.0], "actual": [2.0, 2.1]})
    forecasts = pd.DataFrame({"law": ["TransferLaw, far", "x, split of a budget"], "off": [0.01, 0.5]})
    tables = {
        "fits": fitted,
        "exponents": exponents,
        "gaps": study.gaps(points, 40),
        "forecasts": forecasts,
        "allocation": study.allocation(points, [1.0], 40),
        "splits": splits,
    }
    judged = claims.judged(tables, study.rank_correlation(points, 40)).set_index("id")
    assert judged["verdict"].to_dict() == dict.fromkeys(("T1", "T2", "T3", "T4", "T5", "T6"), "holds")
    worse = {**tables, "forecasts": forecasts.assign(off=0.04), "splits": splits.assign(actual=[2.2, 2.1])}
    judged = claims.judged(worse, study.rank_correlation(points, 40)).set_index("id")
    assert judged.loc[["T5", "T6"], "verdict"].tolist() == ["fails", "fails"]
    nothing = {**tables, "splits": splits.assign(actual=np.nan)}
    assert claims.judged(nothing, study.rank_correlation(points, 40)).set_index("id").loc["T6", "verdict"] == (
        "not testable"
    )
    laws = show.laws(fitted)
    assert laws["dialect"].tolist() == list(GAPS) and all("[" in text for text in laws["G"])
    assert list(show.allocation(tables["allocation"]).columns)[1:] == ["price 1"]
    assert show.gaps(tables["gaps"])["gap (nats)"].str.contains(r"\[").all()


def test_values_with_intervals_are_short_and_missing_ones_a_dash():
    assert show.with_interval(0.84321, 0.7512, 0.9049, 2) == "0.84 [0.75, 0.9]"
    assert show.with_interval(0.5, np.nan, np.nan) == "0.5" and show.with_interval(np.nan, 0, 1) == "–"
