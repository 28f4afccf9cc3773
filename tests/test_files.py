"""Files that are whole or not there, whatever the moment at which a writer is killed, and damage that is found."""

import errno
import os
import time

import numpy as np
import pandas as pd
import pytest
from killed import kill_points

from scalescope import files

TABLE = pd.DataFrame({"a": [1, 2], "b": [0.123456789, 2.0]})


def test_text_tables_and_arrays_come_back(tmp_path):
    files.write_text(tmp_path / "new" / "a.txt", "é\n")
    assert (tmp_path / "new" / "a.txt").read_bytes() == "é\n".encode()
    files.write_table(tmp_path / "a.csv", TABLE)
    files.write_table(tmp_path / "b.csv", TABLE, float_format=None)
    assert (tmp_path / "a.csv").read_text().splitlines()[1] == "1,0.123457"
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "b.csv"), TABLE)
    files.write_array(tmp_path / "a.npy", np.arange(3))
    assert np.load(tmp_path / "a.npy").tolist() == [0, 1, 2]
    assert {path.name for path in tmp_path.iterdir()} == {"new", "a.csv", "b.csv", "a.npy"}


def test_a_writer_killed_at_any_point_leaves_the_old_or_the_new_content(tmp_path):
    target = tmp_path / "a.txt"
    seen = set()
    for survived in kill_points(lambda: files.write_text(target, "new")):
        seen.add(target.read_text() if target.exists() else None)
        assert not survived or target.read_text() == "new"
        target.write_text("old")
    assert seen == {None, "old", "new"}


def test_a_folder_writer_killed_at_any_point_leaves_all_of_it_or_nothing(tmp_path):
    def fill(into):
        (into / "a").write_text("x")
        files.write_text(into / "b", "y")

    for survived in kill_points(lambda: files.write_folder(tmp_path / "f", fill)):
        whole = {path.name for path in (tmp_path / "f").glob("*")}
        assert whole in ({"a", "b"}, set()) and (whole or not survived)
        if whole:
            break
        files.remove_orphans(tmp_path, "f")
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_a_write_that_fails_says_what_and_where_and_leaves_nothing(tmp_path, code):
    def fill(part):
        part.write_text("half")
        raise OSError(code, os.strerror(code))

    with pytest.raises(OSError, match=r"cannot write .*a\.txt \(\d+ MB free\): ") as raised:
        files.write(tmp_path / "a.txt", fill)
    assert raised.value.errno == code and not list(tmp_path.iterdir())


def test_files_without_an_owner_go_after_an_hour(tmp_path):
    for name, age in ((".a.csv.1.part", 7200), (".b.csv.1.part", 60), ("c.part", 7200)):
        (tmp_path / name).write_text("half")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    files.remove_abandoned(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".b.csv.1.part", "c.part"}


@pytest.mark.parametrize("at", range(0, 60, 7))
def test_a_record_with_a_flipped_bit_is_refused_or_says_the_same(tmp_path, at):
    path = tmp_path / "a.json"
    content = {"loss": 1.5, "rates": [0.001, 0.1], "name": "é", 3: None}
    files.write_record(path, content)
    first = files.read_record(path)
    assert first["loss"] == 1.5 and first["3"] is None
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 1 << at % 8
    path.write_bytes(data)
    try:
        assert files.read_record(path) == first
    except files.Damaged as fault:
        assert "a.json" in str(fault)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"a": 1}', "\udcff", "null"])
