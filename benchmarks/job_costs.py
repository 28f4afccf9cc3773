"""What a job costs, as Snakemake's `benchmark:` files tell it and as the records of `scalescope.experiment.cost` do.

    python benchmarks/job_costs.py [--jobs 2] [--quick]

A part of the profile smoke is run in a fresh project whose Snakefile has a `benchmark:` file for each job: whole with
kernels that are forked from one process, as `scalescope reproduce` runs it, and as far as pretraining with kernels that
each job starts itself, as jobs on a cluster do. In both, the first pretraining job is killed (kill -9) once it has
trained for some time, and Snakemake is started again.

Results: results/job_costs.csv, one row per kind of kernel and rule: jobs, attempts (with the killed one), core-seconds
of the records (`recorded`; `killed`: those of the attempt that was killed) and of the `benchmark:` files (`snakemake`),
and how many jobs these give no core-seconds for (`unknown`: shorter than their first sample).
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

import pandas as pd
from machine import describe, destination, merge, options, progress

from scalescope import files, paths
from scalescope.experiment import stages
from scalescope.experiment.profile import Profile, load_profile
from scalescope.experiment.record import write_profile
from scalescope.workflow.cost_table import records
from scalescope.workflow.jobs import Job, planned
from scalescope.workflow.reproduce import die_with_parent, environment_of_jobs, snakemake
from scalescope.workflow.warm import warm_kernels

NAME = "costs"
PROFILE = "extends: smoke\ntitle: a part of smoke\nobjectives: [mlm]\ntasks: [squad, sst2]\n"
ROOT = paths.root()
LAST = {"forked": "", "started by the job": "pretrain"}  # kinds of kernels, and the last rule of each ("": all)
SPENT_SECONDS = 1.0  # core-seconds of the job that is killed, at least
GIVE_UP = 900.0
LOG = re.compile(r'^    log:\n        "logs/(.+)\.log",\n', re.MULTILINE)


def main() -> None:
    """Write the table."""
    parser = options(__doc__, "job_costs.csv")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    for kernels, last in LAST.items():
        with tempfile.TemporaryDirectory(prefix="costs-") as folder:
            os.environ["SCALESCOPE_ROOT"] = str(make_project(Path(folder)))
            profile = load_profile(NAME)
            work = paths.work(NAME)
            work.mkdir(parents=True)
            write_profile(profile, stages.prepare(profile), work)
            killed = run(work, kernels, "pretrain" if given.quick else last, given.jobs)
            rows = compared(profile, work, killed)
        merge(destination(given), [{"kernels": kernels, **row, **describe()} for row in rows], ["kernels", "rule"])
        print(pd.DataFrame(rows).to_string(index=False), flush=True)
    progress(f"written to {destination(given)}")


def make_project(root: Path) -> Path:
    """A project folder with the code of this one, whose Snakefile has a `benchmark:` file for each job."""
    for name in ("notebooks", "profiles/smoke.yaml", "data/published", "data/results/published"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(ROOT / name)
    (root / "profiles" / f"{NAME}.yaml").write_text(PROFILE)
    text, count = LOG.subn(r'\g<0>    benchmark:\n        "benchmarks/\1.tsv"\n', (ROOT / "Snakefile").read_text())
    if count != text.count("    log:\n"):
        raise RuntimeError("not every rule of the Snakefile has got a benchmark file")
    (root / "Snakefile").write_text(text)
    return root


def run(work: Path, kernels: str, last: str, jobs: int) -> str:
    """Run to the end, with one pretraining job killed; returns the name of its record."""
    environment = environment_of_jobs()
    forked = kernels == "forked"
    command = snakemake(work, jobs, ["--until", last] if last else [])
    with warm_kernels(environment, die_with_parent) if forked else nullcontext(environment) as given:
        with (work / "first.log").open("w") as stream:
            first = subprocess.Popen(command, env=given, stdout=stream, stderr=subprocess.STDOUT)
        killed = kill_one(work)
        progress(f"{kernels}: killed {killed}")
        first.wait()
        again = subprocess.run(command, env=given, capture_output=True, text=True)
        if again.returncode:
            raise RuntimeError(again.stderr)
    progress(f"{kernels}: done")
    return killed


def kill_one(work: Path) -> str:
    """End the process of a pretraining job that has trained for some seconds; returns the name of its record."""
    until = time.monotonic() + GIVE_UP
    while time.monotonic() < until:
        for told in (work / "costs").glob("20_pretrain_*.trained"):
            spent = sum(float(lap) for lap in told.read_text().split("\n")[:-1])
            if spent > SPENT_SECONDS:
                os.kill(int(told.stem.split(".")[1].split("-")[0]), signal.SIGKILL)
                return told.stem
        time.sleep(0.2)
    raise RuntimeError("no pretraining job has trained long enough to be killed")


def compared(profile: Profile, work: Path, killed: str) -> list[dict]:
    """One row per rule with jobs that ran."""
    kept, jobs = records(work), {job.name: job for job in planned(profile)}
    lost = kept["started"] == files.read_record(work / "costs" / f"{killed}.json")["started"]
    rows = []
    for rule in dict.fromkeys(job.rule for job in jobs.values()):
        own = kept["job"].isin([name for name, job in jobs.items() if job.rule == rule])
        if own.any():
            told = [benchmarked(work, jobs[name]) for name in kept[own]["job"].unique()]
            rows.append(
                {
                    "rule": rule,
                    "jobs": len(told),
                    "attempts": int(own.sum()),
                    "recorded": round(kept[own]["cpu_seconds"].sum(), 1),
                    "killed": round(kept[own & lost]["cpu_seconds"].sum(), 1),
                    "snakemake": round(sum(seconds for seconds in told if seconds is not None), 1),
                    "unknown": sum(seconds is None for seconds in told),
                }
            )
    return rows


def benchmarked(work: Path, job: Job) -> float | None:
    """Core-seconds of a job in its `benchmark:` file; None where that has none."""
    table = pd.read_csv(work / "benchmarks" / f"{job.name}.tsv", sep="\t", na_values=["-"])
    seconds = table["cpu_time"].sum(min_count=1)
    return None if pd.isna(seconds) else float(seconds)


if __name__ == "__main__":
    main()
