"""The cells of a user's file, under its own header; what is no CSV is called what it is."""

from __future__ import annotations

import csv
import warnings
from io import StringIO
from pathlib import Path

import pandas as pd

from scalescope.forecast.columns import BadTable

SAVE = "save the table as CSV in UTF-8"
BEGINNINGS = {  # of files that are given in place of a CSV
    b"PK\x03\x04": f"begins as a workbook of Excel or another zip file: {SAVE}",
    b"\xd0\xcf\x11\xe0": f"begins as a workbook of old Excel: {SAVE}",
    b"\x1f\x8b": "begins as gzip: unpack it first",
    b"PAR1": f"begins as Parquet: {SAVE}",
    b"ARROW1": f"begins as Arrow: {SAVE}",
    b"\xff\xfe": f"begins with 0xff 0xfe, as text in UTF-16 does: {SAVE}",
    b"\xfe\xff": f"begins with 0xfe 0xff, as text in UTF-16 does: {SAVE}",
}


def read_cells(path: Path) -> pd.DataFrame:
    """The cells of a CSV, or of a .tsv, a column that is there twice included; raises BadTable for any other file."""
    _refuse_no_file(path)
    sep = "\t" if path.suffix in (".tsv", ".tab") else ","
    kind = "tab-separated" if sep == "\t" else "comma-separated"
    try:
        text = _text(path, kind)
        _refuse_other_sign(path, text, sep)
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows of more cells than the header has
            options = {"sep": sep, "skipinitialspace": True, "index_col": False}
            frame = pd.read_csv(StringIO(text), **options)
            # asked again for the header alone: pandas would call the second of two equal names by another
            header = pd.read_csv(StringIO(text), header=None, nrows=1, dtype=str, keep_default_na=False, **options)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, pd.errors.ParserWarning, csv.Error, UnicodeError) as error:
        hint = f". {_hint(text)}" if not isinstance(error, UnicodeError) and _hint(text) else ""
        raise BadTable(f"{path} is not a table of {kind} values: {' '.join(str(error).split())}{hint}") from error
    frame.columns = header.iloc[0].tolist()
    return frame


def _refuse_no_file(path: Path) -> None:
    if str(path).startswith(("http:/", "https:/", "s3:/", "gs:/", "hf:/")):
        raise BadTable(f"no table at {path}: it is an address; download the file and give its path")
    if path.is_dir():
        raise BadTable(f"no table at {path}: it is a folder; give a file in it")
    if not path.is_file():
        raise BadTable(f"no table at {path}")


def _text(path: Path, kind: str) -> str:
    data = path.read_bytes()
    told = next((told for beginning, told in BEGINNINGS.items() if data.startswith(beginning)), "")
    if told:
        raise BadTable(f"{path} is not a table of {kind} values: it {told}")
    text = data.decode("utf-8-sig")
    if "\0" in text:
        raise BadTable(f"{path} holds NUL: it is no text, or text in UTF-16; save it as UTF-8")
    return text


def _refuse_other_sign(path: Path, text: str, sep: str) -> None:
    """Raise BadTable for a file whose header is one cell, with another sign in it that could part columns."""
    header = next(filter(None, csv.reader(StringIO(text, newline=""), delimiter=sep, skipinitialspace=True)), [])
    if len(header) != 1:
        return
    other = next((sign for sign in ";\t|," if sign != sep and sign in header[0]), None)
    if other:
        how, name = ("commas", ".tsv for tabs") if sep == "," else ("tabs", ".csv for commas")
        raise BadTable(f"{path} is separated by {other!r}, not by {how}: save it with {how}, or name it {name}")


def _hint(text: str) -> str:
    """What is wrong with a file that is text and no table, by its first sign."""
    first = text.lstrip()[:1]
    if first == "#" or text.startswith("sep="):
        return f"The first line, {text.splitlines()[0][:60]!r}, is no header: leave it out"
    return f"It begins as {'JSON' if first in '[{' else 'HTML'}: {SAVE}" if first and first in "[{<" else ""
