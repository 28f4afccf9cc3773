"""A table of bad inputs, given where users give them: each draws an error that names the thing and the value."""

from __future__ import annotations

import json
import os
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from told import told
from typer.testing import CliRunner

from scalescope.cli import app
from scalescope.data.sources.files import Files
from scalescope.data.sources.open import open_source
from scalescope.data.tasks.rows import check_rows, load_rows
from scalescope.data.tasks.spec import TASKS
from scalescope.errors import BadInput
from scalescope.papers.ivgi2022.fits import fits, pretraining_laws
from scalescope.papers.ivgi2022.stopping import heldout_curve
from scalescope.papers.ivgi2022.tables import table1, table6

SQUAD = {
    "id": "1",
    "question": "which",
    "context": "the sky is blue",
    "answers": {"text": ["blue"], "answer_start": [11]},
}
RACE = {"article": "a", "question": "b", "options": ["w", "x", "y", "z"], "answer": "A"}
ROW = {
    "sst2": {"sentence": "fine", "label": 1},
    "cola": {"sentence": "fine", "label": 1},
    "mnli": {"premise": "a", "hypothesis": "b", "label": 2},
    "qnli": {"question": "a", "sentence": "b", "label": 0},
    "mrpc": {"sentence1": "a", "sentence2": "b", "label": 0},
    "boolq": {"question": "a", "passage": "b", "answer": True},
    "squad": SQUAD,
    "squad_v2": SQUAD,
    "race": RACE,
}


def answers(text, start):
    return {"answers": {"text": text, "answer_start": start}}


