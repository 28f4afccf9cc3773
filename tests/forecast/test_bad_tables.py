"""A table of bad tables of runs: each draws an error that names column, value and remedy, before any law is fitted."""

import numpy as np
import pandas as pd
import pytest
from forecast.made import runs
from told import told

from scalescope.errors import UnknownName
from scalescope.forecast.columns import BadTable
from scalescope.forecast.table import read_runs, run_table
from scalescope.forecast.target import parse_compute, parse_target, size

RUNS = runs(10)
TEXT = RUNS.to_csv(index=False)
HEAD, *LINES = TEXT.splitlines()
HIGH = RUNS["val_loss"].max()


def cell(column, value, row=2):
    """The table with one cell replaced."""
    lines = [line.split(",") for line in LINES]
    lines[row][HEAD.split(",").index(column)] = value
    return "\n".join([HEAD, *(",".join(line) for line in lines)]) + "\n"


def table(**columns):
    return RUNS.assign(**columns).to_csv(index=False)


def without(*names, **columns):
    return RUNS.drop(columns=list(names)).assign(**columns).to_csv(index=False)


def named(**names):
    return RUNS.rename(columns=names).to_csv(index=False)


NUMBER = ["row 3", "no number", "1.4B"]
# the file, what is told
FILES = [
    ("", ["comma-separated", "No columns"]),
    ("\n\n\n", ["comma-separated", "No columns"]),
    (HEAD + "\n", ["no rows"]),
    ("\n".join(LINES), ["no column of sizes", "r0", "--columns N="]),
    (TEXT.encode("utf-16"), ["comma-separated", "0xff"]),
    (TEXT.encode("utf-16-le"), ["NUL", "UTF-8"]),
    (TEXT.replace("r3", "r\xe9").encode("latin-1"), ["comma-separated", "0xe9"]),
    (bytes(range(256)), ["comma-separated", "0x80"]),
    (TEXT.replace("r3", "r\0"), ["NUL"]),
    (TEXT.replace(",", ";"), ["separated by ';'", "commas"]),
    (TEXT.replace(",", "\t"), ["separated by '\\t'", ".tsv"]),
    (TEXT.replace(",", "|"), ["separated by '|'"]),
    (cell("name", '"abc'), ["EOF inside string", "row 3"]),
    (TEXT.replace(LINES[3], LINES[3] + ",7"), ["line 5", "saw 5"]),
    ("\n".join([HEAD, *(line + ",7" for line in LINES)]), ["Length of header"]),
    (TEXT.replace("tokens", "params", 1), ["'params'", "twice"]),
    (TEXT.replace(HEAD, ",,,"), ["''", "twice"]),
    (TEXT.replace(HEAD, "p,q,s,t"), ["no column of sizes", "p, q, s, t"]),
    ("<!DOCTYPE html><html><body>404</body></html>", ["no column of sizes", "404"]),
    ('{"params": 1}\n', ["no column of sizes"]),
    ("version https://git-lfs.github.com/spec/v1\noid sha256:abc\n", ["no column of sizes", "git-lfs"]),
    (cell("val_loss", '"3,42"'), ["'3,42'", "row 3", "decimal comma", "3.42"]),
    (cell("params", '"1,5"'), ["'1,5'", "decimal comma"]),
    (cell("params", '"1,50,000"'), ["'1,50,000'", *NUMBER]),
    (cell("params", '"150,"'), ["'150,'", *NUMBER]),
    (cell("params", "1__0"), ["'1__0'", *NUMBER]),
    (cell("params", "1_50"), ["'1_50'", *NUMBER]),
    (cell("params", "M"), ["'M'", *NUMBER]),
    (cell("params", "e9"), ["'e9'", *NUMBER]),
    *((cell("val_loss", value), [f"'{value}'", "val_loss", *NUMBER])
      for value in ("diverged", "-", "0x10", "45%", "3K", "True", "2026-01-01", "3.2 nats", "3.2.1", "?", "3_142")),
    *((cell("params", value), [f"'{value}'", "params", *NUMBER])
      for value in ("large", "70X", "70MB", "~70M", "70M-80M", "\uff17\uff10", "10^7", "7*10**7", "1.4 B x", "None!")),
    (cell("tokens", "1 epoch"), ["'1 epoch'", "tokens", *NUMBER]),
    *((cell(column, value), [f"'{column}'", "row 3", "above zero"])
      for column in ("val_loss", "params", "tokens") for value in ("inf", "-inf", "0", "-1.5", "1e400")),
    (cell("val_loss", "1e-300"), ["1e-300", "row 3", "check the value", "--as-is"]),
    (cell("params", "1e-5"), ["1e-05", "row 3", "check the value"]),
    (cell("params", "1e200"), ["1e+200", "row 3", "check the value"]),
    (cell("tokens", "1e30"), ["1e+30", "row 3", "check the value"]),
    (table(flops=6 * RUNS["params"] * RUNS["tokens"] * np.where(np.arange(10) == 2, 1e30, 1)), ["row 3", "'flops'"]),
    (cell("val_loss", "5000"), ["5000", "perplexity"]),
    (table(tokens=RUNS["tokens"] / 1e9), ["'tokens'", "--units D=billions"]),
    (table(params=RUNS["params"] / 1e6), ["'params'", "--units N=millions"]),
    (named(params="tokens", tokens="params"), ["swapped", "N=tokens,D=params"]),
    (table(val_loss=3.0), ["'val_loss'", "3 in every row"]),
    (table(val_loss=RUNS["val_loss"].to_numpy()[::-1]), ["grows with N"]),
    (table(params=1e7, tokens=1e9), ["1 distinct size", "at least 3 other"]),
    (RUNS.head(3).to_csv(index=False), ["3 distinct sizes"]),
    (TEXT + "\n".join(LINES) + "\n", ["row 11 repeats row 1", "10 of 20"]),
    (TEXT + LINES[4] + "\n", ["row 11 repeats row 5", "1 of 11"]),
    (without("val_loss"), ["no column to predict", "--columns L="]),
    (without("params", "tokens"), ["no column of sizes"]),
    (table(loss=1.0), ["'val_loss' and 'loss'", "--columns L="]),
    (table(n_params=1e7), ["'params' and 'n_params'", "--columns N="]),
    (named(val_loss="acc"), ["'acc'", "--units error=score"]),
    (named(val_loss="perplexity"), ["'perplexity'", "--units L=perplexity"]),
    (without("val_loss", error=50.0), ["'error'", "50", "percent"]),
    (without("val_loss", error=-0.1), ["'error'", "-0.1", "above zero"]),
    (without("val_loss", error=np.linspace(1.5, 0.5, 10)), ["'error'", "1.5", "percent"]),
    (without("val_loss", error=0.25), ["'error'", "0.25 in every row"]),
    (table(flops=1e15), ["'flops'", "times 6 N D"]),
    (table(flops=60 * RUNS["params"] * RUNS["tokens"]), ["'flops'", "10 times 6 N D"]),
    (table(flops=6 * RUNS["params"] * RUNS["tokens"] / 1e15), ["'flops'", "--units C=petaflops"]),
    (table(val_loss=3 + 1e-9 * np.arange(10)), ["'val_loss'", "3 in every row"]),
    (table(params=["20"] + [f"{n / 1e6:.4f}M" for n in RUNS["params"][1:]]), ["'params'", "'20' in row 1", "suffix"]),
    (cell("params", "7e9B"), ["'7e9B'", *NUMBER]),
    (table(tokens=RUNS["tokens"] / 1e6), ["'tokens'", "--units D=millions"]),
    (table(tokens=RUNS["tokens"] * 1e12), ["'tokens'", "2e+20", "another unit", "--units D="]),
    (without("tokens", params=6 * RUNS["params"] * RUNS["tokens"]), ["'params'", "another quantity", "--columns"]),
    (without("params", "tokens", flops=RUNS["params"] * RUNS["tokens"] / 1e17), ["'flops'", "0.04", "--units C="]),
    (table(val_loss=RUNS["val_loss"] * 1e-9), ["'val_loss'", "another unit"]),
    (table(val_loss=np.nan), ["'val_loss'", "is empty"]),
    (table(params=np.nan), ["'params'", "is empty"]),
    (table(val_loss=np.where(np.arange(10) > 2, np.nan, RUNS["val_loss"])), ["3 distinct sizes"]),
    ("# of 2024\n" + TEXT, ["'# of 2024'", "no header"]),
    ("sep=,\n" + TEXT, ["'sep=,'", "no header"]),
    (b"PK\x03\x04" + bytes(range(99)), ["Excel", "save the table as CSV"]),
    (b"PAR1" + bytes(range(99)), ["Parquet"]),
    (b"\x1f\x8b" + bytes(range(99)), ["gzip", "unpack"]),
    (RUNS.to_json(orient="records", indent=1), ["begins as JSON"]),
    (table(params=RUNS["params"] / 1e5), ["'params'", "200 to 6000", "tokens per parameter", "--units N=millions"]),
    (without("tokens", params=RUNS["params"] / 1e5), ["'params'", "200 to 6000", "--units N=millions"]),
    (table(params=["20M", "160"] + [f"{n / 1e6:.4f}M" for n in RUNS["params"][2:]]), ["'160'", "row 2", "suffix"]),
    (without("params", "tokens", compute=np.geomspace(1200, 2e6, 10)), ["'compute'", "1200", "another quantity"]),
    (table(flops=6 * RUNS["params"] * RUNS["tokens"] * np.where(np.arange(10) == 2, 1e3, 1)), ["row 3", "1e+03 times"]),
    (TEXT + f"mean,{RUNS['params'].mean()},{RUNS['tokens'].mean()},3.2\n", ["row 11", "'mean'", "computed"]),
    (pd.concat([RUNS, RUNS.iloc[[3]]], ignore_index=True).to_csv(), ["row 11 repeats row 4"]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "fragments"), FILES)
