"""Values are read as they are written, and what YAML would drop or multiply is refused with its line."""

import os

import pytest

from scalescope.experiment.yaml_text import BadYaml, read_yaml


@pytest.fixture
def read(tmp_path):
    def write(content):
        path = tmp_path / "a.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_yaml(path)

    return write


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("+5", 5),
        ("0", 0),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1e-3", 0.001),
        ("2.", 2.0),
        ("1.5e3", 1500.0),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("text", "text"),
        # what YAML 1.1 takes for 64, 90, 31, 1000, dates, truth values, infinity: as it stands there
        *((text, text) for text in ("0100", "1:30", "0x1F", "0o17", "0b11", "1_000", "2022-02-13", "00", "-07")),
        *((text, text) for text in ("yes", "no", "on", "off", "Yes", "NO", "y", "n", ".inf", ".nan", "1e", "=")),
        ('"5"', "5"),
        ("'true'", "true"),
        ("|\n    07\n", "07\n"),
    ],
)
def test_values_as_they_are_written(read, written, value):
    found = read(f"a:\n  b: {written}\n").content["a"]["b"]
    assert found == value and type(found) is type(value)


def test_lines_and_what_is_written(read):
    found = read("a: 1\nb:\n  c: [x, 007]\n")
    assert found.content == {"a": 1, "b": {"c": ["x", "007"]}}
    assert found.lines["b", "c", 1] == 3 and found.written["b", "c", 1] == "007"
    assert read("").content is None and read(b"\xef\xbb\xbfa: 1").content == {"a": 1}


BOMB = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [*{last}, *{last}]\n" for last, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", r"line 3: key 'a' is there twice \(first in line 1\)"),
        ("a:\n  b: 1\n  'b': 2\n", r"line 3: key 'b' is there twice"),
        (BOMB, r"line 1: &a is an anchor"),
        ("a: [*b]\n", r"line 1: \*b is an alias"),
        ("a:\n  <<: {b: 1}\n", r"line 2: merge keys"),
        ("a: !!python/object/apply:os.system [ls]\n", r"line 1: the tag .*os.system is not read"),
        ('a: !!int "5"\n', r"line 1: the tag"),
        ("? [a]\n: 1\n", r"line 1: a list or section stands where a key"),
        ("a: 1\n---\nb: 1\n", r"line 2: a second document"),
        ("a: " + "[" * 100_000, r"line 1: nested more than 20 levels"),
        ("a: " + "{b: " * 30, r"line 1: nested more than 20 levels"),
        ("\n\na: " + "9" * 10_000, r"line 3: 9{40}\.\.\. is a whole number of 10000 digits"),
        ("a: 1e999", r"line 1: 1e999 is a number out of range"),
        ("a: [1\nb: 2\n", r"line 2: not valid YAML"),
        ("a:\n\tb: 1\n", r"line 2: not valid YAML"),
        (b"a: 1\nb: na\xefve\n", r"line 2: byte 0xef is not UTF-8"),
        ("a: 1\nb: \x07\n", r"line 2: character 0x7 is not allowed"),
        ("#" * 200_001, r"has 200,001 bytes; a profile has at most 200,000"),
    ],
)
def test_refusals_name_the_line(read, content, message):
    with pytest.raises(BadYaml, match=message):
        read(content)


def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "a.yaml")
    with pytest.raises(BadYaml, match="is no plain file"):
        read_yaml(tmp_path / "a.yaml")
