from __future__ import annotations

import pandas as pd
import pytest
from typer.testing import CliRunner

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


def test_a_bug_keeps_its_traceback(monkeypatch):
    def broken(*_):
        raise KeyError("a bug")

    monkeypatch.setattr("scalescope.pipeline.profile.load_profile", broken)
    assert isinstance(run("check-profile", "smoke").exception, KeyError)


def test_check_names_the_models():
    result = run("check-profile", "smoke")
    assert result.exit_code == 0 and "ar16-l3" in result.output


def test_plan_shows_every_model_and_the_time(monkeypatch):
    monkeypatch.setattr("scalescope.pipeline.timing.TIMED_SECONDS", 0.01)
    result = run("plan", "--profile", "smoke", "--jobs", "2")
    assert result.exit_code == 0
    told = ("ar8-l1", "ar8-l2", "ar8-l3", "ar16-l1", "ar16-l3", "2 worker(s)", "GFLOP/s")
    assert all(name in result.output for name in told)


def test_status_lists_every_job_as_to_do_in_an_empty_folder(tmp_path, monkeypatch):
    from scalescope import paths

    (tmp_path / "profiles").symlink_to(paths.root() / "profiles")
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    result = run("status", "--profile", "smoke")
    assert result.exit_code == 0
    assert "to do   20_pretrain_ar8-l1_mlm" in result.output and "26 to do" in result.output
