"""Files and folders that are written whole or not at all, and digests that tell a whole one from a damaged one."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

DIGESTS = "digests.json"  # beside files that are read later: their sha256, and what they were made from
CHECKSUM = "checksum"  # key of a record that holds the sha256 of the rest of it
CLOCK_SECONDS = 2.0  # by which clocks of machines that share a disk may differ
ABANDONED_SECONDS = 3600.0  # no write takes that long: what is still called .part then has no owner


class Damaged(ValueError):
    """A file is cut, changed or gone; the message names it and the fault."""


def write(path: Path, fill: Callable[[Path], object], durable: bool = True) -> None:
    """Write one file whole or not at all: `fill` a temporary one beside it, flush it, rename it in one step.

    durable: flushed to disk before it is renamed, so that a machine that loses power keeps one of both contents; False
    for what is only watched while a process runs. Raises OSError with the file and the free space in its text.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fill(part)
        if durable:
            _flush(part)
        os.replace(part, path)
        if durable:
            _flush(path.parent)
    except OSError as error:
        raise _explained(error, f"cannot write {path}", path.parent) from error
    finally:
        with suppress(OSError):
            part.unlink()


def write_text(path: Path, text: str, durable: bool = True) -> None:
    """Write UTF-8 text whole or not at all."""
    write(path, lambda part: part.write_text(text, encoding="utf-8", newline="\n"), durable)


def write_array(path: Path, array: np.ndarray) -> None:
    """Write an array as .npy whole or not at all."""
    import numpy as np

    def fill(part: Path) -> None:
        with part.open("wb") as stream:  # given a name, numpy adds an ending to it
            np.save(stream, array)

    write(path, fill)


def write_table(path: Path, table: pd.DataFrame, float_format: str | None = "%.6g") -> None:
    """Write a table as CSV without its index, whole or not at all; float_format None writes every digit."""
    write(path, lambda part: table.to_csv(part, index=False, float_format=float_format, lineterminator="\n"))


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame], float_format: str | None = "%.6g") -> list[Path]:
    """Write each table as `<name>.csv` into a folder (see `write_table`); returns their paths."""
    written = [folder / f"{name}.csv" for name in tables]
    for path, table in zip(written, tables.values(), strict=True):
        write_table(path, table, float_format)
    return written


def write_folder(folder: Path, fill: Callable[[Path], object]) -> None:
    """Write a new folder whole or not at all: `fill` a temporary one beside it, flush it, rename it in one step."""
    temporary = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        fill(temporary)
        for path in [*temporary.rglob("*"), temporary]:
            _flush(path)
        os.replace(temporary, folder)
        _flush(folder.parent)
    except OSError as error:
        raise _explained(error, f"cannot write {folder}", folder.parent) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def check_folders(folders: Mapping[Path, str]) -> None:
    """Raise NotADirectoryError or OSError for folders (with what goes there, "tables") that cannot be written to.

    Asked before what takes hours, so that it is not lost at its end. The message names the path that is in the way: a
    file, a link to nothing, a folder or a disk that takes no file. Nothing is made.
    """
    for folder, what in folders.items():
        for place in (folder, *folder.parents):
            below = f"{what} go {'there' if place == folder else f'to {folder}'}"
            if place.is_symlink() and not place.exists():
                raise NotADirectoryError(
                    f"{place} is a link to {os.readlink(place)}, which is not there; {below}: make that folder, or "
                    f"remove the link"
                )
            if place.exists() and not place.is_dir():
                kind = "a file" if place.is_file() else "no folder"
                raise NotADirectoryError(f"{place} is {kind}; {below}: move it away")
            if place.is_dir():
                break
        try:
            with tempfile.TemporaryFile(dir=place) as stream:
                stream.write(bytes(4096))
        except OSError as error:
            told = _explained(error, f"cannot write into {place}", place)
            raise type(told)(
                told.errno, f"{told.strerror or told}; {below}: make it writable, or put another folder in its place"
            ) from error


def remove_folder(folder: Path) -> None:
    """Remove a folder such that no half of it is ever seen under its name; nothing happens if there is none."""
    if folder.is_dir():
        gone = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        os.replace(folder, gone)
        shutil.rmtree(gone)


