"""Files of the papers through pooch: where they lie, what their hash must be, how to get them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from scalescope import paths
from scalescope.errors import UnknownName

with warnings.catch_warnings():  # in a notebook its progress bar asks for a widget that we do not use
    warnings.simplefilter("ignore")
    import pooch

SHOWN = 3  # names of missing files that a message lists


class MissingData(FileNotFoundError):
    """Published files that are not there; the message says which, where they come from, how to give a folder."""


def sources(paper: str) -> pd.DataFrame:
    """Rows of data/published/sources.csv of one paper: file, url, sha256, bytes; raises UnknownName for others."""
    table = pd.read_csv(paths.published("sources.csv"))
    papers = table["file"].str.split("/").str[0]
    if paper not in set(papers):
        raise UnknownName("paper with published files", paper, papers.unique())
    return table[papers == paper].reset_index(drop=True)


def here(paper: str, folder: Path | None = None) -> bool:
    """Whether every file of a paper is there already, with the right hash."""
    return not _missing(_registry(paper, folder))


def fetch(paper: str, *, folder: Path | None = None, download: bool = True, downloader: Callable | None = None) -> Path:
    """Folder `<folder>/<paper>` with every published file of a paper, each checked against its sha256.

    `folder` holds one folder a paper; by default the cache (`paths.published_cache`). What is there is used as it
    is, so a mirror that cannot be written serves too. Raises MissingData if files are lacking and `download` is
    False, or if they cannot be had. `downloader` is pooch's, by the address if None.
    """
    registry = _registry(paper, folder)
    missing = _missing(registry)
    if missing and not download:
        raise MissingData(_message(paper, registry, missing, "are not there (or not whole)"))
    for name in missing:
        try:
            registry.fetch(name, downloader=downloader)
        except (OSError, ValueError) as error:  # no network, a folder that cannot be written, a wrong hash
            told = f"cannot be had ({type(error).__name__}: {str(error).splitlines()[0]:.160})"
            raise MissingData(_message(paper, registry, _missing(registry), told)) from error
    return registry.abspath / paper


def _registry(paper: str, folder: Path | None) -> pooch.Pooch:
    table = sources(paper)
    return pooch.create(
        path=folder or paths.published_cache(paper),
        base_url="",
        registry={row.file: f"sha256:{row.sha256}" for row in table.itertuples()},
        urls={row.file: row.url for row in table.itertuples()},
        retry_if_failed=2,
    )


def _missing(registry: pooch.Pooch) -> list[str]:
    return [
        name
        for name, known in registry.registry.items()
        if not (registry.abspath / name).is_file()
        or pooch.file_hash(str(registry.abspath / name)) != known.removeprefix("sha256:")
    ]


def _message(paper: str, registry: pooch.Pooch, missing: list[str], what: str) -> str:
    names = ", ".join(missing[:SHOWN]) + (f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else "")
    place = paths.shown(registry.abspath)
    return (
        f"{len(missing)} of {len(registry.registry)} published files of {paper} {what} in {place}: {names}. "
        f"They come from {registry.get_url(missing[0])} (all addresses: data/published/sources.csv). With a network, "
        f"`scalescope published {paper}` gets them; without one, set SCALESCOPE_CACHE to a folder that holds "
        f"{missing[0]}."
    )
