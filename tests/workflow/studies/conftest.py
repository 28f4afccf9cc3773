"""A project folder with a profile whose studies have a few runs of seconds."""

from __future__ import annotations

import pytest
import yaml
from projects import TINY, make_project

from scalescope import paths
from scalescope.experiment.profile import load_profile

STEP = 16 * 48  # tokens of one step of the profile
STUDIES = {
    "seeds": [0],
    "barnett2024": {
        "model": "ar8-l1", "budgets": [5 * STEP, 10 * STEP, 20 * STEP],
        "dialects": {"same": {}, "near": {"vocabulary": 0.4}, "far": {"vocabulary": 1.0, "constructions": 1.0}},
        "rows": [4, 8, 16],
        "adapt": {"batch_size": 8, "learning_rates": [0.003], "passes": 1, "least_steps": 2, "evaluations": 1,
                  "heldout_tokens": 1_000},
        "prices": [1, 10], "check_dialect": "near", "check_price": 10,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def profile(tmp_path_factory):
    """The profile "live" in a project folder of its own, shared by the tests of a module."""
    with pytest.MonkeyPatch.context() as context:
        make_project(tmp_path_factory.mktemp("project"), context)
        content = {**TINY, "name": "live", "studies": STUDIES}
        paths.profile_file("live").write_text(yaml.safe_dump(content))
        yield load_profile("live")
