"""What benchmarks/README.md says of a table is what the table holds; what a benchmark imports is there."""

import ast
import importlib
import importlib.util
import re

import numpy as np
import pandas as pd
import pytest

from scalescope import paths
from scalescope.experiment.profile import load_profile
from scalescope.model.attention import NARROW
from scalescope.workflow.jobs import planned
from scalescope.workflow.plan import NOTEBOOK_SECONDS, job_seconds

BENCHMARKS = paths.root() / "benchmarks"


def test_losses_after_training_on_little_data_are_those_of_the_table():
    table = pd.read_csv(BENCHMARKS / "results" / "adaptation.csv")
    lowest = table.groupby(["rows", "steps"])["loss"].min().unstack()
    text = (BENCHMARKS / "README.md").read_text(encoding="utf-8").split("## Training on little data")[1]
    steps = [int(number.replace(",", "")) for number in re.search(r"\| rows \|([\d,| ]+)\| best", text)[1].split("|")]
    said = re.findall(r"^\| ([\d,]+) \|((?: [\d.]+ \|)+)", text.split("\n## ")[0], re.M)
    assert [int(rows.replace(",", "")) for rows, _ in said] == list(lowest.index)
    for rows, losses in said:
        own = lowest.loc[int(rows.replace(",", "")), steps]
        assert [f"{loss:.2f}" for loss in own] == [loss.strip() for loss in losses.split("|")[: len(steps)]]


def test_what_the_named_run_narrows_is_that_of_the_table():
    table = pd.read_csv(BENCHMARKS / "results" / "next_run.csv").set_index("rank")
    text = " ".join((BENCHMARKS / "README.md").read_text(encoding="utf-8").split())
    most, first = table.loc["0.00"], table.loc["named first"]
    assert (
        f"The most narrowing run: {most['foretold']:.0%} foretold, {most['measured']:.0%} measured, at "
        f"{most['cost']:.0%} of the target's cost"
    ).replace("%", " %") in text
    assert (
        f"per FLOP: {first['foretold']:.1%}, {first['measured']:.1%} (standard error "
        f"{100 * first['measured_se']:.1f}), at {first['cost']:.1%}."
    ).replace("%", " %") in text
    assert abs(first["foretold"] - first["measured"]) < 2 * first["measured_se"]  # what is foretold comes true


def test_what_narrow_products_gain_is_that_of_the_table():
    table = pd.read_csv(BENCHMARKS / "results" / "narrow.csv")
    text = " ".join((BENCHMARKS / "README.md").read_text(encoding="utf-8").split())
    kept = table[table["width"] < NARROW].groupby("part")["ratio"]
    low, high = kept.min(), kept.max()
    assert (
        f"the values of a head take {low['values']:.1f} to {high['values']:.1f} times less and the gradients "
        f"{low['gradients']:.1f} to {high['gradients']:.1f} times less below {NARROW} dimensions"
    ) in text
    assert f"step gets {low['step']:.2f} to {high['step']:.2f} times as fast" in text
    assert table.loc[table["width"] >= NARROW, "ratio"].between(0.9, 1.1).all()  # nothing is gained there


def test_the_cost_of_quick_is_that_of_the_table():
    table = pd.read_csv(BENCHMARKS / "results" / "pipeline_cost.csv")
    text = " ".join((BENCHMARKS / "README.md").read_text(encoding="utf-8").split())
    every = table[table["part"] == "all"].set_index("profile")
    before, now = every.loc["quick before"], every.loc["quick"]
    idle = 100 * (1 - before["cpu_seconds"] / (2 * before["wall_seconds"]))
    assert (
        f"{before['wall_seconds']:.0f} s on two cores for {before['cpu_seconds']:,.0f} core-seconds, {idle:.0f} % "
        f"of them idle, all processes at once {before['peak_mb'] / 1e3:.2f} GB"
    ) in text
    stages = table[(table["profile"] == "quick") & ~table["part"].isin(["all", "engine"])]
    without_job = 100 * (1 - stages["wall_seconds"].sum() / (2 * now["wall_seconds"]))
    assert (
        f"{now['wall_seconds']:,.0f} s for {now['cpu_seconds']:,.0f} core-seconds beside other work, in which the two "
        f"workers had no job {without_job:.0f} % of the time"
    ) in text
    peaks = f"{now['peak_mb'] / 1e3:.2f} GB with AVX-512 and {every.loc['quick-avx2', 'peak_mb'] / 1e3:.2f} GB without"
    assert peaks in text


def test_what_forked_kernels_save_is_that_of_the_table():
    seconds = pd.read_csv(BENCHMARKS / "results" / "kernels.csv").set_index("kernel")["core_seconds"]
    usual, forked, once = seconds["started as usual"], seconds["forked"], seconds["the process that forks"]
    count = sum(job.executed is not None for job in planned(load_profile("quick")))
    saved = count * (usual - forked) - once
    text = " ".join((BENCHMARKS / "README.md").read_text(encoding="utf-8").split())
    assert f"{forked:.2f} core-seconds per notebook instead of {usual:.2f}, after {once:.2f} once" in text
    assert f"The {count} notebooks of `quick` save {saved:.0f} core-seconds" in text
    assert saved > 60, "kept because they pay more than a minute of quick"


def test_what_training_side_by_side_saves_is_that_of_the_table():
    table = pd.read_csv(BENCHMARKS / "results" / "growth.csv", dtype={"at": str})
    text = " ".join((BENCHMARKS / "README.md").read_text(encoding="utf-8").split())
    own = table[(table["part"] == "together") & (table["at"] == "16")].set_index("parameters")["relative"]
    assert f"{own[12288]:.2f} times at 12 K, {own[98304]:.2f} at 98 K and {own[331776]:.2f} at 332 K" in text