def test_files(tmp_path, content, fragments):
    path = tmp_path / "runs.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadTable) as error:
        read_runs(path)
    told(error, fragments)
    assert "\n" not in str(error.value)


# --columns, --units, --predict, what is told
OPTIONS = [
    *((dict(columns=text), ["--columns", "quantity=value"])
      for text in ("N", "N=", "=params", "N params", "N=params,D")),
    (dict(columns="Q=params"), ["unknown quantity 'Q'"]),
    (dict(columns="N=prams"), ["'prams'", "'params'"]),
    (dict(columns="N=Params"), ["'Params'", "'params'"]),
    (dict(columns="N=params,N=tokens"), ["parameters twice"]),
    (dict(columns="N=params,D=params"), ["'params'", "two quantities"]),
    (dict(columns="N=name"), ["'name'", "'r0'", "row 1"]),
    (dict(units="N"), ["--units", "quantity=value"]),
    (dict(units="N=bilions"), ["'bilions'", "'billions'"]),
    *((dict(units=f"N={value}"), ["above zero", value]) for value in ("-1", "0", "nan", "inf")),
    (dict(units="L=percent"), ["'percent'", "loss", "perplexity"]),
    (dict(units="L=billions"), ["'billions'", "loss"]),
    (dict(units="N=perplexity"), ["'perplexity'", "parameters", "thousands"]),
    (dict(units="D=bits"), ["'bits'", "tokens"]),
    (dict(units="D=petaflops"), ["'petaflops'", "tokens"]),
    (dict(units="error=percent"), ["error", "no column is it"]),
    (dict(units="C=billions"), ["flops", "no column is it"]),
    (dict(units="run=billions"), ["run", "no unit"]),
    (dict(units="seed=2"), ["seed", "no unit"]),
    (dict(response="error"), ["'error'", "loss only"]),
    (dict(response="los"), ["'los'"]),
]  # fmt: skip


