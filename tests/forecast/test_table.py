from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from forecast.made import runs

from scalescope.errors import UnknownName
from scalescope.forecast.columns import BadTable
from scalescope.forecast.table import read_runs, run_table


def changed(**columns) -> pd.DataFrame:
    return runs().assign(**columns)


def test_columns_are_recognised_by_usual_names_and_flops_follow():
    table = run_table(runs())
    assert table.names == {"parameters": "params", "tokens": "tokens", "loss": "val_loss", "run": "name"}
    assert np.allclose(table.frame["flops"], 6 * table.frame["parameters"] * table.frame["tokens"])
    assert table.response == "loss" and list(table.at) == sorted(table.at)
    assert "FLOPs are 6 N D (no column of FLOPs)" in table.notes


def test_other_names_are_mapped_in_one_line():
    frame = runs().rename(columns={"params": "width", "val_loss": "final"})
    table = run_table(frame, columns="N=width, L=final")
    assert table.names["parameters"] == "width" and table.names["loss"] == "final"
    with pytest.raises(UnknownName, match="'width'"):
        run_table(frame, columns="N=widht,L=final")
    with pytest.raises(BadTable, match="quantity=value"):
        run_table(frame, columns="width")


@pytest.mark.parametrize(
    ("frame", "column", "value", "remedy"),
    [
        (changed(tokens=runs()["tokens"] / 1e9), "'tokens'", "goes from 0.2 to", "--units D=billions"),
        (changed(params=runs()["params"] / 1e6), "'params'", "600", "--units N=millions"),
        (changed(params=runs()["params"] / 1e9), "'params'", "0.6", "--units N=billions"),
        (runs().rename(columns={"params": "tokens", "tokens": "params"}), "'tokens'", "2e+08", "N=tokens,D=params"),
        (changed(val_loss=np.exp(runs()["val_loss"])), "'val_loss'", "reaches", "--units L=perplexity"),
        (changed(flops=6e-18 * runs()["params"] * runs()["tokens"]), "'flops'", "1e-18", "--units C=exaflops"),
        (runs().drop(columns="tokens").assign(flops=1e-15 * 6 * runs()["params"] * 20), "'flops'", "e-", "C=petaflops"),
        (runs().rename(columns={"val_loss": "ppl"}), "'ppl'", "perplexity", "--units L=perplexity"),
        (runs().rename(columns={"val_loss": "accuracy"}), "'accuracy'", "score", "--units error=score"),
        (runs().drop(columns="val_loss").assign(error=np.geomspace(60, 20, 10)), "'error'", "60", "error=percent"),
        (runs().assign(error=np.linspace(0.3, 0.8, 10)).drop(columns="val_loss"), "'error'", "0.8", "error=score"),
        (changed(val_loss=runs()["val_loss"].to_numpy()[::-1]), "'val_loss'", "grows with N", "what they are called"),
        (changed(val_loss=[*runs()["val_loss"][:-1], -1.0]), "'val_loss'", "-1 in row 10", "leave the row out"),
        (changed(params=["many", *runs()["params"].astype(str)[1:]]), "'params'", "'many' in row 1", "1.4B"),
        (runs().assign(loss=1.0), "'val_loss' and 'loss'", "both", "--columns L="),
        (runs().drop(columns=["params", "tokens"]), "no column of sizes", "val_loss", "--columns N="),
        (runs().drop(columns="val_loss"), "no column to predict", "params", "--columns L="),
        (runs().head(3), "3 runs of 3 distinct sizes", "N 2e+07", "at least 1 other size"),
        (changed(val_loss=np.nan), "'val_loss'", "empty", "map another"),
        (runs().head(0), "no rows", "", ""),
    ],
)
def test_a_bad_table_is_refused_with_column_value_and_remedy(frame, column, value, remedy):
    with pytest.raises(BadTable) as told:
        run_table(frame)
    assert column in str(told.value) and value in str(told.value) and remedy in str(told.value)