def test_what_pretraining_side_by_side_could_save_of_a_profile_is_that_of_table_and_plan():
    table = pd.read_csv(BENCHMARKS / "results" / "growth.csv", dtype={"at": str})
    own = table[(table["part"] == "together") & (table["at"] == "4")].sort_values("parameters")
    text = " ".join((BENCHMARKS / "README.md").read_text(encoding="utf-8").split())
    shares = {}
    for name in ("quick", "thorough"):
        profile = load_profile(name)
        every = sum(job_seconds(profile, job) for job in planned(profile))
        jobs = [job for job in planned(profile) if job.rule == "pretrain"]
        trained = np.array([job_seconds(profile, job) - NOTEBOOK_SECONDS for job in jobs])
        sizes = np.log([profile.model(job.model).config.parameters for job in jobs])
        saved = trained @ (1 - np.interp(sizes, np.log(own["parameters"]), own["relative"]))
        shares[name] = (saved / trained.sum(), saved / every)
    said = "{:.0%} of the pretraining of `quick` and {:.0%} of all its core-seconds ({:.0%} and {:.0%} of `thorough`)"
    assert said.format(*shares["quick"], *shares["thorough"]).replace("%", " %") in text


def test_what_benchmark_files_of_snakemake_miss_is_that_of_the_table():
    table = pd.read_csv(BENCHMARKS / "results" / "job_costs.csv").set_index(["kernels", "rule"])
    text = " ".join((BENCHMARKS / "README.md").read_text(encoding="utf-8").split())
    table["ended"] = table["recorded"] - table["killed"]
    forked, own = table.loc["forked"], table.loc[("started by the job", "pretrain")]
    known, alone = forked["snakemake"] / forked["ended"], forked.loc[["text", "rows"]].sum()
    every = forked["snakemake"].sum() / forked["ended"].sum()
    parts = f"({known['pretrain']:.0%} of pretraining, {known['figures']:.0%} of the figures)"
    assert f"they know {every:.0%} with forked kernels {parts}".replace("%", " %") in text
    assert f"start themselves {own['snakemake'] / own['ended']:.0%} of pretraining".replace("%", " %") in text
    assert f"both agree: {alone['recorded']:.1f} and {alone['snakemake']:.1f} core-seconds" in text
    assert f"killed after {forked.loc['pretrain', 'killed']:.1f} core-seconds" in text
    assert known["pretrain"] < 0.5, "kept because they tell what the files do not"


@pytest.mark.parametrize("script", sorted(BENCHMARKS.glob("*.py")), ids=lambda path: path.stem)
def test_what_a_benchmark_imports_is_there(script):
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("scalescope"):
            module = importlib.import_module(node.module)
            for name in (one.name for one in node.names):
                assert hasattr(module, name) or importlib.util.find_spec(f"{node.module}.{name}"), (node.module, name)


def test_errors_after_more_passes_are_those_of_the_table():
    table = pd.read_csv(BENCHMARKS / "results" / "presentations.csv")
    lowest = table.groupby(["task", "parameters", "passes", "start"])["error"].min().unstack()
    text = (BENCHMARKS / "README.md").read_text(encoding="utf-8").split("## More passes over real rows")[1]
    said = re.findall(r"^\| (\S+) \| ([\d,]+) \| (\d+) \| ([\d.]+) \| ([\d.]+) \|$", text.split("\n## ")[0], re.M)
    keys = [(task, int(size.replace(",", "")), int(passes)) for task, size, passes, *_ in said]
    assert keys == list(lowest.index)
    for key, (*_, pretrained, scratch) in zip(keys, said, strict=True):
        assert [pretrained, scratch] == [f"{lowest.loc[key, start]:.3f}" for start in ("mlm", "scratch")]


def test_what_keeps_r2_low_is_that_of_the_table():
    table = pd.read_csv(BENCHMARKS / "results" / "ceiling.csv").set_index(["variant", "task"])
    text = (BENCHMARKS / "README.md").read_text(encoding="utf-8").split("## What keeps R2 low")[1].split("\n## ")[0]
    said = re.findall(r"^\| ([a-z, ]+) \| (\w+) \| ([\d., ]+) \| ([\d.| ]+) \|$", text, re.M)
    assert {(variant, task) for variant, task, *_ in said} == set(table.index)
    for variant, task, errors, numbers in said:
        row = table.loc[(variant, task)]
        assert errors == row["errors"].replace(" ", ", ")
        assert numbers.split(" | ") == [f"{row[name]:.3f}" for name in ("sd_within", "r2", "ceiling")], (variant, task)
    before, more = table.loc["as it is"], table.loc["three times the rows"]
    less = more["sd_within"] / before["sd_within"]
    assert less[["sst2", "mnli", "squad", "cola"]].between(0.32, 0.55).all() and (more["r2"] < 0.95).all()
    assert set(more.index[more["ceiling"] < before["ceiling"]]) == {"squad"}
    assert more.loc["cola", "rates"] == "0.002 0.002 0.002 0.006"
    best = table["r2"].groupby("task").max()
    assert "SST-2 {sst2:.3f}, MNLI {mnli:.3f}, CoLA {cola:.3f}, SQuAD {squad:.3f}".format(**best) in " ".join(
        text.split()
    )
    assert list(best.index[best >= 0.95]) == ["sst2"]
    same = ["errors", "rates"]
    assert table.loc["four rates", same].equals(before.loc[["cola", "mnli", "sst2"], same]), (
        "the wider grid chooses the same"
    )
    near = table.loc["three times the rows, near rates"]["r2"]
    assert set(near.index[near > more["r2"][near.index]]) == {"cola", "sst2"} and list(near.index[near >= 0.95]) == [
        "sst2"
    ]