@pytest.mark.parametrize(("options", "fragments"), OPTIONS)
def test_options(tmp_path, options, fragments):
    (tmp_path / "runs.csv").write_text(TEXT)
    with pytest.raises((BadTable, UnknownName)) as error:
        read_runs(tmp_path / "runs.csv", **options)
    told(error, fragments)


def test_fewer_tokens_than_parameters_in_some_runs_is_noted(tmp_path):
    tokens = np.where(np.arange(10) < 2, RUNS["params"] / 2, RUNS["tokens"])
    (tmp_path / "runs.csv").write_text(table(tokens=tokens))
    assert "2 of 10 runs have fewer tokens than parameters, such as row 1" in read_runs(tmp_path / "runs.csv").notes[0]
    assert not any("fewer tokens" in note for note in read_runs(tmp_path / "runs.csv", as_is=True).notes)


@pytest.mark.parametrize(
    ("text", "fragments"),
    [("1e-5", ["1e-05 FLOPs"]), ("1e60", ["1e+60 FLOPs"]), ("7B", ["7e+09 FLOPs", "size of a model", "--target"])],
)
def test_budgets_that_mean_nothing(tmp_path, text, fragments):
    (tmp_path / "runs.csv").write_text(TEXT)
    runs = read_runs(tmp_path / "runs.csv")
    with pytest.raises(BadTable) as error:
        parse_compute(text, runs)
    told(error, [*fragments, "--as-is"])
    assert parse_compute(text, runs, as_is=True) == size(text)


