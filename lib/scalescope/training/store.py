"""Run folders: manifest, curve, metrics, weights; written atomically, checked when read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import torch
from filelock import FileLock
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from scalescope import files
from scalescope.training.manifest import MANIFEST, read_manifest

CURVE, METRICS, WEIGHTS = "curve.parquet", "metrics.parquet", "model.safetensors"
ROWS = "rows.parquet"


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
    """All runs below one folder: each is a folder `<id>/`, and nothing half-written is ever visible under that name."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)

    def find(self, run: str) -> Run | None:
        """The finished run with this id, or None.

        A damaged run (a file that is gone, cut or changed, or the folder of another run) counts as None and is told in
        one line; it is moved by nobody but `claim`. Raises OSError for a run that cannot be read for another reason (no
        permission, too many open files): it may be whole.
        """
        try:
            return self._read(run)
        except files.Damaged as fault:
            files.say(f"damaged: {fault}; run {run} counts as missing until it is trained again")
            return None

    def _read(self, run: str) -> Run | None:
        """The run, or None if there is none; raises Damaged and OSError as `find` says."""
        manifest = read_manifest(self.folder, run)
        return None if manifest is None else Run(run, self.folder / run, manifest)

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

        The manifest holds the digests of the other files and a checksum of itself. Raises OSError (with the folder and
        the free space in its text) when the disk is full; the temporary folder is removed.
        """

        def fill(into: Path) -> None:
            curve.to_parquet(into / CURVE, index=False)
            metrics.to_parquet(into / METRICS, index=False)
            if rows is not None:
                rows.to_parquet(into / ROWS, index=False)
            if weights is not None:
                try:
                    save_file({k: v.detach().cpu().contiguous() for k, v in weights.items()}, into / WEIGHTS)
                except SafetensorError as error:
                    raise OSError(str(error)) from error
            digests = {path.name: files.digest(path) for path in sorted(into.iterdir())}
            files.write_record(into / MANIFEST, {**manifest, "id": run, "files": digests})

        files.write_folder(self.folder / run, fill)
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
        killed in the middle of `write` left half-written has no owner any more: it is removed here. A damaged run is
        moved aside (`<id>.damaged-*`), which is told in one line, and counts as not finished.
        """
        locks = self.folder / ".locks"
        locks.mkdir(parents=True, exist_ok=True)
        with FileLock(locks / f"{run}.lock"):
            files.remove_orphans(self.folder, run)
            try:
                done = self._read(run)
            except files.Damaged as fault:
                files.set_aside(self.folder / run, str(fault))
                done = None
            yield done
