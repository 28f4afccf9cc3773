"""Whether the folder of a run is whole: its manifest and the digests in it. Needs no PyTorch."""

from __future__ import annotations

from pathlib import Path

from scalescope import files

MANIFEST = "manifest.json"


def read_manifest(runs: Path, run: str) -> dict | None:
    """The manifest of a run below the folder `runs` whose files are all as it says; None if there is no such run.

    Raises Damaged for a run that is cut, changed or another one's, and OSError for one that cannot be read for another
    reason (no permission, too many open files): it may be whole.
    """
    folder = runs / run
    try:
        if not folder.is_dir():
            return None
        try:
            manifest = files.read_record(folder / MANIFEST)
            sound = {name: files.digest(folder / name) for name in manifest.get("files", ())}
        except FileNotFoundError as gone:
            raise files.Damaged(f"{gone.filename} is missing") from gone
    except OSError as error:
        text = f"cannot read run {run} in {folder} ({error.strerror or error}); it is left as it is"
        raise (OSError(error.errno, text) if error.errno else OSError(text)) from error
    if manifest.get("id") != run:
        raise files.Damaged(f"{folder} holds the run {manifest.get('id')!r}")
    changed = [name for name, expected in manifest["files"].items() if sound[name] != expected]
    if changed:
        raise files.Damaged(f"{folder / changed[0]} does not match its manifest")
    return manifest