SIZES = [
    "7e9B",
    "",
    " ",
    "x",
    "-1",
    "0",
    "0.0",
    "inf",
    "-inf",
    "nan",
    "1e400",
    "7B 1e10",
    "1_0_0",
    "1,5",
    "7X",
    "7e",
    "e9",
    "B",
    "\u0667",
    "0x10",
    "1e9B x",
    "1..5",
]


@pytest.mark.parametrize("text", SIZES)
def test_sizes(text):
    with pytest.raises(BadTable, match=r"above zero such as 7e9 or 7B; got|above zero; got") as error:
        size(text)
    assert repr(text) in str(error.value)


TARGETS = [
    ("7e9,", ["''"]),
    ("1e9,1e10,1e11", ["3 number(s)", "N,D"]),
    ("7e9", ["1 number(s)", "N,D"]),
    ("x,y", ["'x'"]),
    ("1e9;1e10", ["'1e9;1e10'"]),
    ("0.5,1e10", ["0.5 parameters", "--as-is"]),
    ("1e300,1e10", ["1e+300 parameters"]),
    ("1e9,1e25", ["1e+25 tokens"]),
    ("1e9,0.5", ["0.5 tokens"]),
    ("7,140", ["7 parameters"]),
    ("1e10,7e9", ["fewer tokens (7e+09)", "swapped"]),
    ("700,14000", ["700 parameters", "2e+07", "another unit", "--as-is"]),
]


@pytest.mark.parametrize(("text", "fragments"), TARGETS)
def test_targets(tmp_path, text, fragments):
    (tmp_path / "runs.csv").write_text(TEXT)
    with pytest.raises(BadTable) as error:
        parse_target(text, read_runs(tmp_path / "runs.csv"))
    told(error, fragments)


def test_what_is_insisted_on_is_taken(tmp_path):
    (tmp_path / "runs.csv").write_text(TEXT + LINES[4] + "\n")
    again = read_runs(tmp_path / "runs.csv", as_is=True)
    assert len(again.frame) == 11 and parse_target("1e10,7e9", again, as_is=True)["tokens"] == 7e9
    assert size("1,400,000") == size("1_400_000") == size("1.4M") == 1.4e6


