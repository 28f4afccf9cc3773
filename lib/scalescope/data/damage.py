"""Text that is no plain text any more: tags of HTML, letters in the wrong encoding, tables, mere lists of words."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from scalescope.data.overlap import SHORTEST, texts_of
from scalescope.data.sources.files import Files
from scalescope.data.sources.json_rows import shortened
from scalescope.data.sources.plain_files import read_lines
from scalescope.data.tasks.rows import line_numbers
from scalescope.data.tasks.spec import Task
from scalescope.errors import BadInput

MARKED_TOLD = 0.005  # share of lines with HTML: real tests have up to 0.0007 (MNLI)
MISREAD_TOLD = 0.001  # share of lines in the wrong encoding: real tests have up to 0.0001 (QNLI)
LOOKED_AT = 1000  # lines of a file in which a table is looked for
FEWEST = 8  # lines that can look like a table by chance
ALIKE = 0.9  # share of them with the same number of cells
OBJECTS = 0.5  # share of them that are objects or lists of JSON
SEPARATORS = {  # of cells: in a sentence a space follows a comma
    "tabs": re.compile(r"\t"),
    "commas": re.compile(r",(?!\s)"),
    "semicolons": re.compile(r";(?!\s)"),
    "bars": re.compile(r"\|"),
}

_TAGS = (
    "a|abbr|b|big|blockquote|body|br|center|code|dd|div|dl|dt|em|font|form|h[1-6]|head|hr|html|i|iframe|img|input|"
    "label|li|link|meta|nav|ol|option|p|pre|ref|script|section|small|span|strong|style|sub|sup|table|tbody|td|th|"
    "thead|title|tr|u|ul"
)
MARKED = re.compile(
    rf"</?(?:{_TAGS})(?:\s[^<>]*)?/?>|&(?:amp|apos|gt|hellip|lt|nbsp|quot|[lr][sd]quo|[mn]dash|#[0-9]{{1,6}}|"
    r"#x[0-9a-f]{1,5}|[a-z]{1,2}(?:acute|cedil|circ|grave|tilde|uml));",
    re.IGNORECASE,
)
# what bytes 0x80 to 0xbf of UTF-8 become when they are read as Latin-1 or as Windows-1252
_CONTINUED = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
MISREAD = re.compile(f"[ÂÃ][{_CONTINUED}]|â[\u0080€][{_CONTINUED}]|(?:[ÎÏÐÑ][{_CONTINUED}]){{2}}|\ufffd")
_HEADER = re.compile(r"[A-Za-z_]\w*(?:\t[A-Za-z_]\w*)+|[A-Za-z_]\w*(?:[,;|][A-Za-z_]\w*)+")
_QUOTED = re.compile(r'"[^"]*"')


def check_text(source: Files) -> None:
    """Warn of files of text that hold HTML, misread letters or a table, and of a split without a line of eight words.

    Each warning names the file, how many lines, and the first. Raises BadInput for a file of JSON.
    """
    for split, paths in source.corpus_files.items():
        longest, count = 0, 0
        for path in paths:
            faults = [_Fault(MARKED, MARKED_TOLD, HTML), _Fault(MISREAD, MISREAD_TOLD, ENCODING)]
            first: list[str] = []
            lines = 0
            for number, line in _filled(path):
                lines += 1
                if len(first) < LOOKED_AT:
                    first.append(line)
                if longest < SHORTEST:
                    longest = max(longest, len(line.split()))
                for fault in faults:
                    fault.look(number, line)
            count += lines
            _tell([*_table(path, first), *(fault.told(str(path), lines, "lines") for fault in faults)])
        if count and longest < SHORTEST:
            where = source.folder / "corpus"
            _tell([SHORT.format(where=where, split=split, count=count, longest=longest, least=SHORTEST)])


def check_row_texts(task: Task, rows: Sequence[dict], where: str) -> None:
    """Warn of rows whose texts hold HTML or misread letters, with their lines; where: names the data in messages."""
    faults = [_Fault(MARKED, MARKED_TOLD, HTML), _Fault(MISREAD, MISREAD_TOLD, ENCODING)]
    for number, row in enumerate(rows, start=1):
        for fault in faults:
            fault.look(number, *texts_of(task, row))
    _tell(fault.told(where, len(rows), "rows") for fault in faults)


HTML = "hold tags or entities of HTML, such as {example!r}: they are no words; take them out"
ENCODING = (
    "hold letters that were read in the wrong encoding, such as {example!r}: read the original as UTF-8 and write it "
    "again"
)
TABLE = (
    "{path} seems to be a table in place of text ({why}): a paragraph a line is expected; keep the column of text only"
)
SHORT = (
    "{where}: none of the {count} lines of {split} text has {least} words, the longest has {longest}: is it a list of "
    "words or titles? A paragraph a line is expected (only lines of {least} words or more are compared to find "
    "held-out text that is trained on)"
)


class _Fault:
    """Lines in which a pattern is found."""

    def __init__(self, pattern: re.Pattern, least: float, told: str):
        self.pattern, self.least, self.words = pattern, least, told
        self.lines: list[int] = []
        self.example = ""

    def look(self, number: int, *texts: str) -> None:
        """Look at the texts of a line."""
        for text in texts:
            if text.isascii() if self.pattern is MISREAD else "<" not in text and "&" not in text:
                continue  # as nearly all are: faster than the pattern by far
            if found := self.pattern.search(text):
                self.lines.append(number)
                self.example = self.example or text[max(0, found.start() - 10) : found.end() + 10]
                return

    def told(self, where: str, count: int, what: str) -> str:
        """The warning, "" below the share from which it is told."""
        if len(self.lines) < self.least * max(count, 1):
            return ""
        words = self.words.format(example=self.example)
        return f"{where}: {len(self.lines)} of {count} {what} ({line_numbers(self.lines)}) {words}"


def _filled(path: Path) -> Iterator[tuple[int, str]]:
    return ((number, line.strip()) for number, line in read_lines(path) if line.strip())


def _table(path: Path, lines: Sequence[str]) -> list[str]:
    """Why the first lines of a file seem to be a table, if they do; raises BadInput for JSON."""
    objects = [line for line in lines if line[0] + line[-1] in ("{}", "[]", "{,")]
    if len(objects) > OBJECTS * len(lines):
        raise BadInput(
            f"{path} seems to be JSON: {len(objects)} of its first {len(lines)} lines are such as "
            f"{shortened(objects[0])!r}; plain text is expected"
        )
    if lines and _HEADER.fullmatch(lines[0]):
        return [TABLE.format(path=path, why=f"its first line is {shortened(lines[0])!r}")]
    plain = [_QUOTED.sub("", line) for line in lines]
    for name, sign in SEPARATORS.items():
        counts = [len(sign.findall(line)) for line in plain]
        usual = max(set(counts), key=counts.count, default=0)
        alike = counts.count(usual)
        if usual and len(lines) >= FEWEST and alike >= ALIKE * len(lines):
            return [TABLE.format(path=path, why=f"{alike} of its first {len(lines)} lines have {usual} {name}")]
    return []


def _tell(found: Iterable[str]) -> None:
    for told in filter(None, found):
        warnings.warn(told, stacklevel=4)
