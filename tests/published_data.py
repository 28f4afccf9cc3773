"""Where the tests find the papers' published files: without them, what needs them is skipped and says so."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from scalescope import paths
from scalescope.papers import published

MIRROR = paths.cache()  # of this process; tests that write a cache have one of their own


def folder(paper: str) -> Path | None:
    """The folder of the cache that holds all files of a paper, or None; SCALESCOPE_CACHE names another cache."""
    place = MIRROR if (MIRROR / paper).is_dir() else MIRROR / "published"
    return place if published.here(paper, place) else None


@cache
def table(paper: str) -> pd.DataFrame:
    """The tidy table of a paper; skips the test where its files are not at hand. Not to be changed in place."""
    place = folder(paper)
    if place is None:
        pytest.skip(f"no published files of {paper}: set SCALESCOPE_CACHE to a folder that holds {paper}/")
    return published.load(paper, folder=place, download=False)


@cache
def reference(paper: str) -> pd.DataFrame:
    """Rows of data/published/reference_values.csv of one paper."""
    values = pd.read_csv(paths.published("reference_values.csv"))
    return values[values["source"] == paper].reset_index(drop=True)
