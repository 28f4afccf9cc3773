from __future__ import annotations

import os

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from scalescope import paths
from scalescope.cli import app


def run(*words: str):
    return CliRunner().invoke(app, list(words))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["plan", "--profile", "smkoe"], "'smoke'"),
        (["status", "--profile", "smkoe"], "'smoke'"),
        (["reproduce", "--profile", "smkoe"], "'smoke'"),
        (["check-profile", "nowhere.yaml"], "nowhere.yaml"),
        (["notebook", "ivgi2022/20_pretain", "--out", "x.ipynb"], "'ivgi2022/20_pretrain'"),
        (["notebook", "ivgi2022/20_pretrain", "--out", "x.ipynb", "-p", "modle=a"], "'model'"),
        (["notebook", "ivgi2022/20_pretrain", "--out", "x.ipynb", "-p", "model"], "name=value"),
        (["notebooks", "refresh", "00_strat_here"], "'00_start_here'"),
        (["notebook", "ivgi2022/20_pretrain", "--out", "x.ipynb", "-p", "model=a", "-p", "model=b"], "given twice"),
        (["notebook", "ivgi2022/20_pretrain", "--out", "."], "--out . is a folder"),
        (["reproduce", "smoke"], "reproduce --profile smoke"),
        (["reproduce", "smok"], "reproduce --profile smoke"),
        (["reproduce", "a/b.yaml"], "reproduce --profile a/b.yaml"),
        (["reproduce", "."], "reproduce --data ."),
        (["reproduce", "-n"], "reproduce -- -n"),
        (["reproduce", "--dry-run", "--", "x"], "reproduce -- --dry-run"),
        (["reproduce", "--profil", "smoke"], "unknown option --profil; did you mean --profile?"),
        (["reproduce", "--profil=smoke"], "did you mean --profile?"),
        (["check-profile", "wikipedia"], "the source 'files' has no folder: give one with --data"),
        (["check-profile", "wikipedia", "--data", "nowhere"], "does not exist"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_the_nearest_choice(words, told):
    result = run(*words)
    assert result.exit_code == 2
    assert result.output.startswith("error: ") and told in result.output
    assert "Traceback" not in result.output


def test_a_command_leaves_the_imports_of_its_process_alone(tmp_path):
    run("notebook", "ivgi2022/20_pretain", "--out", "x.ipynb")
    pd.DataFrame({"loss": [1.0]}).to_parquet(tmp_path / "x.parquet")
    assert pd.read_parquet(tmp_path / "x.parquet")["loss"].tolist() == [1.0]


def test_a_bug_keeps_its_traceback(monkeypatch):
    def broken(*_):
        raise KeyError("a bug")

    monkeypatch.setattr("scalescope.experiment.profile.load_profile", broken)
    assert isinstance(run("check-profile", "smoke").exception, KeyError)


def test_check_names_the_models_and_what_the_source_has():
    result = run("check-profile", "smoke")
    assert result.exit_code == 0 and "ar16-l3" in result.output
    assert "train text: 144,760 words\n" in result.output and "vocabulary: at most 512 pieces" in result.output
    assert "boolq: 128 train rows, 96 validation rows" in result.output


@pytest.mark.parametrize(
    ("where", "value", "told"),
    [
        (
            "source",
            {"kind": "microworld", "options": {"sed": 1}},
            "unknown setting of source 'microworld' 'sed'; did you",
        ),
        ("source", {"kind": "microworld", "options": {"entities": 5}}, "microworld entities is 5; nearest valid"),
        (
            "source",
            {"kind": "microworld", "options": {"seed": "a"}},
            "setting 'seed' of source 'microworld' is 'a'; a whole",
        ),
        (
            "source",
            {"kind": "microworld", "options": {"vocabulary": "a"}},
            "setting 'vocabulary' of source 'microworld' is 'a'; a number is expected",
        ),
        ("source", {"kind": "hub", "options": {"mnli_share": 25}}, "mnli_share 25 lies outside"),
        ("source", {"kind": "hub", "options": {"load": "x"}}, "setting 'load' of source 'hub' is 'x'; a function"),
        ("text.vocabulary_size", 64, "vocabulary_size 64 is below the 77 letters of this text"),
    ],
)
def test_check_opens_the_source(tmp_path, where, value, told):
    content = yaml.safe_load(paths.profile_file("smoke").read_text())
    *sections, last = where.split(".")
    part = content
    for name in sections:
        part = part[name]
    part[last] = value
    content["name"] = "mine"
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(content))
    result = run("check-profile", str(tmp_path / "mine.yaml"))
    assert result.exit_code == 2 and f"error: {told}" in result.output


def test_words_after_two_dashes_are_handed_on(monkeypatch):
    asked = []
    monkeypatch.setattr("scalescope.workflow.reproduce.reproduce", lambda *words: asked.append(words))
    run("reproduce", "-P", "smoke", "-j", "2", "--", "-n", "--executor", "slurm", "--", "x")
    assert asked == [("smoke", None, 2, ["-n", "--executor", "slurm", "--", "x"], None)]
    run("reproduce", "-P", "smoke", "-j", "9", "--executor", "slurm")
    assert asked[1:] == [("smoke", None, 9, [], "slurm")]


def test_version():
    assert run("--version").output == "scalescope 0.1.0\n"


@pytest.mark.parametrize(("root", "told"), [("nowhere", "which is no folder"), (".", "which holds no profiles/")])
def test_a_wrong_root_is_named(root, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCALESCOPE_ROOT", root)
    result = run("check-profile", "smoke")
    assert result.exit_code == 2 and f"SCALESCOPE_ROOT is {root!r}, {told}" in result.output


def test_a_command_tells_its_processes_where_it_was_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(paths.START, raising=False)
    seen = []

    def notebook(*_):
        monkeypatch.chdir("/")  # a kernel works in the notebook's folder
        monkeypatch.setenv("SCALESCOPE_CACHE", "mycache")
        seen.extend([paths.cache(), paths.given("mydata")])

    monkeypatch.setattr("scalescope.workflow.notebooks.run", notebook)
    run("notebook", "ivgi2022/20_pretrain", "--out", "x.ipynb")
    assert seen == [tmp_path / "mycache", tmp_path / "mydata"]
    assert paths.START not in os.environ


def test_plan_shows_every_model_and_the_time(monkeypatch):
    monkeypatch.setattr("scalescope.workflow.timing.TIMED_SECONDS", 0.01)
    result = run("plan", "--profile", "smoke", "--jobs", "2")
    assert result.exit_code == 0
    told = ("ar8-l1", "ar8-l2", "ar8-l3", "ar16-l1", "ar16-l3", "2 worker(s)", "GFLOP/s")
    assert all(name in result.output for name in told)


def test_status_lists_every_job_as_to_do_in_an_empty_folder(tmp_path, monkeypatch):
    (tmp_path / "profiles").symlink_to(paths.root() / "profiles")
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    result = run("status", "--profile", "smoke")
    assert result.exit_code == 0
    assert "to do   20_pretrain_ar8-l1_mlm" in result.output and "29 to do" in result.output
