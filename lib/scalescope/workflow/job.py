"""What one job of the Snakefile does: it runs a notebook or encodes text or rows, and says what it made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from scalescope import files, paths
from scalescope.experiment.cost import recorded
from scalescope.experiment.noted import noted_within
from scalescope.experiment.pipeline import end_with_pipeline
from scalescope.experiment.progress import marked


def run_notebook(name: str, out: Path, given: Mapping[str, str], mark: Path | None, stamp: Path | None) -> None:
    """Run a notebook as a job: its state is kept in `mark`, what it made in `stamp` (see products.py).

    Raises what notebooks.run raises; there is no stamp then.
    """
    from scalescope.workflow.notebooks import run  # not needed to encode

    end_with_pipeline()
    notes = (stamp or out).with_suffix(".runs")
    with marked(mark), recorded(mark and mark.resolve().parents[1], mark.stem if mark else name):
        with noted_within(notes) as runs:
            run(name, out, given)
        if stamp is not None:
            write_stamp(stamp, out, runs)


def encode(record: Path, task: str | None, mark: Path, stamp: Path) -> None:
    """Encode the text of the profile in a profile.json, or the rows of a task, unless that is there and whole.

    Raises ValueError where there is no profile.json, and what the source raises for its text and rows.
    """
    from scalescope.data.encoded import Prepared
    from scalescope.experiment.profile import load_profile

    end_with_pipeline()
    with marked(mark), recorded(mark.resolve().parents[1], mark.stem):
        Prepared(load_profile(record.resolve()).data_settings(), paths.cache()).encode(task)
        write_stamp(stamp)


def write_stamp(stamp: Path, executed: Path | None = None, runs: Iterable[str] = ()) -> None:
    """Say that a job is done: the digest of its executed notebook, and the ids of the runs that it asked for."""
    files.write_record(stamp, {"notebook": files.digest(executed) if executed else None, "runs": sorted(runs)})
