"""Products that are half there never count as done, at whatever point their writer was killed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from killed import kill_points
from matplotlib.figure import Figure
from projects import TINY, make_project

from scalescope import files, paths
from scalescope.experiment import collecting, finetuning, stages
from scalescope.experiment.noted import noted_within
from scalescope.experiment.profile import load_profile
from scalescope.experiment.record import table_fault
from scalescope.papers.ivgi2022 import figures, law_figures, law_tables, stored_laws
from scalescope.plotting import save
from scalescope.workflow import products
from scalescope.workflow.complete import complete, tables
from scalescope.workflow.job import write_stamp
from scalescope.workflow.jobs import FINETUNE, PAPER, PRETRAIN, planned

N_BOOT = 20


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished tiny project: runs, tables, laws, a figure, and executed notebooks (empty ones)."""
    with pytest.MonkeyPatch.context() as patch:
        root = make_project(tmp_path_factory.mktemp("finished"), patch)
        profile, folder = load_profile("tiny"), paths.work("tiny")
        complete(profile)
        collecting.collect(profile)
        found = collecting.read_tables("tiny")
        laws = stored_laws.source_laws("tiny", found, N_BOOT)
        law_tables.write_law_tables("tiny", found, laws)
        name, data = next(law_figures.figure_tables("tiny", found, laws))
        save(figures.DRAW[name], data, paths.figures("tiny", PAPER), name)
        for job in planned(profile):
            with noted_within(folder / "notes") as runs:
                again(profile, job)
            if job.executed:
                files.write_text(folder / job.executed, '{"cells": []}')
            write_stamp(folder / job.stamp, folder / job.executed if job.executed else None, runs)
        yield root


def again(profile, job) -> None:
    """What the notebook of a job that trains asks for: here it is loaded."""
    if job.station == PRETRAIN:
        stages.pretrain(profile, job.model, job.objective, place=job.place)
    if job.station == FINETUNE:
        for objective in profile.finetuned_after(job.objective):
            stages.pretrain(profile, job.model, objective)
        finetuning.finetune(profile, job.model, job.objective)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def cut_at_a_line(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) // 2]))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[np.random.default_rng(len(content)).integers(len(content))] ^= 4
    path.write_bytes(content)


def one(pattern: str) -> Path:
    return sorted(paths.root().glob(pattern))[0]


NOTEBOOKS, RESULTS, FIGURES = "data/runs/tiny/notebooks", "data/results/tiny", f"figures/tiny/{PAPER}"
PRODUCTS = [
    (f"{NOTEBOOKS}/40_collect.ipynb", {"40_collect"}),
    (f"{NOTEBOOKS}/20_pretrain_ar8-l1_mlm.ipynb", {"20_pretrain_ar8-l1_mlm"}),
    ("data/runs/tiny/products/50_laws.json", {"50_laws"}),
    (f"{RESULTS}/points.csv", {"40_collect"}),
    (f"{RESULTS}/tasks.csv", {"40_collect"}),
    (f"{RESULTS}/shortcuts.csv", {"40_collect"}),
    (f"{RESULTS}/{files.DIGESTS}", {"40_collect"}),
    (f"{RESULTS}/{PAPER}/fits.csv", {"50_laws"}),
    (f"{RESULTS}/{PAPER}/cards.md", {"50_laws"}),
    (f"{FIGURES}/fig1_*.png", {"60_figures"}),
    (f"{FIGURES}/fig1_*.csv", {"60_figures"}),
    ("data/cache/corpus-*/text/train/tokens.npy", {"text"}),
    ("data/cache/corpus-*/text/tokenizer.json", {"text"}),
    ("data/cache/corpus-*/tasks/task-sst2-*/rows.jsonl", {"rows_sst2"}),
    ("data/runs/pretrain-mlm-ar8-l1-*/model.safetensors", {"20_pretrain_ar8-l1_mlm", "30_finetune_ar8-l1"}),
    ("data/runs/finetune-sst2-mlm-ar8-l1-*/manifest.json", {"30_finetune_ar8-l1"}),
]


def test_a_finished_project_has_nothing_to_do_again(finished):
    assert products.stale(load_profile("tiny"), paths.work("tiny")) == []


@pytest.mark.parametrize("damage", [cut, empty, flipped, Path.unlink, cut_at_a_line])
@pytest.mark.parametrize(("pattern", "jobs"), PRODUCTS)
def test_a_damaged_product_is_found_and_its_job_done_again(finished, pattern: str, jobs, damage: Callable):
    path = one(pattern)
    if damage is cut_at_a_line and path.suffix not in (".csv", ".jsonl", ".md"):
        pytest.skip("a file without lines")
    if damage is Path.unlink and path.parent.name == "products":
        pytest.skip("Snakemake sees that itself")
    whole = path.read_bytes()
    try:
        damage(path)
        found = products.stale(load_profile("tiny"), paths.work("tiny"))
    finally:
        path.write_bytes(whole)
    assert {job.name for job, _ in found} == jobs and all(fault and "\n" not in fault for _, fault in found)