def test_what_is_no_record_is_damaged(tmp_path, text):
    (tmp_path / "a.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(files.Damaged, match=r"a\.json"):
        files.read_record(tmp_path / "a.json")


def test_sealed_files_that_are_cut_changed_gone_or_unknown_are_named(tmp_path):
    for name in ("a", "b", "c", "d"):
        (tmp_path / name).write_text(name * 100)
    assert "is missing" in files.faults(tmp_path)[0]
    files.seal(tmp_path, ["a", "b", "c"], made_from="x")
    files.seal(tmp_path, ["c"], made_from="y")
    assert [files.sealed(tmp_path)[name]["made_from"] for name in "abc"] == ["x", "x", "y"]
    assert files.faults(tmp_path) == [] and "d is not in" in files.faults(tmp_path, ["a", "d"])[0]
    (tmp_path / "a").write_text("a" * 50)
    (tmp_path / "b").unlink()
    assert [fault.rpartition("/")[2] for fault in files.faults(tmp_path)] == ["a is cut or changed", "b is missing"]
    (tmp_path / files.DIGESTS).write_text("{")
    assert len(files.faults(tmp_path)) == 1
    files.seal(tmp_path)
    assert files.faults(tmp_path) == [] and set(files.sealed(tmp_path)) == {"a", "c", "d"}


def test_no_permission_is_no_damage(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("a")
    files.seal(tmp_path)

    def refused(path):
        raise PermissionError(errno.EACCES, "no", str(path))

    monkeypatch.setattr(files, "digest", refused)
    with pytest.raises(PermissionError):
        files.faults(tmp_path)


def test_what_is_damaged_is_kept_beside_and_told_in_one_line(tmp_path, capsys):
    (tmp_path / "a").mkdir()
    where = files.set_aside(tmp_path / "a", "a is cut")
    assert where.is_dir() and not (tmp_path / "a").exists()
    assert capsys.readouterr().err.count("\n") == 1


def test_size_counts_what_is_below(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"x" * 10)
    (tmp_path / "c").write_bytes(b"x" * 5)
    assert files.size(tmp_path) == 15 and files.size(tmp_path / "c") == 5 and files.size(tmp_path / "none") == 0


def test_a_folder_that_cannot_be_begun_is_named(tmp_path):
    (tmp_path / "f.txt").write_text("x")
    with pytest.raises(OSError, match=r"cannot write .*f\.txt/a \(\d+ MB free\): "):
        files.write_folder(tmp_path / "f.txt" / "a", lambda into: None)


def test_files_dated_in_the_future_are_dated_now_in_their_order(tmp_path):
    now, ages = time.time(), {"old": -100.0, "input": 5_000.0, "output": 9_000.0, "last": 90_000.0}
    for name, age in ages.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
        for path in (tmp_path / name / "x", tmp_path / name):
            os.utime(path, (now, now + age))
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert files.not_in_future(tmp_path) == 6
    found = {name: (tmp_path / name / "x").stat().st_mtime for name in ages}
    assert found["old"] == pytest.approx(now - 100, abs=1e-3)
    assert found["old"] < now <= found["input"] < found["output"] < found["last"] < time.time() + 1
    assert files.not_in_future(tmp_path) == 0 and (tmp_path / "last" / "x").read_text() == "last"


# what is made, the folder that is asked for, what is told
IN_THE_WAY = [
    (lambda at: at.write_text("x"), "results", ["results is a file", "tables go there", "move it away"]),
    (lambda at: at.write_text("x"), "results/quick/x", ["results is a file", "tables go to", "results/quick/x"]),
    (lambda at: at.symlink_to("nowhere"), "results/quick", ["results is a link to nowhere", "remove the link"]),
    (lambda at: at.symlink_to("results"), "results", ["results is a link to results"]),
    (lambda at: (at.with_name("f").write_text("x"), at.symlink_to("f")), "results", ["results is a file"]),
    (lambda at: at.symlink_to("/dev/full"), "results", ["results is no folder"]),
    (lambda at: at.symlink_to("/proc"), "results/quick", ["cannot write into", "results", "make it writable"]),
]


@pytest.mark.parametrize(("make", "asked", "told"), IN_THE_WAY)
def test_a_folder_that_takes_no_file_is_named(tmp_path, make, asked, told):
    make(tmp_path / "results")
    with pytest.raises(OSError) as error:
        files.check_folders({tmp_path / "figures": "figures", tmp_path / asked: "tables"})
    assert all(part in str(error.value) for part in told), error.value


def test_folders_are_checked_without_making_them(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    files.check_folders({tmp_path / name: "tables" for name in ("there", "there/new/deep", "link/new", "new/deep")})
    assert {path.name for path in tmp_path.rglob("*")} == {"there", "link"}


def test_tables_are_written_by_name(tmp_path):
    written = files.write_tables(tmp_path / "out", {"a": pd.DataFrame({"x": [1 / 3]}), "b": pd.DataFrame({"y": [2]})})
    assert written == [tmp_path / "out" / "a.csv", tmp_path / "out" / "b.csv"]
    assert [path.read_text() for path in written] == ["x\n0.333333\n", "y\n2\n"]
