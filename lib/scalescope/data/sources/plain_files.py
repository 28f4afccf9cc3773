"""Plain files of text, gzipped or not: read line by line, and refused where reading would hang or count twice."""

from __future__ import annotations

import gzip
import hashlib
import stat
import zlib
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path
from typing import BinaryIO

from scalescope.errors import BadInput

MARKUP = {  # how files of other formats begin
    "JSON": ('{"', '[{"', '{ "', "{'", '["'),
    "HTML": ("<!doctype", "<html"),
    "XML": ("<?xml", "<mediawiki"),
    "PDF": ("%pdf",),
    "RTF": ("{\\rtf",),
}
LFS_POINTER = "version https://git-lfs.github.com/spec/"  # how each of these pointers begins
CHUNK = 2**20  # bytes read at once for a digest


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines of a UTF-8 text file, gzipped if its name ends in .gz, numbered from 1, without line ends (of any kind).

    Raises BadInput for broken gzip, for bytes that are not UTF-8, and for NUL (text in UTF-16 is full of them), naming
    line and byte, and for the pointer that stands in the place of a file whose content Git LFS keeps elsewhere.
    """
    number = 0
    with _opened(path) as file:
        try:
            for raw in (part for line in file for part in line.rstrip(b"\r\n").split(b"\r")):
                number += 1
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
                if "\0" in line:
                    raise BadInput(f"{path}, line {number}, character {line.index(chr(0)) + 1} is NUL: no UTF-8 text")
                if number == 1 and line.startswith(LFS_POINTER):
                    raise BadInput(
                        f"{path} is a pointer of Git LFS in the place of the text: fetch it with git lfs pull"
                    )
                yield number, line
        except UnicodeDecodeError as fault:
            byte = f"byte {fault.start + 1} (0x{fault.object[fault.start]:02x})"
            raise BadInput(f"{path}, line {number}, {byte} is not UTF-8 text") from fault
        except (gzip.BadGzipFile, EOFError, zlib.error) as fault:
            raise BadInput(f"{path} is broken gzip after line {number}: {fault}") from fault


def refuse_markup(path: Path, first: str) -> None:
    """Raise BadInput for a text whose first line is that of JSON, HTML or another format: its signs are no words."""
    alone = "JSON" if first in ("{", "[") else ""
    kind = next((kind for kind, beginnings in MARKUP.items() if first.lower().startswith(beginnings)), alone)
    if kind:
        raise BadInput(f"{path} begins with {first[:40]!r} and seems to be {kind}: plain text is expected")


def is_there(path: Path) -> bool:
    """Whether there is anything of that name, a broken link too."""
    return path.exists() or path.is_symlink()


def refuse_irregular(path: Path) -> None:
    """Raise BadInput for a pipe, socket, device, folder or broken link: reading one may never end."""
    if path.is_file():
        return
    kinds = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFDIR: "a folder"}
    kind = kinds.get(stat.S_IFMT(path.stat().st_mode), "a device") if path.exists() else "a link to nothing"
    raise BadInput(f"{path} is {kind}; a plain file is expected")


def refuse_both_forms(files: list[Path]) -> None:
    """Raise BadInput for a text that is there both plain and gzipped."""
    names = {path.name: path for path in files}
    for name, path in names.items():
        if f"{name}.gz" in names:
            raise BadInput(f"{path} is there gzipped too ({name}.gz): the same text twice; remove one of them")


def refuse_twice(files: list[Path]) -> None:
    """Raise BadInput for a text that is there under two names: it would count twice."""
    sizes = {path: _plain_size(path) for path in files}
    for path, other in combinations(files, 2):
        if _same(path, other, sizes):
            raise BadInput(f"{path} and {other.name} hold the same text, which would count twice: remove one of them")


def refuse_same(files: list[Path], others: list[Path]) -> None:
    """Raise BadInput if one of `files` holds the same bytes as one of `others`, gzipped or not."""
    for path in (*files, *others):
        refuse_irregular(path)
    sizes = {path: _plain_size(path) for path in (*files, *others)}
    for path, other in product(files, others):
        if _same(path, other, sizes):
            raise BadInput(f"{path} holds the same text as {other}: what is evaluated must not be trained on")


def _same(path: Path, other: Path, sizes: dict[Path, int]) -> bool:
    """Whether two files hold the same bytes, and any; contents are read only where the sizes are equal."""
    return sizes[path] == sizes[other] != 0 and (found := _digest(path)) is not None and found == _digest(other)


def _plain_size(path: Path) -> int:
    """Bytes of a file, of a gzipped one those of its content modulo 2**32 (its last four bytes)."""
    size = path.stat().st_size
    if path.suffix != ".gz":
        return size % 2**32
    with path.open("rb") as file:
        file.seek(max(0, size - 4))
        return int.from_bytes(file.read(4), "little")


def _digest(path: Path) -> bytes | None:
    """SHA-256 of a file's content, unpacked; None where it cannot be unpacked, which reading it reports."""
    total = hashlib.sha256()
    try:
        with _opened(path) as file:
            while chunk := file.read(CHUNK):
                total.update(chunk)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return None
    return total.digest()


def _opened(path: Path) -> BinaryIO:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")