@pytest.mark.parametrize("damage", [flipped, Path.unlink])
def test_a_damaged_file_that_no_job_makes_does_not_ask_for_its_neighbours_for_ever(copied, capsys, damage):
    folder, profile = paths.figures("tiny", PAPER), load_profile("tiny")
    files.write_text(folder / "diagnosis.csv", "drawn by a notebook that is no job\n")
    files.seal(folder, ["diagnosis.csv"])
    damage(folder / "diagnosis.csv")
    assert [job.name for job, _ in products.stale(profile, paths.work("tiny"))] == ["60_figures"]
    products.set_strangers_aside(profile)
    assert products.stale(profile, paths.work("tiny")) == [] and not (folder / "diagnosis.csv").exists()
    aside = [path.name for path in folder.glob("diagnosis.csv.damaged-*/*")]
    assert aside == (["diagnosis.csv"] if damage is flipped else [])
    assert "no job makes it" in capsys.readouterr().err


def test_a_stamp_names_the_runs_of_its_job(finished):
    stamp = files.read_record(one("data/runs/tiny/products/20_pretrain_ar8-l1_mlm.json"))
    assert len(stamp["runs"]) == 1 and stamp["runs"][0].startswith("pretrain-mlm-ar8-l1-")
    finetuned = files.read_record(one("data/runs/tiny/products/30_finetune_ar8-l1.json"))
    assert set(stamp["runs"]) < set(finetuned["runs"])
    assert not one("data/runs/tiny").joinpath("notes").exists()


def test_forgotten_stamps_are_told_with_the_reason(finished, capsys):
    out, path = one("data/runs/tiny/products/40_collect.json"), one(f"{RESULTS}/points.csv")
    kept, whole = out.read_bytes(), path.read_bytes()
    cut(path)
    assert products.forget_stale(load_profile("tiny"), paths.work("tiny")) == ["40_collect"]
    assert not out.exists() and "points.csv is cut or changed" in capsys.readouterr().err
    out.write_bytes(kept)
    path.write_bytes(whole)


@pytest.fixture
def copied(finished, tmp_path, monkeypatch):
    """The finished project once more, to be changed."""
    shutil.copytree(finished, tmp_path / "copy", symlinks=True)
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path / "copy"))
    return tmp_path / "copy"


def test_collect_killed_at_any_point_is_found_and_made_again(copied):
    profile = load_profile("tiny")
    before = {path.name: path.read_bytes() for path in paths.results("tiny").glob("*.csv")}
    prepared, seen = stages.prepare(profile), set()

    def spoil() -> None:
        for name in before:
            (paths.results("tiny") / name).write_bytes(b"old\n")

    spoil()
    for survived in kill_points(lambda: collecting.collect(profile), every=3):
        made = {name: (paths.results("tiny") / name).read_bytes() for name in before}
        assert all(made[name] in (content, b"old\n") for name, content in before.items())
        fault = table_fault(profile, prepared, products.COLLECTED)
        assert (fault is None) == (made == before) and (made == before or not survived)
        seen.add(sum(content == b"old\n" for content in made.values()))
        spoil()
    assert len(seen) > 4, "killed after each of the tables"
    tables(profile)
    assert {path.name: path.read_bytes() for path in paths.results("tiny").glob("*.csv")} == before


def one_line(data: pd.DataFrame, size: str = "screen") -> Figure:
    """A figure that is drawn at once: how its files are written does not depend on what is on it."""
    figure, ax = plt.subplots(figsize=(1, 1))
    ax.plot(data["value"])
    return figure


def test_a_figure_killed_at_any_point_is_found(copied):
    folder = paths.figures("tiny", PAPER)
    drawn = one(f"{FIGURES}/fig1_*.csv")
    name, data = drawn.stem, pd.read_csv(drawn)
    save(one_line, data, folder, name)
    before = {path.name: path.read_bytes() for path in folder.glob("fig*")}
    job = next(job for job in planned(load_profile("tiny")) if job.name == "60_figures")
    prepared = stages.prepare(load_profile("tiny"))

    def spoil() -> None:
        for file in before:
            (folder / file).write_bytes(b"old")

    spoil()
    for survived in kill_points(lambda: save(one_line, data, folder, name)):
        made = {path.name: path.read_bytes() for path in folder.glob("fig*")}
        fault = products.product_fault(load_profile("tiny"), prepared, job)
        assert (fault is None) == (made == before) and (made == before or not survived)
        spoil()


def rewrite(**changes) -> None:
    import yaml

    paths.profile_file("tiny").write_text(yaml.safe_dump({**TINY, **changes}))


def test_tables_of_an_edited_profile_are_collected_again_where_nothing_is_to_be_trained(copied, capsys, monkeypatch):
    rewrite(tasks=["sst2"])
    monkeypatch.setattr("scalescope.workflow.complete.complete", lambda _: pytest.fail("trained"))
    found = tables(load_profile("tiny"))
    assert set(found["points"]["task"]) == {"sst2"} and set(pd.read_csv(one(f"{RESULTS}/tasks.csv"))["task"]) == {
        "sst2"
    }
    assert "collected again: " in capsys.readouterr().err
    assert tables(load_profile("tiny"))["points"].equals(found["points"])
    assert capsys.readouterr().err == ""


def test_tables_of_an_edited_profile_are_refused_by_name_where_runs_are_missing(copied):
    rewrite(pretrain={**TINY["pretrain"], "steps": 12})
    with pytest.raises(stages.NotFinished, match=r"\.csv was collected from another state.*PROFILE=tiny"):
        tables(load_profile("tiny"))


def test_half_a_table_is_collected_again(copied):
    path = one(f"{RESULTS}/points.csv")
    whole = path.read_bytes()
    cut_at_a_line(path)
    tables(load_profile("tiny"))
    assert path.read_bytes() == whole
