"""The profile in use as a file, what identifies it, and tables that are read only as they were written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd

from scalescope import files, paths
from scalescope.data.encoded import Prepared
from scalescope.experiment.profile import Profile


def content(profile: Profile, prepared: Prepared) -> dict:
    """The whole profile with the identities of its text and of the rows of each task.

    Raises what the source raises for a folder that cannot be used.
    """
    rows = {name: prepared.task_id(name) for name in profile.tasks}
    return {"profile": profile.model_dump(mode="json"), "corpus": prepared.corpus_id, "rows": rows}


def fingerprint(profile: Profile, prepared: Prepared) -> str:
    """10 hex digits over what decides the results: the profile without its title, and the data without their place."""
    decides = content(profile, prepared)
    decides["profile"].pop("title")
    decides["profile"]["source"].pop("folder")
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:10]


def write_profile(profile: Profile, prepared: Prepared, folder: Path) -> Path:
    """Write the profile in use to profile.json; touch it only if that changed.

    All jobs depend on this file: an edited profile, or other data, makes every notebook run again (finished runs are
    loaded).
    """
    target = folder / paths.RECORD
    if not is_recorded(profile, prepared, folder):
        files.write_record(target, content(profile, prepared))
    return target


def is_recorded(profile: Profile, prepared: Prepared, folder: Path) -> bool:
    """Whether profile.json of a folder holds this very profile and source."""
    try:
        return files.read_record(folder / paths.RECORD) == json.loads(json.dumps(content(profile, prepared)))
    except (FileNotFoundError, files.Damaged):
        return False


def table_fault(profile: Profile, prepared: Prepared, needed: tuple[str, ...]) -> str | None:
    """Why the collected tables of a profile cannot be used as they are, in one line; None if they can."""
    folder = paths.results(profile.name)
    missing = next((name for name in needed if not (folder / f"{name}.csv").is_file()), None)
    if missing:
        return f"{folder / missing}.csv is missing"
    names = [f"{name}.csv" for name in needed]
    found = files.faults(folder, names)
    if found:
        return found[0]
    known, now = files.sealed(folder), fingerprint(profile, prepared)
    names = [name for name in known if known[name]["made_from"] or name in names]  # not what others put there
    found = files.faults(folder, names)
    if found:
        return found[0]
    other = next((name for name in names if known[name]["made_from"] != now), None)
    return f"{folder / other} was collected from another state of the profile or its data" if other else None


def read_csv(path: Path, remedy: str) -> pd.DataFrame:
    """A table as it was written; raises Damaged, naming the `remedy`, for one that was cut or changed since."""
    known = files.sealed(path.parent)
    found = files.faults(path.parent, [path.name]) if path.name in known else []
    if not found and path.is_file() and not path.read_bytes().endswith(b"\n"):
        found = [f"{path} is cut"]
    if found:
        raise files.Damaged(f"{found[0]}: {remedy}")
    return pd.read_csv(path)
