from __future__ import annotations

import numpy as np
import pytest
from forecast.made import entry

from scalescope.errors import UnknownName
from scalescope.forecast import ledger
from scalescope.forecast.ledger import BrokenLedger, CannotSeal, judged, read, scored, seal, summary, with_distance


def never(run: str) -> bool:
    return False


def test_what_is_sealed_is_read_back_and_scored(tmp_path):
    path = tmp_path / "new" / "forecasts.csv"
    seal(path, [entry("a"), entry("b", distance=20.0)], never)
    seal(path, [entry("c")], never)
    rows = read(path)
    assert rows["run"].tolist() == ["a", "b", "c"]
    assert rows["date"].str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").all()
    done = scored(rows, {("a", "loss"): 2.1, ("b", "loss"): 3.0, ("x", "loss"): 1.0})
    assert done["covered"].tolist() == [True, False]
    assert done["log_error"].iloc[0] == pytest.approx(np.log(2.1 / 2.0)) and (done["crps"] > 0).all()
    assert done["crps"].iloc[1] > done["crps"].iloc[0]
    by = summary(with_distance(done), ["beyond"])
    assert by["beyond"].astype(str).tolist() == ["2x to 4x", "10x to 100x"] and by["coverage"].tolist() == [1.0, 0.0]
    assert scored(rows, {}).empty


def test_a_seal_of_a_day_that_has_not_come_is_told(tmp_path, monkeypatch):
    path = tmp_path / "forecasts.csv"
    monkeypatch.setattr(ledger, "DATE", "2999-%m-%dT%H:%M:%SZ")
    seal(path, [entry("a")], never)
    with pytest.warns(UserWarning, match=r"run 'a' is sealed on 2999-.*1 of 1 rows are from days to come"):
        read(path)


def test_what_cannot_be_scored_is_named(tmp_path):
    seal(tmp_path / "forecasts.csv", [entry("a")], never)
    rows = read(tmp_path / "forecasts.csv")
    with pytest.raises(ValueError, match=r"values of runs are given by \(run, quantity\).*got 'a'"):
        scored(rows, {"a": 2.0})
    with pytest.raises(UnknownName, match="unknown column of scored forecasts 'laws'; did you mean 'law'"):
        summary(judged(rows, [2.0]), ["laws"])


def test_what_is_no_ledger_or_no_entry_is_named(tmp_path):
    with pytest.raises(BrokenLedger, match="a ledger is read from a path; got 3"):
        read(3)
    with pytest.raises(BrokenLedger, match="is no file, and a ledger is one"):
        read(tmp_path)
    with pytest.raises(ValueError, match=r"is a folder; a ledger is a file, such as .*forecasts.csv"):
        seal(tmp_path, [entry("a")], never)
    with pytest.raises(ValueError, match=r"what is sealed are entries.*got {'run': 'a'}"):
        seal(tmp_path / "forecasts.csv", [entry("b"), {"run": "a"}], never)
    assert not list(tmp_path.iterdir())
    assert len(seal(str(tmp_path / "forecasts.csv"), entry("a"), never)) == 1


def test_a_run_that_is_known_cannot_be_sealed_and_nothing_is_written(tmp_path):
    path = tmp_path / "forecasts.csv"
    with pytest.raises(CannotSeal, match="'b' is trained already"):
        seal(path, [entry("a"), entry("b")], lambda run: run == "b")
    with pytest.raises(CannotSeal, match="among the runs of the fit"):
        seal(path, [entry("a")], never, fitted_runs={"a"})
    assert not path.exists()
    seal(path, [entry("a")], never)
    with pytest.raises(CannotSeal, match="sealed already"):
        seal(path, [entry("a", mean=3.0)], never)
    seal(path, [entry("a", quantity="error squad")], never)
    assert len(read(path)) == 2


@pytest.mark.parametrize("change", ["value", "remove", "swap", "column", "cut"])
def test_a_ledger_that_was_changed_is_refused(tmp_path, change):
    path = tmp_path / "forecasts.csv"
    seal(path, [entry("a"), entry("b"), entry("c")], never)
    lines = path.read_text().splitlines()
    if change == "value":
        lines[2] = lines[2].replace("loss", "lose")
    elif change == "remove":
        del lines[2]
    elif change == "swap":
        lines[1], lines[2] = lines[2], lines[1]
    elif change == "column":
        lines[0] = lines[0].replace("quantity", "what")
    else:
        lines = []
    path.write_text("\n".join(lines) + "\n" if lines else "")
    with pytest.raises(BrokenLedger, match=r"forecasts\.csv"):
        read(path)
    with pytest.raises(BrokenLedger):
        seal(path, [entry("d")], never)


def test_a_ledger_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "forecasts.csv"
    seal(path, [entry("a")], never)
    path.write_bytes(path.read_bytes() + b"\xe9")
    with pytest.raises(BrokenLedger, match=r"forecasts\.csv is cut or changed.*0xe9"):
        read(path)
