"""Text and rows that are no plain text: told with how many lines and the first, quiet for a few of many."""

import json
import re
import warnings

import pytest

from scalescope.data.damage import check_row_texts, check_text
from scalescope.data.sources.files import Files
from scalescope.data.tasks.spec import TASKS
from scalescope.errors import BadInput

PLAIN = [f"in the year {at}, as a < b & c, the old mill by the river (“Café”) was sold" for at in range(400)]


def misread(text: str, as_what: str = "cp1252") -> str:
    """UTF-8 that was read as something else."""
    return text.encode().decode(as_what, errors="replace")


@pytest.fixture
def source(tmp_path):
    def write(lines, heldout=PLAIN[-20:]):
        (tmp_path / "corpus").mkdir(exist_ok=True)
        for name, texts in (("train", lines), ("heldout", heldout)):
            (tmp_path / "corpus" / f"{name}.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
        return Files(tmp_path, tasks=0)

    return write


def quiet(check, *given):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        check(*given)
    assert not found


def test_plain_text_is_quiet(source):
    quiet(
        check_text,
        source([*PLAIN, "", "A heading", "Île d’Oléron: « Â » and “Ñ” are letters, and so is Ã of São Paulo"]),
    )
    quiet(check_text, source([*PLAIN, "one line of many with a <br> in it, as real tests have"]))


# what becomes of some lines, how many, what is told
DAMAGED = [
    (lambda text: f"<p>{text}</p>", 4, ["train.txt: 4 of 400 lines (lines 1, 2, 3, 4)", "HTML", "'<p>in the yea'"]),
    (lambda text: text.replace("year", "<a href='x'>year</a>"), 400, ["400 of 400", "1, 2, 3, 4, 5, 6, 7, 8, ..."]),
    (lambda text: text.replace(" ", "&nbsp;"), 2, ["2 of 400", "&nbsp;"]),
    (lambda text: text.replace("“", "&#8220;"), 2, ["&#8220;"]),
    (misread, 1, ["1 of 400 lines (line 1)", "wrong encoding", "â€œ", "UTF-8"]),
    (lambda text: misread(text, "latin-1"), 3, ["3 of 400 lines", "wrong encoding"]),
    (lambda text: text.encode("latin-1", "ignore").decode("utf-8", "replace"), 3, ["3 of 400 lines", "\ufffd"]),
    (lambda text: misread("мельница у реки была продана"), 3, ["3 of 400 lines", "Ð"]),
]


@pytest.mark.parametrize(("damage", "count", "told"), DAMAGED)
def test_damage_is_counted_and_told(source, damage, count, told):
    with pytest.warns(UserWarning) as found:
        check_text(source([*map(damage, PLAIN[:count]), *PLAIN[count:]]))
    (message,) = (str(warning.message) for warning in found)
    assert all(part in message for part in told), message


WORDS = [line.replace(",", "").replace("&", "and") for line in PLAIN[:50]]
TABLES = [
    ([f"{at}\t{line}" for at, line in enumerate(WORDS)], "50 of its first 50 lines have 1 tabs"),
    (["label\ttext", *(f"{at % 2}\t{line}" for at, line in enumerate(WORDS))], r"first line is 'label\\ttext'"),
    ([f'{at},"{line}, {line}",1' for at, line in enumerate(PLAIN)], "400 of its first 400 lines have 2 commas"),
    ([f"{at};{line}" for at, line in enumerate(WORDS)], "have 1 semicolons"),
    (["text,label", *(f"{line}, or so, {at % 2}" for at, line in enumerate(PLAIN))], "first line is 'text,label'"),
]


@pytest.mark.parametrize(("lines", "told"), TABLES)
def test_a_table_in_place_of_text_is_told(source, lines, told):
    with pytest.warns(UserWarning, match=f"train.txt seems to be a table in place of text .*{told}"):
        check_text(source(lines))


@pytest.mark.parametrize("beginning", [["A heading"], []])
def test_json_in_place_of_text_is_refused(source, beginning):
    for lines in ([json.dumps({"text": line}) for line in PLAIN], [str({"text": line}) for line in PLAIN]):
        found = source([*beginning, *lines])
        with pytest.raises(BadInput, match=r"train.txt (seems to be JSON: 4|begins with .* seems to be JSON)"):
            check_text(found)
            list(found.articles("train"))
    with pytest.raises(BadInput, match="seems to be JSON"):
        list(source(["[", *(f"{json.dumps(line)}," for line in PLAIN), "]"]).articles("train"))


def test_text_of_short_lines_only_is_told(source):
    short = [" ".join(line.split()[:7]) for line in PLAIN]
    with pytest.warns(UserWarning, match="none of the 20 lines of heldout text has 8 words, the longest has 7"):
        check_text(source(PLAIN, short[:20]))
    with pytest.warns(UserWarning, match="none of the 400 lines of train text has 8 words"):
        check_text(source(short))
    quiet(check_text, source([*short, PLAIN[0]]))


def test_rows_are_looked_at_in_every_text():
    rows = [{"article": "a", "question": line, "options": list("wxyz"), "answer": "A"} for line in PLAIN]
    quiet(check_row_texts, TASKS["race"], rows, "mine")
    rows[6] = rows[6] | {"options": ["w", "x", "<b>y</b>", "z"]}
    rows[8] = rows[8] | {"article": "a&amp;b"}
    with pytest.warns(UserWarning, match=re.escape("mine: 2 of 400 rows (lines 7, 9) hold tags or entities of HTML")):
        check_row_texts(TASKS["race"], rows, "mine")
    rows = [{"sentence": line, "label": 0} for line in PLAIN]
    rows[6] = {"sentence": misread("a café"), "label": 1}
    with pytest.warns(UserWarning, match=r"mine: 1 of 400 rows \(line 7\) hold letters .* 'a cafÃ©'"):
        check_row_texts(TASKS["sst2"], rows, "mine")
