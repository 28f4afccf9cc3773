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
FITTED = ("points", "pair_points", "pretrain")
LAWS_FILE, REPLICATES_FILE = "laws.parquet", "replicates.parquet"
MADE_FROM = "made_from"  # column of laws: digest of what they were fitted to, and of the code that fits


def source_laws(source: str, tables: Mapping[str, pd.DataFrame], n_boot: int = 1000) -> Laws:
    """The laws of a source (data/results/<source>/ivgi2022/): as stored for these tables, else fitted and written.

    tables: as `source_tables` gives them. Stored laws count only if tables, number of replicates and the code that
    fits are the same; they are large and can always be made again, so that git ignores them.
    """
    folder, made_from = paths.results(source) / PAPER, _digest(tables, n_boot)
    stored = _read(folder, made_from)
    if stored is not None:
        return stored
    given = {name: tables[name] for name in FITTED if name in tables}
    found = fit_laws(given, n_boot=n_boot, bar=f"laws of {source}")
    files.write(folder / REPLICATES_FILE, lambda part: found.replicates.to_parquet(part, index=False))
    named = found.laws.assign(**{MADE_FROM: made_from})
    files.write(folder / LAWS_FILE, lambda part: named.to_parquet(part, index=False))
    return found


def _read(folder: Path, made_from: str) -> Laws | None:
    if not all((folder / name).is_file() for name in (LAWS_FILE, REPLICATES_FILE)):
        return None
    known = pd.read_parquet(folder / LAWS_FILE)
    if known.empty or known[MADE_FROM].iloc[0] != made_from:
        return None
    return Laws(known.drop(columns=MADE_FROM), pd.read_parquet(folder / REPLICATES_FILE))


def _digest(tables: Mapping[str, pd.DataFrame], n_boot: int) -> str:
    found = hashlib.sha256(str(n_boot).encode())
    for name in FITTED:
        if name in tables:
            found.update(f"{name}\n{tables[name].to_csv(index=False)}".encode())
    code = sorted(Path(laws.__file__).parent.rglob("*.py"))
    for module in [*code, Path(fits.__file__), Path(one_law.__file__)]:
        found.update(module.read_bytes())
    return found.hexdigest()
