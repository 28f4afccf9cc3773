"""A profile's target is forecast before it is trained, once, and never after."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from projects import TINY

from scalescope.experiment import collecting, stages
from scalescope.experiment.profile import Profile
from scalescope.experiment.seal_target import seal_larger, seal_target
from scalescope.forecast.ledger import read, scored
from scalescope.forecast.sealing import actual_of_profile, ledger_of


def ladder(count: int = 4, seeds: int = 1) -> pd.DataFrame:
    n = np.repeat(1000.0 * 4.0 ** np.arange(count), seeds)
    noise = 0.01 * np.random.default_rng(0).standard_normal(len(n))
    seed = np.arange(len(n)) % seeds
    return pd.DataFrame(
        {
            "parameters": n,
            "loss": 9 * n**-0.1 * np.exp(noise),
            "pretrain_seed": seed,
            "run_id": [f"run{k}" for k in range(len(n))],
        }
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_forecast_of_the_ladder_is_sealed_once(folder, seeds):
    found = seal_target("x", 1024000, "big", ladder(seeds=seeds))
    row = read(ledger_of("x")).iloc[0]
    assert row["run"] == "big" and row["target"] == "1024000.0" and int(row["points"]) == 4 * seeds
    assert float(row["low"]) < 9 * 1024000**-0.1 < float(row["high"]) and row["sha256"] == found.table.digest
    laws = found.predictions["law"].tolist()
    assert read(ledger_of("x"))["law"].tolist() == laws == ["power-N", "shifted-N"] or laws == ["shifted-N", "power-N"]
    assert seal_target("x", 1024000, "big", ladder(seeds=seeds)) is None
    assert len(read(ledger_of("x"))) == 2


def test_every_law_is_sealed_with_its_own_interval(folder):
    found = seal_target("x", 1024000, "big", ladder())
    rows = read(ledger_of("x")).set_index("law")
    for law in found.predictions.itertuples():
        assert float(rows.loc[law.law, "mean"]) == pytest.approx(law.mean)
        assert float(rows.loc[law.law, "high"]) == pytest.approx(law.run_high, rel=1e-6)


@pytest.mark.parametrize("seeds", [1, 2])
def test_a_larger_model_of_the_ladder_is_sealed_from_the_smaller_ones_only(folder, seeds, capsys):
    every = ladder(5, seeds)
    found = seal_larger("x", 64000, "fourth", every[every["parameters"] != 64000])  # the fifth was trained before it
    assert found.table.frame["parameters"].max() == 16000 and found.target == {"parameters": 64000.0}
    row = read(ledger_of("x")).iloc[0]
    assert row["run"] == "fourth" and int(row["points"]) == 3 * seeds and float(row["distance"]) == 4
    assert seal_larger("x", 64000, "fourth", every) is None and len(read(ledger_of("x"))) == len(found.predictions)
    assert seal_larger("x", 16000, "third", every) is None, "two smaller sizes"
    assert capsys.readouterr().err == ""


def test_a_trained_model_of_the_ladder_is_not_sealed(folder):
    (folder / "data" / "runs" / "run4").mkdir(parents=True)
    (folder / "data" / "runs" / "run4" / "manifest.json").write_text("{}")
    assert seal_larger("x", 256000, "run4", ladder(5)) is None and not ledger_of("x").exists()


def test_a_short_ladder_and_a_trained_target_are_not_sealed(folder, capsys):
    assert seal_target("x", 1024000, "big", ladder(2)) is None
    assert "2 sizes of the ladder are pretrained" in capsys.readouterr().err
    (folder / "data" / "runs" / "big").mkdir(parents=True)
    (folder / "data" / "runs" / "big" / "manifest.json").write_text("{}")
    assert seal_target("x", 1024000, "big", ladder()) is None and not ledger_of("x").exists()


def test_a_profile_seals_its_larger_models_before_it_trains_them(folder, monkeypatch):
    models = {**TINY["models"], "ladder": {"aspect_ratio": 8, "layers": [1, 2, 3, 4], "heads": 2}}
    models["target"] = {"aspect_ratio": 16, "layers": [3], "heads": 2}
    pretraining = {**TINY["pretrain"], "steps": 4, "eval_every": 2}
    profile = Profile.model_validate({**TINY, "models": models, "pretrain": pretraining, "tasks": ["sst2"]})
    for name in ("ar8-l1", "ar8-l2", "ar8-l3"):
        stages.pretrain(profile, name, "mlm")
    assert not ledger_of("tiny").exists()
    seen, train = [], stages.pretrain_run
    monkeypatch.setattr(
        stages, "pretrain_run", lambda *given: (seen.append(len(read(ledger_of("tiny")))), train(*given))[1]
    )
    trained = [stages.pretrain(profile, name, "mlm").iloc[0] for name in ("ar8-l4", "ar16-l3")]
    assert seen == [1, 3], "sealed first: the fourth size under one law, the target under two"
    stages.pretrain(profile, "ar16-l3", "mlm")
    rows = read(ledger_of("tiny"))
    assert rows["run"].tolist() == [trained[0]["run_id"], *[trained[1]["run_id"]] * 2]
    assert rows["points"].tolist() == ["3", "4", "4"]
    collecting.collect(profile, partial=True)
    done = scored(rows, actual_of_profile("tiny"))
    assert done["actual"].tolist() == pytest.approx([trained[0]["loss"], *[trained[1]["loss"]] * 2], rel=1e-5)
