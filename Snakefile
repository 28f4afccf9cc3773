# From text to laws: what Snakemake runs for one profile, each rule a stage of the experiment.
# `scalescope reproduce` calls it with the profile's folder (data/runs/<profile>) as working directory. There profile.json
# holds the profile in use with its data, and what the machine that started the pipeline has decided (number formats,
# threads): nothing else tells the jobs what to do, so they do the same on every node of a cluster. (Snakemake would read
# values of --config as YAML: "data #2", 007.)
#
# Every job leaves its executed notebook and a stamp in products/, which holds the digest of the notebook and the ids of
# the runs that it trained or loaded (data/runs/<id>/, each written whole or not at all): their ids depend on the text and
# are not known before. `scalescope reproduce` removes the stamps of what is damaged, and Snakemake makes it again.

import sys

from scalescope.workflow.graph import Graph, results, source
from scalescope.workflow.snakemake_report import PAGE

graph = Graph.read("profile.json")
PROFILE = graph.profile
SCALESCOPE = "{sys.executable:q} -m scalescope.cli"
NOTEBOOK = (
    "SCALESCOPE_THREADS={params.threads} " + SCALESCOPE + " notebook ivgi2022/{params.station} --out {output.executed:q} --stamp {output.stamp:q}"
    " --mark {params.mark:q} {params.given:q} > {log:q} 2>&1"
)
TABLES = results(PROFILE.name, "pretrain.csv", "curves.csv", "finetune.csv", "points.csv", "tasks.csv")
LAWS = results(PROFILE.name, "ivgi2022/fits.csv", "ivgi2022/claims.csv")


wildcard_constraints:
    model=graph.models,  # ar12-l3: aspect ratio and layers
    objective=graph.objectives,
    seed=graph.seeds,  # of pretraining: nothing for the first, _seed1 for the second
    task=graph.tasks,


localrules:
    all,


rule all:
    # every job, not only the last ones: of a file that is gone in between, Snakemake takes what depends on it for done
    input:
        graph.made(),
    default_target: True


rule text:
    # tokenizer, encoded corpus, units of PMI masking: all that pretraining reads
    input:
        "profile.json",
    output:
        stamp="products/text.json",
    log:
        "logs/text.log",
    priority: graph.priority("text")
    threads: graph.threads("text")
    resources:
        mem_mb=graph.mem_mb("text"),
        runtime=graph.runtime("text"),
    shell:
        SCALESCOPE + " encode --record {input[0]:q} --stamp {output.stamp:q} --mark jobs/text.json > {log:q} 2>&1"


rule rows:
    # the examples of one task as tokens; pretraining does not wait for them
    input:
        "profile.json",
        "products/text.json",
    output:
        stamp="products/rows_{task}.json",
    log:
        "logs/rows_{task}.log",
    priority: graph.priority("rows_{task}")
    threads: graph.threads("rows_{task}")
    resources:
        mem_mb=graph.mem_mb("rows_{task}"),
        runtime=graph.runtime("rows_{task}"),
    shell:
        SCALESCOPE + " encode --record {input[0]:q} --task {wildcards.task} --stamp {output.stamp:q}"
        " --mark jobs/rows_{wildcards.task}.json > {log:q} 2>&1"


rule corpus_and_tasks:
    # what the models read and are tested on, shown
    input:
        record="profile.json",
        notebook=source("10_corpus_and_tasks"),
        needs=graph.needs("10_corpus_and_tasks"),
    output:
        executed="notebooks/10_corpus_and_tasks.ipynb",
        stamp="products/10_corpus_and_tasks.json",
    log:
        "logs/10_corpus_and_tasks.log",
    priority: graph.priority("10_corpus_and_tasks")
    threads: graph.threads("10_corpus_and_tasks")
    resources:
        mem_mb=graph.mem_mb("10_corpus_and_tasks"),
        runtime=graph.runtime("10_corpus_and_tasks"),
    params:
        station="10_corpus_and_tasks",
        mark="jobs/10_corpus_and_tasks.json",
        given=graph.parameters("10_corpus_and_tasks"),
        threads=graph.threads("10_corpus_and_tasks"),
    shell:
        NOTEBOOK


rule pretrain:
    # one model, one objective, one seed: side by side in one job they would save 6 % (benchmarks/README.md, "Speed")
    input:
        record="profile.json",
        notebook=source("20_pretrain"),
        needs=graph.needs("20_pretrain_{model}_{objective}{seed}"),
    output:
        executed="notebooks/20_pretrain_{model}_{objective}{seed}.ipynb",
        stamp="products/20_pretrain_{model}_{objective}{seed}.json",
    log:
        "logs/20_pretrain_{model}_{objective}{seed}.log",
    priority: graph.priority("20_pretrain_{model}_{objective}{seed}")
    threads: graph.threads("20_pretrain_{model}_{objective}{seed}")
    resources:
        mem_mb=graph.mem_mb("20_pretrain_{model}_{objective}{seed}"),
        runtime=graph.runtime("20_pretrain_{model}_{objective}{seed}"),
        gpu=0,  # --set-resources pretrain:gpu=1
    params:
        station="20_pretrain",
        mark="jobs/20_pretrain_{model}_{objective}{seed}.json",
        given=graph.parameters("20_pretrain_{model}_{objective}{seed}"),
        threads=graph.threads("20_pretrain_{model}_{objective}{seed}"),
    shell:
        NOTEBOOK


