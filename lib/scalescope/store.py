"""Run folders: manifest, curve, metrics, weights; written atomically, checked when read."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import torch
from filelock import FileLock
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

MANIFEST, CURVE, METRICS, WEIGHTS = "manifest.json", "curve.parquet", "metrics.parquet", "model.safetensors"
ROWS = "rows.parquet"


def run_id(slug: str, config: Mapping) -> str:
    """Id of a run: slug + 10 hex digits of the canonical JSON of its whole configuration."""
    canonical = json.dumps(config, sort_keys=True, separators=(",", ":"))
    return f"{slug}-{hashlib.sha256(canonical.encode()).hexdigest()[:10]}"


@dataclass(frozen=True)
class Run:
    """A finished run: its id and manifest (configuration and summary); tables and weights are read on demand."""

    id: str
    folder: Path
    manifest: dict

    @cached_property
    def curve(self) -> pd.DataFrame:
        """Losses by step and split."""
        return pd.read_parquet(self.folder / CURVE)

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """What was evaluated, a row an evaluation."""
        return pd.read_parquet(self.folder / METRICS)

    @property
    def rows(self) -> pd.DataFrame:
        """What became of each evaluation example of a finetuning run (table "rows"), read anew each time.

        Raises FileNotFoundError when the run kept none.
        """
        return pd.read_parquet(self.folder / ROWS)

    @property
    def failed(self) -> bool:
        """True for a run that diverged: it is kept and shown, never trained again, never fitted."""
        return self.manifest["status"] == "failed"

    def weights(self) -> dict[str, torch.Tensor]:
        """The saved weights on the CPU. Raises FileNotFoundError when the run kept none."""
        return load_file(self.folder / WEIGHTS)


class Store:
    """All runs below one folder.

    A run is a folder `<id>/`; nothing half-written is ever visible under that name.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)

    def find(self, run: str) -> Run | None:
        """The finished run with this id, or None.

        A damaged one is moved aside (`<id>.damaged-*`) and counts as None.
        """
        folder = self.folder / run
        if not folder.is_dir():
            return None
        try:
            manifest = json.loads((folder / MANIFEST).read_text())
            for name, size_hash in manifest["files"].items():
                if _digest(folder / name) != size_hash:
                    raise ValueError(f"{name} does not match its manifest")
        except (OSError, ValueError, KeyError, TypeError, SafetensorError):
            aside = Path(tempfile.mkdtemp(prefix=f"{run}.damaged-", dir=self.folder))
            os.replace(folder, aside / run)
            return None
        return Run(run, folder, manifest)

    def write(
        self,
        run: str,
        *,
        manifest: Mapping,
        curve: pd.DataFrame,
        metrics: pd.DataFrame,
        rows: pd.DataFrame | None = None,
        weights: Mapping[str, torch.Tensor] | None = None,
    ) -> Run:
        """Write a run into a temporary folder, flush it to disk, and rename it to its id in one step.

        Raises OSError (with the folder and the free space in its text) when the disk is full; the temporary
        folder is removed.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{run}.", dir=self.folder))
        try:
            curve.to_parquet(temporary / CURVE, index=False)
            metrics.to_parquet(temporary / METRICS, index=False)
            if rows is not None:
                rows.to_parquet(temporary / ROWS, index=False)
            if weights is not None:
                save_file({k: v.detach().cpu().contiguous() for k, v in weights.items()}, temporary / WEIGHTS)
            files = {p.name: _digest(p) for p in sorted(temporary.iterdir())}
            text = json.dumps({**manifest, "id": run, "files": files}, indent=1, sort_keys=True)
            (temporary / MANIFEST).write_text(text + "\n")
            for path in temporary.iterdir():
                _flush(path)
            os.replace(temporary, self.folder / run)
            _flush(self.folder)
        except (OSError, SafetensorError) as error:
            shutil.rmtree(temporary, ignore_errors=True)
            free = shutil.disk_usage(self.folder).free
            raise OSError(f"cannot write run {run} below {self.folder} ({free / 1e6:.0f} MB free): {error}") from error
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        found = self.find(run)
        assert found is not None, f"run {run} vanished while it was written"
        return found

    def checkpoints(self, run: str) -> Path:
        """Folder of the unfinished states of a run, `<step>.safetensors` each."""
        return self.folder / ".checkpoints" / run

    @contextmanager
    def claim(self, run: str) -> Iterator[Run | None]:
        """Hold the run for this process while it is trained; yields the run if it is finished by then.

        A second process waits here and then finds it done. The lock dies with its process, so what a process
        killed in the middle of `write` left half-written has no owner any more: it is removed here.
        """
        locks = self.folder / ".locks"
        locks.mkdir(parents=True, exist_ok=True)
        with FileLock(locks / f"{run}.lock"):
            remove_orphans(self.folder, run)
            yield self.find(run)


def remove_orphans(folder: Path, name: str) -> None:
    """Remove the temporary folders (`.<name>.*`) of a writer that was killed; call it under the lock of `name`."""
    for path in folder.glob(f".{name}.*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)


def write_whole(path: Path, fill: Callable[[Path], None]) -> None:
    """Write one file whole or not at all: `fill` a temporary one beside it, flush it, rename it in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        fill(part)
        _flush(part)
        os.replace(part, path)
        _flush(path.parent)
    finally:
        part.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