@pytest.mark.parametrize(
    ("frame", "units"),
    [
        (changed(tokens=runs()["tokens"] / 1e9), "D=billions"),
        (changed(tokens=runs()["tokens"] / 1e9), "D=1e9"),
        (changed(val_loss=np.exp(runs()["val_loss"])), "L=perplexity"),
        (changed(val_loss=runs()["val_loss"] / np.log(2)), "loss=bits"),
        (changed(flops=6e-15 * runs()["params"] * runs()["tokens"]), "C=petaflops"),
    ],
)
def test_a_unit_by_name_gives_the_same_table(frame, units):
    ours, plain = run_table(frame, units=units), run_table(runs())
    for name in ("parameters", "tokens", "flops", "loss"):
        assert np.allclose(ours.frame[name], plain.frame[name], rtol=1e-12)


def test_the_user_may_insist_and_unknown_units_are_refused():
    strange = changed(tokens=runs()["tokens"] / 1e9)
    assert run_table(strange, as_is=True).frame["tokens"].max() < 100
    with pytest.raises(UnknownName, match="'billions'"):
        run_table(strange, units="D=bilions")
    with pytest.raises(BadTable, match="no column is it"):
        run_table(runs(), units="error=percent")


def test_scores_in_percent_become_errors():
    frame = runs().drop(columns="val_loss").assign(acc=np.linspace(30.0, 80.0, 10))
    table = run_table(frame, columns="error=acc", units="error=percent-score")
    assert np.allclose(sorted(table.y), np.linspace(0.2, 0.7, 10))


def test_sizes_as_text_are_read_and_gaps_are_told():
    frame = runs(4).assign(params=["20M", "60M", "0.2B", "600,000,000"], tokens=["4e8", "2.4B", "8B", "6B"])
    assert sorted(run_table(frame).frame["parameters"]) == [2e7, 6e7, 2e8, 6e8]
    gap = runs(6)
    gap.loc[2, "val_loss"] = np.nan
    table = run_table(gap)
    assert len(table.frame) == 5 and "1 of 6 rows have gaps and are left out (the first is row 3)" in table.notes


def test_the_digest_is_that_of_the_points_in_any_order():
    frame = runs()
    assert run_table(frame).digest == run_table(frame.sample(frac=1, random_state=1)).digest
    assert run_table(frame).digest != run_table(changed(val_loss=frame["val_loss"] + 1e-9)).digest


def test_a_file_that_is_no_table_is_refused(tmp_path):
    with pytest.raises(BadTable, match="no table at"):
        read_runs(tmp_path / "none.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(BadTable, match="not a table"):
        read_runs(tmp_path / "empty.csv")
    runs().to_csv(tmp_path / "runs.tsv", sep="\t", index=False)
    assert len(read_runs(tmp_path / "runs.tsv").frame) == 10


@pytest.mark.parametrize(
    ("column", "values", "mapped", "told"),
    [
        ("ppl", np.exp(runs()["val_loss"]) / 5, "L=ppl", "--units L=perplexity"),  # below 12: might be a loss
        ("bits_per_token", runs()["val_loss"] / np.log(2), "L=bits_per_token", "--units L=bits"),
        ("Accuracy", 0.5 + 0 * runs()["val_loss"], "error=Accuracy", "--units error=score"),
    ],
)
def test_a_mapped_column_is_believed_to_be_what_its_name_says(column, values, mapped, told):
    frame = runs().drop(columns="val_loss").assign(**{column: values})
    with pytest.raises(BadTable, match=rf"{column}.*{told}.*--as-is"):
        run_table(frame, columns=mapped)
    assert run_table(frame.assign(**{column: np.linspace(0.9, 0.5, 10)}), columns=mapped, as_is=True).response


def test_bits_are_recognised_and_become_nats():
    frame = runs().rename(columns={"val_loss": "bpb"})
    with pytest.raises(BadTable, match="--columns L=bpb --units L=bits"):
        run_table(frame)
    table = run_table(frame, columns="L=bpb", units="L=bits")
    assert sorted(table.y) == pytest.approx(sorted(np.log(2) * frame["bpb"])) and table.units == {"loss": "bits"}
