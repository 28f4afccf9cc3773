"""The profile in use on disk, and tables that are read only as they were written."""

from __future__ import annotations

import json
import os

import pandas as pd
import pytest

from scalescope import files, paths
from scalescope.experiment import collecting, record, stages
from scalescope.experiment.profile import load_profile
from scalescope.forecast.sealing import LEDGER

TABLE = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})


def test_profile_file_is_touched_only_by_a_change(project):
    def write():
        return record.write_profile(load_profile("tiny"), stages.prepare(load_profile("tiny")), folder)

    folder = paths.work("tiny")
    target = write()
    os.utime(target, (1, 1))
    write()
    assert target.stat().st_mtime == 1
    source = paths.profile_file("tiny")
    source.write_text(source.read_text().replace("batch_size: 16", "batch_size: 8"))
    write()
    assert target.stat().st_mtime > 1
    os.utime(target, (1, 1))
    target.write_text(target.read_text().replace('"tiny"', '"tinx"'))
    write()
    assert load_profile(target) == record.decided(load_profile("tiny")), "a changed record is written again"


@pytest.mark.parametrize("name", ["data #2", "data: x", 'it\'s "mine"', "ends in a space ", "007", "a{b}c", "é"])
def test_the_record_gives_the_profile_back_with_its_data_whatever_they_are_called(project, name):
    profile = load_profile("tiny", data=str(project / name))
    target = project / "profile.json"
    files.write_record(target, {"profile": profile.model_dump(mode="json")})
    again = load_profile(target)
    assert again == profile and again.source.folder == str(project / name)


def test_a_record_that_is_cut_or_not_there_is_named(project):
    with pytest.raises(ValueError, match=r"no profile in use at .*profile\.json"):
        load_profile(project / "profile.json")
    (project / "profile.json").write_text('{"profile": {"name": "ti')
    with pytest.raises(ValueError, match=r"profile\.json is cut or changed"):
        load_profile(project / "profile.json")


def test_the_fingerprint_follows_what_decides_the_results(project):
    def found(old: str = "", new: str = "") -> str:
        source = paths.profile_file("tiny")
        text = source.read_text()
        source.write_text(text.replace(old, new))
        profile = load_profile("tiny")
        source.write_text(text)
        return record.fingerprint(profile, stages.prepare(profile))

    first = found()
    assert found("a few runs", "another title") == first
    changes = [("batch_size: 16", "batch_size: 8"), ("seed: 0", "seed: 1"), ("task_train: 48", "task_train: 49")]
    assert len({first, *(found(old, new) for old, new in changes)}) == 4


def test_tables_that_are_cut_changed_lost_or_of_another_state_are_named(project):
    profile = load_profile("tiny")
    prepared, folder = stages.prepare(profile), paths.results("tiny")

    def fault() -> str | None:
        return record.table_fault(profile, prepared, ("points", "tasks"))

    assert fault().endswith("points.csv is missing")
    for name in ("points", "tasks"):
        files.write_table(folder / f"{name}.csv", TABLE)
    assert "digests.json is missing" in fault()
    files.seal(folder, ["points.csv", "tasks.csv"], made_from="other")
    assert "points.csv was collected from another state of the profile" in fault()
    files.seal(folder, ["points.csv", "tasks.csv"], made_from=record.fingerprint(profile, prepared))
    assert fault() is None
    lines = (folder / "tasks.csv").read_text().splitlines(keepends=True)
    (folder / "tasks.csv").write_text("".join(lines[:2]))
    assert "tasks.csv is cut or changed" in fault()


def test_a_table_is_read_as_it_was_written_or_refused_with_the_remedy(tmp_path):
    path = tmp_path / "points.csv"
    files.write_table(path, TABLE)
    pd.testing.assert_frame_equal(record.read_csv(path, "remedy"), TABLE)
    whole = path.read_text()
    path.write_text(whole[:-3])
    with pytest.raises(files.Damaged, match=r"points\.csv is cut: remedy"):
        record.read_csv(path, "remedy")
    path.write_text(whole)
    files.seal(tmp_path, ["points.csv"])
    path.write_text(whole.replace("2", "7"))
    with pytest.raises(files.Damaged, match=r"points\.csv is cut or changed: remedy"):
        record.read_csv(path, "remedy")


def test_tables_of_a_source_are_refused_by_name_when_one_is_cut_or_lost(project):
    folder = paths.results("tiny")
    for name in ("points", "tasks"):
        files.write_table(folder / f"{name}.csv", TABLE)
    files.seal(folder, ["points.csv", "tasks.csv"])
    (folder / LEDGER).write_text("a ledger has seals of its own and is no collected table\n")
    assert set(collecting.read_tables("tiny")) == {"points", "tasks"}
    (folder / "tasks.csv").write_text("a,b\n1,x\n")
    with pytest.raises(ValueError, match=r"tasks\.csv is cut or changed: run `make reproduce PROFILE=tiny`"):
        collecting.read_tables("tiny")
    (folder / "tasks.csv").unlink()
    with pytest.raises(ValueError, match=r"tasks\.csv is missing: run `make reproduce"):
        collecting.read_tables("tiny")


def test_the_record_names_the_rows_of_each_task(project):
    profile = load_profile("tiny")
    content = record.content(profile, stages.prepare(profile))
    assert set(content["rows"]) == set(profile.tasks) and json.dumps(content)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("task;loss\nsquad;1.5\n", "has ';' between its columns instead of commas: remedy"),
        ("task\tloss\nsquad\t1.5\n", r"has '\\t' between its columns"),
        ("task,loss\nsquad,1.5\nsst2,1,5,7\n", "is no CSV in UTF-8 with commas .*line 3.*: remedy"),
        ("task,loss\ncaf\xe9,1.5\n".encode("latin-1"), "is no CSV in UTF-8 with commas .*: remedy"),
        ("\n", "is no CSV in UTF-8 with commas .*: remedy"),
        ("profile,loss\nquick,1.5\n", "holds runs of the profile 'quick', not of 'tiny': remedy"),
    ],
)
def test_what_a_spreadsheet_or_a_copied_folder_makes_of_a_table(tmp_path, content, told):
    path = tmp_path / "points.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(files.Damaged, match=r"points\.csv " + told):
        record.read_csv(path, "remedy", "tiny")


@pytest.mark.parametrize("name", ["", None, 3, "../tiny"])
def test_what_is_no_name_of_a_profile(project, name):
    with pytest.raises(ValueError, match=r"unknown profile .*did you mean 'tiny'"):
        collecting.read_tables(name)
