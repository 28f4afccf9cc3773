# The live studies as a graph: parts of stage 0 (pretraining) -> stage 1 (what goes on from it) -> forecasts sealed, then
# stages 2 and 3 (held-out runs) -> the study's notebook. `scalescope studies` calls this file with the profile's folder
# as working directory, as `scalescope reproduce` calls the Snakefile; what it trains lies in the common run store.

import sys

from scalescope import paths
from scalescope.experiment.profile import load_profile
from scalescope.workflow.snakemake_report import PAGE
from scalescope.workflow.studies.live import NOTEBOOKS, counts

PROFILE = load_profile(paths.RECORD)


def done(study, stage):
    return [f"studies/{study}/{stage}-{part}.done" for part in range(counts(PROFILE, study)[stage])]


wildcard_constraints:
    study="[a-z0-9]+",
    stage="[0-9]+",
    part="[0-9]+",
    notebook="[0-9]+_[a-z]+",


rule all:
    input:
        "notebooks/95_five_laws.ipynb",


rule train:
    input:
        paths.RECORD,
        lambda wildcards: done(wildcards.study, int(wildcards.stage) - 1) if int(wildcards.stage) else [],
    output:
        touch("studies/{study}/{stage}-{part}.done"),
    log:
        "logs/{study}_stage{stage}_part{part}.log",
    priority: lambda wildcards: int(wildcards.stage)
    threads: 1
    params:
        python=sys.executable,
        record=lambda wildcards: str(paths.work(PROFILE.name) / paths.RECORD),
    shell:
        "{params.python:q} -m scalescope.cli study-part {wildcards.study} {wildcards.stage} {wildcards.part}"
        " --profile {params.record:q} > {log:q} 2>&1"


rule notebook:
    # of all stages: a mark that is gone in between is one that Snakemake takes for done
    input:
        lambda wildcards: [
            mark for stage in range(len(counts(PROFILE, wildcards.study))) for mark in done(wildcards.study, stage)
        ],
        lambda wildcards: paths.notebooks() / wildcards.study / f"{wildcards.notebook}.ipynb",
    output:
        "notebooks/{study}_{notebook}.ipynb",
    log:
        "logs/{study}_{notebook}.log",
    threads: 1
    params:
        python=sys.executable,
        name=lambda wildcards: NOTEBOOKS[wildcards.study][1],
        record=lambda wildcards: str(paths.work(PROFILE.name) / paths.RECORD),
    shell:
        "{params.python:q} -m scalescope.cli notebook {wildcards.study}/{wildcards.notebook} --out {output:q}"
        " -p {params.name}={params.record:q} > {log:q} 2>&1"


rule five_laws:
    input:
        [f"notebooks/{study}_{NOTEBOOKS[study][0]}.ipynb" for study in PROFILE.studies.names],
        paths.notebooks() / "95_five_laws.ipynb",
    output:
        "notebooks/95_five_laws.ipynb",
    log:
        "logs/95_five_laws.log",
    threads: 1
    params:
        python=sys.executable,
        record=lambda wildcards: str(paths.work(PROFILE.name) / paths.RECORD),
    shell:
        "{params.python:q} -m scalescope.cli notebook 95_five_laws --out {output:q}"
        " -p profile={params.record:q} > {log:q} 2>&1"


# not in `all`: what the page of `scalescope studies -- --report report.html` shows
include: PAGE