def test_a_byte_order_mark_spaces_and_quotes_are_no_fault(tmp_path):
    quoted = RUNS.astype(str).to_csv(index=False, quoting=1)
    for content in (TEXT.encode("utf-8-sig"), TEXT.replace(",", " , ").encode(), quoted.encode()):
        (tmp_path / "runs.csv").write_bytes(content)
        assert read_runs(tmp_path / "runs.csv").frame["loss"].max() == pytest.approx(HIGH)


FAMILIES = RUNS.assign(name=["a"] * 5 + ["b"] * 5)
# what is read and noted: the table, words of one note
NOTED = [
    (RUNS.assign(dataset=["c4", "pile"] * 5), ["'dataset'", "c4: 5 rows", "pile: 5 rows", "table of its own"]),
    (FAMILIES, ["'a'", "'name'", "5 different sizes", "families"]),
    (FAMILIES.assign(params=np.repeat([1e7, 1e8], 5)), ["'a'", "5 different sizes", "checkpoints"]),
    (RUNS.assign(val_loss=RUNS["val_loss"].round(1)), ["'val_loss'", "steps of 0.1", "4 % of its range"]),
    (pd.concat([RUNS, RUNS.iloc[[3]].assign(name="again")]), ["row 11", "row 4", "counts twice"]),
    (
        RUNS.assign(params=RUNS["params"] * np.where(np.arange(10) == 2, 1e-3, 1)),
        ["row 3", "4e+04 tokens per parameter"],
    ),
    (RUNS.rename(columns={"params": "\u0440arams"}), ["not read", "\u0440arams"]),
]


@pytest.mark.parametrize(("frame", "fragments"), NOTED)
def test_what_a_reader_should_know_is_noted(frame, fragments):
    assert any(all(part in note for part in fragments) for note in run_table(frame).notes), run_table(frame).notes
    assert run_table(RUNS).notes == ("FLOPs are 6 N D (no column of FLOPs)",)


def test_a_training_loss_that_is_mapped_is_noted():
    found = run_table(RUNS.rename(columns={"val_loss": "train_loss"}), columns="L=train_loss").notes
    assert any("'train_loss' is of training" in note and "held-out" in note for note in found)


@pytest.mark.parametrize("sign", ["\x0b", "\x0c", "\x85", "\u2028"])
def test_the_header_ends_where_its_line_ends(tmp_path, sign):
    (tmp_path / "runs.csv").write_text(f"\n  \n{TEXT.replace('name', f'na{sign}me')}", newline="")
    assert read_runs(tmp_path / "runs.csv").names["parameters"] == "params"


@pytest.mark.parametrize("path", [None, b"x", RUNS])
def test_no_path(path):
    with pytest.raises(BadTable, match="path of a file"):
        read_runs(path)


@pytest.mark.parametrize(
    ("given", "fragments"),
    [
        (RUNS.to_dict("list"), ["dict", "DataFrame"]),
        (RUNS["params"], ["Series"]),
        (None, ["NoneType"]),
        (RUNS.set_axis(pd.MultiIndex.from_product([["a"], RUNS.columns]), axis=1), ["2 levels", "('a', 'name')"]),
    ],
)
def test_no_frame(given, fragments):
    with pytest.raises(BadTable) as error:
        run_table(given)
    told(error, fragments)


def test_frames_as_pandas_users_have_them():
    plain = run_table(RUNS)
    for frame in (RUNS.set_index("params"), RUNS.set_axis([0] * 10), RUNS.convert_dtypes()):
        assert run_table(frame).digest == plain.digest
    assert run_table(RUNS.rename(columns={"params": 0}), columns="N=0").digest == plain.digest
    text = RUNS.assign(params=RUNS["params"].map("{:.0f}".format).astype("string").mask(RUNS.index == 2))
    assert len(run_table(text).frame) == 9
    with pytest.raises(BadTable, match="--units must be words"):
        run_table(RUNS, units={"D": "billions"})


def test_as_is_is_true_or_false():
    with pytest.raises(BadTable, match="as_is must be True or False; got 'no'"):
        run_table(RUNS, as_is="no")
