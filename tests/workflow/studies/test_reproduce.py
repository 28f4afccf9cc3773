"""The graph of the live studies: which jobs there are, and what cannot be run."""

from __future__ import annotations

import re

import pytest

from scalescope import paths
from scalescope.errors import UnknownName
from scalescope.workflow.studies.reproduce import reproduce


def test_a_dry_run_lists_every_part_of_every_stage_and_the_notebook(live_profile):
    folders = reproduce("live", ["barnett2024"], extra=["-n"])
    assert folders == [paths.results("live") / "barnett2024"]
    log = (paths.work("live") / "logs" / "studies.log").read_text()
    counts = dict(re.findall(r"^(train|notebook|total) +(\d+)", log, re.MULTILINE))
    assert counts == {"train": "10", "notebook": "1", "total": "11"}
    held = re.search(r"rule train:\n\s+input: (.*)\n\s+output: studies/barnett2024/2-0.done", log)
    assert held and all(f"studies/barnett2024/1-{part}.done" in held[1] for part in range(4)), "after all fitted runs"


def test_what_cannot_be_run_is_refused(live_profile):
    with pytest.raises(UnknownName, match="did you mean 'barnett2024'"):
        reproduce("live", ["barnet2024"])
    with pytest.raises(ValueError, match="profile 'tiny' has no section 'studies'"):
        reproduce("tiny")


def test_five_laws_come_after_all_studies_of_a_profile_and_not_after_one(live_profile):
    folders = reproduce("live", extra=["-n"])
    assert [folder.name for folder in folders] == ["barnett2024", "lin2024", "five_laws"]
    log = (paths.work("live") / "logs" / "studies.log").read_text()
    counts = dict(re.findall(r"^(train|notebook|five_laws|total) +(\d+)", log, re.MULTILINE))
    assert counts == {"train": "22", "notebook": "2", "five_laws": "1", "total": "25"}
    last = re.search(r"rule five_laws:\n\s+input: (.*)\n\s+output: notebooks/95_five_laws.ipynb", log)
    assert last and all(f"notebooks/{name}_20_live.ipynb" in last[1] for name in ("barnett2024", "lin2024"))
    reproduce("live", ["lin2024"], extra=["-n"])
    assert "five_laws" not in (paths.work("live") / "logs" / "studies.log").read_text()
