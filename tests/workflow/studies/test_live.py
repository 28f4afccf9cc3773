"""A whole live study on a few runs: stages, forecasts before their runs, tables, figures, and going on."""

from __future__ import annotations

import os

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import yaml
from pictures import drawn_once

from scalescope import paths
from scalescope.errors import UnknownName
from scalescope.experiment import stages
from scalescope.experiment.profile import load_profile
from scalescope.model.optimiser import FlatAdamW
from scalescope.papers.barnett2024 import live as barnett2024
from scalescope.papers.lin2024 import live as lin2024
from scalescope.workflow.studies import live


@pytest.fixture(scope="module")
def study(live_profile):
    return live.run(live_profile, "barnett2024")


def test_held_out_runs_are_trained_after_their_forecasts_were_sealed(live_profile, study):
    forecasts = pd.read_csv(paths.results("live") / "forecasts.csv")
    assert len(forecasts) >= 3 + 1 and forecasts["sha256"].str.len().eq(64).all()
    for row in forecasts.itertuples():
        run = stages.store().find(row.run)
        assert run.folder.stat().st_mtime >= pd.Timestamp(row.date).timestamp() - 1
        assert row.low <= row.mean <= row.high
    tables = study.tables
    assert tables["forecasts"]["actual"].notna().all()
    fitted = barnett2024.study.points(tables["runs"])
    assert not set(forecasts["run"]) & set(tables["runs"].query("role == 'fit'")["run_id"])
    assert len(fitted) == 3 * (3 * 3 - 1)


@pytest.mark.parametrize(
    ("stage", "part", "told"),
    [
        (0, 99, r"stage 0 of barnett2024 has the parts 0 to \d; got 99"),
        (0, -1, r"has the parts 0 to \d; got -1"),
        (99, 0, r"barnett2024 has the stages 0 to \d; got 99"),
        (-1, 0, "got -1"),
        (10**22, 0, "got 1" + "0" * 22),
    ],
)
def test_a_part_that_a_study_has_not_is_refused(live_profile, stage, part, told):
    with pytest.raises(ValueError, match=told):
        live.train_pack(live_profile, "barnett2024", stage, part)


@pytest.fixture(scope="module")
def zoo(live_profile):
    return live.run(live_profile, "lin2024")


def test_a_zoo_is_trained_up_to_an_eighth_and_the_rest_after_its_forecasts(live_profile, zoo):
    runs, forecasts = zoo.tables["runs"], zoo.tables["forecasts"]
    fitted = runs.query("kind == 'adapt' and role == 'fit'")
    assert len(fitted) == 4 * 5 * 2 and fitted["rows"].max() == 16
    assert len(forecasts) == 4 * 3 * 2 and forecasts["actual"].notna().all()
    held = runs.query("role == 'held_out'")
    assert len(held) == 4 * 3 and set(held["run_id"]) == set(forecasts["run"]), "the larger sizes, at one rate each"
    best = zoo.tables["curves"].query("examples == 16").set_index("model")["loss"]
    for name, base in lin2024.zoo(live_profile, lin2024.texts(live_profile)).items():
        start = stages.store().find(base.config.id)
        rates = {
            stages.store().find(run).manifest["config"]["learning_rate"]
            for run in held["run_id"]
            if stages.store().find(run).manifest["config"]["start"] == start.id
        }
        own = fitted.loc[(fitted["rows"] == 16) & (fitted["loss"] == best[name]), "learning_rate"]
        assert rates == set(own), "the rate that was best at the largest size below"
        for run in held["run_id"]:
            assert (
                stages.store().find(run).folder.stat().st_mtime >= pd.Timestamp(forecasts["date"].max()).timestamp() - 1
            )


def test_a_model_pretrained_on_a_dialect_is_told_as_pretraining(zoo, monkeypatch):
    monkeypatch.setattr(live, "save", drawn_once)
    table = zoo.tables["zoo"].set_index("model")
    assert table["pretrain_tokens"].gt(0).all() and table["text"].tolist() == ["standard"] * 3 + ["near"]
    assert table["distance"].tolist()[:3] == [0, 0, 0] and table["distance"].iloc[3] > 0
    curves = zoo.tables["curves"]
    assert len(curves) == 4 * 9 and curves.query("examples == 0")["loss"].notna().all()
    assert set(zoo.tables["claims"]["verdict"]) <= {"holds", "fails", "not testable"}
    for path in zoo.write():
        assert path.stat().st_size > 0


def kill_when(ready, act) -> None:
    """Run `act` in a forked process that dies, as by SIGKILL, before the third training step after `ready()`."""
    pid = os.fork()
    if pid:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
        return
    step, left = FlatAdamW.step, [3]

    def counted(*args):
        left[0] -= ready()
        return step(*args) if left[0] else os._exit(9)

    FlatAdamW.step = counted
    try:
        act()
    finally:
        os._exit(0)


