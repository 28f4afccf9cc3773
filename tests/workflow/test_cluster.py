"""Jobs on "another machine": one with process ids of its own, reached through an executor of Snakemake."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scalescope import files, paths
from scalescope.experiment import stages
from scalescope.experiment.noted import noted
from scalescope.experiment.pipeline import PIPELINE
from scalescope.experiment.profile import load_profile
from scalescope.experiment.progress import read_mark
from scalescope.workflow.reproduce import PipelineFailed, reproduce

NAMESPACE = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]
SUBMIT = """#!/bin/sh
setsid {namespace} sh "$1" > "{log}" 2>&1 < /dev/null &
echo $!
"""
JOB = "20_pretrain_ar8-l1_mlm"


def refusal() -> str | None:
    """Why this machine gives no namespace of process ids to a user; None if it does."""
    try:
        tried = subprocess.run([*NAMESPACE, "true"], capture_output=True, text=True)
    except FileNotFoundError:
        return "there is no unshare"
    return None if tried.returncode == 0 else f"unshare is not permitted: {tried.stderr.strip()}"


REFUSAL = refusal()
pytestmark = pytest.mark.skipif(REFUSAL is not None, reason=str(REFUSAL))


@pytest.fixture
def elsewhere(tmp_path: Path) -> list[str]:
    """Arguments of Snakemake that run each job in a namespace of process ids of its own."""
    submit = tmp_path / "submit"
    submit.write_text(SUBMIT.format(namespace=" ".join(NAMESPACE), log=tmp_path / "submitted.log"))
    submit.chmod(0o755)
    return ["--cluster-generic-submit-cmd", str(submit), "--seconds-between-status-checks", "1"]


def test_a_job_on_another_machine_gives_the_same_run(project, elsewhere, tmp_path_factory, monkeypatch):
    monkeypatch.setenv(PIPELINE, "999999999")  # of a pipeline around this one: no process of that id is there
    target = f"products/{JOB}.json"
    folder = reproduce("tiny", workers=2, executor="cluster-generic", snakemake_arguments=[target, *elsewhere])
    (run,) = files.read_record(folder / target)["runs"]
    manifest = (paths.runs() / run / "manifest.json").read_text()
    assert read_mark(folder / "jobs" / f"{JOB}.json")["pid"] < 1000, "process ids began anew"
    assert not list((folder / "costs").glob(f"{JOB}*.kernel")), "the kernel was not forked on this machine"

    other = tmp_path_factory.mktemp("here")
    (other / "profiles").symlink_to(project / "profiles")
    monkeypatch.setenv("SCALESCOPE_ROOT", str(other))
    stages.pretrain(load_profile("tiny"), "ar8-l1", "mlm")
    assert noted("tiny") == {run}
    assert (paths.runs() / run / "manifest.json").read_text() == manifest


def test_a_job_that_fails_on_another_machine_is_named_with_its_reason(stubs, elsewhere):
    for name in ("text", "rows_squad", "rows_sst2"):
        files.write_record(paths.work("tiny") / "products" / f"{name}.json", {"notebook": None, "runs": []})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scalescope.workflow.reproduce.forget_stale", lambda profile, folder: [])
        with pytest.raises(PipelineFailed, match=f"1 job.s. failed:\\n  {JOB}: .*no space left"):
            reproduce(
                "tiny", workers=2, executor="cluster-generic", snakemake_arguments=[f"products/{JOB}.json", *elsewhere]
            )
