# The pipeline as a graph: corpus and tasks -> pretrain -> finetune -> collect -> laws, figures.
# Each job runs one notebook through papermill and leaves the executed notebook behind. Which jobs there are
# and what each needs stands in lib/scalescope/workflow/jobs.py. `scalescope reproduce` calls this file with
# the profile's folder as working directory, where profile.json holds the profile in use with its data: nothing else
# tells the jobs what to do (Snakemake would read values of --config as YAML: "data #2", 007).

import sys

from scalescope import paths
from scalescope.workflow import jobs
from scalescope.experiment.profile import load_profile

PROFILE = load_profile(paths.RECORD)
JOBS = {job.name: job for job in jobs.planned(PROFILE, str(paths.work(PROFILE.name) / paths.RECORD))}


rule all:
    input:
        [job.out for job in JOBS.values()],
    default_target: True


for job in JOBS.values():

    rule:
        name:
            job.name
        input:
            paths.RECORD,
            job.notebook,
            [JOBS[name].out for name in job.needs],
        output:
            job.out,
        log:
            job.log,
        priority: job.priority
        threads: job.threads
        params:
            python=sys.executable,
            station=f"{jobs.PAPER}/{job.station}",
            mark=job.mark,
            values=[f"-p{name}={value}" for name, value in job.parameters.items()],
        shell:
            "{params.python:q} -m scalescope.cli notebook {params.station} --out {output:q} --mark {params.mark:q}"
            " {params.values:q} > {log:q} 2>&1"
