from __future__ import annotations

import numpy as np
import pytest

from scalescope.forecast.ledger import (
    BrokenLedger,
    CannotSeal,
    Entry,
    judged,
    read,
    scored,
    seal,
    summary,
    with_distance,
)
from scalescope.forecast.quantiles import COLUMNS


def entry(run: str, mean: float = 2.0, quantity: str = "loss", distance: float = 3.0) -> Entry:
    found = dict(zip(COLUMNS, mean * np.exp(0.1 * np.linspace(-1, 1, len(COLUMNS))), strict=True))
    return Entry(run, quantity, "power-N", {"parameters": 1e9}, 5, distance, found, "ab" * 32)


def never(run: str) -> bool:
    return False


def test_what_is_sealed_is_read_back_and_scored(tmp_path):
    path = tmp_path / "new" / "forecasts.csv"
    seal(path, [entry("a"), entry("b", distance=20.0)], never, date="2026-01-01T00:00:00Z")
    seal(path, [entry("c")], never)
    rows = read(path)
    assert rows["run"].tolist() == ["a", "b", "c"] and rows["date"].iloc[0] == "2026-01-01T00:00:00Z"
    done = scored(rows, {("a", "loss"): 2.1, ("b", "loss"): 3.0, ("x", "loss"): 1.0})
    assert done["covered"].tolist() == [True, False]
    assert done["log_error"].iloc[0] == pytest.approx(np.log(2.1 / 2.0)) and (done["crps"] > 0).all()
    assert done["crps"].iloc[1] > done["crps"].iloc[0]
    by = summary(with_distance(done), ["beyond"])
    assert by["beyond"].astype(str).tolist() == ["2x to 4x", "10x to 100x"] and by["coverage"].tolist() == [1.0, 0.0]
    assert scored(rows, {}).empty


def test_what_is_below_zero_is_refused_and_zero_is_told(tmp_path):
    seal(tmp_path / "forecasts.csv", [entry("a"), entry("b"), entry("c")], never)
    rows = read(tmp_path / "forecasts.csv")
    with pytest.raises(ValueError, match=r"loss of run 'b' is -2\.1 \(2 of 3 are below zero\)"):
        scored(rows, {("a", "loss"): 2.1, ("b", "loss"): -2.1, ("c", "loss"): -1.0})
    with pytest.warns(UserWarning, match=r"loss of run 'c' is 0 \(1 of 3 are zero\)"):
        done = judged(rows, [2.1, np.nan, 0.0])
    assert done["run"].tolist() == ["a", "c"] and done["log_error"].tolist()[1] == -np.inf


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
