"""The live over-training study on two texts, and on a source without dialects: plan, forecasts, tables, figures."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import yaml
from pictures import drawn_once
from projects import TINY

from scalescope import paths
from scalescope.experiment import stages
from scalescope.experiment.profile import Profile, load_profile
from scalescope.microworld.source import Microworld
from scalescope.papers.gadre2024 import live as gadre2024
from scalescope.papers.ledger import points_digest
from scalescope.workflow.studies import live

FAR = {"vocabulary": 1.0, "constructions": 1.0}
PART = {
    "models": ["ar8-l1", "ar16-l1", "ar8-l2", "ar16-l2"],
    "multipliers": [1, 2, 4, 8, 16, 32],
    "most_tokens": 25_000,
}


def written(name: str, part: dict, **changes) -> Profile:
    text = {**TINY["text"], "train_tokens": 15_000}
    content = {**TINY, "name": name, "text": text, "studies": {"seeds": [0], "gadre2024": part}, **changes}
    paths.profile_file(name).write_text(yaml.safe_dump(content))
    return load_profile(name)


@pytest.fixture(scope="module")
def profile(live_profile) -> Profile:
    return written("texts", {**PART, "dialects": {"far": FAR}})


@pytest.fixture(scope="module")
def alone(live_profile) -> Profile:
    """The same grid on the standard text alone."""
    return written("alone", PART)


@pytest.fixture(scope="module")
def study(profile) -> live.Live:
    return live.run(profile, "gadre2024")


def test_runs_of_the_standard_text_and_their_ids_do_not_depend_on_dialects(alone, profile):
    one, two = (gadre2024.grid(each, gadre2024.texts(each)) for each in (alone, profile))
    assert one == two and {each.text for each in one} == {"standard"}
    known = gadre2024.texts(profile)
    both = gadre2024.grids(profile, known)
    assert both[: len(one)] == one, "the standard text comes first, so its forecasts are sealed as they were"
    far = both[len(one) :]
    assert {each.text for each in far} == {"far"} and {each.config.data for each in far} == {known.id("far")}
    ids = [each.config.id for each in both]
    assert len(set(ids)) == len(ids)


def test_a_grid_on_dialects_may_have_fewer_models_of_which_the_last_is_held_out(alone, profile):
    thin = written("thin", {**PART, "dialects": {"far": FAR}, "dialect_models": PART["models"][:3]})
    known = gadre2024.texts(thin)
    assert gadre2024.grid(thin, known) == gadre2024.grid(alone, gadre2024.texts(alone))
    few, all_of = (gadre2024.grid(each, gadre2024.texts(each), "far") for each in (thin, profile))
    last = [each.role for each in few if each.config.encoder.name == PART["models"][2]]
    assert len(last) > 1 and set(last) == {"held_out"}
    ids = {each.config.id for each in all_of if each.config.encoder.name != PART["models"][3]}
    assert {each.config.id for each in few} == ids


def test_a_grid_whose_runs_are_the_same_or_too_few_is_refused_before_anything_is_trained(live_profile):
    large = {"pretrain": {**TINY["pretrain"], "batch_size": 64}}
    equal = written("equal", {**PART, "multipliers": [4, 8, 17, 18]}, **large)
    with pytest.raises(ValueError, match=r"multipliers: \d+ and \d+ tokens .* of ar8-l1 are both 5 steps"):
        gadre2024.first(equal, gadre2024.texts(equal))
    few = written("few", {**PART, "most_tokens": 5_000})
    with pytest.raises(
        ValueError, match=r"on the text 'standard' \d runs of \d models .* most_tokens=5000 .*need 6 runs"
    ):
        gadre2024.first(few, gadre2024.texts(few))


def test_the_budgets_of_a_text_count_its_own_padding(profile):
    known = gadre2024.texts(profile)
    for text in ("standard", "far"):
        per_row = known[text].corpus("train").tokens_per_row
        planned = gadre2024.grid(profile, known, text)
        held = [each for each in planned if each.role == "held_out"]
        assert {each.config.encoder.name for each in held} == set(PART["models"]), (
            "the longest of each, all of the last"
        )
        for each in planned:
            tokens = each.config.steps * each.config.batch_size * per_row
            nearest = min(PART["multipliers"], key=lambda m, t=tokens, e=each: abs(m * e.config.encoder.parameters - t))
            half_a_step = 0.5 * each.config.batch_size * per_row
            assert abs(tokens - nearest * each.config.encoder.parameters) <= 1.01 * half_a_step


def test_held_out_runs_of_each_text_are_forecast_from_its_own_before_they_are_trained(profile, study):
    forecasts, runs = study.tables["forecasts"], study.tables["runs"]
    held = runs[runs["role"] == "held_out"]
    assert set(held["text"]) == {"standard", "far"} and set(held["run_id"]) == set(forecasts["run"])
    assert len(forecasts) == len(held) * 2 * 2 and forecasts["actual"].notna().all(), "two laws, loss and error"
    for row in forecasts.itertuples():
        sealed = pd.Timestamp(row.date).timestamp()
        assert stages.store().find(row.run).folder.stat().st_mtime >= sealed - 1
    for text, own in held.groupby("text"):
        points = gadre2024.study.points(runs[(runs["text"] == text) & (runs["role"] == "fit")])
        assert set(forecasts.loc[forecasts["run"].isin(own["run_id"]), "points"]) == {points_digest(points)}


def test_every_table_has_both_texts_and_the_claims_are_those_of_the_standard_one(alone, study):
    tables = study.tables
    for name in ("runs", "fits", "predictions", "sensitivity", "texts", "pairs"):
        assert list(tables[name]["text"].unique()) == ["standard", "far"], name
    skills = tables["skills"].merge(tables["runs"][["run_id", "text"]], on="run_id")
    assert skills.groupby("text")["run_id"].nunique().eq(tables["runs"].groupby("text").size()).all()
    assert set(tables["errors"]["run_id"]) == set(tables["runs"]["run_id"])
    pairs = tables["pairs"]
    assert pairs.groupby(["text", "evaluated_on"]).ngroups == 4
    own = pairs[pairs["text"] == pairs["evaluated_on"]].drop_duplicates("run_id").set_index("run_id")["loss"]
    recorded = tables["runs"].set_index("run_id")["loss"]
    assert np.array_equal(own, recorded.loc[own.index])
    main = tables["texts"].query(f"text == 'standard' and law == '{gadre2024.claims.MAIN}'").iloc[0]
    verdicts = tables["claims"].set_index("id")["verdict"].to_dict()
    assert main[list(verdicts)].to_dict() == verdicts
    without = live.run(alone, "gadre2024").tables
    for name in ("fits", "predictions", "errors", "skills", "sensitivity"):
        rows = tables[name]
        mine = rows["text"] == "standard" if "text" in rows else rows["run_id"].isin(without["runs"]["run_id"])
        pd.testing.assert_frame_equal(rows[mine].reset_index(drop=True), without[name], obj=name)


def test_figures_are_redrawn_from_their_numbers(profile, study, monkeypatch):
    monkeypatch.setattr(live, "save", drawn_once)
    written_files = study.write()
    assert all(path.stat().st_size > 0 for path in written_files)
    folder = paths.figures(profile.name, "gadre2024")
    for name, draw in gadre2024.DRAW.items():
        assert len(draw(pd.read_csv(folder / f"{name}.csv")).axes) == len(study.draw(name).axes), name
    plt.close("all")


def test_a_source_without_dialects_has_the_study_of_its_own_text(live_profile, tmp_path, monkeypatch):
    """Articles of the microworld as files: text alone, no skills, no tasks."""
    monkeypatch.setattr(live, "save", drawn_once)
    (tmp_path / "corpus").mkdir()
    source = Microworld(entities=200, train_articles=300, heldout_articles=60)
    for split in ("train", "heldout"):
        text = "\n\n".join("\n".join(article) for article in source.articles(split))
        (tmp_path / "corpus" / f"{split}.txt").write_text(text)
    files = {"kind": "files", "folder": str(tmp_path), "options": {"tasks": 0}}
    tables = (study := live.run(written("real", PART, source=files), "gadre2024")).tables
    assert set(tables["runs"]["text"]) == {"standard"} and tables["skills"].empty
    assert set(tables["forecasts"]["law"]) == set(gadre2024.study.LAWS), "the loss alone is forecast"
    assert tables["forecasts"]["actual"].notna().all()
    verdicts = tables["claims"].set_index("id")["verdict"]
    assert verdicts[["O3", "O4"]].eq("not testable").all() and not verdicts[["O1", "O2"]].eq("not testable").any()
    assert all(path.stat().st_size > 0 for path in study.write())


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"dialects": {"standard": FAR}}, "a dialect cannot be called 'standard'"),
        ({"dialects": {"far": {"vocabulary": 1.5}}}, "less than or equal to 1"),
        ({"dialects": {"far": {"vocabulry": 1.0}}}, "did you mean 'vocabulary'"),
        ({"dialects": {"far": FAR}, "objective": "pmi"}, "on a dialect there is the objective 'mlm' only"),
        ({"dialects": {"far": FAR}, "dialect_models": PART["models"][:2]}, "at least 3 items"),
        ({"dialects": {"far": FAR}, "dialect_models": ["ar8-l1", "ar8-l2", "ar8-l7"]}, "dialect_models has 'ar8-l7'"),
        ({"dialects": {"far": FAR}, "dialect_models": ["ar8-l2", "ar8-l1", "ar16-l1"]}, "in the order of models"),
        ({"dialect_models": PART["models"][1:]}, "there are no dialects"),
    ],
)
def test_dialects_that_cannot_be_are_refused(live_profile, part, message):
    with pytest.raises(ValueError, match=message):
        written("wrong", {**PART, **part}, objectives=["mlm", "pmi"])


def test_dialects_of_a_folder_of_files_are_refused(live_profile, tmp_path):
    with pytest.raises(ValueError, match=r"studies\.gadre2024 has dialects, which the source 'files' does not have"):
        written("wrong", {**PART, "dialects": {"far": FAR}}, source={"kind": "files", "folder": str(tmp_path)})