def remove_orphans(folder: Path, name: str) -> None:
    """Remove the temporary folders (`.<name>.*`) of a writer that was killed; call it under the lock of `name`."""
    for path in folder.glob(f".{name}.*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)


def remove_abandoned(folder: Path) -> None:
    """Remove temporary files that a writer which was killed more than an hour ago left anywhere below a folder."""
    for path in folder.rglob(".*.part*"):
        with suppress(FileNotFoundError):  # its writer is alive after all and has renamed it
            if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                path.unlink()


def not_in_future(folder: Path) -> int:
    """Date files below a folder that a clock which was set back has left in the future to now, in their order.

    Returns how many. What compares times, as Snakemake does, would otherwise take all that is made from them for older,
    and make it again at every start until the clock has caught up. Links are left alone.
    """
    now, found = time.time(), []
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            changed = path.lstat().st_mtime
            if changed > now + CLOCK_SECONDS and not path.is_symlink():
                found.append((changed, path))
    for place, (_, path) in enumerate(sorted(found)):
        with suppress(FileNotFoundError):
            os.utime(path, (now, now + place * 1e-4))
    return len(found)


def digest(path: Path) -> str:
    """The sha256 of a file, 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_record(path: Path, content: Mapping, durable: bool = True) -> None:
    """Write facts as JSON with a checksum of their own (see `read_record`), whole or not at all."""
    plain = json.loads(json.dumps(content))
    text = json.dumps({**plain, CHECKSUM: _checksum(plain)}, indent=1, sort_keys=True)
    write_text(path, text + "\n", durable)


def read_record(path: Path) -> dict:
    """The facts that `write_record` wrote; raises Damaged for a cut or changed file, FileNotFoundError for none."""
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:  # broken JSON or UTF-8
        raise Damaged(f"{path} is cut or changed: {error}") from error
    if not isinstance(content, dict) or content.pop(CHECKSUM, None) != _checksum(content):
        raise Damaged(f"{path} does not match its own checksum")
    return content


def seal(folder: Path, names: Iterable[str] | None = None, made_from: str = "") -> None:
    """Write the digests of files of a folder beside them, in place of earlier ones of the same names.

    names: relative to the folder; None takes every file below it. made_from: fingerprint of what they come from.
    """
    if names is None:
        names = [p.relative_to(folder).as_posix() for p in sorted(folder.rglob("*")) if p.is_file()]
    try:
        known = sealed(folder)
    except Damaged:
        known = {}
    own = {name: {"sha256": digest(folder / name), "made_from": made_from} for name in names if name != DIGESTS}
    write_record(folder / DIGESTS, {**known, **own})


def forget(folder: Path, names: Iterable[str]) -> None:
    """Remove files of a folder and their digests: what is no longer made must neither be shown nor be missed."""
    gone = set(names)
    for name in gone:
        (folder / name).unlink(missing_ok=True)
    try:
        known = sealed(folder)
    except Damaged:
        return  # the files that are left are made, and sealed, again
    if gone & set(known):
        write_record(folder / DIGESTS, {name: entry for name, entry in known.items() if name not in gone})


def sealed(folder: Path) -> dict[str, dict[str, str]]:
    """What `seal` wrote: "sha256" and "made_from" by file name; empty if nothing is sealed. Raises Damaged."""
    try:
        return read_record(folder / DIGESTS)
    except FileNotFoundError:
        return {}


def faults(folder: Path, names: Iterable[str] | None = None) -> list[str]:
    """One line per file of a folder that is not as it was sealed; `names` None looks at every sealed file.

    A file that cannot be read for another reason (no permission, too many open files) is not damaged: that OSError is
    raised.
    """
    try:
        known = sealed(folder)
    except Damaged as error:
        return [str(error)]
    if not known:
        return [f"{folder / DIGESTS} is missing"]
    found = []
    for name in known if names is None else names:
        if name not in known:
            found.append(f"{folder / name} is not in {DIGESTS}")
            continue
        try:
            if digest(folder / name) != known[name]["sha256"]:
                found.append(f"{folder / name} is cut or changed")
        except FileNotFoundError:
            found.append(f"{folder / name} is missing")
    return found


def set_aside(path: Path, fault: str, then: str = "it is made again") -> Path:
    """Move a damaged file or folder into `<name>.damaged-*` beside it and say so; returns where it is now."""
    aside = Path(tempfile.mkdtemp(prefix=f"{path.name}.damaged-", dir=path.parent)) / path.name
    os.replace(path, aside)
    say(f"damaged: {fault}; moved to {aside.parent}, {then}")
    return aside


def say(line: str) -> None:
    """Tell the user one line, apart from results."""
    print(line, file=sys.stderr, flush=True)


def size(path: Path) -> int:
    """Bytes of a file, or of all files below a folder; what goes away meanwhile does not count."""
    total = 0
    for part in [path, *path.rglob("*")]:
        with suppress(FileNotFoundError):
            total += part.stat().st_size if not part.is_dir() else 0
    return total


def _checksum(content: Mapping) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _explained(error: OSError, what: str, folder: Path) -> OSError:
    """The same kind of error, saying what was written, why it failed, and how much room there is."""
    where = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    free = f"{shutil.disk_usage(where).free / 1e6:.0f} MB free"
    text = f"{what} ({free}): {error.strerror or error}"
    return OSError(error.errno, text) if error.errno else OSError(text)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
