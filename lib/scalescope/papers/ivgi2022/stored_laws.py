"""The laws of a source as files: fitted and written once, read by whoever needs them later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from scalescope import files, laws, paths
from scalescope.papers.ivgi2022 import fits, one_law
from scalescope.papers.ivgi2022.fits import Laws, fit_laws

PAPER = "ivgi2022"
LAWS_FILE, REPLICATES_FILE = "laws.parquet", "replicates.parquet"
RECORD = "laws.json"  # "made_from": digest of the fitted tables and the code that fits; "files": of both files


def source_laws(source: str, tables: Mapping[str, pd.DataFrame], n_boot: int = 1000) -> Laws:
    """The laws of a source (data/results/<source>/ivgi2022/): as stored for these tables, else fitted and written.

    tables: as `source_tables` gives them. Stored laws count only if tables, number of replicates and the code that
    fits are the same, and both files are as they were written (one that is not is told in a line); they are large and
    can always be made again, so that git ignores them.
    """
    folder, made_from = paths.results(source) / PAPER, _digest(tables, n_boot)
    stored = _read(folder, made_from)
    if stored is not None:
        return stored
    given = {name: tables[name] for name in fits.TABLES if name in tables}
    found = fit_laws(given, n_boot=n_boot, bar=f"laws of {source}")
    files.write(folder / REPLICATES_FILE, lambda part: found.replicates.to_parquet(part, index=False))
    files.write(folder / LAWS_FILE, lambda part: found.laws.to_parquet(part, index=False))
    digests = {name: files.digest(folder / name) for name in (LAWS_FILE, REPLICATES_FILE)}
    files.write_record(folder / RECORD, {"made_from": made_from, "files": digests})
    return found


def _read(folder: Path, made_from: str) -> Laws | None:
    """The stored laws; None where there are none of this origin, or where they are not whole, which is told."""
    try:
        known = files.read_record(folder / RECORD)
        if known.get("made_from") != made_from:
            return None
        changed = [name for name, sha256 in known["files"].items() if files.digest(folder / name) != sha256]
    except FileNotFoundError:
        return None
    except files.Damaged as fault:
        files.say(f"damaged: {fault}; the laws are fitted again")
        return None
    if changed:
        files.say(f"damaged: {folder / changed[0]} is cut or changed; the laws are fitted again")
        return None
    return Laws(*(pd.read_parquet(folder / name) for name in (LAWS_FILE, REPLICATES_FILE)))


def _digest(tables: Mapping[str, pd.DataFrame], n_boot: int) -> str:
    found = hashlib.sha256(str(n_boot).encode())
    for name in fits.TABLES:
        if name in tables:
            found.update(f"{name}\n{tables[name].to_csv(index=False)}".encode())
    code = sorted(Path(laws.__file__).parent.rglob("*.py"))
    for module in [*code, Path(fits.__file__), Path(one_law.__file__)]:
        found.update(module.read_bytes())
    return found.hexdigest()
