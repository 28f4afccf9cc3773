"""What the Snakefile asks: wildcards that name jobs only, long chains first, room and time that grow by the attempt."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from scalescope import files, paths
from scalescope.data.encoded import Prepared
from scalescope.experiment.profile import load_profile
from scalescope.experiment.record import write_profile
from scalescope.workflow import graph
from scalescope.workflow.graph import Graph

PRETRAIN = "20_pretrain_{model}_{objective}{seed}"


@pytest.fixture
def record(project):
    profile = load_profile("tiny")
    return write_profile(profile, Prepared(profile.data_settings(), paths.cache()), paths.work("tiny"))


@pytest.fixture
def tiny(record) -> Graph:
    return Graph.read(str(record))


def wildcards(model: str, objective: str = "mlm", seed: str = "") -> dict[str, str]:
    return {"model": model, "objective": objective, "seed": seed}


def test_wildcards_match_the_names_of_the_profile_and_nothing_else(tiny):
    assert all(re.fullmatch(tiny.models, spec.name) for spec in tiny.profile.all_models())
    for pattern, wrong in ((tiny.models, "ar8-l9"), (tiny.objectives, "pmi"), (tiny.seeds, "_seed1"), (tiny.tasks, "")):
        assert re.fullmatch(pattern, wrong) is None
    assert re.fullmatch(tiny.seeds, "") and tiny.seeds, "an empty constraint is none to Snakemake"


def test_a_rule_waits_for_the_stamps_of_what_its_job_needs(tiny):
    assert tiny.needs(PRETRAIN)(wildcards("ar8-l1")) == ["products/text.json"]
    assert "products/20_pretrain_ar8-l1_mlm.json" in tiny.needs(PRETRAIN)(wildcards("ar16-l2"))
    needed = tiny.needs("30_finetune_{model}")(wildcards("ar8-l1"))
    assert {"products/20_pretrain_ar8-l1_mlm.json", "products/rows_sst2.json"} < set(needed)
    assert tiny.made() == [job.stamp for job in tiny.jobs.values()]
    assert tiny.made("laws", "figures") == ["products/50_laws.json", "products/60_figures.json"]
    assert "-pmodel=ar8-l1" in tiny.parameters(PRETRAIN)(wildcards("ar8-l1"))


def test_what_has_the_longest_way_to_go_starts_first(tiny):
    first = tiny.priority(PRETRAIN)
    target, ladder, second = (first(wildcards(name)) for name in ("ar16-l2", "ar8-l2", "ar16-l1"))
    assert ladder > target > second, "the target waits for the ladder's losses; nothing waits for the second ratio"
    assert first(wildcards("ar8-l1")) > first(wildcards("ar8-l2")), "small losses give the forecast of larger models"
    assert tiny.priority("text")(wildcards("")) >= ladder


def test_each_attempt_has_more_memory_and_time(tiny, monkeypatch):
    own = wildcards("ar16-l2")
    memory, minutes = tiny.mem_mb("30_finetune_{model}"), tiny.runtime("30_finetune_{model}")
    assert memory(own, 2) == 2 * memory(own, 1) > 2 * tiny.mem_mb(PRETRAIN)(own, 1), "all rates and seeds are members"
    assert minutes(own, 3) == 3 * minutes(own, 1) == 3 * graph.LEAST_MINUTES
    monkeypatch.setattr(graph, "SAFETY", 10_000)
    assert minutes(own, 1) > 60


def test_threads_are_those_that_the_record_holds(record):
    content = files.read_record(record)
    assert set(content["threads"].values()) == {1}
    files.write_record(record, {**content, "threads": {**content["threads"], "ar8-l1": 3}})
    changed = Graph.read(str(record))
    assert [changed.threads(PRETRAIN)(wildcards(name)) for name in ("ar8-l1", "ar8-l2")] == [3, 1]


def test_the_snakefile_is_parsed_without_torch(record):
    code = "import sys; from scalescope.workflow import graph; graph.Graph.read(sys.argv[1]); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, str(record)], capture_output=True, text=True, check=True)
    heavy = {"torch", "matplotlib", "papermill", "pandas", "scipy", "sklearn"}
    assert not heavy & set(done.stdout.split())
