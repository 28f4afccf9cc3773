"""Forecasts of studies are sealed before their run, once, and scored after it; what was trained cannot be forecast."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scalescope import files, paths
from scalescope.forecast.entry import Entry
from scalescope.forecast.quantiles import COLUMNS
from scalescope.forecast.sealing import ledger_of
from scalescope.laws import PowerLaw
from scalescope.papers.ledger import (
    EARLIER,
    earlier,
    final_losses,
    forecast,
    points_digest,
    scored,
    scored_ledger,
    seal,
    sealed,
)

ENDS = dict(zip(COLUMNS, np.linspace(1.8, 2.2, len(COLUMNS)), strict=True))
RUN = "pretrain-mlm-ar8-l1-0123456789"
ONE = Entry(RUN, "loss", "PowerLaw", {"parameters": 1000.0}, 5, 2.0, ENDS, "ab" * 32, "x2024")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    return tmp_path


def test_a_forecast_is_kept_as_it_was_made_first(folder):
    first = seal("live", [ONE])
    assert first[["law", "inputs", "run", "mean"]].iloc[0].tolist() == ["PowerLaw", "parameters=1000", RUN, 2.0]
    again = seal("live", [replace(ONE, quantiles=dict.fromkeys(COLUMNS, 3.0)), replace(ONE, run="another")])
    assert again["mean"].tolist() == [2.0, 2.0] and again["date"].iloc[0] == first["date"].iloc[0]
    assert len(sealed("live")) == 2 and len(seal("live", [ONE])) == 1
    assert len(seal("live", [replace(ONE, target={"parameters": 2000.0})])) == 1 and len(sealed("live")) == 3


def test_a_run_that_was_trained_already_is_refused(folder, capsys):
    (paths.runs() / RUN).mkdir(parents=True)
    (paths.runs() / RUN / "manifest.json").write_text("{}")
    assert seal("live", [ONE]).empty and not ledger_of("live").exists()
    assert "is trained already" in capsys.readouterr().err


def test_a_ledger_that_was_changed_is_not_read(folder):
    seal("live", [ONE])
    ledger_of("live").write_text(ledger_of("live").read_text().replace("2.2", "9.9"))
    with pytest.raises(files.Damaged, match="not as it was sealed"):
        seal("live", [replace(ONE, run="another")])


def test_forecasts_of_a_law_hold_its_interval_and_are_scored_against_what_came():
    x = np.array([10.0, 20, 40, 80])
    law = PowerLaw(n_boot=50).fit(x, 3 * x**-0.3 * np.array([1.01, 0.99, 1.01, 0.99]))
    made = forecast("x2024", "PowerLaw", law, {"parameters": 160.0}, "run", points_digest(pd.DataFrame({"x": x})))
    assert made.quantiles["q500"] == pytest.approx(3 * 160**-0.3, rel=0.05) and made.study == "x2024"
    assert made.quantiles["q025"] < made.quantiles["q500"] < made.quantiles["q975"]
    assert len(made.sha256) == 64 and made.sha256 != points_digest(pd.DataFrame({"x": x + 1}))
    table = pd.DataFrame(
        [
            {"law": "a", "run": "run", "mean": 2.0, "low": 1.8, "high": 2.2},
            {"law": "a", "run": "later", "mean": 2.0, "low": 1.8, "high": 2.2},
        ]
    )
    found = scored(table, final_losses(table, pd.DataFrame({"run_id": ["run"], "loss": [1.6]})))
    assert found["off"].iloc[0] == pytest.approx(0.25) and found["inside"].iloc[0] == False  # noqa: E712
    assert np.isnan(found["actual"].iloc[1]) and pd.isna(found["inside"].iloc[1])


def test_a_ledger_of_a_profile_and_its_studies_is_scored_by_what_each_measured(folder):
    later = replace(ONE, target={"parameters": 2000.0})  # the same run at another place of its curve
    seal("live", [replace(ONE, study="", run="own"), ONE, later, replace(ONE, run="not yet")])
    results = paths.results("live")
    (results / "pretrain.csv").write_text("run_id,status,loss\nown,finished,2.1\n")
    (results / "x2024").mkdir()
    rows = [("PowerLaw", "parameters=1000", RUN, 1.9), ("PowerLaw", "parameters=2000", RUN, 2.5)]
    pd.DataFrame(rows, columns=["law", "inputs", "run", "actual"]).to_csv(results / "x2024" / "forecasts.csv")
    count, done = scored_ledger("live")
    assert count == 4 and done["actual"].tolist() == [2.1, 1.9, 2.5] and done["covered"].tolist() == [True, True, False]


def test_a_table_without_a_forecast_has_numbers_that_a_figure_can_draw(folder, capsys):
    """The held-out run is there and the ledger is not, as after a folder of results was removed."""
    (paths.runs() / RUN).mkdir(parents=True)
    (paths.runs() / RUN / "manifest.json").write_text("{}")
    none = seal("live", [ONE])
    assert none.empty and "is trained already" in capsys.readouterr().err
    found = scored(none, final_losses(none, pd.DataFrame({"run_id": [RUN], "loss": [1.6]})))
    assert {found[name].dtype.kind for name in ("mean", "low", "high", "actual", "off")} == {"f"}


def test_a_ledger_whose_last_row_is_cut_off_lacks_what_was_scored(folder):
    later = replace(ONE, target={"parameters": 2000.0})
    seal("live", [ONE, later])
    rows = [("PowerLaw", f"parameters={size}", RUN, 1.9) for size in (1000, 2000)]
    place = paths.results("live") / "x2024"
    files.write_table(place / "forecasts.csv", pd.DataFrame(rows, columns=["law", "inputs", "run", "actual"]))
    assert len(scored_ledger("live")[1]) == 2
    lines = ledger_of("live").read_text().splitlines(keepends=True)
    ledger_of("live").write_text("".join(lines[:-1]))
    with pytest.raises(files.Damaged, match=r"lacks 1 forecast.*has scored, such as that of run 'pretrain-mlm-ar8-l1"):
        scored_ledger("live")


def forecasts(*rows: tuple[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [("PowerLaw", "parameters=1000", *row) for row in rows], columns=["law", "inputs", "run", "actual"]
    )


def test_what_an_earlier_reading_measured_stays_on_the_record(folder, capsys):
    place = paths.results("live") / "x2024"
    assert earlier(place, forecasts(("a", 2.0))).empty
    seal("live", [ONE, replace(ONE, run="new")])
    files.write_table(place / "forecasts.csv", forecasts((RUN, 1.9), ("never", np.nan)))
    now = forecasts(("new", 2.5))
    before = earlier(place, now)
    assert before["run"].tolist() == [RUN]  # what has no value is no record
    files.write_table(place / f"{EARLIER}.csv", before)
    files.write_table(place / "forecasts.csv", now)
    assert earlier(place, now)["run"].tolist() == [RUN]  # written again it is the same
    assert scored_ledger("live")[1]["actual"].tolist() == [1.9, 2.5]
    files.seal(place, ["forecasts.csv", f"{EARLIER}.csv"])
    (place / "forecasts.csv").write_text("cut")
    assert earlier(place, now)["run"].tolist() == [RUN] and "forecasts.csv" in capsys.readouterr().err
    (place / f"{EARLIER}.csv").write_text("cut")
    with pytest.raises(files.Damaged, match="restore it from version control"):
        earlier(place, now)


def test_a_table_of_a_study_that_was_edited_is_named_with_the_column_it_lacks(folder):
    seal("live", [ONE])
    (paths.results("live") / "x2024").mkdir()
    path = paths.results("live") / "x2024" / "forecasts.csv"
    sealed("live").to_csv(path, index=False)
    with pytest.raises(files.Damaged, match=r"forecasts.csv lacks the column\(s\) actual: run `scalescope studies"):
        scored_ledger("live")
