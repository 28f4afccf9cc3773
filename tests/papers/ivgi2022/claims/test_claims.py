"""Verdicts of the paper's own points, and verdicts that must turn when the data do."""

import numpy as np
import pandas as pd
import pytest

from scalescope.papers.ivgi2022 import tables as ivgi2022
from scalescope.papers.ivgi2022.claims import CLAIMS, JUDGES, Evidence, judge, judge_all, published_evidence
from scalescope.papers.ivgi2022.claims.pretraining import _alone_at_its_size
from scalescope.papers.ivgi2022.data import published_points, published_pretrain
from scalescope.papers.ivgi2022.fits import fits

BOOT = 100


@pytest.fixture(scope="module")
def published():
    return published_evidence(BOOT)


@pytest.fixture(scope="module")
def verdicts(published):
    return judge_all(published).set_index("id")


def evidence(points=None, pretrain=None, curves=None, laws=None):
    tables = {"points": published_points() if points is None else points}
    tables["pretrain"] = published_pretrain() if pretrain is None else pretrain
    return Evidence("test", tables if curves is None else tables | {"curves": curves}, laws, n_boot=BOOT)


def test_thirteen_claims_are_judged(verdicts):
    assert list(JUDGES) == list(CLAIMS) == [f"C{n}" for n in range(1, 14)]
    assert list(verdicts.index) == list(CLAIMS)
    assert verdicts["sentence"].str.len().gt(10).all()


def test_the_papers_claims_hold_on_its_own_points_but_for_its_flops(verdicts):
    assert verdicts["verdict"].to_dict() == {**dict.fromkeys(CLAIMS, "holds"), "C13": "not testable"}
    assert verdicts.loc["C13", "value"] == pytest.approx(16 / 3)
    known = verdicts.drop(["C10", "C13"])
    assert ((known["low"] <= known["value"]) & (known["value"] <= known["high"])).all()


def test_statistics_are_those_of_the_tables(verdicts):
    own = fits(published_points(), n_boot=1)
    table = ivgi2022.table2(own, exact=True).set_index("task")
    assert verdicts.loc["C3", "value"] == (table["r2"] >= 0.95).sum()
    gains = (table["r2_from_2"] - table["r2"])[["SQuAD 2.0", "RACE", "MRPC"]]
    assert verdicts.loc["C4", "value"] == pytest.approx(gains.min())
    assert verdicts.loc["C7", "value"] == pytest.approx((table["mre"] <= 0.025).mean())
    errors = ivgi2022.table4(own, exact=True).set_index("task")["re"]
    assert verdicts.loc["C6", "value"] == pytest.approx(errors[table["r2"] >= 0.95].abs().max())


def test_noise_makes_claims_fail():
    rng = np.random.default_rng(0)
    pretrain = published_pretrain()
    noisy = pretrain.assign(loss=pretrain["loss"] * np.exp(0.3 * rng.normal(size=len(pretrain))))
    of_noise = evidence(pretrain=noisy)
    assert judge("C1", of_noise).verdict == "fails" and judge("C2", of_noise).verdict == "fails"
    points = published_points()
    scale = np.exp(0.5 * np.sin(points["parameters"].to_numpy()))
    spread = 0.001 * (points["n_seeds"] > 1)
    chaos = evidence(points.assign(error=(points["error"] * scale).clip(0.01, 0.99), error_sd=spread))
    assert judge("C3", chaos).verdict == "fails"
    assert judge("C6", chaos).verdict == "not testable"
    assert judge("C7", chaos).verdict == "fails"
    assert "says little" in judge("C7", chaos).sentence


def test_a_target_off_the_law_fails_the_extrapolation_and_the_choice():
    points = published_points(keep_outlier=False)
    far = (points["role"] == "target") & (points["task"] == "squad") & (points["objective"] == "mlm")
    moved = evidence(points.assign(error=points["error"].mask(far, 0.05)))
    assert judge("C6", moved).verdict == "fails" and judge("C8", moved).verdict == "fails"


def test_what_is_not_there_cannot_be_tested():
    points = published_points()
    mlm = points[(points["objective"] == "mlm") & (points["hpt"] == "with")]
    bare = mlm.drop(columns=["value_answerable", "value_answerable_sd", "loss", "loss_sd"])
    found = judge_all(evidence(bare)).set_index("id")["verdict"]
    assert found[["C5", "C8", "C10", "C11", "C12"]].eq("not testable").all()
    assert found["C3"] == "holds"
    two = mlm[mlm["layers"].isin([1, 2, 12])]
    few = published_pretrain().query("layers in (1, 2, 12)")
    verdicts = judge_all(evidence(two, few)).set_index("id")
    assert verdicts.drop("C13")["verdict"].eq("not testable").all()
    assert verdicts.loc[verdicts["verdict"] == "not testable", "needed"].str.len().gt(0).all()


def test_early_stops_are_found_in_live_curves(published):
    """C10 fits the laws of the other sizes itself and reads none of those that are there."""
    pretrain = published_pretrain().query("role != 'second'").reset_index(drop=True)
    pretrain = pretrain.assign(run_id=[f"run{n}" for n in pretrain.index], status="finished")
    falling = [
        {
            "run_id": run.run_id,
            "objective": run.objective,
            "parameters": run.parameters,
            "step": step,
            "split": "heldout",
            "loss": run.loss * (1 + 0.6 * (1 - step / 100)),
            "tokens": step,
        }
        for run in pretrain.itertuples()
        for step in (25, 50, 75, 100)
    ]
    made = judge("C10", evidence(pretrain=pretrain, curves=pd.DataFrame(falling), laws=published.laws))
    assert made.verdict == "holds" and "18 of 18 run(s) lie above" in made.sentence
    twice = [pretrain.assign(pretrain_seed=seed, run_id=pretrain["run_id"] + f"-{seed}") for seed in (0, 1)]
    curves = [pd.DataFrame(falling).assign(run_id=lambda f, seed=seed: f["run_id"] + f"-{seed}") for seed in (0, 1)]
    twice = pd.concat(twice, ignore_index=True)
    both = judge("C10", evidence(pretrain=twice, curves=pd.concat(curves), laws=published.laws))
    assert both.verdict == "holds" and "36 of 36 run(s) lie above" in both.sentence
    flat = pd.DataFrame(falling).assign(loss=lambda f: f.groupby("run_id")["loss"].transform("min"))
    cut = judge("C10", evidence(pretrain=pretrain, curves=flat, laws=published.laws))
    assert cut.verdict == "fails" and "0 of 18 run(s) lie above" in cut.sentence
    assert cut.needed.startswith("more sizes") and "curves" not in cut.needed  # every curve is there


def test_a_run_is_judged_without_the_other_seed_of_its_size():
    runs = pd.DataFrame({"parameters": [10, 10, 20, 20], "run_id": list("abcd")})
    assert _alone_at_its_size(runs, 10, "b")["run_id"].tolist() == ["b", "c", "d"]
    assert _alone_at_its_size(runs, 10, None).equals(runs)


def test_an_unknown_claim_is_refused():
    with pytest.raises(ValueError, match="unknown claim 'C14'"):
        judge("C14", evidence())