# task, fields to change in line 2 (None: left out) or the line itself, what is told
ROWS = [
    ("sst2", {"label": 2}, ["line 2", "label 2", "0, 1"]),
    ("sst2", {"label": -1}, ["line 2", "label -1"]),
    ("sst2", {"label": "1"}, ["label '1'"]),
    ("sst2", {"label": 1.0}, ["label 1.0"]),
    ("sst2", {"label": True}, ["label True"]),
    ("sst2", {"label": None}, ["'label'", "missing"]),
    ("sst2", {"sentence": ""}, ["'sentence'", "''", "no text"]),
    ("sst2", {"sentence": " \t"}, ["'sentence'", "no text"]),
    ("sst2", {"sentence": ["fine"]}, ["'sentence'", "list ['fine']"]),
    ("sst2", {"sentence": 7}, ["'sentence'", "int 7"]),
    ("sst2", {"sentence": None, "sentense": "x"}, ["'sentence'", "'sentense'"]),
    ("cola", {"label": 0.5}, ["label 0.5"]),
    ("mnli", {"label": 3}, ["label 3", "0, 1, 2"]),
    ("mnli", {"label": "neutral"}, ["label 'neutral'"]),
    ("mnli", {"premise": ""}, ["'premise'"]),
    ("qnli", {"question": "\u3000"}, ["'question'", "no text"]),
    ("mrpc", {"sentence2": None}, ["'sentence2'", "missing"]),
    ("boolq", {"answer": 1}, ["label 1", "False, True"]),
    ("boolq", {"answer": "yes"}, ["label 'yes'"]),
    ("boolq", {"passage": {}}, ["'passage'", "dict {}"]),
    ("race", {"answer": "a"}, ["label 'a'"]),
    ("race", {"answer": 0}, ["label 0"]),
    ("race", {"options": ["w", "x", "y"]}, ["'options'", "4 texts"]),
    ("race", {"options": ["w", "x", "y", "z", "v"]}, ["'options'", "4 texts"]),
    ("race", {"options": ["w", "x", "y", 4]}, ["'options'", "4]"]),
    ("race", {"options": "wxyz"}, ["'options'", "'wxyz'"]),
    ("race", {"article": ""}, ["'article'"]),
    ("squad", answers(["blue"], [10]), ["'blue'", "10"]),
    ("squad", answers(["blue"], [-4]), ["'blue'", "-4"]),
    ("squad", answers(["blue"], [10**6]), ["'blue'", "1000000"]),
    ("squad", answers(["blue"], [11.0]), ["11.0"]),
    ("squad", answers(["Blue"], [11]), ["'Blue'", "'blue'"]),
    ("squad", answers([""], [11]), ["''"]),
    ("squad", answers([" "], [3]), ["' '"]),
    *(
        ("squad", {"context": f"the sky{sign} is blue", **answers([sign], [7])}, [repr(sign), "no visible character"])
        for sign in ("\u0301", "\u00ad", "\u200b", "\u200d\ufe0f", "\ue000")
    ),
    *(("sst2", {"sentence": sign}, ["'sentence'", "no text"]) for sign in ("\u200b", "\u00ad \u0301", "\ufeff")),
    ("squad", answers([], []), ["no answer"]),
    ("squad", answers(["blue"], [11, 11]), ["1 text", "2 answer_start"]),
    ("squad", {"answers": None}, ["'answers'", "missing"]),
    ("squad", {"answers": ["blue"]}, ["'answers'", "['blue']"]),
    ("squad", {"context": " "}, ["'context'", "no text"]),
    ("squad_v2", {"question": ""}, ["'question'"]),
    ("squad_v2", {"is_impossible": True}, ["'is_impossible' is True", "1 answer"]),
    ("squad_v2", {"is_impossible": False, **answers([], [])}, ["'is_impossible' is False", "0 answer"]),
    ("squad_v2", answers("blue", 11), ["'answers'", "'blue'"]),
    ("sst2", '{"sentence": "a", "label": 1, "label": 0}', ["line 2", "'label'", "twice", "1", "0"]),
    ("sst2", '{"sentence": "a", "sentence": "b", "label": 0}', ["'sentence'", "twice"]),
    ("sst2", '{"sentence": "a", "label": 0, "meta": {"x": 1, "x": 2}}', ["'x'", "twice"]),
    ("sst2", '{"sentence": "a \\ud83d", "label": 0}', ["line 2", "'sentence'", "\\ud83d"]),
    ("sst2", '{"sentence": "\\udc00\\ud800", "label": 0}', ["'sentence'", "\\udc00"]),
    ("sst2", '{"sentence": "a", "label": 0, "note": ["\\uDFFF"]}', ["'note'", "\\udfff"]),
    ("sst2", '{"sentence": "a", "label": ' + "1" * 10_000 + "}", ["'label'", "1" * 80, "10000 digits"]),
    ("sst2", '{"sentence": "a", "label": 9223372036854775808}', ["'label'", "9223372036854775808"]),
    ("sst2", '{"sentence": "a", "label": 1e400}', ["'label'", "1e400", "out of range"]),
    ("sst2", '{"sentence": "a", "label": -1e400}', ["'label'", "-1e400"]),
    ("sst2", '{"sentence": "a", "label": NaN}', ["'label'", "NaN"]),
    ("sst2", '{"sentence": "a", "label": Infinity}', ["'label'", "Infinity"]),
    ("sst2", '{"sentence": "a", "label": [[[[-Infinity]]]]}', ["'label'", "-Infinity"]),
    ("sst2", "[" * 100_000 + "]" * 100_000, ["line 2", "nested too deeply"]),
    ("sst2", '{"a":' * 100_000, ["line 2", "nested too deeply"]),
    ("sst2", '{"sentence": "a", "label": 01}', ["line 2", "broken JSON", "column"]),
    ("sst2", '{"sentence": "a" "label": 1}', ["line 2", "broken JSON"]),
    ("sst2", '{"sentence": "a\tb", "label": 1}', ["line 2", "broken JSON"]),
    ("sst2", "{'sentence': 'a'}", ["line 2", "broken JSON"]),
    ("sst2", '"a"', ["line 2", "str", "object"]),
    ("sst2", "12", ["line 2", "int", "object"]),
    ("sst2", "null", ["line 2", "NoneType", "object"]),
    ("sst2", '{"sentence": "a\0", "label": 1}', ["line 2", "NUL"]),
    ("sst2", b'{"sentence": "na\xefve", "label": 1}', ["line 2", "0xef"]),
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "wiki.txt").write_text("one two\n")
    (tmp_path / "corpus" / "wiki-heldout.txt").write_text("three four\n")
    (tmp_path / "tasks" / "sst2").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(("task", "change", "fragments"), ROWS)
