"""Where folders are: the one module that knows the layout of the project on disk."""

from __future__ import annotations

import os
from pathlib import Path

RECORD = "profile.json"  # in the folder of a profile's work: the profile in use, which all jobs read and depend on


def root() -> Path:
    """Project folder: the environment variable SCALESCOPE_ROOT, else the checkout this package lies in."""
    given = os.environ.get("SCALESCOPE_ROOT")
    return Path(given).resolve() if given else Path(__file__).resolve().parents[2]


def runs() -> Path:
    """Folder of all runs, one folder a run (`<id>/`), and of each profile's executed notebooks."""
    return root() / "data" / "runs"


def work(profile: str) -> Path:
    """Folder of one profile's intermediate files: notebooks, logs, marks of finished jobs."""
    return runs() / profile


def cache() -> Path:
    """Folder of derived data that any run can make again (tokenizers, encoded corpora and tasks)."""
    return Path(os.environ.get("SCALESCOPE_CACHE") or root() / "data" / "cache")


def published_cache(paper: str) -> Path:
    """Folder of downloaded files, one folder a paper: the cache itself if it holds one of `paper`, as a mirror does."""
    return cache() if (cache() / paper).is_dir() else cache() / "published"


def results(profile: str) -> Path:
    """Folder of one profile's tidy tables (CSV)."""
    return root() / "data" / "results" / profile


def figures(profile: str, paper: str) -> Path:
    """Folder of one profile's figures of one paper."""
    return root() / "figures" / profile / paper


def published(paper: str) -> Path:
    """Folder with the committed facts of one paper."""
    return root() / "data" / "published" / paper


def profile_file(name: str) -> Path:
    """YAML file of a profile."""
    return root() / "profiles" / f"{name}.yaml"


def notebooks() -> Path:
    """Folder of the notebook sources."""
    return root() / "notebooks"
