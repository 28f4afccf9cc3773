"""A job ends with the pipeline beside it, and knows when a process id says nothing about its pipeline."""

from __future__ import annotations

import os
import subprocess
import sys

from scalescope.experiment import pipeline

JOB = """
import sys, time
from scalescope.experiment.pipeline import end_with_pipeline
print(end_with_pipeline(), flush=True)
time.sleep(60)
"""


def start(identity: str) -> subprocess.Popen:
    environment = {**os.environ, pipeline.PIPELINE: identity}
    return subprocess.Popen([sys.executable, "-c", JOB], env=environment, stdout=subprocess.PIPE, text=True)


def test_a_job_ends_soon_after_its_pipeline():
    with subprocess.Popen(["sleep", "60"]) as owner:
        own = pipeline.identity().partition("@")[2]
        job = start(f"{owner.pid}@{own}")
        assert job.stdout.readline() == "True\n" and job.poll() is None
        owner.kill()
    assert job.wait(30) == 1


def test_a_pipeline_on_another_machine_is_not_looked_for():
    own = pipeline.identity().partition("@")[2]
    for elsewhere in ("", "999999999", f"999999999@far{own}", f"x@{own}", "999999999@"):
        assert not pipeline.end_with_pipeline({pipeline.PIPELINE: elsewhere})
    assert not pipeline.end_with_pipeline({})
