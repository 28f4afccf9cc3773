"""The profile in use as a file, what identifies it, and tables that are read only as they were written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from scalescope import files, paths
from scalescope.data.encoded import Prepared
from scalescope.experiment.profile import Profile
from scalescope.training.policy import decided_precision, threads_for

if TYPE_CHECKING:
    import pandas as pd


def content(profile: Profile, prepared: Prepared) -> dict:
    """The whole profile as it is decided on this machine, the identities of its text and of the rows of each task.

    "threads": of a worker, by model. Raises what the source raises for a folder that cannot be used.
    """
    rows = {name: prepared.task_id(name) for name in profile.tasks}
    threads = {spec.name: threads_for(spec.config.parameters) for spec in profile.all_models()}
    chosen = decided(profile).model_dump(mode="json")
    return {"profile": chosen, "corpus": prepared.corpus_id, "rows": rows, "threads": threads}


def decided(profile: Profile) -> Profile:
    """The profile with every `precision: auto` decided on this machine: its jobs may run on others."""
    chosen = {}
    for name in ("pretrain", "finetune"):
        section = getattr(profile, name)
        chosen[name] = section.model_copy(update={"precision": decided_precision(section.precision)})
    return profile.model_copy(update=chosen)


def recorded_threads(file: Path) -> dict[str, int]:
    """Threads of a worker by model, as profile.json holds them; empty where it holds none.

    Raises FileNotFoundError and Damaged.
    """
    return dict(files.read_record(file).get("threads", {}))


def fingerprint(profile: Profile, prepared: Prepared) -> str:
    """10 hex digits over what decides the results: the profile without its title, and the data without their place."""
    decides = content(profile, prepared)
    decides.pop("threads")
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
    folder, names = paths.results(profile.name), [f"{name}.csv" for name in needed]
    missing = [f"{folder / name} is missing" for name in names if not (folder / name).is_file()]
    found = missing or files.faults(folder, names)
    if found:
        return found[0]
    known, now = files.sealed(folder), fingerprint(profile, prepared)
    names = [name for name in known if known[name]["made_from"] or name in names]  # not what others put there
    found = files.faults(folder, names)
    if found:
        return found[0]
    other = next((name for name in names if known[name]["made_from"] != now), None)
    return f"{folder / other} was collected from another state of the profile or its data" if other else None


def collected_table(profile: str, name: str) -> pd.DataFrame:
    """One collected table of a profile, such as "points"; raises FileNotFoundError and Damaged with the remedy."""
    path = paths.results(profile) / f"{name}.csv"
    if not path.is_file():
        raise FileNotFoundError(f"no {path}: run `make reproduce PROFILE={profile}` or 40_collect first")
    return read_csv(path, f"run `make reproduce PROFILE={profile}` or 40_collect", profile)


def read_csv(path: Path, remedy: str, profile: str | None = None) -> pd.DataFrame:
    """A table as it was written; raises Damaged, naming the `remedy`, for one that was cut or changed since.

    Also for what a spreadsheet program made of it (other separators, another encoding), and for a table with runs of
    another profile than `profile`: a folder that was copied.
    """
    known = files.sealed(path.parent)
    found = files.faults(path.parent, [path.name]) if path.name in known else []
    if not found and path.is_file() and not path.read_bytes().endswith(b"\n"):
        found = [f"{path} is cut"]
    if found:
        raise files.Damaged(f"{found[0]}: {remedy}")
    import pandas as pd  # not needed where the Snakefile is parsed

    try:
        table = pd.read_csv(path)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        told = " ".join(str(error).split())
        raise files.Damaged(f"{path} is no CSV in UTF-8 with commas ({told}): {remedy}") from error
    if len(table.columns) == 1 and (other := next((mark for mark in ";\t|" if mark in table.columns[0]), None)):
        raise files.Damaged(f"{path} has {other!r} between its columns instead of commas: {remedy}")
    others = [name for name in table["profile"].unique() if name != profile] if "profile" in table and profile else []
    if others:
        raise files.Damaged(f"{path} holds runs of the profile {others[0]!r}, not of {profile!r}: {remedy}")
    return table
