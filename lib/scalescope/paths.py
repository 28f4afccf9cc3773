"""Where folders are: the one module that knows the layout of the project on disk."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

START = "SCALESCOPE_START"  # folder in which the command was given; its own processes inherit it
RECORD = "profile.json"  # in the folder of a profile's work: the profile in use, which all jobs read and depend on


def given(path: str | Path) -> Path:
    """A path as a user gave it, absolute: "~" is the home, a relative one begins where the command was given."""
    return Path(os.path.abspath(Path(os.environ.get(START) or ".") / Path(path).expanduser()))


def root() -> Path:
    """Project folder: the environment variable SCALESCOPE_ROOT, else the checkout this package lies in.

    Raises NotADirectoryError for a variable that names no folder.
    """
    named = os.environ.get("SCALESCOPE_ROOT")
    if not named:
        return Path(__file__).resolve().parents[2]
    if not given(named).is_dir():
        raise NotADirectoryError(
            f"SCALESCOPE_ROOT is {named!r}, which is no folder; name a checkout of the project, or unset it"
        )
    return given(named).resolve()


def shown(path: Path) -> str:
    """A path as people read it: from the project's root if it lies there, as JupyterLab's file browser shows it."""
    return path.relative_to(root()).as_posix() if path.is_relative_to(root()) else str(path)


def runs() -> Path:
    """Folder of all runs, one folder a run (`<id>/`), and of each profile's executed notebooks."""
    return root() / "data" / "runs"


def work(profile: str) -> Path:
    """Folder of one profile's intermediate files: notebooks, logs, marks of finished jobs."""
    return runs() / profile


def cache() -> Path:
    """Folder of derived data that any run can make again (tokenizers, encoded corpora and tasks)."""
    named = os.environ.get("SCALESCOPE_CACHE")
    return given(named) if named else root() / "data" / "cache"


def published_cache(paper: str) -> Path:
    """Folder of downloaded files, one folder a paper: the cache itself if it holds one of `paper`, as a mirror does."""
    return cache() if (cache() / paper).is_dir() else cache() / "published"


def results(profile: str) -> Path:
    """Folder of one profile's tidy tables (CSV)."""
    return root() / "data" / "results" / profile


def figures(profile: str, paper: str) -> Path:
    """Folder of one profile's figures of one paper."""
    return root() / "figures" / profile / paper


def outputs(profile: str, *papers: str) -> dict[Path, str]:
    """Folders that a profile, and studies of papers, write to, with what goes there."""
    found = {runs(): "runs", work(profile): "executed notebooks", cache(): "encoded text and rows"}
    found |= {results(profile): "tables", figures(profile, "x").parent: "figures"}
    found |= {results(profile) / paper: f"tables of {paper}" for paper in papers}
    return found | {figures(profile, paper): f"figures of {paper}" for paper in papers}


def published(paper: str) -> Path:
    """Folder with the committed facts of one paper."""
    return root() / "data" / "published" / paper


def examples() -> Path:
    """Folder of small example tables."""
    return root() / "data" / "examples"


def profile_file(name: str) -> Path:
    """YAML file of a profile."""
    return root() / "profiles" / f"{name}.yaml"


def cluster(executor: str) -> Path:
    """Folder with Snakemake's settings for an executor, such as "slurm"."""
    return root() / "profiles" / "cluster" / executor


def notebooks() -> Path:
    """Folder of the notebook sources."""
    return root() / "notebooks"


def check_outputs(outputs: Mapping[str, Path | None], *, ending: str = "", among_runs: bool = False) -> None:
    """Raise ValueError for files of a user's choice (by option; None is skipped) that must not be written.

    Relative ones begin in the working folder, where they are written: a pipeline's job has one of its own.
    These are folders and what else is no plain file, a place below a file, two outputs in one file, one without
    `ending`, and the folders that the project fills itself (results, figures, notebooks, profiles, caches, and runs
    unless `among_runs`): a table there would be written over, and its digest would no longer fit.
    """
    own = [results("x").parent, figures("x", "y").parents[1], published("x").parent]
    own += [notebooks(), profile_file("x").parent, cache(), *([] if among_runs else [runs()])]
    taken: dict[Path, str] = {}
    for option, path in outputs.items():
        if path is None:
            continue
        place = Path(path).resolve()
        if place in taken:
            raise ValueError(f"{taken[place]} and {option} are the same file, {path}; give two")
        taken[place] = option
        if path.is_dir():
            raise ValueError(f"{option} {path} is a folder; give a file, such as {path / ('out' + (ending or '.txt'))}")
        if path.exists() and not path.is_file():
            raise ValueError(f"{option} {path} is no plain file")
        if any(above.exists() and not above.is_dir() for above in path.absolute().parents):
            raise ValueError(f"{option} {path} would lie in {path.parent}, which is no folder")
        if ending and path.suffix.lower() != ending:
            raise ValueError(f"{option} {path} must end in {ending}; such as {path.with_suffix(ending)}")
        inside = next((folder for folder in own if place.is_relative_to(folder.resolve())), None)
        if inside is not None:
            raise ValueError(
                f"{option} {path} lies in {shown(inside)}, which the project fills itself; give another place"
            )


def run_id(slug: str, config: Mapping) -> str:
    """Id of a run: slug + 10 hex digits of the canonical JSON of its whole configuration."""
    canonical = json.dumps(config, sort_keys=True, separators=(",", ":"))
    return f"{slug}-{hashlib.sha256(canonical.encode()).hexdigest()[:10]}"