def test_a_study_that_is_killed_goes_on_keeps_its_forecasts_and_ends_with_the_same_tables(
    live_profile, zoo, tmp_path, monkeypatch
):
    (tmp_path / "profiles").symlink_to(paths.profile_file("live").parent)
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    ledger = paths.results("live") / "forecasts.csv"
    for ready in (lambda: any(paths.runs().glob("adapt-*/manifest.json")), ledger.exists):
        kill_when(ready, lambda: live.run(live_profile, "lin2024"))
    finished = {path: path.stat().st_mtime_ns for path in paths.runs().glob("[!.]*/manifest.json")}
    sealed = ledger.read_bytes()
    tables = live.run(live_profile, "lin2024").tables
    assert finished and {path: path.stat().st_mtime_ns for path in finished} == finished, "trained twice"
    assert ledger.read_bytes() == sealed
    for name, table in zoo.tables.items():
        own = tables[name].drop(columns="date", errors="ignore")
        pd.testing.assert_frame_equal(own, table.drop(columns="date", errors="ignore"), obj=name)


def test_every_table_and_figure_is_written_and_a_figure_is_redrawn_from_its_numbers(study):
    for path in study.write():
        assert path.stat().st_size > 0
    assert set(study.tables["claims"]["verdict"]) <= {"holds", "fails", "not testable"}
    assert study.tables["splits"]["actual"].notna().all() and study.tables["splits"]["factor"].iloc[0] == 1
    folder = paths.figures("live", "barnett2024")
    for name in barnett2024.DRAW:
        data = pd.read_csv(folder / f"{name}.csv")
        redrawn = barnett2024.DRAW[name](data)
        assert len(redrawn.axes) == len(study.draw(name).axes)
    plt.close("all")
    with pytest.raises(UnknownName, match="did you mean 'iso_loss'"):
        study.draw("isoloss")


def test_a_finished_study_trains_nothing_and_gives_the_same_tables(live_profile, study, monkeypatch):
    monkeypatch.setattr(FlatAdamW, "step", lambda *_: pytest.fail("trained again"))
    again = live.run(live_profile, "barnett2024").tables
    for name, table in study.tables.items():
        pd.testing.assert_frame_equal(again[name], table, obj=name)


def test_parts_are_those_of_every_stage_and_a_part_that_is_not_there_holds_nothing(live_profile, study):
    assert list(live.parts(live_profile, "barnett2024")) == [
        (stage, part) for stage, count in enumerate(barnett2024.PARTS) for part in range(count)
    ]
    assert [live.train_pack(live_profile, "barnett2024", 0, part) for part in range(4)] == [3, 0, 0, 0]


def test_studies_that_are_not_there_are_named(live_profile):
    with pytest.raises(UnknownName, match="did you mean 'barnett2024'"):
        live.module(live_profile, "barnet2024")
    with pytest.raises(UnknownName, match="study of profile 'tiny'"):
        live.module(load_profile("tiny"), "barnett2024")
    with pytest.raises(ValueError, match=r"profile 'tiny' has no section 'studies\.barnett2024'"):
        barnett2024.section(load_profile("tiny"))


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        ("model", "ar8-l9", "unknown model 'ar8-l9'"),
        ("budgets", [100, 8000, 9000], "a budget of 100 tokens .* has no room"),
        ("objective", "pmi", "unknown objective in studies.barnett2024 'pmi'"),
        ("check_dialect", "nearr", "check_dialect is 'nearr'; the dialects are far, near, same"),
        ("dialects", {"same": {}, "far": {"vocabulary": 1.5}}, "less than or equal to 1"),
        ("rows", [4, 4, 8], "4 is listed twice"),
    ],
)
def test_a_section_that_cannot_be_run_is_refused(live_profile, where, value, message):
    content = yaml.safe_load(paths.profile_file("live").read_text())
    content["studies"]["barnett2024"][where] = value
    content["name"] = "wrong"
    paths.profile_file("wrong").write_text(yaml.safe_dump(content))
    with pytest.raises(ValueError, match=message):
        load_profile("wrong")


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        ("task", "tusk", "task is 'tusk'; the dialects are"),
        ("rows", [1, 2, 4, 64], "rows has 3 sizes up to an eighth of the largest, 64"),
        ("zoo", [{"model": "ar8-l1", "tokens": 8000 + n, "text": "nowhere"} for n in range(3)], "the text 'nowhere'"),
        ("zoo", [{"model": "ar8-l1", "tokens": 8000 + n, "objective": "pmi"} for n in range(3)], "in studies.lin2024"),
        ("zoo", [{"model": "ar8-l7", "tokens": 8000 + n} for n in range(3)], "unknown model 'ar8-l7'"),
        ("zoo", [{"model": "ar8-l1", "tokens": 100 + 4000 * n} for n in range(3)], "a budget of 100 tokens"),
        ("zoo", [{"model": "ar8-l1", "tokens": 8000} for _ in range(3)], "is listed twice"),
    ],
)
def test_a_zoo_that_cannot_be_is_refused(live_profile, where, value, message):
    content = yaml.safe_load(paths.profile_file("live").read_text())
    content["studies"]["lin2024"][where] = value
    content["name"] = "wrong"
    paths.profile_file("wrong").write_text(yaml.safe_dump(content))
    with pytest.raises(ValueError, match=message):
        load_profile("wrong")


def test_a_profile_may_divide_its_stages_into_fewer_parts(live_profile):
    fewer = live_profile.model_copy(update={"studies": live_profile.studies.model_copy(update={"parts": 2})})
    assert live.counts(live_profile, "barnett2024") == [4, 4, 1, 1]
    assert live.counts(fewer, "barnett2024") == [2, 2, 1, 1]
    assert len(list(live.parts(fewer, "barnett2024"))) == 6


def test_profiles_without_studies_keep_their_fingerprint():
    assert "studies" not in load_profile("tiny").model_dump(mode="json")