def test_rows(folder, task, change, fragments):
    good = json.dumps(ROW[task]).encode()
    line = change
    if isinstance(change, dict):
        line = json.dumps({name: value for name, value in {**ROW[task], **change}.items() if value is not None})
    (folder / "tasks" / task).mkdir(exist_ok=True)
    file = folder / "tasks" / task / "train.jsonl"
    file.write_bytes(good + b"\n" + (line if isinstance(line, bytes) else line.encode()) + b"\n")
    with pytest.raises(ValueError) as error:
        load_rows(Files(folder), TASKS[task], "train")
    told(error, ["train.jsonl", *fragments])


def pipe(path):
    os.mkfifo(path)


def nowhere(path):
    path.symlink_to("nowhere")


def inside(path):
    path.mkdir()


# what is put into the folder, what is told
FOLDERS = [
    ({"corpus/a.txt": pipe}, ["a.txt", "a pipe"]),
    ({"corpus/a-heldout.txt.gz": pipe}, ["a-heldout.txt.gz", "a pipe"]),
    ({"corpus/a.txt": nowhere}, ["a.txt", "a link to nothing"]),
    ({"corpus/a.txt": inside}, ["a.txt", "a folder"]),
    ({"tasks/sst2/train.jsonl": pipe}, ["train.jsonl", "a pipe"]),
    ({"tasks/sst2/train.jsonl.gz": nowhere}, ["train.jsonl.gz", "a link to nothing"]),
    ({"tasks/sst2/train.jsonl": inside}, ["train.jsonl", "a folder"]),
    ({"corpus/wiki.txt.gz": b""}, ["wiki.txt", "gzipped too"]),
    ({"corpus/wiki-heldout.txt": b"one two\n"}, ["wiki-heldout.txt", "wiki.txt", "same text"]),
    ({"corpus/b-held-out.txt": b"one two\n"}, ["b-held-out.txt", "wiki.txt", "same text"]),
    ({"corpus/wiki (1).txt": b"one two\n"}, ["wiki (1).txt", "wiki.txt", "count twice"]),
    ({"corpus/b-heldout.txt": b"three four\n"}, ["b-heldout.txt", "wiki-heldout.txt", "count twice"]),
    ({"corpus/wiki.txt": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n"}, ["wiki.txt", "Git LFS"]),
    ({"corpus/wiki.txt": None}, ["no train text"]),
    ({"corpus/wiki-heldout.txt": None}, ["no heldout text"]),
    ({"corpus/wiki-heldout.txt": None, "corpus/wiki-dev.txt": b"x"}, ["no heldout text"]),
    ({"corpus/wiki.txt": None, "corpus/test.txt": b"x"}, ["no train text"]),
    ({"corpus/wiki.txt": None, "corpus/._wiki.txt": b"x"}, ["no train text"]),
    ({"corpus/wiki.txt": None, "corpus/README.txt": b"x"}, ["no train text"]),
    *(({"corpus/wiki.txt": None, f"corpus/{name}.txt": b"x"}, ["no train text"]) for name in (
        "evaluated", "validated", "wiki_tst", "unseen", "held-back", "benchmark", "xval", "te\u0301st",
        "\uff54\uff45\uff53\uff54", "de\u200bv", "SHA256SUMS", "checksums", "requirements",
    )),
    *(({"corpus/wiki-heldout.txt": None, f"corpus/{name}.txt": b"one two\n"}, [name, "wiki.txt", "same text"])
      for name in ("he\u0301ldout", "\uff48\uff45\uff4c\uff44\uff4f\uff55\uff54")),
    ({"corpus/wiki.txt": b"\xff\xfeo\0n\0"}, ["wiki.txt", "line 1", "0xff"]),
    ({"corpus/wiki.txt": b"good\no\0n\0e\0"}, ["wiki.txt", "line 2", "NUL"]),
    *(({"corpus/wiki.txt": text}, ["wiki.txt", "plain text is expected"]) for text in (
        b'{"text": "one two"}\n',
        b'{ "text": "one two"}\n', b"{'text': 'one two'}\n", b'["one two"]\n', b"[\n",
        b"<!DOCTYPE html>\n<p>one</p>\n", b"\n<html>\n", b"<?xml?>\n", b"%PDF-1.4\n",
    )),
    ({"corpus/wiki.txt": b"\n \n"}, ["wiki.txt", "empty"]),
    ({"corpus/wiki.txt": None, "corpus/wiki.txt.gz": b"no gzip"}, ["wiki.txt.gz", "broken gzip"]),
    ({"tasks/sst2/train.jsonl": b""}, ["train.jsonl", "empty"]),
    ({"tasks/sst2/train.jsonl": b"{}\n\n{}\n"}, ["train.jsonl", "line 2", "blank"]),
    ({"tasks/sst2/train.jsonl": b"{}", "tasks/sst2/train.jsonl.gz": b""}, ["sst2", "more than one"]),
    ({"tasks/sst2/train.jsonl": b"{}", "tasks/sst2/validation.jsonl": b"{}"}, ["train.jsonl", "same text"]),
    ({"tasks/sst2/._train.jsonl": b"{}"}, ["sst2", "has no train.jsonl"]),
]  # fmt: skip


@pytest.mark.parametrize(("entries", "fragments"), FOLDERS)
def test_folders(folder, entries, fragments):
    for name, content in entries.items():
        path = folder / name
        if content is None:
            path.unlink()
        elif callable(content):
            content(path)
        else:
            path.write_bytes(content)
    with warnings.catch_warnings(), pytest.raises(ValueError) as error:
        warnings.simplefilter("ignore")
        source = Files(folder)
        list(source.articles("train"))
        source.rows("sst2", "train")
    told(error, fragments)


@pytest.mark.parametrize("given", [3, True, 2.5, b"data", ["data"], {"folder": "data"}])
def test_a_folder_that_is_no_path_is_named(given):
    for made in (Files, lambda folder: open_source("files", folder=folder)):
        with pytest.raises(BadInput, match=re.escape(f"must be a path such as 'my-data'; got {given!r}")):
            made(given)


def points(**changes):
    """Points of a ladder of four sizes with `changes` made to row 2; a value for all rows is a list."""
    rows = [
        {
            "objective": "mlm",
            "hpt": "with",
            "task": "sst2",
            "role": "ladder",
            "aspect_ratio": 12,
            "layers": layers,
            "parameters": 1000 * layers**3,
            "seed": 0,
            "error": 0.5 / layers,
        }
        for layers in (1, 2, 3, 4)
    ]
    frame = pd.DataFrame(rows).astype(object)
    for name, value in changes.items():
        if isinstance(value, list):
            frame[name] = pd.Series(value, dtype=object)
        else:
            frame.loc[2, name] = value
    return frame


def summaries(**changes):
    return points(n_seeds=[5] * 4, error_sd=[0.01] * 4).assign(**{name: value for name, value in changes.items()})


PRETRAIN = pd.DataFrame(
    {
        "objective": "mlm",
        "role": "ladder",
        "aspect_ratio": 12,
        "layers": [1, 2, 3],
        "heads": 2,
        "parameters": [1000, 8000, 27000],
        "loss": [4.0, 3.5, 3.2],
    }
).astype(object)
CURVES = pd.DataFrame(
    {
        "run_id": "a",
        "objective": "mlm",
        "parameters": 1000,
        "step": [1, 2],
        "tokens": [10, 20],
        "split": "heldout",
        "loss": [4.0, 3.0],
    }
).astype(object)
TASK_TABLE = pd.DataFrame({"task": ["sst2"], "metric": "accuracy", "train": 10, "eval": 5, "majority": 0.5}).astype(
    object
)
# what reads the table, the table, what is told
TABLES = [
    (fits, points(parameters=[str(n) for n in (40000, 90000, 200000, 600000)]), ["points", "'parameters'", "'40000'"]),
    (fits, points(parameters="12K"), ["'parameters'", "row 2", "'12K'"]),
    (fits, points(parameters=True), ["'parameters'", "row 2", "True"]),
    (fits, points(parameters=0), ["row 2", "parameters", "0"]),
    (fits, points(parameters=-5), ["row 2", "parameters", "-5"]),
    (fits, points(parameters=float("inf")), ["row 2", "parameters", "inf"]),
    (fits, points(parameters=pd.NA), ["row 2", "parameters", "nan"]),
    (fits, points(layers="two"), ["'layers'", "row 2", "'two'"]),
    (fits, points(layers=2.5), ["'layers'", "row 2", "2.5"]),
    (fits, points(layers=None), ["'layers'", "row 2", "None"]),
    (fits, points(aspect_ratio=float("nan")), ["'aspect_ratio'", "row 2", "nan"]),
    (fits, points(seed=pd.NA), ["'seed'", "row 2", "NA"]),
    (fits, points(seed=-1), ["'seed'", "row 2", "-1"]),
    (fits, points(seed="a"), ["'seed'", "row 2", "'a'"]),
    (fits, points(task="sst2 "), ["'task'", "row 2", "'sst2 '", "spaces"]),
    (fits, points(objective=" mlm"), ["' mlm'"]),
    (fits, points(task=None), ["'task'", "row 2", "None"]),
    (fits, points(task=""), ["'task'", "row 2", "''"]),
    (fits, points(task=float("nan")), ["'task'", "row 2", "nan"]),
    (fits, points(task=pd.NaT), ["'task'", "row 2", "NaT"]),
    (fits, points(role="main"), ["role", "'main'"]),
    (fits, points(role=None), ["'role'", "row 2"]),
    (fits, points(objective="MLM"), ["objective", "'MLM'", "'mlm'"]),
    (fits, points(hpt="yes"), ["hpt", "'yes'"]),
    (fits, points(error="0.2"), ["'error'", "row 2", "'0.2'"]),
    (fits, points(error=16.7), ["row 2", "sst2", "16.7", "percent"]),
    (fits, points(error=-0.1), ["row 2", "sst2", "-0.1"]),
    (fits, points(error=1.2), ["row 2", "sst2", "1.2", "percent"]),
    (fits, points(task=["cola"] * 4, error=30.0), ["row 2", "cola", "30", "percent"]),
    (fits, points(task=["mine"] * 4, error=2.5), ["row 2", "mine", "2.5", "percent"]),
    (fits, points(value=[50.0, 75.0, 83.0, 87.5]), ["'value'", "row 0", "50", "percent"]),
    (fits, points(value_answerable=[0.5, 0.6, 70.0, 0.7]), ["'value_answerable'", "row 2", "70", "percent"]),
    (fits, points(layers=2, parameters=8000), ["row 2", "twice", "layers 2", "seed 0"]),
    (fits, points().drop(columns="task"), ["points", "task"]),
    (fits, points().rename(columns={"parameters": "params"}), ["points", "parameters", "'params'"]),
    (fits, points().drop(columns="seed"), ["points", "seed"]),
    (fits, summaries(n_seeds=0), ["row 0", "number of seeds", "0"]),
    (fits, summaries(n_seeds=2.5), ["row 0", "number of seeds", "2.5"]),
    (fits, summaries(n_seeds="five"), ["'n_seeds'", "'five'"]),
    (fits, summaries(error_sd=-0.1), ["row 0", "deviation", "-0.1"]),
    (fits, summaries(error_sd=3.0), ["row 0", "deviation", "3"]),
    (fits, summaries(error_sd="0.01"), ["'error_sd'", "'0.01'"]),
    (pretraining_laws, PRETRAIN.assign(parameters=["1000", "8000", "27000"]), ["pretrain", "'parameters'", "'1000'"]),
    (pretraining_laws, PRETRAIN.assign(loss="low"), ["pretrain", "'loss'", "'low'"]),
    (pretraining_laws, PRETRAIN.assign(role=None), ["pretrain", "'role'", "None"]),
    (pretraining_laws, PRETRAIN.assign(objective="mlmm"), ["objective", "'mlmm'", "'mlm'"]),
    (pretraining_laws, PRETRAIN.assign(aspect_ratio=np.nan), ["pretrain", "'aspect_ratio'", "nan"]),
    (pretraining_laws, PRETRAIN.assign(parameters=0), ["pretrain", "parameters", "0"]),
    (pretraining_laws, PRETRAIN.drop(columns="loss"), ["pretrain", "loss"]),
    (table6, PRETRAIN.assign(heads="two"), ["pretrain", "'heads'", "'two'"]),
    (table1, TASK_TABLE.assign(majority=50.9), ["tasks", "'majority'", "50.9", "percent"]),
    (table1, TASK_TABLE.assign(train="10 rows"), ["tasks", "'train'", "'10 rows'"]),
    (table1, TASK_TABLE.assign(task=None), ["tasks", "'task'", "None"]),
    (table1, TASK_TABLE.drop(columns="eval"), ["tasks", "eval"]),
    (heldout_curve, CURVES.assign(loss=["4.0", "3.0"]), ["curves", "'loss'", "'4.0'"]),
    (heldout_curve, CURVES.assign(step="last"), ["curves", "'step'", "'last'"]),
    (heldout_curve, CURVES.assign(split="train"), ["curves", "held-out", "'mlm'"]),
    (heldout_curve, CURVES.drop(columns="step"), ["curves", "step"]),
]


@pytest.mark.parametrize(("read", "table", "fragments"), TABLES)
def test_tables(read, table, fragments):
    settings = {"n_boot": 1} if read in (fits, pretraining_laws) else {}
    with pytest.raises(ValueError) as error:
        read(table, **settings)
    told(error, fragments)


COMMANDS = [
    (["reproduce", "smoke"], ["'smoke'", "--profile smoke"]),
    (["reproduce", "-np"], ["-np", "-- -np"]),
    (["reproduce", "--porfile", "smoke"], ["--porfile", "--profile"]),
    (["reproduce", "--profile", "../quick"], ["'../quick'", "'quick'"]),
    (["plan", "-P", "Quick"], ["'Quick'", "'quick'"]),
    (["status", "-P", ""], ["unknown profile ''"]),
    (["check-profile", "nowhere.yaml"], ["'nowhere.yaml'"]),
    (["check-profile", "wikipedia"], ["'files'", "no folder", "--data"]),
    (["campaign", "-P", "smoke", "-m", "ar8-l11"], ["'ar8-l11'", "'ar8-l1'"]),
    (["notebook", "ivgi2022/20_pretain", "--out", "x.ipynb"], ["'ivgi2022/20_pretain'", "'ivgi2022/20_pretrain'"]),
    (["notebook", "ivgi2022/20_pretrain", "--out", "x.ipynb", "-p", "model"], ["'model'", "name=value"]),
    (["notebook", "ivgi2022/20_pretrain", "--out", "x.ipynb", "-p", "modl=a"], ["'modl'", "'model'"]),
    (["notebook", "ivgi2022/50_laws", "--out", "x.ipynb", "-p", "n_boot=many"], ["'n_boot'", "'many'"]),
    (["notebook", "ivgi2022/50_laws", "--out", "x.ipynb", "-p", "n_boot=1", "-p", "n_boot=2"], ["n_boot=1, n_boot=2"]),
    (["notebook", "ivgi2022/50_laws", "--out", "."], ["--out .", "folder"]),
    (["study", "quik"], ["'quik'", "'quick'"]),
    (["check", "ivgi22"], ["'ivgi22'", "'ivgi2022'"]),
]  # fmt: skip


@pytest.mark.parametrize(("words", "fragments"), COMMANDS)
def test_commands(words, fragments):
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert re.match(r"error: [^\n]+\n$", result.output) and "Traceback" not in result.output
    assert all(fragment in result.output for fragment in fragments), result.output


def test_one_label_for_all_rows_is_told(folder):
    lines = "".join(json.dumps({"sentence": f"row {k}", "label": 1}) + "\n" for k in range(9))
    (folder / "tasks" / "sst2" / "train.jsonl").write_text(lines)
    with pytest.warns(UserWarning, match="all 9 rows have the label 1"):
        load_rows(Files(folder), TASKS["sst2"], "train")
    with pytest.raises(ValueError, match="rows must be a list of dicts; got a DataFrame"):
        check_rows(TASKS["sst2"], pd.DataFrame(), "mine")
