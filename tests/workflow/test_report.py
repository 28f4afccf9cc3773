"""Plan and status show the words of profiles and errors as they are: brackets are no markup of the terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scalescope import paths
from scalescope.experiment.profile import load_profile
from scalescope.experiment.progress import note_state
from scalescope.workflow import plan, report
from scalescope.workflow.jobs import planned

BRACKETS = "sizes [1, 2] of [red] and [/b]"


@pytest.fixture
def profile(project):
    return load_profile("tiny").model_copy(update={"title": BRACKETS})


def test_a_title_with_brackets_is_shown_whole(profile, monkeypatch, capsys):
    monkeypatch.setattr(report, "measure", lambda profile: replace(plan.NOMINAL, matrix_rate=1e9))
    report.print_plan(profile, 2)
    assert BRACKETS in " ".join(capsys.readouterr().out.split()), "over several lines"


def test_the_reason_of_a_failed_job_is_shown_whole(profile, capsys):
    mark = paths.work("tiny") / planned(profile)[-1].mark
    mark.parent.mkdir(parents=True)
    note_state(mark, {"state": "failed", "started": 1.0, "error": f"ValueError: {BRACKETS}"})
    report.print_status(profile)
    assert f"ValueError: {BRACKETS}\n" in capsys.readouterr().out