rule finetune:
    # one model on every task: all objectives, rates and seeds are members of one job, side by side
    input:
        record="profile.json",
        notebook=source("30_finetune"),
        needs=graph.needs("30_finetune_{model}"),
    output:
        executed="notebooks/30_finetune_{model}.ipynb",
        stamp="products/30_finetune_{model}.json",
    log:
        "logs/30_finetune_{model}.log",
    priority: graph.priority("30_finetune_{model}")
    threads: graph.threads("30_finetune_{model}")
    resources:
        mem_mb=graph.mem_mb("30_finetune_{model}"),
        runtime=graph.runtime("30_finetune_{model}"),
        gpu=0,  # --set-resources finetune:gpu=1
    params:
        station="30_finetune",
        mark="jobs/30_finetune_{model}.json",
        given=graph.parameters("30_finetune_{model}"),
        threads=graph.threads("30_finetune_{model}"),
    shell:
        NOTEBOOK


rule budgets:
    # one model at several budgets of tokens, where the profile asks for it
    input:
        record="profile.json",
        notebook=source("35_budgets"),
        needs=graph.needs("35_budgets_{model}_{objective}"),
    output:
        executed="notebooks/35_budgets_{model}_{objective}.ipynb",
        stamp="products/35_budgets_{model}_{objective}.json",
    log:
        "logs/35_budgets_{model}_{objective}.log",
    priority: graph.priority("35_budgets_{model}_{objective}")
    threads: graph.threads("35_budgets_{model}_{objective}")
    resources:
        mem_mb=graph.mem_mb("35_budgets_{model}_{objective}"),
        runtime=graph.runtime("35_budgets_{model}_{objective}"),
        gpu=0,  # --set-resources budgets:gpu=1
    params:
        station="35_budgets",
        mark="jobs/35_budgets_{model}_{objective}.json",
        given=graph.parameters("35_budgets_{model}_{objective}"),
        threads=graph.threads("35_budgets_{model}_{objective}"),
    shell:
        NOTEBOOK


rule collect:
    # all runs as tidy tables
    input:
        record="profile.json",
        notebook=source("40_collect"),
        needs=graph.needs("40_collect"),
    output:
        executed="notebooks/40_collect.ipynb",
        stamp="products/40_collect.json",
        tables=TABLES,
    log:
        "logs/40_collect.log",
    priority: graph.priority("40_collect")
    threads: graph.threads("40_collect")
    resources:
        mem_mb=graph.mem_mb("40_collect"),
        runtime=graph.runtime("40_collect"),
    params:
        station="40_collect",
        mark="jobs/40_collect.json",
        given=graph.parameters("40_collect"),
        threads=graph.threads("40_collect"),
    shell:
        NOTEBOOK


rule laws:
    # fits, intervals, claims
    input:
        record="profile.json",
        notebook=source("50_laws"),
        needs=graph.needs("50_laws"),
        tables=TABLES,
    output:
        executed="notebooks/50_laws.ipynb",
        stamp="products/50_laws.json",
        laws=LAWS,
    log:
        "logs/50_laws.log",
    priority: graph.priority("50_laws")
    threads: graph.threads("50_laws")
    resources:
        mem_mb=graph.mem_mb("50_laws"),
        runtime=graph.runtime("50_laws"),
    params:
        station="50_laws",
        mark="jobs/50_laws.json",
        given=graph.parameters("50_laws"),
        threads=graph.threads("50_laws"),
    shell:
        NOTEBOOK


rule figures:
    # figures of the paper from our runs
    input:
        record="profile.json",
        notebook=source("60_figures"),
        needs=graph.needs("60_figures"),
        tables=TABLES,
    output:
        executed="notebooks/60_figures.ipynb",
        stamp="products/60_figures.json",
    log:
        "logs/60_figures.log",
    priority: graph.priority("60_figures")
    threads: graph.threads("60_figures")
    resources:
        mem_mb=graph.mem_mb("60_figures"),
        runtime=graph.runtime("60_figures"),
    params:
        station="60_figures",
        mark="jobs/60_figures.json",
        given=graph.parameters("60_figures"),
        threads=graph.threads("60_figures"),
    shell:
        NOTEBOOK


# not in `all`: what the page of `scalescope reproduce -- --report report.html` shows
include: PAGE
